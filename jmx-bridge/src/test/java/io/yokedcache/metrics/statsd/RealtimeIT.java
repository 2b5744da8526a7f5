package io.yokedcache.metrics.statsd;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.summingDouble;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.testing.ObservedManager;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.configuration.FactoryBuilder.SingletonFactory;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Operations of our provider on a real Redis, sent as they happen. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
final class RealtimeIT {

  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path services;

  /** Each operation of each cache is sent to a collector. */
  private static ObservedManager.Observers to(StatsDCollector collector) {
    return (manager, cache) -> StatsDOperationObserver.of(collector, manager, cache);
  }

  @Test
  void dogstatsd_everyOperation_isTheSeedsLines() throws Exception {
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector collector = to(receiver).useTags(true).build();
        ObservedManager manager = ObservedManager.start(services, to(collector))) {
      Cache<String, String> cache = manager.cache("users");
      cache.put("a", "1");
      cache.get("a");
      cache.get("b");
      cache.getAll(Set.of("a", "b", "c"));
      cache.putAll(Map.of("d", "4", "e", "5"));
      cache.remove("a");
      cache.remove("a");
      cache.invoke(
          "i",
          (entry, arguments) -> {
            entry.setValue("6");
            return entry;
          });
      String tags = "|#cache:users,cache_manager:" + manager.name().replace(':', '_');

      List<String> expected =
          List.of(
              "p.sets:1|c" + tags,
              "p.gets:1|c" + tags + ",result:hit",
              "p.gets:1|c" + tags + ",result:miss",
              "p.gets:1|c" + tags + ",result:hit",
              "p.gets:2|c" + tags + ",result:miss",
              "p.sets:2|c" + tags,
              "p.deletes:1|c" + tags,
              "p.gets:1|c" + tags + ",result:miss",
              "p.sets:1|c" + tags);
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                assertThat(lines(receiver, "|c")).containsExactlyInAnyOrderElementsOf(expected);
                assertThat(durations(receiver))
                    .containsExactly(
                        "put", "get", "get", "getAll", "putAll", "remove", "remove", "invoke");
              });
      assertThat(receiver.parsed())
          .filteredOn(line -> line.type().equals("h"))
          .allSatisfy(line -> assertThat(line.value()).isBetween(1e-6, 10.0));
    }
  }

  /** Whatever the operation is: JSR-107's statistics and what was sent are the same. */
  @Test
  void plain_allOperations_addUpToTheStatistics() throws Exception {
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector collector = to(receiver).build();
        ObservedManager manager = ObservedManager.start(services, to(collector))) {
      Cache<String, String> cache = manager.cache("all");
      useAllOperations(cache);
      CacheReading reading =
          JmxCacheReader.ofThisJvm().read().caches().stream()
              .filter(each -> each.manager().equals(manager.name()))
              .findFirst()
              .orElseThrow();
      String name = "p." + manager.name().replaceAll("[^A-Za-z0-9_-]", "_") + ".all.";

      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(sums(receiver))
                      .containsEntry(name + "gets.hit", asDouble(reading.hits()))
                      .containsEntry(name + "gets.miss", asDouble(reading.misses()))
                      .containsEntry(name + "sets", asDouble(reading.puts()))
                      .containsEntry(name + "deletes", asDouble(reading.removals())));
      Map<String, Long> durations =
          ofType(receiver, "ms").stream().collect(groupingBy(StatsLine::name, counting()));
      List<OperationReading> operations = CacheMetric.OPERATION_DURATION.distributions(reading);
      assertThat(operations).hasSizeGreaterThan(12);
      for (OperationReading operation : operations) {
        assertThat(durations)
            .containsEntry(name + "operation_duration." + operation.operation(), operation.count());
      }
    }
  }

  private static void useAllOperations(Cache<String, String> cache) {
    cache.put("a", "1");
    cache.getAndPut("a", "2");
    cache.putIfAbsent("a", "3");
    cache.putIfAbsent("b", "1");
    cache.containsKey("a");
    cache.replace("a", "4");
    cache.replace("a", "4", "5");
    cache.replace("a", "not", "6");
    cache.getAndReplace("b", "2");
    cache.getAndRemove("b");
    cache.remove("a", "not");
    cache.remove("a", "5");
    cache.putAll(Map.of("d", "1", "e", "2", "f", "3", "g", "4"));
    cache.getAll(Set.of("d", "e", "x"));
    cache.invokeAll(
        Set.of("d", "x"),
        (entry, arguments) -> {
          if (entry.exists()) {
            entry.remove();
          }
          return null;
        });
    for (Cache.Entry<String, String> entry : cache) {
      assertThat(entry.getValue()).isNotNull();
    }
    cache.removeAll(Set.of("e", "x"));
    cache.removeAll();
    cache.clear();
  }

  private static double asDouble(@Nullable Long number) {
    return number == null ? Double.NaN : number;
  }

  private static Map<String, Double> sums(UdpReceiver receiver) {
    return ofType(receiver, "c").stream()
        .collect(groupingBy(StatsLine::name, summingDouble(StatsLine::value)));
  }

  @Test
  void dogstatsd_failedLoad_isAnErrorWhateverTheSampleRate() throws Exception {
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector collector = to(receiver).useTags(true).sampleRate(1e-9).build();
        ObservedManager manager = ObservedManager.start(services, to(collector))) {
      Cache<String, String> cache =
          manager.cache(
              "broken",
              ObservedManager.strings()
                  .setReadThrough(true)
                  .setCacheLoaderFactory(new SingletonFactory<>(new Broken())));
      assertThatThrownBy(() -> cache.get("a")).isInstanceOf(CacheLoaderException.class);

      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(lines(receiver, ",operation:get"))
                      .containsExactly(
                          "p.errors:1|c|#cache:broken,cache_manager:"
                              + manager.name()
                              + ",error_type:loader,operation:get"));
    }
  }

  @Test
  void reporter_realtime_leavesOutWhatIsObserved() throws Exception {
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector unused = StatsDCollector.builder().build();
        ObservedManager manager = ObservedManager.start(services, to(unused))) {
      Cache<String, String> cache = manager.cache("users");
      cache.put("a", "1");
      cache.get("a");
      cache.clear();
      StatsDCollector collector = to(receiver).useTags(true).build();
      // Nothing is sent by it here, so that all lines are the reporter's.
      assertThat(StatsDOperationObserver.of(collector, manager.name(), "users")).isNotNull();
      StatsDReporter.builder(JmxCacheReader.ofThisJvm(), collector)
          .mode(StatsDMode.REALTIME)
          .start()
          .close();
      collector.close();
      long sent = collector.statistics().sentEvents();
      await().atMost(SOON).until(() -> receiver.lines().size() == sent);

      Set<String> names =
          receiver.parsed().stream()
              .filter(line -> "users".equals(line.tags().get("cache")))
              .map(StatsLine::name)
              .collect(toSet());
      assertThat(names)
          .contains("p.hit_rate", "p.hits", "p.uptime_seconds", "p.invalidations")
          .doesNotContain("p.gets", "p.sets", "p.deletes", "p.operation_duration", "p.errors");
    }
  }

  private static StatsDBuilder to(UdpReceiver receiver) {
    return collector(receiver.port());
  }

  private static StatsDBuilder collector(int port) {
    return StatsDCollector.builder().host("127.0.0.1").port(port).prefix("p").timeout(SOON);
  }

  private static List<String> lines(UdpReceiver receiver, String part) {
    return receiver.lines().stream().filter(line -> line.contains(part)).toList();
  }

  private static List<StatsLine> ofType(UdpReceiver receiver, String type) {
    return receiver.parsed().stream().filter(line -> line.type().equals(type)).toList();
  }

  private static List<String> durations(UdpReceiver receiver) {
    return ofType(receiver, "h").stream()
        .map(line -> String.valueOf(line.tags().get("operation")))
        .toList();
  }

  /** Loads nothing. */
  private static final class Broken implements CacheLoader<String, String> {

    @Override
    public String load(String key) {
      throw new CacheLoaderException("on purpose");
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      throw new CacheLoaderException("on purpose");
    }
  }
}
