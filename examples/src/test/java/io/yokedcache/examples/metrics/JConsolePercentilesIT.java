package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The percentiles that JConsole shows while a cache is used, against those of a stopwatch around
 * each call.
 *
 * <p>Both see the same calls, so what the machine does to them is in both. They differ by what is
 * around the provider's own clock (a microsecond) and by its cells, which are up to 9.1 % wide and
 * taken to be evenly filled. One call in twenty gets a value of a random size of many kilobytes:
 * the 99th percentile then lies among durations that are spread out, in cells that are filled
 * evenly indeed, and not at the edge between calls that were interrupted and calls that were not,
 * where one call more or less would decide. There 5 % hold; for the other percentiles, the width of
 * a cell.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class JConsolePercentilesIT {

  private static final String CACHE = "percentiles";
  private static final int THREADS = 2;
  private static final int WARM_UP = 4_000;
  private static final int GETS = 20_000;
  private static final int SMALL = 100;
  private static final int LARGE = 200;

  @SuppressWarnings("BanJNDI") // what it connects to is this test's own, by its address
  @Test
  void p99_agreesWithAStopwatch() throws Exception {
    JMXConnectorServer server = connectorServer();
    server.start();
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager =
            provider.getCacheManager(URI.create("redis://127.0.0.1:" + redis.port()), null);
        JMXConnector connector = JMXConnectorFactory.connect(server.getAddress())) {
      Cache<Integer, byte[]> cache = manager.createCache(CACHE, configuration());
      fill(cache);
      get(cache, WARM_UP, () -> true);
      Console console = Console.on(connector.getMBeanServerConnection());
      console.reset();
      assertThat(console.read("Count")).isZero();

      List<Double> counts = new ArrayList<>();
      Histogram stopwatch = get(cache, GETS, () -> counts.add(console.read("Count")));

      assertThat(counts).hasSizeGreaterThan(2).isSorted();
      assertThat(console.read("Count"))
          .isEqualTo(GETS)
          .isEqualTo((double) stopwatch.getTotalCount());
      agree("P99Micros", console, stopwatch, 99, 0.05);
      agree("P90Micros", console, stopwatch, 90, 0.1);
      agree("P50Micros", console, stopwatch, 50, 0.1);
    } finally {
      server.stop();
    }
  }

  private static void agree(
      String attribute, Console console, Histogram stopwatch, double percentile, double part)
      throws Exception {
    double expected = stopwatch.getValueAtPercentile(percentile) / 1_000.0;
    double shown = console.read(attribute);
    assertThat(shown).as(attribute).isCloseTo(expected, within(expected * part));
  }

  /** What {@code -Dcom.sun.management.jmxremote} starts, on any free port of the loopback. */
  private static JMXConnectorServer connectorServer() throws IOException {
    return JMXConnectorServerFactory.newJMXConnectorServer(
        new JMXServiceURL("service:jmx:rmi://127.0.0.1"),
        null,
        ManagementFactory.getPlatformMBeanServer());
  }

  private static MutableConfiguration<Integer, byte[]> configuration() {
    return new MutableConfiguration<Integer, byte[]>()
        .setTypes(Integer.class, byte[].class)
        .setStatisticsEnabled(true);
  }

  /** Keys below {@link #SMALL} have small values; from there on, from 100 KB to 500 KB. */
  private static void fill(Cache<Integer, byte[]> cache) {
    for (int i = 0; i < SMALL; i++) {
      cache.put(i, new byte[100]);
    }
    for (int i = 0; i < LARGE; i++) {
      cache.put(SMALL + i, new byte[100_000 + i * 2_000]);
    }
  }

  /** Gets, with a stopwatch around each call, and polls as long as that takes. */
  private static Histogram get(Cache<Integer, byte[]> cache, int gets, Callable<?> poll)
      throws Exception {
    ExecutorService executor = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<Histogram>> parts = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        SplittableRandom random = new SplittableRandom(t);
        parts.add(executor.submit(() -> get(cache, gets / THREADS, random)));
      }
      Histogram all = new Histogram(3);
      for (Future<Histogram> part : parts) {
        while (!part.isDone()) {
          poll.call();
        }
        all.add(part.get());
      }
      return all;
    } finally {
      executor.shutdownNow();
    }
  }

  private static Histogram get(Cache<Integer, byte[]> cache, int gets, SplittableRandom random) {
    Histogram nanos = new Histogram(3);
    for (int i = 0; i < gets; i++) {
      boolean isLarge = random.nextInt(20) == 0;
      int key = isLarge ? SMALL + random.nextInt(LARGE) : random.nextInt(SMALL);
      long startNanos = System.nanoTime();
      byte[] value = cache.get(key);
      nanos.recordValue(System.nanoTime() - startNanos);
      assertThat(value).isNotNull();
    }
    return nanos;
  }

  /**
   * Reads plain numbers of MBeans from afar, as JConsole does.
   *
   * @param gets the bean of the operation
   * @param statistics the bean that sets it back
   */
  private record Console(MBeanServerConnection connection, ObjectName gets, ObjectName statistics) {

    static Console on(MBeanServerConnection connection) throws IOException, JMException {
      return new Console(
          connection,
          only(connection, "io.yokedcache:type=CacheOperation,operation=get,Cache=" + CACHE + ",*"),
          only(connection, "io.yokedcache:type=CacheExtendedStatistics,Cache=" + CACHE + ",*"));
    }

    private static ObjectName only(MBeanServerConnection connection, String pattern)
        throws IOException, JMException {
      List<ObjectName> names =
          List.copyOf(connection.queryNames(new ObjectName(pattern), /* query= */ null));
      assertThat(names).hasSize(1);
      return names.get(0);
    }

    double read(String attribute) throws IOException, JMException {
      return ((Number) connection.getAttribute(gets, attribute)).doubleValue();
    }

    void reset() throws IOException, JMException {
      connection.invoke(statistics, "reset", new Object[0], new String[0]);
    }
  }
}
