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
 * Lets the threads of this JVM take turns with a key while application code has a say in its
 * change: a writer and Redis then see the changes of a key in one order, and listeners hear of them
 * in that order.
 *
 * <p>A key has a lock only while some thread holds it or waits for it. Operations on several keys
 * take their turns in the order of the keys' bytes. A thread whose application code calls a cache
 * may hold turns already; if threads wait for one another in a deadlock, the one that would close
 * it goes on without its turn. Safe for use by several threads.
 */
public final class KeyLocks {

  private static final Logger logger = LoggerFactory.getLogger(KeyLocks.class);
  private static final Hold NONE = () -> {};

  /** The order in which whatever makes others wait is taken for several keys. */
  public static final Comparator<Bytes> ORDER =
      (one, two) -> Arrays.compareUnsigned(one.array(), two.array());

  private final String cacheName;
  private final long maxWaitNanos;
  private final boolean required;

  /** Made by the first turn: no application code has a say in most caches. Then it stays. */
  private volatile @Nullable ConcurrentMap<Bytes, Turn> turns;

  private final AtomicBoolean warned = new AtomicBoolean();
  private final RecentLocalChanges recent = new RecentLocalChanges();

  /**
   * Creates the locks of a cache.
   *
   * @param maxWait how long a thread waits for its turn
   * @param required whether a thread that did not get its turn in time must not go on: two systems
   *     would see the changes of a key in different orders
   */
  public KeyLocks(String cacheName, Duration maxWait, boolean required) {
    this.cacheName = cacheName;
    this.maxWaitNanos = maxWait.toNanos();
    this.required = required;
  }

  /**
   * Waits for its turn with a key.
   *
   * @return the turn, or {@link #none} if the thread goes on without
   */
  public Hold hold(Bytes key) {
    return hold(key, maxWaitNanos);
  }

  /**
   * Waits for a turn with a key that is not remembered, and neither warns nor fails.
   *
   * @return the turn, or {@code null} if it did not come in time
   */
  public @Nullable Hold tryHold(Bytes key, Duration maxWait) {
    Turn turn = join(key);
    boolean held = false;
    try {
      held =
          turn.tryAcquire() || DeadlockDetector.await(turn, maxWait.toNanos()) == WaitOutcome.OVER;
      return held ? turn::release : null;
    } finally {
      if (!held) {
        turn.leave();
      }
    }
  }

  /** From now on it is remembered for two seconds which keys had turns, or no more. */
  public void remember(boolean enabled) {
    recent.enable(enabled);
  }

  /** Notes that the message of a change came which was made in a turn with its key. */
  public void noteHeard(Bytes key) {
    recent.heard(key);
  }

  /** Whether a change may have been made in a turn with a key, of which no message came so far. */
  public boolean awaitsMessage(Bytes key) {
    return recent.isAwaited(key);
  }

  /** Whether a turn with a key may have begun or ended since a time of {@code System.nanoTime}. */
  public boolean wasHeldSince(Bytes key, long nanos) {
    return recent.changedSince(key, nanos);
  }

  /** Waits for its turns with several keys, all of which end when the result is closed. */
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

  /** The turn that nobody waits for. */
  public static Hold none() {
    return NONE;
  }

  /** How many keys are held or waited for. */
  int size() {
    return turns().size();
  }

  private ConcurrentMap<Bytes, Turn> turns() {
    ConcurrentMap<Bytes, Turn> made = turns;
    return made != null ? made : makeTurns();
  }

  /** Under the monitor, so that all threads get the same map. */
  private synchronized ConcurrentMap<Bytes, Turn> makeTurns() {
    ConcurrentMap<Bytes, Turn> made = turns;
    if (made == null) {
      made = new ConcurrentHashMap<>();
      turns = made;
    }
    return made;
  }

  private Turn join(Bytes key) {
    return turns()
        .compute(
            key,
            (same, present) -> {
              Turn joined = present == null ? new Turn(same) : present;
              joined.users++;
              return joined;
            });
  }

  private Hold hold(Bytes key, long waitNanos) {
    recent.begin(key);
    Turn turn = join(key);
    boolean held = false;
    try {
      held = turn.tryAcquire() || isOver(DeadlockDetector.await(turn, waitNanos));
      return held ? turn : NONE;
    } finally {
      if (!held) {
        turn.leave();
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
              "Threads wait for one another's keys of cache {}: a CacheLoader, CacheWriter, listener or entry processor of each uses a key that the other one works on. One of them goes on without its turn. Let such code use no other keys, or use them in one order.",
              cacheName);
        }
        yield false;
      }
    };
  }

  /** A turn with a key, until it is closed. */
  @FunctionalInterface
  public interface Hold extends AutoCloseable {

    @Override
    void close();
  }

  /** The lock of one key, shared by the threads that want it just now. */
  private final class Turn implements Hold, Awaited {

    private final Bytes key;
    private final ReentrantLock lock = new ReentrantLock();

    /** How many threads hold the lock or want it; changed only by the map's own {@code compute}. */
    private int users;

    private volatile @Nullable Thread owner;

    private Turn(Bytes key) {
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
      turns().compute(key, (same, present) -> --users == 0 ? null : this);
    }
  }
}
