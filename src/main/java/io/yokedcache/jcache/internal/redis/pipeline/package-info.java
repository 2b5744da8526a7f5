/** Connections that many threads share: their commands travel together. */
@NullMarked
package io.yokedcache.jcache.internal.redis.pipeline;

import org.jspecify.annotations.NullMarked;
