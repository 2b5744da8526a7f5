/** Metrics from end to end: real Redis, real scrapes, real Prometheus, real StatsD. */
@NullMarked
package io.yokedcache.examples.metrics;

import org.jspecify.annotations.NullMarked;
