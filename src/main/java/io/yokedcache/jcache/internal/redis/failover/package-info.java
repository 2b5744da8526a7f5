/** Servers that take the place of others: when a new master may be used. */
@NullMarked
package io.yokedcache.jcache.internal.redis.failover;

import org.jspecify.annotations.NullMarked;
