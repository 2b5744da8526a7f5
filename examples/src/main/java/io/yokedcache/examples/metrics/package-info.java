/** The metrics of a running application: Prometheus, StatsD and a webhook. */
@NullMarked
package io.yokedcache.examples.metrics;

import org.jspecify.annotations.NullMarked;
