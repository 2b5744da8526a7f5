/** Makes load on a target in this JVM, in slices, and measures each. */
@NullMarked
package io.yokedcache.benchmarks.load;

import org.jspecify.annotations.NullMarked;
