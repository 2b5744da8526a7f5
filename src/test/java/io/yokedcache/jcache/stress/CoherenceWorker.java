package io.yokedcache.jcache.stress;

import io.yokedcache.jcache.YokedCachingProvider;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.ModifiedExpiryPolicy;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;

/**
 * One of the JVMs: some threads write, remove and let expire, some read, one clears, and one learns
 * what the other JVMs did. Each key has one writing thread among all JVMs, which numbers its
 * changes; the values are those numbers. Half of the keys are in a cache whose entries expire soon.
 * Ends with a stack trace at the first get that returns less than it may.
 */
final class CoherenceWorker {

  static final int KEYS = 60;
  static final Duration BOUND = Duration.ofMillis(200);
  static final String STARTED = "truth:started";

  /** A hash with what each JVM has done so far. */
  static final String REPORTS = "truth:reports";

  /** Is set when the JVMs may end. */
  static final String END = "truth:end";

  private static final int TRUTH_TIMEOUT_MILLIS = 20_000;
  private static final long REPORT_MILLIS = 200;

  private static final int WRITERS = 2;
  private static final int READERS = 2;
  private static final int OPERATIONS_PER_PAUSE = 5;
  private static final int READS_PER_PAUSE = 500;
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long TIME_TO_LIVE_MILLIS = 150;

  /**
   * After which an entry has surely expired, should the clock of Redis be set a little meanwhile.
   */
  private static final long EXPIRY_NANOS = TimeUnit.MILLISECONDS.toNanos(TIME_TO_LIVE_MILLIS + 100);

  private final int truthPort;
  private final int worker;
  private final int workers;
  private final Cache<String, Long> lasting;
  private final Cache<String, Long> brief;
  private final LeastNumbers least = new LeastNumbers(KEYS, BOUND.toNanos());
  private final LongAdder reads = new LongAdder();
  private final LongAdder found = new LongAdder();
  private final LongAdder writes = new LongAdder();
  private final LongAdder removals = new LongAdder();
  private final LongAdder expiries = new LongAdder();
  private final LongAdder clears = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private volatile boolean stopping;

  private CoherenceWorker(int truthPort, int worker, int workers, CacheManager manager) {
    this.truthPort = truthPort;
    this.worker = worker;
    this.workers = workers;
    MutableConfiguration<String, Long> configuration =
        new MutableConfiguration<String, Long>().setTypes(String.class, Long.class);
    this.lasting = manager.createCache("lasting", configuration);
    this.brief =
        manager.createCache(
            "brief",
            configuration.setExpiryPolicyFactory(
                ModifiedExpiryPolicy.factoryOf(
                    new javax.cache.expiry.Duration(TimeUnit.MILLISECONDS, TIME_TO_LIVE_MILLIS))));
  }

