package io.yokedcache.jcache.stress;

import io.yokedcache.jcache.Tags;
import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.YokedCachingProvider;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import org.awaitility.Awaitility;

/**
 * Puts, reads and invalidates entries with tags, and records it. Each value is put once among all
 * JVMs. Safe for use by several threads.
 */
final class TagsLoad implements AutoCloseable {

  static final String CACHE = "tagged";
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  /** So that near hits leave the processors to the other JVMs. */
  private static final int READS_PER_PAUSE = 200;

  /** Between two invalidations of a JVM. */
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final long FLUSH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /**
   * The size of a run.
   *
   * @param boundMillis the bound of near entries; 0 without a near cache
   */
  record Size(int entries, int tags, long boundMillis) {}

  private final CacheManager manager;
  private final YokedCache<Integer, Long> cache;
  private final TagsHistory.Recorder recorder;
  private final Size size;
  private final long firstNumber;
  private final LongAdder reads = new LongAdder();
  private final LongAdder found = new LongAdder();
  private final LongAdder lost = new LongAdder();
  private volatile boolean stopping;

  /**
   * Opens the cache.
   *
   * @param jvm the number of this JVM, which no other JVM of the run has or had
   */
  TagsLoad(URI uri, int jvm, Path history, Size size) {
    Properties properties = new Properties();
    properties.setProperty("yokedcache.defaults.tags", "true");
    properties.setProperty("yokedcache.connection.command-timeout", "1s");
    if (size.boundMillis > 0) {
      properties.setProperty("yokedcache.defaults.near.enabled", "true");
      properties.setProperty("yokedcache.near.max-staleness", size.boundMillis + "ms");
    }
    this.recorder = new TagsHistory.Recorder(history);
    this.size = size;
    this.firstNumber = (long) jvm << 40;
    this.manager = new YokedCachingProvider().getCacheManager(uri, null, properties);
    this.cache =
        (YokedCache<Integer, Long>)
            manager.createCache(
                CACHE,
                new MutableConfiguration<Integer, Long>().setTypes(Integer.class, Long.class));
  }

  /**
   * Tells that this JVM is ready by its history, waits for a file that has the end of the run, and
   * runs until then.
   *
   * @return the numbers of reads, of values found and of failures
   */
  String run(Path end) throws Exception {
    recorder.flush();
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> Files.exists(end));
    return runUntil(Long.parseLong(Files.readString(end)));
  }

  private String runUntil(long endNanos) throws Exception {
    ExecutorService threads = Executors.newCachedThreadPool();
    List<Future<?>> running = new ArrayList<>();
    try {
      running.add(threads.submit(this::put));
      running.add(threads.submit(this::read));
      running.add(threads.submit(this::read));
      running.add(threads.submit(this::invalidate));
      while (System.nanoTime() - endNanos < 0 && running.stream().noneMatch(Future::isDone)) {
        LockSupport.parkNanos(FLUSH_NANOS);
        recorder.flush();
      }
      stopping = true;
      for (Future<?> each : running) {
        each.get(60, TimeUnit.SECONDS);
      }
    } finally {
      stopping = true;
      threads.shutdownNow();
      recorder.flush();
    }
    return "%s %s %s".formatted(reads.sum(), found.sum(), lost.sum());
  }

  private static String name(int tag) {
    return "tag-" + tag;
  }

  private void put() {
    SplittableRandom random = new SplittableRandom();
    int start = random.nextInt(size.entries);
    for (long n = 0; !stopping; n++) {
      // Each entry once, and then any.
      int key = n < size.entries ? (int) (start + n) % size.entries : random.nextInt(size.entries);
      int[] tags = TagsHistory.tagsOf(key, size.tags);
      try {
        cache.put(key, firstNumber + n, Tags.of(name(tags[0]), name(tags[1])));
        recorder.putEnded(firstNumber + n);
      } catch (CacheException unknown) {
        lost.increment();
      }
    }
  }

  private void read() {
    SplittableRandom random = new SplittableRandom();
    for (int n = 1; !stopping; n++) {
      int key = random.nextInt(size.entries);
      long beganNanos = System.nanoTime();
      try {
        Long number = cache.get(key);
        reads.increment();
        if (number != null) {
          found.increment();
          recorder.read(number, key, beganNanos);
        }
      } catch (CacheException away) {
        lost.increment();
      }
      if (n % READS_PER_PAUSE == 0) {
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void invalidate() {
    SplittableRandom random = new SplittableRandom();
    while (!stopping) {
      boolean unused = invalidateOne(random);
      LockSupport.parkNanos(random.nextLong(MAX_PAUSE_NANOS));
    }
  }

  /** Invalidates any tag, and returns whether it succeeded. */
  boolean invalidateOne(SplittableRandom random) {
    int tag = random.nextInt(size.tags);
    long beganNanos = System.nanoTime();
    try {
      cache.invalidateTags(name(tag));
      recorder.invalidated(tag, beganNanos);
      return true;
    } catch (CacheException unknown) {
      lost.increment();
      return false;
    }
  }

  @Override
  public void close() {
    recorder.flush();
    manager.close();
  }
}
