package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Labels;
import io.yokedcache.metrics.series.SeriesOwner;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.StatsDStatistics;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What goes wrong around a scrape, and what grows. */
final class RobustnessTest {

  private static PrometheusCollectorBuilder builder() {
    return PrometheusCollector.builder().registry(new PrometheusRegistry()).port(0);
  }

  private static CacheReadings caches(String prefix, int count) {
    return new CacheReadings(
        IntStream.range(0, count)
            .mapToObj(
                i ->
                    new CacheReading(
                        "m", prefix + i, null, List.of(), Map.of("puts", (long) i), Map.of()))
            .toList(),
        List.of());
  }

  @Test
  void scrape_tenThousandCachesAndMore_shownAndDroppedExactly() throws Exception {
    try (PrometheusCollector collector =
        builder().target("big", () -> caches("c", 10_007)).build().start()) {
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("yokedcache_cache_sets_total{")).hasSize(10_000);
      assertThat(scraper.lines("yokedcache_bridge_dropped_caches{"))
          .containsExactly("yokedcache_bridge_dropped_caches{target=\"big\"} 7.0");
    }
  }

  @Test
  void labels_ofCachesThatComeAndGo_areForgotten() {
    SeriesLabels labels = new SeriesLabels(Labels.EMPTY);
    for (int scrape = 0; scrape < 100; scrape++) {
      for (int i = 0; i < 50; i++) {
        labels.of(new SeriesOwner("", "m", "cache" + scrape + "-" + i));
      }
      labels.trim(50);
      assertThat(labels.ownerCount()).isLessThanOrEqualTo(200);
    }
  }

  @Test
  void scrape_sourceBlocksForEver_answersInTimeWithoutIt() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    AtomicInteger readings = new AtomicInteger();
    CacheSource blocking =
        () -> {
          readings.incrementAndGet();
          try {
            never.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
          }
          return CacheReadings.EMPTY;
        };
    try (PrometheusCollector collector =
        builder()
            .targetTimeLimit(Duration.ofMillis(300))
            .target("blocked", blocking)
            .target("fine", () -> caches("c", 1))
            .build()
            .start()) {
      Scraper scraper = new Scraper(collector.port());
      for (int i = 0; i < 20; i++) {
        assertThat(scraper.lines("yokedcache_bridge_jmx_target_up{"))
            .containsExactly(
                "yokedcache_bridge_jmx_target_up{target=\"blocked\"} 0.0",
                "yokedcache_bridge_jmx_target_up{target=\"fine\"} 1.0");
      }
      assertThat(readings).hasValue(1);
    }
  }

  @Test
  void close_duringAScrape_endsIt() throws Exception {
    CountDownLatch isReading = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    PrometheusCollector collector =
        builder()
            .targetTimeLimit(Duration.ofMinutes(10))
            .target(
                "blocked",
                () -> {
                  isReading.countDown();
                  try {
                    never.await();
                  } catch (InterruptedException e) {
                    throw new IOException("closed", e);
                  }
                  return CacheReadings.EMPTY;
                })
            .build()
            .start();
    Scraper scraper = new Scraper(collector.port());
    CompletableFuture<HttpResponse<String>> scrape =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return scraper.get("/metrics");
              } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    assertThat(isReading.await(20, TimeUnit.SECONDS)).isTrue();
    collector.close();
    collector.close();
    // It may still get an answer that the target is away; what it must not do is wait.
    assertThat(scrape.handle((answer, failure) -> "ended").get(20, TimeUnit.SECONDS))
        .isEqualTo("ended");
  }

  @Test
  void start_twoCollectorsInOneRegistry_onlyWithDifferentNames() throws Exception {
    PrometheusRegistry registry = new PrometheusRegistry();
    try (PrometheusCollector one =
            builder().registry(registry).target("a", () -> caches("c", 2)).build().start();
        PrometheusCollector same = builder().registry(registry).build();
        PrometheusCollector other =
            builder()
                .registry(registry)
                .namespace("other")
                .target("b", () -> caches("c", 3))
                .build()
                .start()) {
      assertThatThrownBy(same::start)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("namespace or a registry of its own");
      Scraper scraper = new Scraper(one.port());
      assertThat(scraper.lines("yokedcache_cache_sets_total{")).hasSize(2);
      assertThat(scraper.lines("other_cache_sets_total{")).hasSize(3);
      assertThat(new Scraper(other.port()).lines("yokedcache_cache_sets_total{")).hasSize(2);
    }
  }

  @Test
  void scrape_statsd_whatBecameOfItsPackets() throws Exception {
    try (PrometheusCollector collector =
            builder()
                .target("none", () -> CacheReadings.EMPTY)
                .statsd(() -> new StatsDStatistics(10, 2, 3, 1, 4, 5))
                .build()
                .start();
        PrometheusCollector without =
            builder().target("none", () -> CacheReadings.EMPTY).build().start()) {
      assertThat(new Scraper(collector.port()).lines("yokedcache_statsd_"))
          .contains(
              "# TYPE yokedcache_statsd_packets_sent_total counter",
              "yokedcache_statsd_packets_sent_total 2.0",
              "yokedcache_statsd_packets_dropped_total 1.0",
              "yokedcache_statsd_events_sent_total 10.0",
              "yokedcache_statsd_events_dropped_total 3.0",
              "yokedcache_statsd_events_rejected_total 4.0",
              "# TYPE yokedcache_statsd_events_queued gauge",
              "yokedcache_statsd_events_queued 5.0");
      assertThat(new Scraper(without.port()).lines("yokedcache_statsd_")).isEmpty();
    }
  }
}
