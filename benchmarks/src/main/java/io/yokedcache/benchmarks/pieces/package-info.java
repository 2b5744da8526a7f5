/** JMH benchmarks of single pieces of the provider. */
@NullMarked
package io.yokedcache.benchmarks.pieces;

import org.jspecify.annotations.NullMarked;
