package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.integration.CompletionListenerFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The context of operations are timed: waiting, network, codecs, loader and writer. */
final class PhasesIT {

  private static RedisServer server;

  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  private Cache<String, String> cache(CacheManager manager) {
    return manager.createCache(
        TestManagers.uniqueName("parts"), TestManagers.strings().setStatisticsEnabled(true));
  }

  private static long sumNanos(Map<String, CacheFigures.Operation> operations, String operation) {
    CacheFigures.Operation found = operations.get(operation);
    return found == null ? 0 : found.sumNanos();
  }

  /** All that is neither part nor call of loader or writer. */
  private static long operationNanos(Map<String, CacheFigures.Operation> operations) {
    Set<String> context = Set.of("queue", "network", "codec", "load", "write");
    return operations.keySet().stream()
        .filter(name -> !context.contains(name))
        .mapToLong(name -> sumNanos(operations, name))
        .sum();
  }

  @Test
  void parts_areWithinTheirOperations() throws Exception {
    Cache<String, String> cache = cache(managers.open(server.uri()));
    CacheFigures figures = new CacheFigures(cache);
    cache.put("a", "1");
    cache.get("a");
    cache.get("none");
    cache.containsKey("a");
    cache.putAll(Map.of("b", "2", "c", "3"));
    cache.getAll(Set.of("a", "b", "c"));
    cache.replace("a", "1", "2");
    cache.invoke("a", (entry, arguments) -> entry.getValue());
    cache.invokeAll(Set.of("a", "b"), (entry, arguments) -> entry.getValue());
    cache.remove("a");
    cache.removeAll(Set.of("b"));

    assertThat(figures.count("codec")).as("one for each operation").isEqualTo(11);
    long roundTrips = figures.count("network");
    assertThat(roundTrips).as("at least one for each operation").isGreaterThanOrEqualTo(11);
    assertThat(figures.count("queue")).isEqualTo(roundTrips);
    assertThat(figures.operation("network", "Count")).isEqualTo(roundTrips);
    assertThat(figures.operation("network", "P50Micros").doubleValue()).isPositive();
    Map<String, CacheFigures.Operation> operations = figures.snapshot();
    long context =
        sumNanos(operations, "queue")
            + sumNanos(operations, "network")
            + sumNanos(operations, "codec");
    assertThat(context).isPositive().isLessThanOrEqualTo(operationNanos(operations));
    assertThat(StatisticsDelta.of(cache)).isEqualTo(new StatisticsDelta(8, 1, 4, 2));
  }

  @Test
  void iterator_codecIsTimedByPage() throws Exception {
    Cache<String, String> cache = cache(managers.open(server.uri()));
    CacheFigures figures = new CacheFigures(cache);
    cache.putAll(Map.of("a", "1", "b", "2"));
    long before = figures.count("codec");
    long roundTrips = figures.count("network");

    assertThat(cache).hasSize(2);

    assertThat(figures.count("codec")).as("a page and two entries").isEqualTo(before + 3);
    assertThat(figures.count("network")).isGreaterThan(roundTrips + 1);
  }

  @Test
  void parts_followStatistics() throws Exception {
    Cache<String, String> cache = cache(managers.open(server.uri()));
    CacheFigures figures = new CacheFigures(cache);
    cache.put("a", "1");
    cache.get("a");
    assertThat(figures.count("codec")).isEqualTo(2);
    long roundTrips = figures.count("network");

    cache.getCacheManager().enableStatistics(cache.getName(), false);
    cache.get("a");
    cache.getCacheManager().enableStatistics(cache.getName(), true);
    assertThat(figures.count("codec")).isEqualTo(2);
    assertThat(figures.count("network")).isEqualTo(roundTrips);

    cache.get("a");
    assertThat(figures.count("codec")).isEqualTo(3);
    assertThat(figures.count("network")).isEqualTo(roundTrips + 1);
  }

  @Test
  void codec_ofAnOperationWithinAnOperationIsItsOwn() throws Exception {
    CacheManager manager = managers.open(server.uri());
    Cache<String, String> inner = cache(manager);
    Cache<String, String> outer = cache(manager);
    outer.put("a", "1");
    inner.put("a", "1");

    outer.invoke("a", (entry, arguments) -> inner.get("a") + entry.getValue());

    assertThat(new CacheFigures(outer).count("codec")).isEqualTo(2);
    assertThat(new CacheFigures(inner).count("codec")).isEqualTo(2);
  }

