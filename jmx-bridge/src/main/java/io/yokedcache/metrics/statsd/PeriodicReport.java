package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.statsd.Event.Kind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Turns totals into what was added since they were last sent. Not thread-safe.
 *
 * <p>What could not be queued is not forgotten: it is part of the next report. A total that is
 * smaller than before began anew, and is sent whole.
 */
final class PeriodicReport implements SeriesSink {

  /**
   * How many reports a series may miss. At once would send all of its past again when a single bean
   * could not be read; never would grow with every cache that is made.
   */
  private static final int FORGOTTEN_AFTER = 3;

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
    sent.values().removeIf(last -> report - last.report >= FORGOTTEN_AFTER);
    report++;
    sendsHistory = true;
  }

  @Override
  public void counter(Object owner, String metric, Map<String, String> tags, long total) {
    Sent last = last(owner, metric, tags);
    long delta = total < last.total ? total : total - last.total;
    boolean isSkipped = last.isNew && !sendsHistory;
    if (isSkipped || delta == 0 || queued(new Event(Kind.COUNTER, metric, delta, tags, 1))) {
      last.total = total;
    }
    last.isNew = false;
  }

  @Override
  public void gauge(String metric, Map<String, String> tags, double value) {
    queued(new Event(Kind.GAUGE, metric, value, tags, 1));
  }

  @Override
  public void timer(Object owner, String metric, Map<String, String> tags, LatencyCells cells) {
    Sent last = last(owner, metric, tags);
    boolean isSkipped = last.isNew && !sendsHistory;
    List<Event> events =
        isSkipped ? List.of() : samples(metric, tags, cells.bounds(), delta(cells, last.cells));
    if (events.isEmpty() || queue.test(events)) {
      last.cells = cells;
    }
    last.isNew = false;
  }

  private boolean queued(Event event) {
    return queue.test(List.of(event));
  }

  private Sent last(Object owner, String metric, Map<String, String> tags) {
    Sent last = sent.computeIfAbsent(new Series(owner, metric, tags), series -> new Sent());
    last.report = report;
    return last;
  }

  private List<Event> samples(
      String metric, Map<String, String> tags, LatencyBounds bounds, long[] counts) {
    return switch (flavour) {
      case DOGSTATSD -> TimerSamples.perCell(metric, tags, bounds, counts);
      case PLAIN -> TimerSamples.perRank(metric, tags, bounds, counts, timerSamples);
    };
  }

  private static long[] delta(LatencyCells now, @Nullable LatencyCells before) {
    long[] counts = new long[now.size()];
    boolean isContinued = before != null && before.bounds().equals(now.bounds());
    for (int i = 0; i < counts.length; i++) {
      counts[i] = now.count(i);
    }
    for (int i = 0; isContinued && before != null && i < counts.length; i++) {
      isContinued = now.count(i) >= before.count(i);
    }
    for (int i = 0; isContinued && before != null && i < counts.length; i++) {
      counts[i] -= before.count(i);
    }
    return counts;
  }

  /** What tells one series from all others. */
  private record Series(Object owner, String metric, Map<String, String> tags) {}

  /** What the daemon has been told of a series. */
  private static final class Sent {
    private long total;
    private @Nullable LatencyCells cells;
    private long report;
    private boolean isNew = true;
  }
}
