package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.ErrorTracker;
import io.yokedcache.metrics.source.SnapshotFixture;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import io.yokedcache.metrics.source.SnapshotFixture.OperationData;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The application's own metrics, on a real scrape. */
final class ApplicationSeriesTest {

  private static PrometheusCollectorBuilder builder() {
    return PrometheusCollector.builder()
        .registry(new PrometheusRegistry())
        .namespace("myapp")
        .port(0);
  }

  @Test
  void scrape_metricsOfTheSeed() throws Exception {
    try (PrometheusCollector collector = builder().build().start();
        CacheMetrics metrics = new CacheMetrics(collector)) {
      metrics.increment("user.login", Map.of("source", "api", "method", "oauth"));
      metrics.increment("user.login", 2, Map.of("source", "api", "method", "oauth"));
      metrics.increment("user.login");
      metrics.gauge("active_sessions", 17, Map.of("server", "web-01"));
      metrics.timing(
          "request_processing", 0.02, Map.of("endpoint", "/api/users", "status_code", "200"));
      metrics.histogram("upload.size", 3);
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("myapp_user_login_total"))
          .containsExactlyInAnyOrder(
              "# HELP myapp_user_login_total Recorded by the application",
              "# TYPE myapp_user_login_total counter",
              "myapp_user_login_total 1.0",
              "myapp_user_login_total{method=\"oauth\",source=\"api\"} 3.0");
      assertThat(scraper.lines("myapp_active_sessions{"))
          .containsExactly("myapp_active_sessions{server=\"web-01\"} 17.0");
      String labels = "{endpoint=\"/api/users\",status_code=\"200\"";
      assertThat(scraper.lines("myapp_request_processing_seconds"))
          .contains(
              "# TYPE myapp_request_processing_seconds histogram",
              "myapp_request_processing_seconds_bucket" + labels + ",le=\"0.01\"} 0",
              "myapp_request_processing_seconds_bucket" + labels + ",le=\"0.025\"} 1",
              "myapp_request_processing_seconds_count" + labels + "} 1",
              "myapp_request_processing_seconds_sum" + labels + "} 0.02");
      assertThat(scraper.lines("myapp_upload_size_sum"))
          .containsExactly("myapp_upload_size_sum 3.0");
      assertThat(metrics.collectorFailures()).isZero();
    }
  }

  @Test
  void scrape_oddNames() throws Exception {
    try (PrometheusCollector collector = builder().labels(Map.of("zone", "a")).build().start()) {
      collector.increment("a-b.c\nd{}.total", 1, Map.of("x.y", "v\"\n", "le", "1", "zone", "b"));
      collector.gauge("9lives", 9, Map.of("__name__", "n", "1st", "o"));
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("myapp_a_b_c_d___total{"))
          .containsExactly(
              "myapp_a_b_c_d___total{exported_zone=\"b\",tag_le=\"1\",x_y=\"v\\\"\\n\",zone=\"a\"}"
                  + " 1.0");
      assertThat(scraper.lines("myapp_9lives{"))
          .containsExactly("myapp_9lives{tag_1st=\"o\",tag___name__=\"n\",zone=\"a\"} 9.0");
    }
  }

  /** Older client libraries refuse the suffix, but in names of an info, which is always 1. */
  @Test
  void scrape_namesThatEndInInfo() throws Exception {
    try (PrometheusCollector collector = builder().build().start()) {
      collector.gauge("build.info", 1, Map.of("version", "2"));
      collector.gauge("load.info", 0.5, Map.of());
      collector.increment("calls.info", 3, Map.of());
      collector.histogram("work.info", 5, Map.of());
      collector.gauge("part.info", 1, Map.of());
      collector.gauge("part", 7, Map.of());
      assertThat(new Scraper(collector.port()).get("/metrics").body())
          .containsPattern("(?m)^myapp_build_info\\{version=\"2\"\\} 1(\\.0)?$")
          .containsPattern("(?m)^myapp_load_info(_value)? 0\\.5$")
          .containsPattern("(?m)^myapp_calls_info(_value)?_total 3\\.0$")
          .containsPattern("(?m)^myapp_work_info(_value)?_count 1$")
          .containsPattern("(?m)^myapp_part_info(_value)? 1(\\.0)?$")
          .containsPattern("(?m)^myapp_part 7\\.0$");
    }
  }

  @Test
  void record_asAnotherType_isRefusedAndNothingElseSuffers() throws Exception {
    try (PrometheusCollector collector = builder().build().start();
        CacheMetrics metrics = new CacheMetrics(collector)) {
      metrics.increment("sessions");
      metrics.gauge("sessions", 5);
      metrics.timing("wait", 1);
      metrics.gauge("wait_seconds_count", 7);
      metrics.gauge("cache.gets", 7);
      metrics.increment("negative", -1);
      metrics.histogram("odd", Double.NaN);
      assertThat(metrics.collectorFailures()).isEqualTo(5);
      assertThatThrownBy(() -> collector.gauge("sessions", 5, Map.of()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "Metric sessions cannot be shown as GAUGE myapp_sessions: the COUNTER myapp_sessions"
                  + " has the name myapp_sessions already. Give one of them another name");
      assertThat(new Scraper(collector.port()).get("/metrics").body())
          .contains("myapp_sessions_total 1.0", "myapp_wait_seconds_count 1\n")
          .doesNotContain("negative", "odd", "myapp_sessions 5");
    }
  }

  @Test
  void record_moreSeriesThanTheLimit_areCounted() throws Exception {
    try (PrometheusCollector collector = builder().maxSeries(3).build().start()) {
      for (int user = 0; user < 10; user++) {
        collector.increment("clicks", 1, Map.of("user", String.valueOf(user)));
      }
      collector.increment("clicks", 1, Map.of("user", "0"));
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("myapp_clicks_total{"))
          .containsExactly(
              "myapp_clicks_total{user=\"0\"} 2.0",
              "myapp_clicks_total{user=\"1\"} 1.0",
              "myapp_clicks_total{user=\"2\"} 1.0");
      assertThat(scraper.lines("myapp_bridge_dropped_samples_total"))
          .endsWith("myapp_bridge_dropped_samples_total 7.0");
    }
  }

  @Test
  void scrape_metricOfACacheRecordedByTheApplication() throws Exception {
    try (SnapshotFixture fixture =
            new SnapshotFixture(1_000)
                .with(new CacheData("c", List.of(), Map.of("hits", 1L, "misses", 3L), Map.of()));
        PrometheusCollector collector = builder().build().start()) {
      collector.gauge("cache.hit_rate", 0.99, Map.of());
      collector.increment("cache.errors.total", 2, Map.of("operation", "get"));
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("myapp_cache_hit_rate"))
          .last()
          .isEqualTo(
              "myapp_cache_hit_rate{cache=\"c\",cache_manager=\"" + fixture.manager() + "\"} 0.25");
      assertThat(scraper.lines("myapp_cache_errors_total{"))
          .containsExactly("myapp_cache_errors_total{operation=\"get\"} 2.0");
    }
  }

  @Test
  void scrape_errorsThatCachesAndApplicationCount_areCountedOnce() throws Exception {
    try (SnapshotFixture fixture =
            new SnapshotFixture(1_000)
                .with(
                    new CacheData(
                        "c",
                        List.of(new OperationData("get", 5, Map.of("timeout", 4L), 4, 2)),
                        Map.of("hits", 1L),
                        Map.of()));
        PrometheusCollector collector = builder().build().start();
        CacheMetrics metrics = new CacheMetrics(collector)) {
      new ErrorTracker(metrics).trackError("get", "timeout", new IllegalStateException());
      assertThat(new Scraper(collector.port()).lines("myapp_cache_errors_total{"))
          .containsExactly(
              "myapp_cache_errors_total{cache=\"c\",cache_manager=\""
                  + fixture.manager()
                  + "\",error_type=\"timeout\",operation=\"get\"} 4.0");
    }
  }

  @Test
  void scrape_nativeHistograms_haveNoBucketsInText() throws Exception {
    try (PrometheusCollector collector = builder().histograms(Histograms.NATIVE).build().start()) {
      collector.timing("work", 0.5, Map.of());
      assertThat(new Scraper(collector.port()).lines("myapp_work_seconds"))
          .contains("myapp_work_seconds_count 1", "myapp_work_seconds_sum 0.5");
    }
  }
}