  @Test
  void queue_isTheWaitForAConnection() throws Exception {
    try (RedisServer own = RedisServer.start()) {
      CacheManager manager =
          managers.open(
              own.uri(),
              "yokedcache.connection.executor",
              "pooled",
              "yokedcache.connection.pool.size",
              "1",
              "yokedcache.connection.pool.wait",
              "20s",
              "yokedcache.connection.command-timeout",
              "20s",
              "yokedcache.key-statistics.enabled",
              "false",
              "yokedcache.health.interval",
              "1h");
      Cache<String, String> cache = cache(manager);
      cache.put("a", "1");
      // The first health check wants the connection, too.
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> CacheFigures.connection(manager, "PingMicros").doubleValue() >= 0);
      own.pause();
      Thread first = new Thread(() -> cache.get("a"));
      Thread second = new Thread(() -> cache.get("a"));
      first.start();
      second.start();
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> CacheFigures.connection(manager, "PoolWaiting").intValue() == 1);
      assertThat(CacheFigures.connection(manager, "PoolActive")).isEqualTo(1);
      long start = System.nanoTime();
      Awaitility.await().until(() -> System.nanoTime() - start > 200_000_000L);
      own.resume();
      first.join(TimeUnit.SECONDS.toMillis(20));
      second.join(TimeUnit.SECONDS.toMillis(20));

      CacheFigures figures = new CacheFigures(cache);
      assertThat(figures.operation("queue", "MaxMicros").doubleValue()).isGreaterThan(200_000);
      assertThat(figures.operation("network", "MaxMicros").doubleValue()).isGreaterThan(200_000);
      assertThat(figures.operation("queue", "P50Micros").doubleValue())
          .as("the others did not wait")
          .isLessThan(200_000);
    }
  }

  @Test
  void write_isTheTimeOfTheWriter() throws Exception {
    Cache<String, String> cache =
        managers
            .open(server.uri())
            .createCache(
                TestManagers.uniqueName("written"),
                TestManagers.strings()
                    .setStatisticsEnabled(true)
                    .setWriteThrough(true)
                    .setCacheWriterFactory(FactoryBuilder.factoryOf(TimedParts.SlowWriter.class)));
    cache.put("a", "1");
    cache.putAll(Map.of("b", "2", "c", "3"));
    cache.remove("a");
    cache.removeAll(Set.of("b", "c"));

    assertTimedCalls(cache, "write", 4);
  }

  @Test
  void load_isTheTimeOfTheLoader() throws Exception {
    Cache<String, String> cache =
        managers
            .open(server.uri())
            .createCache(
                TestManagers.uniqueName("loaded"),
                TestManagers.strings()
                    .setStatisticsEnabled(true)
                    .setReadThrough(true)
                    .setCacheLoaderFactory(FactoryBuilder.factoryOf(TimedParts.SlowLoader.class)));
    assertThat(cache.get("a")).isEqualTo("a");
    assertThat(cache.get("a")).isEqualTo("a");
    assertThat(cache.getAll(Set.of("a", "b", "c"))).hasSize(3);
    CompletionListenerFuture loaded = new CompletionListenerFuture();
    cache.loadAll(Set.of("d", "e"), /* replaceExistingValues= */ true, loaded);
    loaded.get(20, TimeUnit.SECONDS);

    assertTimedCalls(cache, "load", 3);
  }

  private static void assertTimedCalls(Cache<?, ?> cache, String part, long calls)
      throws Exception {
    CacheFigures figures = new CacheFigures(cache);
    assertThat(figures.operation(part, "Count")).isEqualTo(calls);
    assertThat(figures.operation(part, "ErrorCount")).isEqualTo(0L);
    assertThat(figures.operation(part, "MeanMicros").doubleValue())
        .isGreaterThanOrEqualTo(TimedParts.NANOS / 1_000.0);
    assertThat(figures.count(part)).isEqualTo(calls);
    assertThat(sumNanos(figures.snapshot(), part)).isGreaterThanOrEqualTo(calls * TimedParts.NANOS);
  }
}
