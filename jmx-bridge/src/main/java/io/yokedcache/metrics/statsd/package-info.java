/** Sends metrics to StatsD and DogStatsD. */
@NullMarked
package io.yokedcache.metrics.statsd;

import org.jspecify.annotations.NullMarked;
