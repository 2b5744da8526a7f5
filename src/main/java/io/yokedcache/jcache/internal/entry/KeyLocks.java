package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.entry.DeadlockDetector.Awaited;
import io.yokedcache.jcache.internal.entry.DeadlockDetector.WaitOutcome;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Locks for keys, by which the threads of this JVM change a key one after the other if application
 * code takes part: a writer, Redis and listeners then see the changes of a key in one order.
 *
 * <p>A key has a lock only while a thread holds it or waits for it. Operations on several keys lock
 * them in the order of the keys' bytes. A thread whose application code calls a cache may hold
 * locks already; if threads would deadlock, the last one continues without its lock. Safe for use
 * by several threads.
 */
public final class KeyLocks {

  private static final Logger logger = LoggerFactory.getLogger(KeyLocks.class);
  private static final Hold NONE = () -> {};

  /** The order in which several keys are locked. */
  public static final Comparator<Bytes> ORDER =
      (one, two) -> Arrays.compareUnsigned(one.array(), two.array());

  private final String cacheName;
  private final long maxWaitNanos;
  private final boolean required;

  /** Created by the first lock, since most caches need none; never removed. */
  private volatile @Nullable ConcurrentMap<Bytes, KeyLock> locks;

  private final AtomicBoolean warned = new AtomicBoolean();
  private final RecentLocalChanges recent = new RecentLocalChanges();

  /**
   * Creates the locks of a cache.
   *
   * @param maxWait how long a thread waits for a lock
   * @param required whether a thread fails that does not get a lock in time: without the lock two
   *     systems would see the changes of a key in different orders
   */
  public KeyLocks(String cacheName, Duration maxWait, boolean required) {
    this.cacheName = cacheName;
    this.maxWaitNanos = maxWait.toNanos();
    this.required = required;
  }

  /**
   * Waits for the lock of a key.
   *
   * @return the lock, or {@link #none} if the thread continues without it
   */
  public Hold hold(Bytes key) {
    return hold(key, maxWaitNanos);
  }

  /**
   * Waits for the lock of a key. The lock is not noted as a recent change; a time-out is neither
   * logged nor an error.
   *
   * @return the lock, or {@code null} after the time-out
   */
  public @Nullable Hold tryHold(Bytes key, Duration maxWait) {
    KeyLock lock = join(key);
    boolean held = false;
    try {
      held =
          lock.tryAcquire() || DeadlockDetector.await(lock, maxWait.toNanos()) == WaitOutcome.OVER;
      return held ? lock::release : null;
    } finally {
      if (!held) {
        lock.leave();
      }
    }
  }

  /** Starts or stops noting recent local changes. */
  public void remember(boolean enabled) {
    recent.enable(enabled);
  }

  /** Notes that the message of a local change arrived. */
  public void noteHeard(Bytes key) {
    recent.heard(key);
  }

  /** Whether a local change may have been made whose message has not arrived. */
  public boolean awaitsMessage(Bytes key) {
    return recent.isAwaited(key);
  }

  /** Whether the key may have been locked or unlocked since a time of {@code System.nanoTime}. */
  public boolean wasHeldSince(Bytes key, long nanos) {
    return recent.changedSince(key, nanos);
  }

  /** Locks several keys; closing the result unlocks all of them. */
  public Hold holdAll(Collection<Bytes> keys) {
    TreeSet<Bytes> ordered = new TreeSet<>(ORDER);
    ordered.addAll(keys);
    List<Hold> held = new ArrayList<>(ordered.size());
    Hold all =
        () -> {
          for (int i = held.size() - 1; i >= 0; i--) {
            held.get(i).close();
          }
        };
    long startNanos = System.nanoTime();
    boolean done = false;
    try {
      for (Bytes key : ordered) {
        held.add(hold(key, maxWaitNanos - (System.nanoTime() - startNanos)));
      }
      done = true;
      return all;
    } finally {
      if (!done) {
        all.close();
      }
    }
  }

  /** A lock on nothing. */
  public static Hold none() {
    return NONE;
  }

  /** The number of keys that are locked or waited for. */
  int size() {
    return locks().size();
  }

  private ConcurrentMap<Bytes, KeyLock> locks() {
    ConcurrentMap<Bytes, KeyLock> made = locks;
    return made != null ? made : makeTurns();
  }

  /** Under the monitor, so that all threads get the same map. */
  private synchronized ConcurrentMap<Bytes, KeyLock> makeTurns() {
    ConcurrentMap<Bytes, KeyLock> made = locks;
    if (made == null) {
      made = new ConcurrentHashMap<>();
      locks = made;
    }
    return made;
  }

  private KeyLock join(Bytes key) {
    return locks()
        .compute(
            key,
            (same, present) -> {
              KeyLock joined = present == null ? new KeyLock(same) : present;
              joined.users++;
              return joined;
            });
  }

  private Hold hold(Bytes key, long waitNanos) {
    recent.begin(key);
    KeyLock lock = join(key);
    boolean held = false;
    try {
      held = lock.tryAcquire() || isOver(DeadlockDetector.await(lock, waitNanos));
      return held ? lock : NONE;
    } finally {
      if (!held) {
        lock.leave();
      }
    }
  }

  private boolean isOver(WaitOutcome outcome) {
    return switch (outcome) {
      case OVER -> true;
      case TIMEOUT -> {
        if (required) {
          throw new CacheException(
              "An operation on cache %s waited %s ms for another thread's change of the same key, and was not made. Make its CacheWriter, listener or entry processor faster, or raise contention-timeout."
                  .formatted(cacheName, TimeUnit.NANOSECONDS.toMillis(maxWaitNanos)));
        }
        yield false;
      }
      case DEADLOCK -> {
        if (warned.compareAndSet(false, true)) {
          logger.warn(
              "Threads wait for one another's keys of cache {}: a CacheLoader, CacheWriter, listener or entry processor of each uses a key that the other one works on. One of them goes on without the lock. Let such code use no other keys, or use them in one order.",
              cacheName);
        }
        yield false;
      }
    };
  }

  /** A held lock; closing it unlocks. */
  @FunctionalInterface
  public interface Hold extends AutoCloseable {

    @Override
    void close();
  }

  /** The lock of one key, shared by the threads that hold it or wait for it. */
  private final class KeyLock implements Hold, Awaited {

    private final Bytes key;
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * The number of threads that hold the lock or wait for it; changed only within the map's {@code
     * compute}.
     */
    private int users;

    private volatile @Nullable Thread owner;

    private KeyLock(Bytes key) {
      this.key = key;
    }

    private boolean tryAcquire() {
      return acquired(lock.tryLock());
    }

    @Override
    public boolean await(long nanos) throws InterruptedException {
      return acquired(lock.tryLock(nanos, TimeUnit.NANOSECONDS));
    }

    private boolean acquired(boolean locked) {
      if (locked) {
        owner = Thread.currentThread();
      }
      return locked;
    }

    @Override
    public @Nullable Thread owner() {
      return owner;
    }

    @Override
    public void close() {
      recent.end(key);
      release();
    }

    private void release() {
      if (lock.getHoldCount() == 1) {
        owner = null;
      }
      lock.unlock();
      leave();
    }

    private void leave() {
      locks().compute(key, (same, present) -> --users == 0 ? null : this);
    }
  }
}
