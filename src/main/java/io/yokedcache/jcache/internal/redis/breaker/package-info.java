/** The circuit breakers of servers. */
@NullMarked
package io.yokedcache.jcache.internal.redis.breaker;

import org.jspecify.annotations.NullMarked;
