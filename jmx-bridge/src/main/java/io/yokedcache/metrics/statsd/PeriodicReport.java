package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.Growth;
import io.yokedcache.metrics.series.SeriesOwner;
import io.yokedcache.metrics.series.SeriesSink;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.statsd.Event.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Converts totals into their growth since the last report. Not thread-safe.
 *
 * <p>Growth that could not be queued is part of the next report.
 */
final class PeriodicReport implements SeriesSink {

  private final StatsDFlavour flavour;
  private final int timerSamples;
  private final Predicate<List<Event>> queue;
  private final Map<Series, Sent> sent = new HashMap<>();

  private long report;
  private boolean sendsHistory;

  /**
   * Creates a report that has sent nothing yet.
   *
   * @param sendsHistory whether the first report sends all that was counted before it
   * @param queue queues all events or none
   */
  PeriodicReport(
      StatsDFlavour flavour, int timerSamples, boolean sendsHistory, Predicate<List<Event>> queue) {
    this.flavour = flavour;
    this.timerSamples = timerSamples;
    this.sendsHistory = sendsHistory;
    this.queue = queue;
  }

  /** Ends a report that is complete: series that have long not been in one are forgotten. */
  void end() {
    sent.values().removeIf(last -> report - last.report >= Growth.FORGOTTEN_AFTER);
    report++;
    sendsHistory = true;
  }

  @Override
  public void counter(
      SeriesOwner owner, CacheMetric metric, List<String> labelValues, double value) {
    long total = (long) value;
    Sent last = last(owner, metric, labelValues);
    long delta = Growth.of(last.total, total).added();
    boolean isSkipped = last.isNew && !sendsHistory;
    if (isSkipped
        || delta == 0
        || queued(Kind.COUNTER, (double) delta, owner, metric, labelValues)) {
      last.total = total;
    }
    last.isNew = false;
  }

  @Override
  public void gauge(SeriesOwner owner, CacheMetric metric, List<String> labelValues, double value) {
    queued(Kind.GAUGE, value, owner, metric, labelValues);
  }

  private boolean queued(
      Kind kind, double value, SeriesOwner owner, CacheMetric metric, List<String> labelValues) {
    Map<String, String> tags = tags(owner, metric, labelValues);
    return queue.test(List.of(new Event(kind, metric.metricName(), value, tags, 1)));
  }

  @Override
  public void histogram(
      SeriesOwner owner, CacheMetric metric, List<String> labelValues, OperationReading timer) {
    LatencyCells cells = timer.cells();
    if (cells == null) {
      return;
    }
    Sent last = last(owner, metric, labelValues);
    List<Event> events =
        last.isNew && !sendsHistory
            ? List.of()
            : samples(
                metric, tags(owner, metric, labelValues), Growth.of(last.cells, cells).added());
    if (events.isEmpty() || queue.test(events)) {
      last.cells = cells;
    }
    last.isNew = false;
  }

  private List<Event> samples(CacheMetric metric, Map<String, String> tags, LatencyCells cells) {
    return switch (flavour) {
      case DOGSTATSD -> TimerSamples.perCell(metric.metricName(), tags, cells);
      case PLAIN -> TimerSamples.perRank(metric.metricName(), tags, cells, timerSamples);
    };
  }

  private Sent last(SeriesOwner owner, CacheMetric metric, List<String> labelValues) {
    Sent last = sent.computeIfAbsent(new Series(owner, metric, labelValues), series -> new Sent());
    last.report = report;
    return last;
  }

  private static Map<String, String> tags(
      SeriesOwner owner, CacheMetric metric, List<String> labelValues) {
    Map<String, String> tags = new HashMap<>();
    if (!owner.target().isEmpty()) {
      tags.put("target", owner.target());
    }
    if (owner.manager() != null) {
      tags.put("cache_manager", owner.manager());
    }
    if (owner.cache() != null) {
      tags.put("cache", owner.cache());
    }
    for (int i = 0; i < labelValues.size(); i++) {
      tags.put(metric.labels().get(i), labelValues.get(i));
    }
    return Map.copyOf(tags);
  }

  private record Series(SeriesOwner owner, CacheMetric metric, List<String> labelValues) {}

  /** The state of a series at the last report. */
  private static final class Sent {
    private long total;
    private @Nullable LatencyCells cells;
    private long report;
    private boolean isNew = true;
  }
}