  /**
   * Arguments: URI of the caches, port of the server where the JVMs tell each other what they did,
   * index of this JVM, how many there are.
   */
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("yokedcache.defaults.near.enabled", "true");
    properties.setProperty("yokedcache.near.max-staleness", BOUND.toMillis() + "ms");
    try (CacheManager manager =
        new YokedCachingProvider().getCacheManager(URI.create(args[0]), null, properties)) {
      CoherenceWorker jvm =
          new CoherenceWorker(
              Integer.parseInt(args[1]),
              Integer.parseInt(args[2]),
              Integer.parseInt(args[3]),
              manager);
      System.out.println(jvm.run().toLine());
    }
  }

  private CoherenceReport run() throws Exception {
    awaitOthers();
    List<Callable<@Nullable Void>> tasks = new ArrayList<>();
    for (int i = 0; i < WRITERS; i++) {
      int writer = worker * WRITERS + i;
      tasks.add(() -> write(writer));
    }
    for (int i = 0; i < READERS; i++) {
      SplittableRandom random = new SplittableRandom(31L * worker + i);
      tasks.add(() -> read(random));
    }
    tasks.add(this::clear);
    tasks.add(this::learn);
    ExecutorService executor = Executors.newFixedThreadPool(tasks.size());
    try (Jedis truth = new Jedis("127.0.0.1", truthPort, TRUTH_TIMEOUT_MILLIS)) {
      // In the order they end: one that fails must not hide behind others.
      ExecutorCompletionService<@Nullable Void> ends = new ExecutorCompletionService<>(executor);
      tasks.forEach(ends::submit);
      Future<@Nullable Void> failed = null;
      while (failed == null && !truth.exists(END)) {
        truth.hset(REPORTS, Integer.toString(worker), report().toLine());
        failed = ends.poll(REPORT_MILLIS, TimeUnit.MILLISECONDS);
      }
      stopping = true;
      if (failed != null) {
        failed.get();
      }
      for (int i = failed == null ? 0 : 1; i < tasks.size(); i++) {
        ends.take().get(); // the parent kills this JVM when its time is over
      }
    } finally {
      executor.shutdownNow();
    }
    return report();
  }

  private CoherenceReport report() {
    return new CoherenceReport(
        reads.sum(),
        found.sum(),
        writes.sum(),
        removals.sum(),
        expiries.sum(),
        clears.sum(),
        lost.sum());
  }

  private void awaitOthers() {
    try (Jedis jedis = new Jedis("127.0.0.1", truthPort)) {
      jedis.incr(STARTED);
      Awaitility.await()
          .atMost(Duration.ofSeconds(60))
          .pollInterval(Duration.ofMillis(10))
          .until(() -> Integer.toString(workers).equals(jedis.get(STARTED)));
    }
  }

  private Cache<String, Long> cacheOf(int key) {
    return key % 2 == 0 ? lasting : brief;
  }

  private static String name(int key) {
    return "k" + key;
  }

  private @Nullable Void write(int writer) {
    SplittableRandom random = new SplittableRandom(17L * writer);
    int[] own =
        IntStream.range(0, KEYS).filter(key -> key / 2 % (workers * WRITERS) == writer).toArray();
    OwnKey[] keys = IntStream.of(own).mapToObj(OwnKey::new).toArray(OwnKey[]::new);
    try (SecondTruth truth = new SecondTruth(truthPort, worker, workers, KEYS)) {
      for (int n = 1; !stopping; n++) {
        OwnKey key = keys[random.nextInt(keys.length)];
        key.step(random, truth);
        if (n % OPERATIONS_PER_PAUSE == 0) {
          LockSupport.parkNanos(random.nextLong(5 * PAUSE_NANOS)); // so that copies are used too
        }
      }
    }
    return null;
  }

  /** A key that one thread of this JVM writes. */
  private final class OwnKey {

    private final int key;
    private long number;
    private boolean isDoubtful;
    private boolean expires;
    private long expiryNanos;

    OwnKey(int key) {
      this.key = key;
    }

    void step(SplittableRandom random, SecondTruth truth) {
      if (!expires && !isDoubtful) {
        change(random, truth);
      } else if (expires && expiryNanos - System.nanoTime() < 0) {
        expire(truth);
      }
    }

    /** Puts or removes; after a failure, which may take effect later, never again. */
    private void change(SplittableRandom random, SecondTruth truth) {
      long next = number + 1;
      boolean isPut = random.nextInt(8) > 0;
      try {
        if (isPut) {
          cacheOf(key).put(name(key), next);
        } else {
          cacheOf(key).remove(name(key));
        }
      } catch (CacheException unknown) {
        lost.increment();
        isDoubtful = true;
        return;
      }
      // Only some are left alone until they expire: most shall be written while they live.
      expires = isPut && cacheOf(key) == brief && random.nextInt(20) == 0;
      expiryNanos = System.nanoTime() + EXPIRY_NANOS;
      (isPut ? writes : removals).increment();
      changed(next, truth);
    }

    /** Counts the expiry as a change. */
    private void expire(SecondTruth truth) {
      expires = false;
      expiries.increment();
      changed(number + 1, truth);
    }

    private void changed(long next, SecondTruth truth) {
      number = next;
      least.know(key, next);
      check(key);
      truth.tellChanged(key, next);
    }
  }

  private @Nullable Void read(SplittableRandom random) {
    for (int n = 1; !stopping; n++) {
      check(random.nextInt(KEYS));
      if (n % READS_PER_PAUSE == 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
    return null;
  }

  private void check(int key) {
    long expected = least.of(key); // before the get begins
    Long seen;
    try {
      seen = cacheOf(key).get(name(key));
    } catch (CacheException nothingRead) {
      lost.increment();
      return;
    }
    reads.increment();
    if (seen != null) {
      found.increment();
      least.learn(key, seen);
      if (seen < expected) {
        throw new IllegalStateException(
            "JVM %s read %s of %s, but nothing below %s was there any more"
                .formatted(worker, seen, name(key), expected));
      }
    }
  }

  private @Nullable Void clear() {
    SplittableRandom random = new SplittableRandom(worker);
    try (SecondTruth truth = new SecondTruth(truthPort, worker, workers, KEYS)) {
      while (!stopping) {
        LockSupport.parkNanos(PAUSE_NANOS * random.nextInt(50, 500));
        long[] before = truth.changes();
        int half = random.nextInt(2);
        List<Integer> cleared =
            IntStream.range(0, KEYS).filter(key -> key % 2 == half).boxed().toList();
        try {
          cacheOf(cleared.get(0)).clear();
        } catch (CacheException unknown) {
          lost.increment();
          continue;
        }
        clears.increment();
        cleared.forEach(key -> least.know(key, before[key] + 1));
        truth.tellCleared(cleared, before);
      }
    }
    return null;
  }

  private @Nullable Void learn() {
    try (SecondTruth truth = new SecondTruth(truthPort, worker, workers, KEYS)) {
      while (!stopping) {
        truth.learn(least);
        least.ripen();
        LockSupport.parkNanos(5 * PAUSE_NANOS);
      }
    }
    return null;
  }
}
