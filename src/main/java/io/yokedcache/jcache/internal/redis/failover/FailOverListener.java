package io.yokedcache.jcache.internal.redis.failover;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import java.util.function.Predicate;

/**
 * Repairs a server that has taken the place of a failed master: Redis replicates asynchronously, so
 * the new master may lack changes of this JVM that the old one has acknowledged.
 *
 * <p>The executor of a deployment keeps this order: first requests that begin go to the new master
 * and wait, then it calls the listener, then the requests are sent. So a change that the listener
 * cannot see yet is sent to the new master and is not lost. The executor calls the listener as soon
 * as it knows the new master, whether or not requests wait, for a fail-over and not for slots that
 * were moved. If the listener throws, waiting requests fail, and the next request makes the
 * executor call the listener again. It must not be called by two threads at once for one master.
 */
public interface FailOverListener {

  /** Does nothing: a new master serves with the changes that it has. */
  FailOverListener NONE = (newMaster, owns) -> true;

  /**
   * A server became master and has served no request of this JVM yet.
   *
   * @param newMaster sends to the new master at once, without a wait for this listener
   * @param owns whether the new master holds the slot of a route that the failed master held before
   * @return whether requests that waited may be sent. If not, they must fail: what they looked at
   *     before is out of date. Later ones may be sent.
   * @throws javax.cache.CacheException if the new master does not answer or refuses; the new master
   *     must not be used until a further call has returned
   */
  boolean replaced(RedisExecutor newMaster, Predicate<Bytes> owns);
}
