/** Counters and timers of caches, and the figures that all layers read. */
@NullMarked
package io.yokedcache.jcache.internal.metrics;

import org.jspecify.annotations.NullMarked;
