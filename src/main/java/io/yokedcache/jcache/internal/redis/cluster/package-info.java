/** Redis Cluster: which node holds a key, and requests that follow it there. */
@NullMarked
package io.yokedcache.jcache.internal.redis.cluster;

import org.jspecify.annotations.NullMarked;
