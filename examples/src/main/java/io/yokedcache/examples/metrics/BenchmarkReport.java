package io.yokedcache.examples.metrics;

import io.yokedcache.examples.Arguments;
import io.yokedcache.examples.Progress;
import io.yokedcache.examples.UsageException;
import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.statsd.StatsDCollector;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;

/**
 * Measures get, put and remove of a cache: average, median, 95th and 99th percentile, and
 * throughput, which is the operations by the elapsed time. Prints a table, and sends the figures to
 * the collectors as gauges {@code benchmark.get.avg_latency} and so on, in seconds.
 *
 * <p>Each thread waits for its answer before it asks again, so the figures say what that many
 * callers see, and not how long others would wait that come at a fixed rate.
 */
public final class BenchmarkReport {

  private static final String USAGE =
      """
      Usage: BenchmarkReport [--uri URI] [--operations N] [--threads N] [--value-bytes N]
                             [--statsd HOST:PORT] [--webhook URI]
        --uri          the server, default embedded:redis (a private one)
        --operations   of each kind, 1000 to 10000000, default 20000
        --threads      1 to 256, default 4
        --value-bytes  0 to 1048576, default 100
        --statsd       also send the figures to this StatsD daemon
        --webhook      also post them to this address, as JSON\
      """;

  private static final String CACHE = "benchmark";
  private static final int MAX_KEYS = 10_000;
  private static final long MAX_STORED_BYTES = 1L << 31;
  private static final long MAX_PHASE_SECONDS = 600;
  private static final double NANOS_PER_SECOND = 1e9;

  private final int operations;
  private final int threads;
  private final byte[] value;
  private final PrintStream out;
  private final LongAdder done = new LongAdder();
  private volatile String phase = "";

  private BenchmarkReport(int operations, int threads, int valueBytes, PrintStream out) {
    this.operations = operations;
    this.threads = threads;
    this.value = new byte[valueBytes];
    this.out = out;
    ThreadLocalRandom.current().nextBytes(value);
  }

  /**
   * Runs the benchmark.
   *
   * @param args see the usage text, which is printed if they are wrong
   * @throws InterruptedException if this thread is interrupted
   */
  public static void main(String[] args) throws InterruptedException {
    int exitCode = run(args, System.out, System.err, new CacheMetrics());
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err, CacheMetrics metrics)
      throws InterruptedException {
    // Closed at the end, which sends what is still queued.
    try (metrics) {
      Set<String> options =
          Set.of("--uri", "--operations", "--threads", "--value-bytes", "--statsd", "--webhook");
      Arguments arguments = new Arguments(args, options, Set.of(), 0);
      String uriText = arguments.text("--uri");
      URI uri = Arguments.uri(uriText == null ? "embedded:redis" : uriText);
      BenchmarkReport report =
          new BenchmarkReport(
              (int) arguments.number("--operations", 20_000, 1_000, 10_000_000),
              (int) arguments.number("--threads", 4, 1, 256),
              (int) arguments.number("--value-bytes", 100, 0, 1 << 20),
              out);
      report.checkSize();
      addCollectors(arguments, metrics);
      report.run(uri, metrics);
      return 0;
    } catch (UsageException e) {
      err.println(e.getMessage());
      err.println(USAGE);
      return 2;
    } catch (TimeoutException e) {
      err.println("The benchmark took more than " + MAX_PHASE_SECONDS + " s for one kind");
      return 1;
    } catch (CacheException | ExecutionException e) {
      err.println("The benchmark failed: " + e.getMessage());
      return 1;
    }
  }

  /** The put values are all there at the same time. */
  private void checkSize() throws UsageException {
    long bytes = (long) operations * value.length;
    if (bytes > MAX_STORED_BYTES) {
      throw new UsageException(
          "--operations times --value-bytes is " + bytes + ", more than " + MAX_STORED_BYTES);
    }
  }

  private static void addCollectors(Arguments arguments, CacheMetrics metrics)
      throws UsageException {
    StatsDCollector statsd = StatsDTarget.collector(arguments.text("--statsd"));
    if (statsd != null) {
      metrics.addCollector(statsd);
    }
    String webhook = arguments.text("--webhook");
    if (webhook != null) {
      Duration timeout = Duration.ofSeconds(5);
      try {
        metrics.addCollector(new WebhookCollector(Arguments.uri(webhook), timeout, timeout));
      } catch (IllegalArgumentException e) {
        throw new UsageException("--webhook must be an HTTP address: " + e.getMessage(), e);
      }
    }
  }

  private void run(URI uri, CacheMetrics metrics)
      throws InterruptedException, ExecutionException, TimeoutException {
    try (CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = provider.getCacheManager(uri, null)) {
      Cache<String, byte[]> cache =
          manager.createCache(
              CACHE,
              new MutableConfiguration<String, byte[]>().setTypes(String.class, byte[].class));
      cache.clear();
      List<PhaseResult> results = measure(cache);
      manager.destroyCache(CACHE);
      print(results);
      results.forEach(result -> result.sendTo(metrics));
      metrics.gauge("benchmark.throughput_ops_per_sec", throughput(results));
    }
  }

  private List<PhaseResult> measure(Cache<String, byte[]> cache)
      throws InterruptedException, ExecutionException, TimeoutException {
    int keys = Math.min(operations, MAX_KEYS);
    try (Progress progress = new Progress(out, this::progress)) {
      progress.start();
      out.printf(
          Locale.ROOT,
          "%,d operations of each kind, %d threads, values of %,d bytes. Warming up...%n",
          operations,
          threads,
          value.length);
      // Each of what follows, so that none is compiled while it is measured; and keys to get.
      phase("warm-up", i -> cache.put("get:" + i % keys, value));
      phase("warm-up", i -> cache.get("get:" + i % keys));
      phase("warm-up", i -> cache.remove("set:" + i));
      List<PhaseResult> results = new ArrayList<>();
      results.add(phase("get", i -> cache.get("get:" + i % keys)));
      results.add(phase("set", i -> cache.put("set:" + i, value)));
      results.add(phase("remove", i -> cache.remove("set:" + i)));
      return results;
    }
  }

  private PhaseResult phase(String name, IntConsumer operation)
      throws InterruptedException, ExecutionException, TimeoutException {
    done.reset();
    phase = name;
    return new BenchmarkPhase(name, operation, operations, threads, done).run(MAX_PHASE_SECONDS);
  }

  private String progress() {
    return String.format(Locale.ROOT, "%s: %,d of %,d", phase, done.sum(), operations);
  }

  private void print(List<PhaseResult> results) {
    out.println(PhaseResult.HEADER);
    results.forEach(result -> out.println(result.line()));
    out.printf(Locale.ROOT, "All together: %,.0f operations/s%n", throughput(results));
  }

  /** All operations by all the time they took, one kind after the other. */
  private static double throughput(List<PhaseResult> results) {
    long count = results.stream().mapToLong(PhaseResult::count).sum();
    long wallNanos = results.stream().mapToLong(PhaseResult::wallNanos).sum();
    return wallNanos == 0 ? 0 : count * NANOS_PER_SECOND / wallNanos;
  }
}
