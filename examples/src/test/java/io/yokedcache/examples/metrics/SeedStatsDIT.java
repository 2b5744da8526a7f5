package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.statsd.StatsDBuilder;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.statsd.StatsDReporter;
import io.yokedcache.metrics.testing.NeedsPeer;
import io.yokedcache.metrics.testing.Peer;
import io.yokedcache.metrics.testing.StatsDDaemon;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What StatsD receives at intervals, figure by figure against the operations that the test made:
 * the documented lines on a socket, and the sums of a real daemon.
 */
final class SeedStatsDIT {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Pattern LINE =
      Pattern.compile("([^:|]+):([^|]+)\\|([a-z]+)(?:\\|@([0-9.]+))?(?:\\|#(.+))?");

  @TempDir private Path folder;

  private RedisCaches caches;
  private Cache<String, String> cache;

  @BeforeEach
  void start() throws IOException {
    caches = RedisCaches.start(folder);
    cache =
        caches
            .manager()
            .createCache(
                "users",
                new MutableConfiguration<String, String>().setTypes(String.class, String.class));
  }

  @AfterEach
  void stop() {
    caches.close();
  }

  private static StatsDCollector collector(int port, boolean useTags) {
    return settings(port, useTags).build();
  }

  private static StatsDBuilder settings(int port, boolean useTags) {
    return StatsDCollector.builder()
        .host("127.0.0.1")
        .port(port)
        .prefix("myapp.cache")
        .useTags(useTags);
  }

  /** A reporter that reports when it is told to. */
  private static StatsDReporter reporter(StatsDCollector collector, boolean cacheTags) {
    return StatsDReporter.builder(JmxCacheReader.ofThisJvm(), collector)
        .interval(Duration.ofHours(1))
        .cacheTags(cacheTags)
        .start();
  }

