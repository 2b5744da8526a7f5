package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;
import io.yokedcache.metrics.testing.ObservedManager;
import java.nio.file.Path;
import java.util.List;
import javax.cache.Cache;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From an operation of our provider to the trace beside its bucket. */
final class ExemplarObserverIT {

  private static final String OPEN_METRICS = "application/openmetrics-text; version=1.0.0";
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";

  @TempDir private Path folder;

  @Test
  void get_leavesItsTraceBesideItsBucket() throws Exception {
    try (PrometheusCollector collector =
            PrometheusCollector.builder()
                .registry(new PrometheusRegistry())
                .port(0)
                .spanContext(new SampledSpan())
                .build()
                .start();
        ObservedManager manager =
            ObservedManager.start(
                folder, (name, cache) -> ExemplarObserver.of(collector, name, cache))) {
      Cache<String, String> cache = manager.cache("traced");
      cache.put("a", "1");
      assertThat(cache.get("a")).isEqualTo("1");

      List<String> lines =
          new Scraper(collector.port())
              .get("/metrics", "Accept", OPEN_METRICS)
              .body()
              .lines()
              .filter(line -> line.startsWith("yokedcache_cache_operation_duration_seconds_bucket"))
              .filter(line -> line.contains("cache=\"traced\""))
              .filter(line -> line.contains("# {"))
              .toList();

      assertThat(lines).hasSize(2);
      assertThat(lines).allSatisfy(line -> assertThat(line).contains("trace_id=\"" + TRACE + "\""));
      assertThat(lines).anyMatch(line -> line.contains("operation=\"get\""));
      assertThat(lines).anyMatch(line -> line.contains("operation=\"put\""));
    }
  }

  /** A span that every thread is in. */
  private static final class SampledSpan implements SpanContext {

    @Override
    public String getCurrentTraceId() {
      return TRACE;
    }

    @Override
    public String getCurrentSpanId() {
      return "00f067aa0ba902b7";
    }

    @Override
    public boolean isCurrentSpanSampled() {
      return true;
    }

    @Override
    public void markCurrentSpanAsExemplar() {}
  }
}
