/** Runnable examples: plain JCache, Hibernate, a recorded access trace, metrics and a benchmark. */
@NullMarked
package io.yokedcache.examples;

import org.jspecify.annotations.NullMarked;
