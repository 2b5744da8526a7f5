/** Shows metrics to Prometheus. */
@NullMarked
package io.yokedcache.metrics.prometheus;

import org.jspecify.annotations.NullMarked;
