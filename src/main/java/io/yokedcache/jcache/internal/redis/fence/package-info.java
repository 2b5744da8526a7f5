/** Ends connections on which changes were lost, so that no change is executed late. */
@NullMarked
package io.yokedcache.jcache.internal.redis.fence;

import org.jspecify.annotations.NullMarked;
