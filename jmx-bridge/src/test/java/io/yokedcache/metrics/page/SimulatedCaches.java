package io.yokedcache.metrics.page;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReading.StatisticsReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/** Caches that work only on paper, always in the same way. Thread-safe. */
final class SimulatedCaches implements CacheSource {

  /** As YokedCache's: eight to each doubling, and the decimal ones of classic histograms. */
  static final LatencyBounds BOUNDS =
      LatencyBounds.of(
          LongStream.concat(
                  IntStream.rangeClosed(0, 192)
                      .mapToLong(i -> Math.round(1000 * Math.pow(2, i / 8.0))),
                  DoubleStream.of(
                          1e5, 2.5e5, 5e5, 1e6, 2.5e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8, 5e8, 1e9)
                      .mapToLong(Math::round))
              .distinct()
              .sorted()
              .toArray());

  private final Random random = new Random(42);
  private final List<Cache> caches = new ArrayList<>();
  private final List<ConnectionReading> connections = new ArrayList<>();
  private @Nullable String failure;
  private int reads;

  /** A cache, whose figures grow. */
  final class Cache {
    private final String manager;
    private final String name;
    private final Map<String, Long> counters = new TreeMap<>();
    private final Map<String, Timer> timers = new LinkedHashMap<>();
    private boolean isPlain;
    private @Nullable Double countedAgeSeconds;

    private Cache(String manager, String name) {
      this.manager = manager;
      this.name = name;
      for (String counter : List.of("hits", "misses", "puts", "removals")) {
        counters.put(counter, 0L);
      }
    }

    /** Makes the cache one of a provider that has only JSR-107's own statistics. */
    Cache plain() {
      isPlain = true;
      return this;
    }

    /** Tells when the entries were counted. */
    Cache counted(double ageSeconds) {
      countedAgeSeconds = ageSeconds;
      return this;
    }

    Cache get(int times, double hitShare, double medianMicros) {
      long hits = Math.round(times * hitShare);
      counters.merge("hits", hits, Long::sum);
      counters.merge("misses", times - hits, Long::sum);
      return run("get", times, medianMicros);
    }

    Cache put(int times, double medianMicros) {
      counters.merge("puts", (long) times, Long::sum);
      return run("put", times, medianMicros);
    }

    /** Runs an operation whose durations are spread as those of networks are: a long tail. */
    Cache run(String operation, int times, double medianMicros) {
      Timer timer = timers.computeIfAbsent(operation, name -> new Timer());
      for (int i = 0; i < times; i++) {
        timer.add(
            Math.round(
                medianMicros
                    * 1000
                    * Math.exp(
                        0.45 * random.nextGaussian() + (random.nextInt(60) == 0 ? 1.6 : 0))));
      }
      return this;
    }

    Cache fail(String operation, String type, long times) {
      timers.computeIfAbsent(operation, name -> new Timer()).errors.merge(type, times, Long::sum);
      return this;
    }

    private CacheReading reading() {
      if (isPlain) {
        return new CacheReading(manager, name, statistics(), List.of(), Map.of(), Map.of());
      }
      List<OperationReading> operations = new ArrayList<>();
      timers.forEach((operation, timer) -> operations.add(timer.reading(operation)));
      long puts = counters.getOrDefault("puts", 0L);
      Map<String, Double> gauges = new TreeMap<>();
      gauges.put("keysCount", (double) puts);
      gauges.put("sizeBytes", puts * 1536.0);
      gauges.put("uptimeSeconds", 4711.0);
      if (countedAgeSeconds != null) {
        gauges.put("keyStatisticsAgeSeconds", countedAgeSeconds);
      }
      return new CacheReading(manager, name, null, operations, counters, gauges);
    }

    private StatisticsReading statistics() {
      return new StatisticsReading(
          counters.get("hits"),
          counters.get("misses"),
          counters.get("puts"),
          counters.get("removals"),
          0L,
          timers.getOrDefault("get", new Timer()).meanMicros(),
          timers.getOrDefault("put", new Timer()).meanMicros(),
          0.0);
    }
  }

  private static final class Timer {
    private final long[] cells = new long[BOUNDS.size() + 1];
    private final Map<String, Long> errors = new TreeMap<>();
    private long count;
    private long sumNanos;
    private long maxNanos;

    void add(long nanos) {
      int cell = 0;
      while (nanos > BOUNDS.nanos(cell)) {
        cell++;
      }
      cells[cell]++;
      count++;
      sumNanos += nanos;
      maxNanos = Math.max(maxNanos, nanos);
    }

    double meanMicros() {
      return count == 0 ? 0 : sumNanos / 1000.0 / count;
    }

    OperationReading reading(String operation) {
      return new OperationReading(
          operation, count, sumNanos, maxNanos, LatencyCells.of(BOUNDS, cells), errors);
    }
  }

  synchronized Cache add(String manager, String name) {
    Cache cache = new Cache(manager, name);
    caches.add(cache);
    return cache;
  }

  /** Does something to caches while nobody reads them. */
  synchronized void change(Runnable change) {
    change.run();
  }

  synchronized void remove(Cache cache) {
    caches.remove(cache);
  }

  synchronized void connection(
      String manager, boolean healthy, long pingNanos, ConnectionReading.Node... nodes) {
    connections.removeIf(known -> known.manager().equals(manager));
    connections.add(
        new ConnectionReading(
            manager, healthy, pingNanos, 3L, 2L, 6L, 0L, Map.of(), List.of(nodes)));
  }

  /** From now on, reading fails with this message; null for no longer. */
  synchronized void fail(@Nullable String message) {
    this.failure = message;
  }

  synchronized int reads() {
    return reads;
  }

  @Override
  public synchronized CacheReadings read() throws IOException {
    reads++;
    if (failure != null) {
      throw new IOException(failure);
    }
    return new CacheReadings(caches.stream().map(Cache::reading).toList(), connections);
  }
}
