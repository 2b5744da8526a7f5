/** Runnable examples: plain JCache, Hibernate's second-level cache, and a recorded access trace. */
@NullMarked
package io.yokedcache.examples;

import org.jspecify.annotations.NullMarked;
