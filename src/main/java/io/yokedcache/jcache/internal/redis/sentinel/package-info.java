/** The master that sentinels name: found for each connection, and followed when it is replaced. */
@NullMarked
package io.yokedcache.jcache.internal.redis.sentinel;

import org.jspecify.annotations.NullMarked;
