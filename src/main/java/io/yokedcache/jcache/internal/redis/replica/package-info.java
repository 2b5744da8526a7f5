/** Replicas that reads may go to, and the proof of how far each is behind its master. */
@NullMarked
package io.yokedcache.jcache.internal.redis.replica;

import org.jspecify.annotations.NullMarked;
