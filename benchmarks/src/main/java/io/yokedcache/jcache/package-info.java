/** Benchmarks of what is package-private in the provider. */
@NullMarked
package io.yokedcache.jcache;

import org.jspecify.annotations.NullMarked;
