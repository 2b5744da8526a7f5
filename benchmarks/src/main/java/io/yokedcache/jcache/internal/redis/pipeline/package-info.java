/** Benchmarks of what is package-private in the pipelined connection. */
@NullMarked
package io.yokedcache.jcache.internal.redis.pipeline;

import org.jspecify.annotations.NullMarked;
