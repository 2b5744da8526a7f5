package io.yokedcache.metrics.statsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.source.StatsDStatistics;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Reports of readings, as a daemon receives them. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class StatsDReporterTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  private volatile CacheReadings now = CacheReadings.EMPTY;

  @Test
  void report_dogstatsd_namesEverySeries() throws IOException {
    now = readings(cache("users", 3, 1));
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector collector = collector(receiver).useTags(true).build();
        StatsDReporter reporter = StatsDReporter.builder(() -> now, collector).start()) {
      reporter.report();

      String tags = "|#cache:users,cache_manager:redis_//db";
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(receiver.lines())
                      .containsExactlyInAnyOrder(
                          "p.gets:3|c" + tags + ",result:hit",
                          "p.gets:1|c" + tags + ",result:miss",
                          "p.hits:3|c" + tags,
                          "p.misses:1|c" + tags,
                          "p.load_failures:2|c" + tags,
                          "p.invalidations:5|c" + tags + ",type:removeAll",
                          "p.operation_duration:0.0005|h|@0.5" + tags + ",operation:getAll",
                          "p.operation_duration:0.0015|h" + tags + ",operation:getAll",
                          "p.errors:4|c" + tags + ",error_type:timeout,operation:getAll",
                          "p.phase_duration:0.0005|h" + tags + ",phase:network",
                          "p.bridge.jmx_target_up:1|g",
                          "p.hit_rate:0.75|g" + tags,
                          "p.size_bytes:1000|g" + tags,
                          "p.uptime_seconds:60|g" + tags,
                          "p.health:1|g|#cache_manager:redis_//db",
                          "p.ping_seconds:0.00025|g|#cache_manager:redis_//db",
                          "p.reconnects:2|c|#cache_manager:redis_//db",
                          "p.connections:7|g|#cache_manager:redis_//db,state:active"));
    }
  }

  @Test
  void report_nodes_oneSeriesEach() throws IOException {
    now =
        new CacheReadings(
            List.of(),
            List.of(
                new ConnectionReading(
                    "redis://db",
                    false,
                    null,
                    null,
                    null,
                    null,
                    null,
                    Map.of("circuitBreakerOpenings", 4L),
                    List.of(
                        new ConnectionReading.Node("a:1", "master", 16_000L, true, 0.002, false),
                        new ConnectionReading.Node("b:2", "master", 384L, false, null, true),
                        new ConnectionReading.Node("c:3", "replica", null, null, null, false)))));
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector collector = collector(receiver).useTags(true).build();
        StatsDReporter reporter = StatsDReporter.builder(() -> now, collector).start()) {
      reporter.report();

      String tags = "|#cache_manager:redis_//db,node:";
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(receiver.lines())
                      .containsExactlyInAnyOrder(
                          "p.bridge.jmx_target_up:1|g",
                          "p.health:0|g|#cache_manager:redis_//db",
                          "p.node_up:1|g" + tags + "a_1",
                          "p.node_up:0|g" + tags + "b_2",
                          "p.node_ping_seconds:0.002|g" + tags + "a_1",
                          "p.node_slots:16000|g" + tags + "a_1",
                          "p.node_slots:384|g" + tags + "b_2",
                          "p.nodes:2|g|#cache_manager:redis_//db,role:master",
                          "p.nodes:1|g|#cache_manager:redis_//db,role:replica",
                          "p.circuit_breaker_open:0|g" + tags + "a_1",
                          "p.circuit_breaker_open:1|g" + tags + "b_2",
                          "p.circuit_breaker_openings:4|c|#cache_manager:redis_//db"));
    }
  }

  @Test
  void report_withoutCacheTags_addsUpAllCaches() throws IOException {
    now = readings(cache("users", 3, 1), cache("orders", 9, 7));
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = collector(receiver).build();
      StatsDReporter reporter =
          StatsDReporter.builder(() -> now, collector).cacheTags(false).start();
      reporter.report();
      now = readings(cache("users", 3, 1), cache("orders", 10, 7));
      reporter.report();
      reporter.close();
      collector.close();

      long events = collector.statistics().sentEvents();
      await().atMost(SOON).until(() -> receiver.lines().size() == events);
      assertThat(sum(receiver, "p.gets.hit")).isEqualTo(13);
      assertThat(sum(receiver, "p.gets.miss")).isEqualTo(8);
      assertThat(receiver.lines())
          .contains("p.hit_rate:0.6|g", "p.size_bytes:2000|g", "p.uptime_seconds:60|g")
          .contains("p.health:1|g", "p.connections.active:7|g");
    }
  }

  @Test
  void report_countersUnderLoad_addUpExactly() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDBuilder settings = collector(receiver).queueCapacity(1000).timeout(SOON);
      StatsDCollector collector =
          settings.build(PacedTransport.to(receiver, settings.udp(InetAddress::getAllByName)));
      StatsDReporter reporter = StatsDReporter.builder(() -> now, collector).start();
      long hits = 0;
      for (int i = 0; i < 20; i++) {
        hits += 1_000_003L * i;
        List<CacheReading> caches = new ArrayList<>();
        for (int c = 0; c < 100; c++) {
          caches.add(cache("c" + c, hits + c, i));
        }
        now = readings(caches.toArray(CacheReading[]::new));
        reporter.report();
      }
      reporter.close();
      collector.close();

      StatsDStatistics statistics = collector.statistics();
      assertThat(statistics.droppedEvents()).isZero();
      await().atMost(SOON).until(() -> receiver.packetCount() >= statistics.sentPackets());
      for (int c = 0; c < 100; c++) {
        assertThat(sum(receiver, "p.redis___db.c" + c + ".gets.hit"))
            .isEqualTo((double) (hits + c));
        assertThat(sum(receiver, "p.redis___db.c" + c + ".gets.miss")).isEqualTo(19);
      }
    }
  }

  @Test
  void report_tenThousandCaches_allArriveThoughTheQueueIsSmaller() throws IOException {
    now = tenThousandCaches(3);
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDBuilder settings = collector(receiver).useTags(true).queueCapacity(10_000);
      StatsDCollector collector =
          settings
              .timeout(Duration.ofSeconds(60))
              .build(PacedTransport.to(receiver, settings.udp(InetAddress::getAllByName)));
      StatsDReporter.builder(() -> now, collector).interval(Duration.ofMinutes(2)).start().close();
      collector.close();

      StatsDStatistics statistics = collector.statistics();
      assertThat(statistics.droppedEvents()).isZero();
      await().atMost(SOON).until(() -> receiver.packetCount() >= statistics.sentPackets());
      List<StatsLine> hits =
          receiver.parsed().stream().filter(line -> line.name().equals("p.hits")).toList();
      assertThat(hits).hasSize(10_000).allSatisfy(line -> assertThat(line.value()).isEqualTo(3));
    }
  }

  @Test
  void report_tenThousandCachesAndNoDaemon_isBoundedAndLosesNoCount() throws IOException {
    HungLookup lookup = new HungLookup();
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDBuilder settings = collector(receiver).useTags(true).queueCapacity(1000);
      // A report waits as long for room in the queue.
      settings.timeout(Duration.ofSeconds(1));
      StatsDCollector collector = settings.build(PacedTransport.to(receiver, settings.udp(lookup)));
      StatsDReporter reporter =
          StatsDReporter.builder(() -> now, collector).interval(Duration.ofMinutes(2)).start();
      for (int i = 1; i <= 3; i++) {
        now = tenThousandCaches(i);
        reporter.report();
        assertThat(collector.statistics().queuedEvents()).isLessThanOrEqualTo(1000);
      }
      lookup.release();
      await()
          .atMost(Duration.ofSeconds(60))
          .until(
              () -> {
                reporter.report();
                return sum(receiver, "p.hits") >= 30_000;
              });
      reporter.close();
      collector.close();

      assertThat(sum(receiver, "p.hits")).isEqualTo(30_000);
    }
  }

  @Test
  void report_sourceFails_losesNothing() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector collector = collector(receiver).build();
        StatsDReporter reporter = StatsDReporter.builder(this::readOrFail, collector).start()) {
      now = readings(cache("users", 10, 0));
      reporter.report();
      CacheReadings before = now;
      now = CacheReadings.EMPTY;
      assertThatThrownBy(reporter::report).isInstanceOf(IOException.class);
      await()
          .atMost(SOON)
          .until(
              () ->
                  receiver
                      .lines()
                      .containsAll(List.of("p.bridge.jmx_target_up:0|g", "p.bridge.errors:1|c")));
      now = before;
      reporter.report();
      now = readings(cache("users", 12, 0));
      reporter.report();

      String name = "p.redis___db.users.gets.hit";
      await().atMost(SOON).until(() -> receiver.lines().contains(name + ":2|c"));
      assertThat(sum(receiver, name)).isEqualTo(12);
    }
  }

  @Test
  void start_reportsByItself() throws IOException {
    now = readings(cache("users", 10, 0));
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector collector = collector(receiver).build()) {
      StatsDReporter reporter =
          StatsDReporter.builder(() -> now, collector).interval(Duration.ofSeconds(1)).start();
      await().atMost(SOON).until(() -> sum(receiver, "p.redis___db.users.gets.hit") == 10);
      now = readings(cache("users", 11, 0));
      await().atMost(SOON).until(() -> sum(receiver, "p.redis___db.users.gets.hit") == 11);
      now = readings(cache("users", 15, 0));
      reporter.close();

      // Much sooner than an interval: the last report is made when it closes.
      await().atMost(SOON).until(() -> sum(receiver, "p.redis___db.users.gets.hit") == 15);
    }
  }

  /** An exception of a class that lacks another one, for instance. */
  @Test
  void start_errorInAReport_isSurvived() throws IOException {
    now = readings(cache("users", 10, 0));
    AtomicInteger reports = new AtomicInteger();
    CacheSource source =
        () -> {
          if (reports.incrementAndGet() == 1) {
            throw new IOException() {
              @Override
              public String getMessage() {
                throw new NoClassDefFoundError("test");
              }
            };
          }
          return now;
        };
    try (UdpReceiver receiver = UdpReceiver.start();
        StatsDCollector collector = collector(receiver).build()) {
      StatsDReporter reporter =
          StatsDReporter.builder(source, collector).interval(Duration.ofSeconds(1)).start();
      try {
        await().atMost(SOON).until(() -> sum(receiver, "p.redis___db.users.gets.hit") == 10);
      } finally {
        reporter.close();
      }
    }
  }

  @Test
  void close_sourceHangs_returns() throws IOException {
    UdpReceiver receiver = UdpReceiver.start();
    CountDownLatch never = new CountDownLatch(1);
    CountDownLatch isReading = new CountDownLatch(1);
    StatsDCollector collector = collector(receiver).timeout(Duration.ofMillis(100)).build();
    StatsDReporter reporter =
        StatsDReporter.builder(
                () -> {
                  isReading.countDown();
                  try {
                    never.await();
                  } catch (InterruptedException e) {
                    throw new IOException(e);
                  }
                  return now;
                },
                collector)
            .interval(Duration.ofSeconds(1))
            .start();
    await().atMost(SOON).until(() -> isReading.getCount() == 0);
    reporter.close();
    reporter.close();
    collector.close();
    receiver.close();

    // It is still hanging unless it was interrupted.
    assertThat(never.getCount()).isEqualTo(1);
  }

  @Test
  void builder_wrongSettings_areNamed() {
    StatsDCollector collector = StatsDCollector.builder().host("127.0.0.1").build();
    StatsDReporter.Builder builder = StatsDReporter.builder(() -> now, collector);

    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.interval(Duration.ofMillis(10)))
        .withMessage("interval must be 1 second to 1 hour, but is PT0.01S");
    assertThatIllegalArgumentException().isThrownBy(() -> builder.timerSamples(0));
    collector.close();
  }

  private CacheReadings readOrFail() throws IOException {
    if (now.caches().isEmpty()) {
      throw new IOException("the process is gone");
    }
    return now;
  }

  private static double sum(UdpReceiver receiver, String name) {
    return receiver.parsed().stream()
        .filter(line -> line.name().equals(name))
        .mapToDouble(StatsLine::value)
        .sum();
  }

  private static StatsDBuilder collector(UdpReceiver receiver) {
    return StatsDCollector.builder().host("127.0.0.1").port(receiver.port()).prefix("p");
  }

  private static CacheReadings tenThousandCaches(long hits) {
    CacheReading[] caches = new CacheReading[10_000];
    for (int i = 0; i < caches.length; i++) {
      caches[i] =
          new CacheReading("redis://db", "c" + i, null, List.of(), Map.of("hits", hits), Map.of());
    }
    return readings(caches);
  }

  private static CacheReadings readings(CacheReading... caches) {
    ConnectionReading connection =
        new ConnectionReading(
            "redis://db", true, 250_000L, 2L, 7L, null, null, Map.of(), List.of());
    return new CacheReadings(List.of(caches), List.of(connection));
  }

  private static CacheReading cache(String name, long hits, long misses) {
    OperationReading operation =
        new OperationReading(
            "getAll",
            3,
            2_500_000,
            1_500_000,
            LatencyCells.of(LatencyBounds.of(1_000_000, 2_000_000), 2, 1, 0),
            Map.of("timeout", 4L));
    OperationReading phase =
        new OperationReading(
            "network",
            1,
            500_000,
            500_000,
            LatencyCells.of(LatencyBounds.of(1_000_000), 1, 0),
            Map.of());
    return new CacheReading(
        "redis://db",
        name,
        null,
        List.of(operation, phase),
        Map.of("hits", hits, "misses", misses, "loadFailures", 2L, "invalidations.removeAll", 5L),
        Map.of("sizeBytes", 1000.0, "uptimeSeconds", 60.0));
  }
}
