package io.yokedcache.metrics.statsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.testing.NeedsPeer;
import io.yokedcache.metrics.testing.Peer;
import io.yokedcache.metrics.testing.StatsDDaemon;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a real daemon makes of the plain flavour. */
@NeedsPeer(Peer.STATSD)
final class StatsDDaemonIT {

  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir private Path folder;

  @Test
  void realtime_countersGaugesAndTimers_areWhatWasSent() throws Exception {
    try (StatsDDaemon daemon = StatsDDaemon.start(folder);
        StatsDCollector collector = collector(daemon)) {
      List<Thread> threads = new ArrayList<>();
      for (int t = 0; t < 4; t++) {
        Thread thread =
            new Thread(
                () -> {
                  for (int i = 0; i < 500; i++) {
                    String result = i % 5 == 0 ? "miss" : "hit";
                    collector.increment("cache.gets.total", 1, Map.of("result", result));
                  }
                });
        thread.start();
        threads.add(thread);
      }
      for (Thread thread : threads) {
        thread.join();
      }
      collector.gauge("cache.hit_rate", 0.8, Map.of());
      collector.gauge("balance", 12, Map.of());
      collector.gauge("balance", -5.5, Map.of());
      collector.timing("cache.operation_duration", 0.0007, Map.of("operation", "get"));
      collector.timing("cache.operation_duration", 0.0023, Map.of("operation", "get"));

      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(daemon.counters())
                      .containsEntry("myapp.cache.gets.hit", 1600.0)
                      .containsEntry("myapp.cache.gets.miss", 400.0)
                      .containsEntry("statsd.bad_lines_seen", 0.0));
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(daemon.gauges())
                      .containsEntry("myapp.cache.hit_rate", 0.8)
                      .containsEntry("myapp.cache.balance", -5.5));
      assertThat(daemon.timers()).contains("'myapp.cache.operation_duration.get': [ 0.7, 2.3 ]");
    }
  }

  @Test
  void periodic_sums_areTheTotals() throws IOException {
    try (StatsDDaemon daemon = StatsDDaemon.start(folder);
        StatsDCollector collector = collector(daemon)) {
      CacheReadings[] now = {readings(1, 0)};
      try (StatsDReporter reporter = StatsDReporter.builder(() -> now[0], collector).start()) {
        for (int i = 1; i <= 10; i++) {
          now[0] = readings(1_234_567L * i, i);
          reporter.report();
        }
      }

      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(daemon.counters())
                      .containsEntry("myapp.cache.redis___db.users.gets.hit", 12_345_670.0)
                      .containsEntry("myapp.cache.redis___db.users.gets.miss", 10.0)
                      .containsEntry("myapp.cache.redis___db.users.sets", 20.0)
                      .containsEntry("statsd.bad_lines_seen", 0.0));
      assertThat(daemon.timers())
          .contains("'myapp.cache.redis___db.users.operation_duration.get'")
          .contains("0.5,");
    }
  }

  @Test
  void daemonRestarted_countsGoOn() throws Exception {
    StatsDDaemon first = StatsDDaemon.start(folder);
    int port = first.port();
    try (first;
        StatsDCollector collector = collector(first)) {
      collector.increment("before", 1, Map.of());
      await().atMost(SOON).until(() -> first.counters().containsKey("myapp.cache.before"));
      first.close();
      // While it is away, the system refuses what is sent; that harms nothing.
      long packets = collector.statistics().sentPackets();
      collector.increment("lost", 1, Map.of());
      await().atMost(SOON).until(() -> collector.statistics().sentPackets() > packets);

      try (StatsDDaemon second = StatsDDaemon.start(folder, port)) {
        collector.increment("after", 2, Map.of());
        await()
            .atMost(SOON)
            .untilAsserted(
                () -> assertThat(second.counters()).containsEntry("myapp.cache.after", 2.0));
      }
    }
  }

  private static StatsDCollector collector(StatsDDaemon daemon) {
    return StatsDCollector.builder()
        .host("127.0.0.1")
        .port(daemon.port())
        .prefix("myapp.cache")
        .build();
  }

  private static CacheReadings readings(long hits, long misses) {
    OperationReading get =
        new OperationReading(
            "get",
            misses,
            misses * 500_000,
            500_000,
            LatencyCells.of(LatencyBounds.of(1_000_000), misses, 0),
            Map.of());
    CacheReading cache =
        new CacheReading(
            "redis://db",
            "users",
            null,
            List.of(get),
            Map.of("hits", hits, "misses", misses, "puts", 2 * misses),
            Map.of());
    return new CacheReadings(List.of(cache), List.of());
  }
}
