package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.entry.Waits.Awaited;
import io.yokedcache.jcache.internal.entry.Waits.Ending;
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

  /** How many keys are remembered that were loaded lately. */
  private static final int LATELY = 64;

  private final String cacheName;
  private final ConcurrentMap<Bytes, Flight> flights = new ConcurrentHashMap<>();
  private final Duration timeout;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** Keys that were loaded lately, by hash; created by the first load. */
  private final AtomicReference<@Nullable AtomicReferenceArray<@Nullable Bytes>> landed =
      new AtomicReference<>();

  LoadCoalescer(String cacheName, Duration timeout) {
    this.cacheName = cacheName;
    this.timeout = timeout;
  }

  /**
   * Joins the load of a key that is under way, or begins one, which the caller must close. A loader
   * that reads the key it loads would wait for itself, so it gets a load of its own.
   */
  Boarding board(Bytes key) {
    Flight own = new Flight(key);
    Flight other = flights.putIfAbsent(key, own);
    return other == null || other.pilot == Thread.currentThread()
        ? new Boarding(own, /* isPilot= */ true)
        : new Boarding(other, /* isPilot= */ false);
  }

  /**
   * Whether another load of a key may have ended between this thread's read and its boarding, so
   * that the thread should read again before it loads.
   */
  boolean landedLately(Bytes key) {
    AtomicReferenceArray<@Nullable Bytes> lately = landed.get();
    return lately != null && key.equals(lately.get(slot(key)));
  }

  private void noteLanded(Bytes key) {
    AtomicReferenceArray<@Nullable Bytes> lately = landed.get();
    if (lately == null) {
      landed.compareAndSet(null, new AtomicReferenceArray<>(LATELY));
      lately = landed.get();
    }
    if (lately != null) {
      lately.set(slot(key), key);
    }
  }

  private static int slot(Bytes key) {
    return Math.floorMod(key.hashCode(), LATELY);
  }

  /** A load that nobody joins. */
  Flight alone(Bytes key) {
    return new Flight(key);
  }

  /** How many keys are being loaded. */
  int size() {
    return flights.size();
  }

  /**
   * A thread's part in a load.
   *
   * @param isPilot whether this thread has to load
   */
  record Boarding(Flight flight, boolean isPilot) {}

  /**
   * The end of a load.
   *
   * @param value the encoded value, or {@code null} if there is none
   * @param failure why the loader failed, or {@code null} if it did not
   */
  record Landing(@Nullable Bytes value, @Nullable CacheLoaderException failure) {}

  /** One load of one key. */
  final class Flight implements Awaited, AutoCloseable {

    private final Bytes key;
    private final Thread pilot = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);

    /** Written before the latch opens. */
    private @Nullable Landing landing;

    private Flight(Bytes key) {
      this.key = key;
    }

    @Override
    public @Nullable Thread owner() {
      return ended.getCount() == 0 ? null : pilot;
    }

    @Override
    public boolean await(long nanos) throws InterruptedException {
      return ended.await(nanos, TimeUnit.NANOSECONDS);
    }

    /**
     * Waits for what the pilot loads.
     *
     * @return {@code null} if this thread must load by itself: the load takes too long, ended
     *     without a result, or waits for this thread
     */
    @Nullable Landing join() {
      Ending ending = Waits.await(this, timeout.toNanos());
      return switch (ending) {
        case OVER -> landing;
        case TIMEOUT -> {
          // Whoever comes later shall not wait for it once more.
          flights.remove(key, this);
          yield null;
        }
        case CIRCLE -> {
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
    void land(@Nullable Bytes value) {
      land(new Landing(value, null));
    }

    /** Tells the waiting threads that the loader failed. */
    void fail(CacheLoaderException failure) {
      land(new Landing(null, failure));
    }

    private void land(Landing result) {
      if (ended.getCount() > 0) {
        landing = result;
        ended.countDown();
      }
    }

    /** Ends the load; without a result the waiting threads load by themselves. */
    @Override
    public void close() {
      if (landing != null && landing.value() != null) {
        noteLanded(key);
      }
      // First, so that nobody joins a load that is over.
      flights.remove(key, this);
      ended.countDown();
    }
  }
}
