/** Benchmarks of what is package-private in the store. */
@NullMarked
package io.yokedcache.jcache.internal.store;

import org.jspecify.annotations.NullMarked;
