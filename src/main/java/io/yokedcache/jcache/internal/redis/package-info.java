/** The way to a Redis server: connections, of which this is the only user, commands, errors. */
@NullMarked
package io.yokedcache.jcache.internal.redis;

import org.jspecify.annotations.NullMarked;
