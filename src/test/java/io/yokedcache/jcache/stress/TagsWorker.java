package io.yokedcache.jcache.stress;

import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.YokedCachingProvider;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.awaitility.Awaitility;

/**
 * One of the JVMs of {@link TagsJvmsIT}: a load on a cache, one on a cache with near entries, and
 * one on a smaller cache with large values. Safe for use by several threads.
 */
final class TagsWorker implements AutoCloseable {

  private static final String NEAR = "tagged-near";
  private static final String LARGE = "tagged-large";

  /** The caches. */
  static final List<String> CACHES = List.of("tagged", NEAR, LARGE);

  private static final Duration NEAR_BOUND = Duration.ofMillis(200);

  private static final int VALUE_BYTES = Long.BYTES;

  /** Large enough to be read apart from the tags. */
  private static final int LARGE_VALUE_BYTES = 8_192;

  /** How many times fewer entries the cache with large values has. */
  private static final int FEWER_LARGE = 10;

  private static final String REPORT = "TAGS";
  private static final int FIGURES = 3;
  private static final long FLUSH_MILLIS = 50;

  private final CacheManager manager;
  private final List<TagsHistory.Recorder> recorders = new ArrayList<>();
  private final List<TagsLoad> loads = new ArrayList<>();
  private final ScheduledExecutorService flushing = Executors.newSingleThreadScheduledExecutor();
  private final ScheduledFuture<?> flushes;

  /** Used by the thread that writes the histories. */
  private long repairs;

  /**
   * Opens the caches, and tells that this JVM is ready by its histories.
   *
   * @param jvm the number of this JVM, which no other JVM of the run has or had
   * @param folder of the histories, and of the files that start and end the loads
   * @param entries the number of entries of the caches with small values
   */
  TagsWorker(URI uri, int jvm, Path folder, int entries, int tags) {
    Properties properties = new Properties();
    properties.setProperty("yokedcache.defaults.tags", "true");
    properties.setProperty("yokedcache.connection.command-timeout", "1s");
    properties.setProperty("yokedcache.caches." + NEAR + ".near.enabled", "true");
    properties.setProperty("yokedcache.near.max-staleness", NEAR_BOUND.toMillis() + "ms");
    manager = new YokedCachingProvider().getCacheManager(uri, null, properties);
    for (String name : CACHES) {
      YokedCache<Integer, byte[]> cache =
          (YokedCache<Integer, byte[]>)
              manager.createCache(
                  name,
                  new MutableConfiguration<Integer, byte[]>()
                      .setTypes(Integer.class, byte[].class));
      TagsHistory.Recorder recorder = new TagsHistory.Recorder(history(folder, jvm, name));
      recorders.add(recorder);
      TagsLoad.Size size =
          name.equals(LARGE)
              ? new TagsLoad.Size(entries / FEWER_LARGE, tags, LARGE_VALUE_BYTES)
              : new TagsLoad.Size(entries, tags, VALUE_BYTES);
      loads.add(new TagsLoad(cache, jvm, recorder, size));
    }
    flushes = flushing.scheduleWithFixedDelay(this::flush, 0, FLUSH_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** How long a value of a cache may be used after an invalidation of another JVM. */
  static Duration bound(String cache) {
    return cache.equals(NEAR) ? NEAR_BOUND : Duration.ZERO;
  }

  /** The history of a cache in a JVM. */
  static Path history(Path folder, int jvm, String cache) {
    return folder.resolve("history-" + jvm + "-" + cache);
  }

  /** Arguments: URI, number, folder, entries, tags. */
  public static void main(String[] args) throws Exception {
    try (TagsWorker worker =
        new TagsWorker(
            URI.create(args[0]),
            Integer.parseInt(args[1]),
            Path.of(args[2]),
            Integer.parseInt(args[3]),
            Integer.parseInt(args[4]))) {
      System.out.println(JvmReport.line(REPORT, worker.run(Path.of(args[2]))));
    }
  }

  /** Returns the numbers of reads, of values found and of failures that a JVM has printed. */
  static long[] report(String output) {
    return JvmReport.numbers(REPORT, output);
  }

  /** The file that starts the loads of all JVMs. */
  static Path begin(Path folder) {
    return folder.resolve("begin");
  }

  /** The file that ends them. */
  static Path end(Path folder) {
    return folder.resolve("end");
  }

  private long[] run(Path folder) throws Exception {
    await(begin(folder), Duration.ofMinutes(2));
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      loads.forEach(load -> load.start(threads));
      await(end(folder), Duration.ofDays(1));
      long[] sums = new long[FIGURES];
      for (TagsLoad load : loads) {
        long[] figures = load.stop();
        for (int i = 0; i < FIGURES; i++) {
          sums[i] += figures[i];
        }
      }
      return sums;
    } finally {
      threads.shutdownNow();
    }
  }

  private static void await(Path file, Duration timeout) {
    Awaitility.await()
        .atMost(timeout)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> Files.exists(file));
  }

  /** Invalidates any tag of each cache. */
  void invalidateOne(SplittableRandom random) {
    for (TagsLoad load : loads) {
      boolean unused = load.invalidateOne(random);
    }
  }

  private void flush() {
    try {
      long now = repairs();
      for (TagsHistory.Recorder recorder : recorders) {
        if (now > repairs) {
          recorder.repaired();
        }
        recorder.flush();
      }
      repairs = now;
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
  }

  /** How many fail-overs this JVM has repaired. */
  private static long repairs() throws JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    long sum = 0;
    for (ObjectName name :
        server.queryNames(new ObjectName("io.yokedcache:type=Connection,*"), null)) {
      sum += ((Number) server.getAttribute(name, "FailOvers")).longValue();
    }
    return sum;
  }

  @Override
  public void close() throws IOException {
    try (manager) {
      flushing.shutdown(); // which ends the repetition
      if (!flushing.awaitTermination(10, TimeUnit.SECONDS)) {
        throw new IOException("The histories were not written in time");
      }
      if (!flushes.isCancelled()) {
        flushes.get(); // throws the failure that ended the repetition
      }
      flush();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    } catch (ExecutionException e) {
      throw new IOException("The histories could not be written", e);
    }
  }
}
