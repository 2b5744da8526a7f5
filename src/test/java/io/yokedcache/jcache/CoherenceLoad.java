package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.management.JMException;
import org.jspecify.annotations.Nullable;

/**
 * Several managers with near caches, each with its own connections as in its own JVM, that write
 * and read while something disturbs them. Each key has one writer, which counts up. A reader may
 * get an older number only within the bound after a newer one was written, and never in the manager
 * that wrote it. Runs for some seconds, and until enough was checked; {@code -Dstress.seconds=600}
 * for longer.
 */
final class CoherenceLoad implements AutoCloseable {

  private static final int MANAGERS = 4;
  static final int KEYS = 64;
  private static final long BOUND_MILLIS = 200;
  private static final long BOUND_NANOS = TimeUnit.MILLISECONDS.toNanos(BOUND_MILLIS);
  private static final long SECONDS = Long.getLong("stress.seconds", 4);
  private static final long PATIENCE_SECONDS = 120;
  private static final int ENOUGH_READS = 1_000;
  private static final int ENOUGH_WRITES = 100;

  /** How many written numbers of each key are remembered. */
  private static final int REMEMBERED = 64;

  /** A number, and when its writer had heard that it was written. */
  private record Written(long number, long nanos) {}

  private final TestManagers managers = new TestManagers();
  private final List<Cache<String, String>> caches = new ArrayList<>();
  private final List<AtomicReferenceArray<@Nullable Written>> history = new ArrayList<>();
  private final Queue<String> violations = new ConcurrentLinkedQueue<>();
  private final LongAdder reads = new LongAdder();

  /** Reads that found a number of which another one was known to be the least that it may be. */
  private final LongAdder judged = new LongAdder();

  private final LongAdder writes = new LongAdder();
  private volatile boolean stopping;

  @Override
  public void close() {
    managers.close();
  }

  /** One of the caches. */
  Cache<String, String> anyCache() {
    return caches.get(ThreadLocalRandom.current().nextInt(MANAGERS));
  }

  /** Loads the caches and calls the disturbance again and again, then checks what was read. */
  void run(URI uri, Runnable disturbance) throws InterruptedException {
    for (int i = 0; i < MANAGERS; i++) {
      caches.add(
          managers
              .open(
                  uri,
                  "yokedcache.defaults.near.enabled",
                  "true",
                  "yokedcache.near.max-staleness",
                  BOUND_MILLIS + "ms")
              .createCache(
                  "coherent",
                  // The beans of all managers of a URI have the same names: only one has some.
                  TestManagers.strings().setStatisticsEnabled(i == 0)));
    }
    for (int key = 0; key < KEYS; key++) {
      history.add(new AtomicReferenceArray<>(REMEMBERED));
    }
    List<Thread> threads = new ArrayList<>();
    for (int manager = 0; manager < MANAGERS; manager++) {
      int own = manager;
      threads.add(new Thread(() -> write(own), "writer-" + own));
      threads.add(new Thread(() -> read(own), "reader-" + own));
      threads.add(new Thread(() -> read(own), "other-reader-" + own));
    }
    threads.forEach(Thread::start);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    long last = end + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (violations.isEmpty()
        && (System.nanoTime() < end || (!isEnough() && System.nanoTime() < last))) {
      disturbance.run();
    }
    stopping = true;
    for (Thread thread : threads) {
      thread.join(30_000);
      assertThat(thread.isAlive()).as("%s has ended", thread).isFalse();
    }
    System.out.printf(
        "%,d reads, %,d of them judged, %,d near hits of one manager, %,d writes%n",
        reads.sum(), judged.sum(), nearHits(), writes.sum());
    assertThat(violations).isEmpty();
    assertThat(isEnough()).as("proves something").isTrue();
  }

  private boolean isEnough() {
    return judged.sum() > ENOUGH_READS && writes.sum() > ENOUGH_WRITES && nearHits() > ENOUGH_READS;
  }

  /** How many reads of the first manager took a near entry. */
  private long nearHits() {
    try {
      return new CacheFigures(caches.get(0)).extended("NearHits");
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Counts up the keys of one manager, each read back at once. */
  private void write(int manager) {
    Cache<String, String> cache = caches.get(manager);
    long number = 0;
    while (!stopping && violations.isEmpty()) {
      number++;
      int key = manager + MANAGERS * ThreadLocalRandom.current().nextInt(KEYS / MANAGERS);
      try {
        cache.put("k" + key, Long.toString(number));
        remember(key, new Written(number, System.nanoTime()));
        writes.increment();
        String seen = cache.get("k" + key);
        if (seen != null && Long.parseLong(seen) < number) {
          violations.add("own write " + number + " of k" + key + ", but read " + seen);
        }
      } catch (CacheException away) {
        // Whether it was written is not known; the next number is greater anyway.
      }
      if (number % 20 == 0) {
        pause(1); // so that copies are used as well
      }
    }
  }

  private void remember(int key, Written written) {
    history.get(key).set((int) (written.number() % REMEMBERED), written);
  }

  private void read(int manager) {
    Cache<String, String> cache = caches.get(manager);
    while (!stopping && violations.isEmpty()) {
      int key = ThreadLocalRandom.current().nextInt(KEYS);
      long expected = oldest(key, System.nanoTime() - BOUND_NANOS);
      try {
        String seen = cache.get("k" + key);
        reads.increment();
        if (seen != null && expected > 0) {
          judged.increment();
        }
        if (seen != null && Long.parseLong(seen) < expected) {
          violations.add(
              "k"
                  + key
                  + " in manager "
                  + manager
                  + ": read "
                  + seen
                  + ", but "
                  + expected
                  + " was written more than "
                  + BOUND_MILLIS
                  + " ms before");
        }
      } catch (CacheException away) {
        // nothing was read
      }
    }
  }

  /** The greatest number of a key that was surely written before a moment; 0 if none is known. */
  private long oldest(int key, long beforeNanos) {
    AtomicReferenceArray<@Nullable Written> written = history.get(key);
    long greatest = 0;
    for (int i = 0; i < REMEMBERED; i++) {
      Written entry = written.get(i);
      if (entry != null && entry.nanos() - beforeNanos < 0) {
        greatest = Math.max(greatest, entry.number());
      }
    }
    return greatest;
  }

  /** Waits without sleeping: for a latch that nobody opens. */
  static void pause(long millis) {
    try {
      boolean unused = new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
