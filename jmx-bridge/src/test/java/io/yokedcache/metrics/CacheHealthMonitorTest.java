package io.yokedcache.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CacheHealthMonitorTest {

  private static final Duration NEVER_AGAIN = Duration.ofHours(1);

  private final RecordingCollector collector = new RecordingCollector();
  private final CacheMetrics metrics = new CacheMetrics(collector);

  private static CacheReadings readings(boolean isHealthy) {
    return new CacheReadings(
        List.of(
            new CacheReading(
                "m",
                "c",
                null,
                List.of(),
                Map.of("hits", 3L, "misses", 1L),
                Map.of("sizeBytes", 10.0, "uptimeSeconds", 5.0))),
        List.of(
            new ConnectionReading(
                "m", isHealthy, 250_000L, null, null, null, null, Map.of(), List.of())));
  }

  private CacheHealthMonitor monitor(CacheSource source, @Nullable Callable<Boolean> probe) {
    return new CacheHealthMonitor(metrics, NEVER_AGAIN, source, probe);
  }

  private void awaitCall(String beginning) {
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> collector.calls.stream().anyMatch(call -> call.startsWith(beginning)));
  }

  private List<String> callsWithoutTags() {
    return collector.calls.stream().map(call -> call.replaceAll(" \\{.*", "")).toList();
  }

  @Test
  void start_healthy_reportsWhatIsMeasured() {
    try (CacheHealthMonitor monitor = monitor(() -> readings(true), null)) {
      monitor.start().start();
      awaitCall("gauge cache.uptime_seconds");
      assertThat(callsWithoutTags())
          .contains(
              "gauge cache.health 1.0",
              "gauge cache.hit_rate 0.75",
              "gauge cache.size_bytes 10.0",
              "gauge cache.uptime_seconds 5.0")
          .noneMatch(call -> call.contains("keys_count"))
          .contains("timing cache.health_check_duration 2.5E-4");
      assertThat(collector.calls).hasSize(5);
      assertThat(collector.lastTags).isEqualTo(Map.of("cache", "c", "cache_manager", "m"));
    }
  }

  @Test
  void stop_leavesNoGauge() throws Exception {
    try (PrometheusCollector prometheus =
            PrometheusCollector.builder().registry(new PrometheusRegistry()).port(0).build();
        CacheMetrics shown = new CacheMetrics(prometheus);
        CacheHealthMonitor monitor =
            new CacheHealthMonitor(shown, NEVER_AGAIN, () -> readings(true), () -> true)) {
      prometheus.start();
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + prometheus.port() + "/metrics"))
              .build();
      Callable<String> scrape =
          () -> HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
      monitor.start();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> scrape.call().contains("health_check_duration_seconds_count 1"));
      // The figures of caches are those that the collector reads itself.
      assertThat(scrape.call()).contains("yokedcache_cache_health 1.0").doesNotContain("\"c\"");
      monitor.stop();
      assertThat(scrape.call()).doesNotContain("yokedcache_cache_health 1.0");
    }
  }

  @Test
  void start_unhealthyManager() {
    try (CacheHealthMonitor monitor = monitor(() -> readings(false), null).start()) {
      awaitCall("timing cache.health_check_duration");
      assertThat(callsWithoutTags()).hasSize(2).contains("gauge cache.health 0.0");
      assertThat(monitor).isNotNull();
    }
  }

  @Test
  void start_noManagerTells_nothingIsKnown() {
    CountDownLatch reads = new CountDownLatch(2);
    CacheReadings foreign =
        new CacheReadings(
            List.of(new CacheReading("m", "c", null, List.of(), Map.of("hits", 3L), Map.of())),
            List.of());
    try (CacheHealthMonitor monitor =
        new CacheHealthMonitor(
            metrics,
            Duration.ofMillis(5),
            () -> {
              reads.countDown();
              return foreign;
            },
            null)) {
      monitor.start();
      await().atMost(Duration.ofSeconds(10)).until(() -> reads.getCount() == 0);
      assertThat(collector.calls).isEmpty();
    }
  }

  @Test
  void withoutGauges_reportsDurationAndErrors() {
    try (CacheHealthMonitor healthy =
            CacheHealthMonitor.withoutGauges(metrics, NEVER_AGAIN, () -> readings(true), Map.of())
                .start();
        CacheHealthMonitor unhealthy =
            CacheHealthMonitor.withoutGauges(metrics, NEVER_AGAIN, () -> readings(false), Map.of())
                .start()) {
      awaitCall("increment cache.health_check_errors");
      await().atMost(Duration.ofSeconds(10)).until(() -> collector.calls.size() == 3);
      assertThat(callsWithoutTags())
          .containsExactlyInAnyOrder(
              "timing cache.health_check_duration 2.5E-4",
              "timing cache.health_check_duration 2.5E-4",
              "increment cache.health_check_errors 1.0");
      assertThat(healthy).isNotSameAs(unhealthy);
    }
  }

  @Test
  void start_probeDecides() {
    try (CacheHealthMonitor monitor = monitor(() -> readings(false), () -> true).start()) {
      awaitCall("gauge cache.health 1.0");
      assertThat(monitor).isNotNull();
    }
  }

  @Test
  void start_probeOrSourceThrows() {
    try (CacheHealthMonitor monitor =
        monitor(
                () -> readings(true),
                () -> {
                  throw new IllegalStateException("Cache is closed");
                })
            .start()) {
      awaitCall("increment cache.health_check_errors 1.0");
      assertThat(callsWithoutTags())
          .containsExactly("gauge cache.health 0.0", "increment cache.health_check_errors 1.0");
      assertThat(monitor).isNotNull();
    }
    collector.calls.clear();
    try (CacheHealthMonitor monitor =
        monitor(
                () -> {
                  throw new IOException("connection lost");
                },
                null)
            .start()) {
      awaitCall("increment cache.health_check_errors 1.0");
      assertThat(monitor).isNotNull();
    }
  }

  @Test
  void start_probeHangs_isReportedAtEachInterval() {
    CountDownLatch never = new CountDownLatch(1);
    try (CacheHealthMonitor monitor =
        new CacheHealthMonitor(
            metrics,
            Duration.ofMillis(20),
            () -> readings(true),
            () -> {
              never.await();
              return true;
            })) {
      monitor.start();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () ->
                  collector.calls.stream()
                          .filter(call -> call.startsWith("increment cache.health_check_errors"))
                          .count()
                      >= 3);
      assertThat(callsWithoutTags()).contains("gauge cache.health 0.0");
    }
  }

  @Test
  void stop_endsTheChecks_startBeginsAnew() {
    try (CacheHealthMonitor monitor =
        new CacheHealthMonitor(metrics, Duration.ofMillis(5), () -> readings(true), null)) {
      monitor.start();
      awaitCall("gauge cache.health 1.0");
      monitor.stop();
      monitor.stop();
      await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () ->
                  Thread.getAllStackTraces().keySet().stream()
                      .noneMatch(thread -> thread.getName().equals("yokedcache-health")));
      collector.calls.clear();
      monitor.start();
      awaitCall("gauge cache.health 1.0");
    }
  }

  @Test
  void new_badInterval() {
    assertThatThrownBy(() -> new CacheHealthMonitor(metrics, Duration.ZERO))
        .hasMessage("The interval PT0S must be positive");
  }
}
