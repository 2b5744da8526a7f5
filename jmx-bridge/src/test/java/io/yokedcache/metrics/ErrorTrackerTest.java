package io.yokedcache.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.ConnectException;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ErrorTrackerTest {

  private final RecordingCollector collector = new RecordingCollector();
  private final ErrorTracker tracker = new ErrorTracker(new CacheMetrics(collector));

  @Test
  void trackError_tags() {
    tracker.trackError("get", "connection", new ConnectException("refused"));
    assertThat(collector.calls).hasSize(1);
    assertThat(collector.calls.get(0)).startsWith("increment application.errors.total 1.0 ");
    assertThat(collector.lastTags)
        .isEqualTo(
            Map.of(
                "operation", "get", "error_type", "connection", "error_class", "ConnectException"));
  }

  @Test
  void trackError_anonymousClass() {
    tracker.trackError("get", "unknown", new IllegalStateException() {});
    assertThat(collector.lastTags.get("error_class")).startsWith("io.yokedcache.metrics.Error");
  }

  @Test
  void reportErrorRates_allTypesTogether() {
    tracker.trackError("get", "connection", new ConnectException());
    tracker.trackError("get", "connection", new ConnectException());
    tracker.trackError("get", "unknown", new IllegalStateException());
    tracker.trackError("put", "unknown", new IllegalStateException());
    tracker.trackError("remove", "unknown", new IllegalStateException());
    collector.calls.clear();
    tracker.reportErrorRates(Map.of("get", 12L, "put", 4L, "remove", 0L, "clear", 7L));
    assertThat(collector.calls)
        .containsExactlyInAnyOrder(
            "gauge cache.error_rate.get 0.25 {}", "gauge cache.error_rate.put 0.25 {}");
  }

  @Test
  void trackError_moreOperationsThanTheLimit_areStillCounted() {
    for (int i = 0; i < ErrorTracker.MAX_OPERATIONS + 1; i++) {
      tracker.trackError("op" + i, "t", new IllegalStateException());
    }
    assertThat(collector.calls).hasSize(ErrorTracker.MAX_OPERATIONS + 1);
    collector.calls.clear();
    tracker.reportErrorRates(Map.of("op0", 2L, "op" + ErrorTracker.MAX_OPERATIONS, 2L));
    assertThat(collector.calls).containsExactly("gauge cache.error_rate.op0 0.5 {}");
  }
}
