package io.yokedcache.jcache.internal.load;

import io.yokedcache.jcache.internal.entry.DeadlockDetector;
import io.yokedcache.jcache.internal.entry.DeadlockDetector.Awaited;
import io.yokedcache.jcache.internal.entry.DeadlockDetector.WaitOutcome;
import io.yokedcache.jcache.internal.entry.LoadTracker.Ticket;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Coalesces the concurrent loads of a key in this JVM: the leader loads, and the followers wait for
 * its result, for a bounded time. The result is shared as bytes, so that each thread decodes its
 * own object. A failure of the loader fails all of them.
 */
final class LoadCoalescer {

  private static final Logger logger = LoggerFactory.getLogger(LoadCoalescer.class);

  /** The number of recently loaded keys that are remembered. */
  private static final int RECENT_KEYS = 64;

  private final String cacheName;
  private final ConcurrentMap<Bytes, Load> loads = new ConcurrentHashMap<>();
  private final Duration timeout;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** Recently loaded keys, by hash; created by the first load. */
  private final AtomicReference<@Nullable AtomicReferenceArray<@Nullable Bytes>> recentlyLoaded =
      new AtomicReference<>();

  LoadCoalescer(String cacheName, Duration timeout) {
    this.cacheName = cacheName;
    this.timeout = timeout;
  }

  /**
   * Joins the running load of a key, or begins one, which the caller must close. A loader that
   * reads the key it loads would wait for itself, so it leads a separate load. A load that is older
   * than a change of the key is not joined: its value may be older, too.
   */
  Membership join(Bytes key) {
    Load own = new Load(key);
    Load joined =
        loads.merge(key, own, (running, begun) -> running.isOvertaken() ? begun : running);
    return joined == own || joined.leader == Thread.currentThread()
        ? new Membership(own, /* isLeader= */ true)
        : new Membership(joined, /* isLeader= */ false);
  }

  /** A load that no other thread joins. */
  Load alone(Bytes key) {
    return new Load(key);
  }

  /**
   * Whether another load of a key may have ended between this thread's read and its join, so that
   * the thread should read again before it loads.
   */
  boolean wasLoadedRecently(Bytes key) {
    AtomicReferenceArray<@Nullable Bytes> recent = recentlyLoaded.get();
    return recent != null && key.equals(recent.get(slot(key)));
  }

  private void noteLoaded(Bytes key) {
    AtomicReferenceArray<@Nullable Bytes> recent = recentlyLoaded.get();
    if (recent == null) {
      recentlyLoaded.compareAndSet(null, new AtomicReferenceArray<>(RECENT_KEYS));
      recent = recentlyLoaded.get();
    }
    if (recent != null) {
      recent.set(slot(key), key);
    }
  }

  private static int slot(Bytes key) {
    return Math.floorMod(key.hashCode(), RECENT_KEYS);
  }

  /** The number of keys that are being loaded. */
  int size() {
    return loads.size();
  }

  /**
   * The role of a thread in a load.
   *
   * @param isLeader whether this thread loads
   */
  record Membership(Load load, boolean isLeader) {}

  /**
   * The result of a load.
   *
   * @param value the encoded value, or {@code null} if there is none
   * @param failure the loader's failure, or {@code null}
   */
  record LoadResult(@Nullable Bytes value, @Nullable CacheLoaderException failure) {}

  /** One load of one key. */
  final class Load implements Awaited, AutoCloseable {

    private final Bytes key;
    private final Thread leader = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);

    /** Written before the latch opens. */
    private @Nullable LoadResult result;

    /** When the result was read from Redis, or {@code null} if it was loaded. Likewise. */
    private @Nullable Long readNanos;

    /** Of the call of the loader, or {@code null} before it. */
    private volatile @Nullable Ticket ticket;

    private Load(Bytes key) {
      this.key = key;
    }

    /** To be called before the loader is. */
    void begin(Ticket taken) {
      ticket = taken;
    }

    private boolean isOvertaken() {
      Ticket taken = ticket;
      return taken != null && taken.isOvertaken();
    }

    @Override
    public @Nullable Thread owner() {
      return ended.getCount() == 0 ? null : leader;
    }

    @Override
    public boolean await(long nanos) throws InterruptedException {
      return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    /**
     * Waits for the leader's result.
     *
     * @param joinedNanos a time before this thread joined the load
     * @return {@code null} if this thread must read and load by itself: the load takes too long,
     *     ended without a result or with one that may be too old, or waits for this thread
     */
    @Nullable LoadResult awaitResult(long joinedNanos) {
      WaitOutcome outcome = DeadlockDetector.await(this, timeout.toNanos());
      return switch (outcome) {
        case OVER -> readNanos == null || readNanos - joinedNanos >= 0 ? result : null;
        case TIMEOUT -> {
          // Later threads do not wait for this load.
          loads.remove(key, this);
          yield null;
        }
        case DEADLOCK -> {
          if (warned.compareAndSet(false, true)) {
            logger.warn(
                "Loads of cache {} need each other's keys: its CacheLoader reads another key through a cache while another thread loads that one and needs this one. The value is loaded twice. Let the loader read from where the data is, or load both keys together.",
                cacheName);
          }
          yield null;
        }
      };
    }

    /** Completes the load with a value, or with {@code null} if there is none. */
    void complete(@Nullable Bytes value) {
      complete(new LoadResult(value, null));
    }

    /**
     * Completes the load with a value that was in Redis. Threads that joined after it was read do
     * not get it: it may have been replaced or removed before they came.
     *
     * @param nanos the time before it was read
     */
    void found(Bytes value, long nanos) {
      if (ended.getCount() > 0) {
        readNanos = nanos;
      }
      complete(value);
    }

    /** Completes the load with a failure of the loader. */
    void fail(CacheLoaderException failure) {
      complete(new LoadResult(null, failure));
    }

    /**
     * Ends the load for threads that come later: the key may be changed while the leader is still
     * busy with other keys.
     */
    private void complete(LoadResult loaded) {
      if (ended.getCount() > 0) {
        result = loaded;
        if (loaded.value() != null) {
          noteLoaded(key);
        }
        close();
      }
    }

    /** Ends the load. Without a result the followers load by themselves. */
    @Override
    public void close() {
      // First, so that no thread joins a load that has ended.
      loads.remove(key, this);
      ended.countDown();
    }
  }
}