  /**
   * Reports, and returns the lines of the report. They leave in several packets, so the end is
   * marked by a line that is sent behind them.
   */
  private static List<String> report(
      StatsDReporter reporter, StatsDCollector collector, UdpLines daemon) throws IOException {
    daemon.clear();
    reporter.report();
    collector.increment("reported", 1, Map.of());
    await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(daemon.lines()).contains("myapp.cache.reported:1|c"));
    return daemon.lines();
  }

  @Test
  void report_withTags_isTheDocumentedLines() throws IOException {
    CountedOperations counted = new CountedOperations(cache);
    try (UdpLines daemon = UdpLines.open();
        StatsDCollector collector =
            settings(daemon.port(), /* useTags= */ true)
                .operationNames(OperationNames.PYTHON)
                .build();
        StatsDReporter reporter = reporter(collector, /* cacheTags= */ false)) {
      counted.put(1);
      counted.hit(1, 1);
      counted.miss(1);

      List<String> lines = report(reporter, collector, daemon);

      assertThat(lines)
          .contains(
              "myapp.cache.gets:1|c|#result:hit",
              "myapp.cache.gets:1|c|#result:miss",
              "myapp.cache.sets:1|c",
              "myapp.cache.hits:1|c",
              "myapp.cache.misses:1|c",
              "myapp.cache.hit_rate:0.5|g");
      assertThat(lines)
          .anyMatch(
              line ->
                  line.matches("myapp\\.cache\\.operation_duration:0\\.\\d+\\|h\\|#operation:set"));
      assertThat(sums(lines)).containsEntry("operation_duration|h|#operation:get", 2.0);

      int left = counted.runAll();
      Map<String, Double> sums = sums(report(reporter, collector, daemon));
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(report(reporter, collector, daemon))
                      .contains("myapp.cache.keys_count:" + left + "|g")
                      .anyMatch(line -> line.matches("myapp\\.cache\\.size_bytes:[1-9]\\d+\\|g")));

      // The first report had one of each, so this one has the rest.
      assertThat(sums)
          .containsEntry("gets|c|#result:hit", counted.hits() - 1.0)
          .containsEntry("gets|c|#result:miss", counted.misses() - 1.0)
          .containsEntry("sets|c", counted.sets() - 1.0)
          .containsEntry("hits|c", counted.hits() - 1.0)
          .containsEntry("misses|c", counted.misses() - 1.0)
          .containsEntry("deletes|c", (double) counted.deletes())
          .containsEntry("invalidations|c|#type:clear", (double) counted.clears())
          .containsEntry("invalidations|c|#type:removeAll", (double) counted.removalsOfAll())
          .containsEntry(
              "errors|c|#error_type:processor,operation:invoke", (double) counted.errors());
      assertThat(sums.get("hit_rate|g")).isEqualTo(counted.hitRate(), within(1e-9));
      assertThat(sums.get("operation_duration|h|#operation:get"))
          .isEqualTo(counted.gets() - 2.0, within(0.01));
      assertThat(sums.get("operation_duration|h|#operation:set"))
          .isEqualTo(counted.sets() - 1.0, within(0.01));
    }
  }

  @Test
  void report_byDefault_saysWhoseEachSeriesIs() throws IOException {
    CountedOperations counted = new CountedOperations(cache);
    try (UdpLines daemon = UdpLines.open();
        StatsDCollector collector = collector(daemon.port(), /* useTags= */ true);
        StatsDReporter reporter = reporter(collector, /* cacheTags= */ true)) {
      counted.runAll();

      Map<String, Double> sums = sums(report(reporter, collector, daemon));

      String whose = "cache:users,cache_manager:" + caches.managerName();
      assertThat(sums)
          .containsEntry("gets|c|#" + whose + ",result:hit", 1247.0)
          .containsEntry("gets|c|#" + whose + ",result:miss", 153.0)
          .containsEntry("deletes|c|#" + whose, (double) counted.deletes())
          .containsEntry("hit_rate|g|#" + whose, counted.hitRate());
    }
  }

  @Test
  @NeedsPeer(Peer.STATSD)
  void report_plain_realDaemonHasTheSums() throws IOException {
    CountedOperations counted = new CountedOperations(cache);
    try (StatsDDaemon daemon = StatsDDaemon.start(folder);
        StatsDCollector collector = collector(daemon.port(), /* useTags= */ false);
        StatsDReporter reporter = reporter(collector, /* cacheTags= */ false)) {
      for (int i = 0; i < 3; i++) {
        counted.runAll();
        reporter.report();
      }

      await()
          .atMost(SOON)
          .untilAsserted(() -> assertCounters(daemon.counters(), "myapp.cache.", counted));
      assertThat(daemon.gauges().get("myapp.cache.hit_rate"))
          .isEqualTo(counted.hitRate(), within(1e-9));
      await()
          .atMost(SOON)
          .untilAsserted(
              () -> {
                reporter.report();
                assertThat(daemon.gauges()).containsEntry("myapp.cache.keys_count", 15.0);
              });
      assertThat(daemon.gauges().get("myapp.cache.size_bytes")).isPositive();
      assertThat(daemon.timers())
          .contains("'myapp.cache.operation_duration.get'", "'myapp.cache.operation_duration.put'");
    }
  }

  @Test
  @NeedsPeer(Peer.STATSD)
  void report_plainByDefault_realDaemonHasTheSumsByCache() throws IOException {
    CountedOperations counted = new CountedOperations(cache);
    try (StatsDDaemon daemon = StatsDDaemon.start(folder);
        StatsDCollector collector = collector(daemon.port(), /* useTags= */ false);
        StatsDReporter reporter = reporter(collector, /* cacheTags= */ true)) {
      counted.runAll();
      reporter.report();

      String manager = caches.managerName().replaceAll("[^A-Za-z0-9_-]", "_");
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertCounters(daemon.counters(), "myapp.cache." + manager + ".users.", counted));
    }
  }

  private static void assertCounters(
      Map<String, Double> counters, String prefix, CountedOperations counted) {
    assertThat(counters)
        .containsEntry(prefix + "gets.hit", (double) counted.hits())
        .containsEntry(prefix + "gets.miss", (double) counted.misses())
        .containsEntry(prefix + "sets", (double) counted.sets())
        .containsEntry(prefix + "deletes", (double) counted.deletes())
        .containsEntry(prefix + "hits", (double) counted.hits())
        .containsEntry(prefix + "misses", (double) counted.misses())
        .containsEntry(prefix + "invalidations.clear", (double) counted.clears())
        .containsEntry(prefix + "invalidations.removeAll", (double) counted.removalsOfAll())
        .containsEntry(prefix + "errors.processor.invoke", (double) counted.errors())
        .containsEntry("statsd.bad_lines_seen", 0.0);
  }

  /**
   * Adds up the lines by name without prefix, type and tags: counters by value, levels as they are,
   * durations by how many each line stands for.
   */
  private static Map<String, Double> sums(List<String> lines) {
    Map<String, Double> sums = new HashMap<>();
    for (String line : lines) {
      Matcher matcher = LINE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      String type = matcher.group(3);
      String tags = matcher.group(5) == null ? "" : "|#" + matcher.group(5);
      double rate = matcher.group(4) == null ? 1 : Double.parseDouble(matcher.group(4));
      double value = type.equals("h") ? 1 / rate : Double.parseDouble(matcher.group(2)) / rate;
      String name = matcher.group(1).substring("myapp.cache.".length());
      sums.merge(name + "|" + type + tags, value, Double::sum);
    }
    return sums;
  }
}
