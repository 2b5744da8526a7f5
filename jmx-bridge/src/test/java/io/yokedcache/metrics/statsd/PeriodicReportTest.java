package io.yokedcache.metrics.statsd;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.SeriesOwner;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What of a total is sent, report after report. */
final class PeriodicReportTest {

  private static final LatencyBounds BOUNDS = LatencyBounds.of(1000, 2000);

  private final List<Event> sent = new ArrayList<>();
  private boolean isFull;

  @Test
  void counter_isSentByWhatItGrew() {
    PeriodicReport report = report(true);

    assertThat(counterAfter(report, 10)).containsExactly(10.0);
    assertThat(counterAfter(report, 10)).isEmpty();
    assertThat(counterAfter(report, 17)).containsExactly(7.0);
  }

  @Test
  void counter_shrunk_isSentWhole() {
    PeriodicReport report = report(true);
    counterAfter(report, 100);

    assertThat(counterAfter(report, 30)).containsExactly(30.0);
    assertThat(counterAfter(report, 31)).containsExactly(1.0);
    assertThat(counterAfter(report, 0)).isEmpty();
    assertThat(counterAfter(report, 5)).containsExactly(5.0);
  }

  @Test
  void counter_queueFull_isSentWithTheNextReport() {
    PeriodicReport report = report(true);
    counterAfter(report, 10);
    isFull = true;
    assertThat(counterAfter(report, 15)).isEmpty();
    isFull = false;

    assertThat(counterAfter(report, 18)).containsExactly(8.0);
  }

  @Test
  void counter_withoutHistory_skipsOnlyWhatWasBeforeTheFirstReport() {
    PeriodicReport report = report(false);

    assertThat(counterAfter(report, 1000)).isEmpty();
    assertThat(counterAfter(report, 1001)).containsExactly(1.0);
    sent.clear();
    report.counter(owner("new cache"), CacheMetric.SETS, List.of(), 4);
    assertThat(sent).extracting(Event::value).containsExactly(4.0);
  }

  @Test
  void counter_missingOnce_isNotSentAgain() {
    PeriodicReport report = report(true);
    counterAfter(report, 10);
    report.end();
    report.end();
    assertThat(counterAfter(report, 12)).containsExactly(2.0);
  }

  @Test
  void counter_missingForLong_beginsAnew() {
    PeriodicReport report = report(true);
    counterAfter(report, 10);
    for (int i = 0; i < 3; i++) {
      report.end();
    }
    assertThat(counterAfter(report, 12)).containsExactly(12.0);
  }

  @Test
  void counter_sameTagsOfTwoOwners_areTwoSeries() {
    PeriodicReport report = report(true);
    for (int i = 1; i <= 2; i++) {
      report.counter(owner("a"), CacheMetric.SETS, List.of(), 10.0 * i);
      report.counter(owner("b"), CacheMetric.SETS, List.of(), 3.0 * i);
      report.end();
    }

    assertThat(sent).extracting(Event::value).containsExactly(10.0, 3.0, 10.0, 3.0);
  }

  @Test
  void timer_isSentByWhatItsCellsGrew() {
    PeriodicReport report = report(true);

    assertThat(timerAfter(report, 1, 2, 0)).isEqualTo(3);
    assertThat(timerAfter(report, 1, 2, 0)).isZero();
    assertThat(timerAfter(report, 1, 2, 5)).isEqualTo(5);
    assertThat(timerAfter(report, 0, 2, 6)).as("began anew").isEqualTo(8);
    isFull = true;
    assertThat(timerAfter(report, 1, 2, 6)).isZero();
    isFull = false;
    assertThat(timerAfter(report, 2, 2, 6)).isEqualTo(2);
  }

  @Test
  void gauge_isSentEveryTime() {
    PeriodicReport report = report(true);
    for (int i = 0; i < 2; i++) {
      report.gauge(owner("cache"), CacheMetric.HIT_RATE, List.of(), 5);
      report.end();
    }

    assertThat(sent).extracting(Event::value).containsExactly(5.0, 5.0);
  }

  private static SeriesOwner owner(String cache) {
    return new SeriesOwner("", "m", cache);
  }

  private PeriodicReport report(boolean sendsHistory) {
    return new PeriodicReport(
        StatsDFlavour.PLAIN, 100, sendsHistory, events -> !isFull && sent.addAll(events));
  }

  private List<Double> counterAfter(PeriodicReport report, long total) {
    sent.clear();
    report.counter(owner("cache"), CacheMetric.GETS, List.of("hit"), (double) total);
    report.end();
    return sent.stream().map(Event::value).toList();
  }

  private int timerAfter(PeriodicReport report, long... counts) {
    sent.clear();
    report.histogram(
        owner("cache"),
        CacheMetric.OPERATION_DURATION,
        List.of("get"),
        new OperationReading("get", 1, 1, 1, LatencyCells.of(BOUNDS, counts), Map.of()));
    report.end();
    return sent.size();
  }
}
