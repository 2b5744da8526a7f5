/** Metrics of caches and applications, and the collectors that they go to. */
@NullMarked
package io.yokedcache.metrics;

import org.jspecify.annotations.NullMarked;
