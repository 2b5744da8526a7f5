/** Measures caches on the same Redis side by side, each in a JVM of its own. */
@NullMarked
package io.yokedcache.benchmarks;

import org.jspecify.annotations.NullMarked;
