package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.tracer.common.SpanContext;
import io.yokedcache.metrics.source.SnapshotFixture;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import io.yokedcache.metrics.source.SnapshotFixture.OperationData;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Traces beside histograms, in the format that has them. */
final class ExemplarTest {

  private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0";
  private static final long[] BOUNDS = {1_000_000, 10_000_000};

  /** The current span, as a tracer would tell it. */
  private static final class Spans implements SpanContext {
    private String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    private boolean isSampled = true;
    private int marks;

    @Override
    public String getCurrentTraceId() {
      return trace;
    }

    @Override
    public String getCurrentSpanId() {
      return "00f067aa0ba902b7";
    }

    @Override
    public boolean isCurrentSpanSampled() {
      return isSampled;
    }

    @Override
    public void markCurrentSpanAsExemplar() {
      marks++;
    }
  }

  private final Spans spans = new Spans();

  private PrometheusCollectorBuilder builder() {
    return PrometheusCollector.builder()
        .registry(new PrometheusRegistry())
        .port(0)
        .buckets(0.001, 0.01)
        .spanContext(spans);
  }

  private static SnapshotFixture fixture() throws Exception {
    return new SnapshotFixture(BOUNDS)
        .with(
            new CacheData(
                "users",
                List.of(new OperationData("get", 5, Map.of(), 3, 2, 1)),
                Map.of(),
                Map.of()));
  }

  private static List<String> buckets(PrometheusCollector collector, String name) throws Exception {
    return new Scraper(collector.port())
        .get("/metrics", "Accept", OPEN_METRICS)
        .body()
        .lines()
        .filter(line -> line.startsWith(name + "_bucket"))
        .toList();
  }

  @Test
  void scrape_operationsRecorded_lastTraceOfEachBucket() throws Exception {
    try (SnapshotFixture fixture = fixture();
        PrometheusCollector collector = builder().build().start()) {
      OperationExemplars exemplars = collector.operationExemplars();
      exemplars.record(fixture.manager(), "users", "get", 0.0005);
      exemplars.record(fixture.manager(), "users", "get", 30);
      exemplars.record(fixture.manager(), "users", "put", 0.005); // no such series
      spans.trace = "ffffffffffffffffffffffffffffffff";
      exemplars.record(fixture.manager(), "users", "get", 0.0007);
      spans.isSampled = false;
      exemplars.record(fixture.manager(), "users", "get", 0.0008);
      List<String> buckets = buckets(collector, "yokedcache_cache_operation_duration_seconds");
      assertThat(buckets).hasSize(3);
      assertThat(buckets.get(0))
          .contains("le=\"0.001\"} 3 # {")
          .contains("trace_id=\"ffffffffffffffffffffffffffffffff\"", "} 7.0E-4 ");
      assertThat(buckets.get(1)).endsWith("le=\"0.01\"} 5");
      assertThat(buckets.get(2))
          .contains("le=\"+Inf\"} 6 # {")
          .contains("trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\"")
          .contains("span_id=\"00f067aa0ba902b7\"", "} 30.0 ");
      assertThat(spans.marks).isEqualTo(4);
    }
  }

  @Test
  void scrape_withoutCacheLabels_tracesOfAllCaches() throws Exception {
    try (SnapshotFixture fixture = fixture();
        PrometheusCollector collector = builder().cacheLabels(false).build().start()) {
      collector.operationExemplars().record(fixture.manager(), "users", "get", 0.005);
      assertThat(buckets(collector, "yokedcache_cache_operation_duration_seconds"))
          .anyMatch(line -> line.contains("le=\"0.01\"} 5 # {") && line.contains("trace_id="));
    }
  }

  @Test
  void scrape_textFormat_hasNone() throws Exception {
    try (SnapshotFixture fixture = fixture();
        PrometheusCollector collector = builder().build().start()) {
      collector.operationExemplars().record(fixture.manager(), "users", "get", 0.005);
      assertThat(new Scraper(collector.port()).get("/metrics").body()).doesNotContain("trace_id");
    }
  }

  @Test
  void scrape_applicationTiming_hasTheCurrentTrace() throws Exception {
    try (PrometheusCollector collector = builder().build().start()) {
      collector.timing("request_processing", 0.005, Map.of());
      assertThat(buckets(collector, "yokedcache_request_processing_seconds"))
          .anyMatch(
              line ->
                  line.contains("le=\"0.01\"} 1 # {")
                      && line.contains("trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\""));
      assertThat(spans.marks).isEqualTo(1);
    }
  }

  @Test
  void record_withoutSpanContext_keepsNothing() {
    OperationExemplars exemplars = new OperationExemplars(null, List.of(), true);
    exemplars.record("m", "c", "get", 1);
    assertThat(exemplars.seriesCount()).isZero();
  }

  @Test
  void record_moreSeriesThanTheLimit_bounded() {
    OperationExemplars exemplars = new OperationExemplars(spans, List.of(0.001), true, 10);
    for (int i = 0; i < 1_005; i++) {
      exemplars.record("m", "cache" + i, "get", 1);
      assertThat(exemplars.seriesCount()).isLessThanOrEqualTo(10);
    }
    assertThat(exemplars.of("m", "cache1004", "get").size()).isEqualTo(1);
    assertThat(exemplars.of("m", "cache0", "get")).isEqualTo(Exemplars.EMPTY);
  }
}
