package io.yokedcache.jcache.internal.load;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.lease.KeyLeases;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one JVM at a time load a key of a cache. It loads under the lease of the key; the others ask
 * for the lease and for the value until they have one of them, for a bounded time. Without leases,
 * since Redis is away or refuses them, each JVM loads. Safe for use by several threads.
 */
final class SharedLoads {

  private static final Logger logger = LoggerFactory.getLogger(SharedLoads.class);

  private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final KeyLeases leases;
  private final long maxWaitNanos;
  private final Runnable awaited;

  /** The keys whose lease a thread of this cache holds. A loader that reads its key finds it. */
  private final Set<Bytes> held = ConcurrentHashMap.newKeySet();

  /**
   * Creates the loads of a cache.
   *
   * @param maxWait how long a thread waits for other JVMs
   * @param awaited counts a value that another JVM loaded while a thread waited
   */
  SharedLoads(KeyLeases leases, Duration maxWait, Runnable awaited) {
    this.leases = leases;
    this.maxWaitNanos = maxWait.toNanos();
    this.awaited = awaited;
  }

  /** Begins the wait of a thread. */
  Turn begin() {
    return new Turn();
  }

  /** The leases of one thread, and its wait for the leases of others. Used by one thread. */
  final class Turn implements AutoCloseable {

    private final byte[] holder = leases.holder();
    private final Set<Bytes> taken = new HashSet<>();
    private final long startNanos = System.nanoTime();
    private long pauseNanos = MIN_PAUSE_NANOS;

    /**
     * Returns the keys that this thread may load. It must read them again before: another JVM may
     * have loaded them before it gave its lease back. All keys if this thread has waited for the
     * longest time.
     */
    Set<Bytes> take(Collection<Bytes> keys) {
      Set<Bytes> mine = new HashSet<>();
      Set<Bytes> wanted = new HashSet<>();
      for (Bytes key : keys) {
        // This thread is inside the load of the key, or does not wait for the thread that is.
        boolean isOwn = held.contains(key);
        (isOwn ? mine : wanted).add(key);
      }
      if (System.nanoTime() - startNanos >= maxWaitNanos) {
        mine.addAll(wanted);
      } else if (!wanted.isEmpty()) {
        mine.addAll(takeFree(wanted));
      }
      return mine;
    }

    private Set<Bytes> takeFree(Set<Bytes> wanted) {
      // Before they are taken: if the reply is lost, they are given back all the same.
      taken.addAll(wanted);
      try {
        Set<Bytes> got = leases.takeAll(holder, wanted);
        taken.removeIf(key -> wanted.contains(key) && !got.contains(key));
        held.addAll(got);
        return got;
      } catch (CacheException e) {
        logger.debug("Loads without leases, so that several JVMs may load a key", e);
        return wanted;
      }
    }

    /** Pauses before the next attempt, a little longer each time. */
    void pause() {
      long leftNanos = maxWaitNanos - (System.nanoTime() - startNanos);
      long nanos = pauseNanos - ThreadLocalRandom.current().nextLong(pauseNanos / 4 + 1);
      BoundedWait.pause(Math.min(nanos, leftNanos));
      pauseNanos = Math.min(2 * pauseNanos, MAX_PAUSE_NANOS);
    }

    /** Notes that another JVM loaded a value. */
    void found() {
      awaited.run();
    }

    /** Gives leases back. */
    void release(Collection<Bytes> keys) {
      Set<Bytes> given = new HashSet<>(keys);
      given.retainAll(taken);
      if (given.isEmpty()) {
        return;
      }
      taken.removeAll(given);
      held.removeAll(given);
      try {
        leases.releaseAll(holder, given);
      } catch (CacheException e) {
        logger.debug("Leases of loads were not given back, and end by themselves", e);
      }
    }

    @Override
    public void close() {
      release(Set.copyOf(taken));
    }
  }
}
