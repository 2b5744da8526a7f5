package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.entry.DeadlockDetector.Awaited;
import io.yokedcache.jcache.internal.entry.DeadlockDetector.WaitOutcome;
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
 * Lets the threads of this JVM that miss the same key at the same time load it once: the first one
 * loads, the others wait for its result, for a bounded time. The result is shared as bytes, so that
 * each decodes an object of its own. A loader that fails fails for all of them.
 */
final class LoadCoalescer {

  private static final Logger logger = LoggerFactory.getLogger(LoadCoalescer.class);

  /** How many keys are remembered that were loaded recent. */
  private static final int RECENT_KEYS = 64;

  private final String cacheName;
  private final ConcurrentMap<Bytes, Load> loads = new ConcurrentHashMap<>();
  private final Duration timeout;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** Keys that were loaded recent, by hash; created by the first load. */
  private final AtomicReference<@Nullable AtomicReferenceArray<@Nullable Bytes>> recentlyLoaded =
      new AtomicReference<>();

  LoadCoalescer(String cacheName, Duration timeout) {
    this.cacheName = cacheName;
    this.timeout = timeout;
  }

  /**
   * Joins the load of a key that is under way, or begins one, which the caller must close. A loader
   * that reads the key it loads would wait for itself, so it gets a load of its own.
   */
  Membership join(Bytes key) {
    Load own = new Load(key);
    Load other = loads.putIfAbsent(key, own);
    return other == null || other.leader == Thread.currentThread()
        ? new Membership(own, /* isLeader= */ true)
        : new Membership(other, /* isLeader= */ false);
  }

  /**
   * Whether another load of a key may have ended between this thread's read and its boarding, so
   * that the thread should read again before it loads.
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

  /** A load that nobody joins. */
  Load alone(Bytes key) {
    return new Load(key);
  }

  /** How many keys are being loaded. */
  int size() {
    return loads.size();
  }

  /**
   * A thread's part in a load.
   *
   * @param isLeader whether this thread has to load
   */
  record Membership(Load load, boolean isLeader) {}

  /**
   * The end of a load.
   *
   * @param value the encoded value, or {@code null} if there is none
   * @param failure why the loader failed, or {@code null} if it did not
   */
  record LoadResult(@Nullable Bytes value, @Nullable CacheLoaderException failure) {}

  /** One load of one key. */
  final class Load implements Awaited, AutoCloseable {

    private final Bytes key;
    private final Thread leader = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);

    /** Written before the latch opens. */
    private @Nullable LoadResult result;

    private Load(Bytes key) {
      this.key = key;
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
     * Waits for what the leader loads.
     *
     * @return {@code null} if this thread must load by itself: the load takes too long, ended
     *     without a result, or waits for this thread
     */
    @Nullable LoadResult awaitResult() {
      WaitOutcome outcome = DeadlockDetector.await(this, timeout.toNanos());
      return switch (outcome) {
        case OVER -> result;
        case TIMEOUT -> {
          // Whoever comes later shall not wait for it once more.
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

    /** Tells the waiting threads what was loaded, or that there is nothing to load. */
    void complete(@Nullable Bytes value) {
      complete(new LoadResult(value, null));
    }

    /** Tells the waiting threads that the loader failed. */
    void fail(CacheLoaderException failure) {
      complete(new LoadResult(null, failure));
    }

    private void complete(LoadResult loaded) {
      if (ended.getCount() > 0) {
        result = loaded;
        ended.countDown();
      }
    }

    /** Ends the load; without a result the waiting threads load by themselves. */
    @Override
    public void close() {
      if (result != null && result.value() != null) {
        noteLoaded(key);
      }
      // First, so that nobody joins a load that is over.
      loads.remove(key, this);
      ended.countDown();
    }
  }
}
