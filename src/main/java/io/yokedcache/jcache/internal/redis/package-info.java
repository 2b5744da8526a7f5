/**
 * The way to a Redis server, and the only user of Jedis: connections, pools, commands, errors,
 * health.
 */
@NullMarked
package io.yokedcache.jcache.internal.redis;

import org.jspecify.annotations.NullMarked;
