package io.yokedcache.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CacheMetricsTest {

  private final RecordingCollector first = new RecordingCollector();
  private final RecordingCollector second = new RecordingCollector();

  @Test
  void increment_twoCollectors() {
    try (CacheMetrics metrics = new CacheMetrics(first, second)) {
      metrics.increment("user.login", Map.of("source", "api"));
      metrics.increment("user.login", 3);
    }
    assertThat(first.calls)
        .containsExactly("increment user.login 1.0 {source=api}", "increment user.login 3.0 {}");
    assertThat(second.calls).isEqualTo(first.calls);
  }

  @Test
  void everyMethod_withAndWithoutTags() {
    try (CacheMetrics metrics = new CacheMetrics(first)) {
      metrics.increment("a");
      metrics.increment("a", 2, Map.of("k", "v"));
      metrics.gauge("b", 1.5);
      metrics.gauge("b", -1.5, Map.of("k", "v"));
      metrics.histogram("c", 7);
      metrics.histogram("c", 8, Map.of("k", "v"));
      metrics.timing("d", 0.25);
      metrics.timing("d", 0.5, Map.of("k", "v"));
    }
    assertThat(first.calls)
        .containsExactly(
            "increment a 1.0 {}",
            "increment a 2.0 {k=v}",
            "gauge b 1.5 {}",
            "gauge b -1.5 {k=v}",
            "histogram c 7.0 {}",
            "histogram c 8.0 {k=v}",
            "timing d 0.25 {}",
            "timing d 0.5 {k=v}");
  }

  @Test
  void addCollector_later() {
    try (CacheMetrics metrics = new CacheMetrics()) {
      metrics.increment("lost");
      metrics.addCollector(first);
      metrics.addCollector(first);
      metrics.increment("seen");
      assertThat(metrics.collectors()).containsExactly(first);
    }
    assertThat(first.calls).containsExactly("increment seen 1.0 {}");
  }

  @Test
  void tags_changedByTheCallerAfterwards() {
    List<Map<String, String>> seen = new ArrayList<>();
    Map<String, String> tags = new HashMap<>(Map.of("k", "v"));
    try (CacheMetrics metrics = new CacheMetrics(first)) {
      metrics.gauge("g", 1, tags);
      seen.add(first.lastTags);
      tags.put("k", "other");
    }
    assertThat(seen).containsExactly(Map.of("k", "v"));
  }

  @Test
  void collectorThrows_neighbourAndCallerDoNotNotice() {
    RecordingCollector broken = new RecordingCollector();
    broken.failure = new IllegalStateException("no disk");
    RecordingCollector linkless = new RecordingCollector();
    linkless.failure = new NoClassDefFoundError("org/absent/Library");
    try (CacheMetrics metrics = new CacheMetrics(broken, linkless, first)) {
      metrics.increment("a");
      metrics.gauge("b", 1);
      assertThat(metrics.collectorFailures()).isEqualTo(4);
    }
    assertThat(first.calls).hasSize(2);
  }

  @Test
  void endTimer_startedOne() {
    try (CacheMetrics metrics = new CacheMetrics(first)) {
      long before = System.nanoTime();
      long id = metrics.startTimer("request_processing");
      metrics.endTimer(id, "request_processing", Map.of("status_code", "200"));
      double atMostSeconds = (System.nanoTime() - before) / 1e9;
      assertThat(first.calls).hasSize(1);
      assertThat(first.calls.get(0))
          .startsWith("timing request_processing ")
          .endsWith("{status_code=200}");
      assertThat(first.lastValue).isBetween(0.0, atMostSeconds);
    }
  }

  @Test
  void endTimer_unknownOrEnded() {
    try (CacheMetrics metrics = new CacheMetrics(first)) {
      long id = metrics.startTimer("t");
      metrics.endTimer(id, "t");
      metrics.endTimer(id, "t");
      metrics.endTimer(-1, "t");
      assertThat(first.calls).hasSize(1);
    }
  }

  @Test
  void startTimer_neverEnded_oldestIsForgotten() {
    try (CacheMetrics metrics = new CacheMetrics(first)) {
      long oldest = metrics.startTimer("t");
      long next = metrics.startTimer("t");
      for (int i = 0; i < CacheMetrics.MAX_OPEN_TIMERS - 1; i++) {
        metrics.startTimer("t");
      }
      metrics.endTimer(oldest, "t");
      assertThat(first.calls).isEmpty();
      metrics.endTimer(next, "t");
      assertThat(first.calls).hasSize(1);
    }
  }

  @Test
  void timer_tryWithResources() {
    try (CacheMetrics metrics = new CacheMetrics(first)) {
      try (CacheMetrics.Timer timer = metrics.timer("work", Map.of("a", "1", "b", "2"))) {
        timer.tag("b", "3");
      }
      assertThat(first.calls).hasSize(1);
      assertThat(first.lastTags).isEqualTo(Map.of("a", "1", "b", "3"));
    }
  }

  @Test
  void timer_closedTwice() {
    try (CacheMetrics metrics = new CacheMetrics(first)) {
      CacheMetrics.Timer timer = metrics.timer("work");
      timer.close();
      timer.close();
      assertThat(first.calls).hasSize(1);
    }
  }

  @Test
  void close_collectorsThatFail() {
    RecordingCollector broken = new RecordingCollector();
    broken.closeFailure = new IllegalStateException("one");
    RecordingCollector alsoBroken = new RecordingCollector();
    alsoBroken.closeFailure = new IllegalStateException("two");
    CacheMetrics metrics = new CacheMetrics(broken, alsoBroken, first);
    assertThatThrownBy(metrics::close)
        .hasMessage("one")
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(first.closed).isEqualTo(1);
  }

  @Test
  void noOpCollector_dropsEverything() {
    try (CacheMetrics metrics = new CacheMetrics(new NoOpCollector())) {
      metrics.increment("a");
      metrics.gauge("a", 1);
      metrics.histogram("a", 1);
      metrics.timing("a", 1);
      assertThat(metrics.collectorFailures()).isZero();
    }
  }
}
