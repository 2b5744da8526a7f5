package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.statsd.Event.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Writes the durations of a period, of which only the cells are known, as few enough single
 * durations, each weighed by a sample rate so that the daemon counts as many as there were.
 */
final class TimerSamples {

  private static final double NANOS_PER_SECOND = 1e9;

  private TimerSamples() {}

  /**
   * One event for every cell, in its middle. For DogStatsD, whose agent weighs values by the rate.
   */
  static List<Event> perCell(String metric, Map<String, String> tags, LatencyCells cells) {
    LatencyBounds bounds = cells.bounds();
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < cells.size(); i++) {
      if (cells.count(i) > 0) {
        double middle = (lower(bounds, i) + upper(bounds, i)) / 2;
        events.add(new Event(Kind.TIMING, metric, seconds(middle), tags, rateOf(cells.count(i))));
      }
    }
    return events;
  }

  /**
   * Events at equal steps of rank, at most {@code limit}. For plain daemons: their percentiles and
   * means do not look at the rate, so every event must stand for equally many.
   */
  static List<Event> perRank(
      String metric, Map<String, String> tags, LatencyCells cells, int limit) {
    LatencyBounds bounds = cells.bounds();
    long total = 0;
    for (int i = 0; i < cells.size(); i++) {
      total += cells.count(i);
    }
    int events = (int) Math.min(total, limit);
    double rate = events == 0 ? 1 : (double) events / total;
    List<Event> all = new ArrayList<>(events);
    int cell = 0;
    double before = 0;
    for (int i = 0; i < events; i++) {
      double rank = (i + 0.5) * total / events;
      while (before + cells.count(cell) < rank) {
        before += cells.count(cell);
        cell++;
      }
      double low = lower(bounds, cell);
      double part = (rank - before) / cells.count(cell);
      double nanos = low + part * (upper(bounds, cell) - low);
      all.add(new Event(Kind.TIMING, metric, seconds(nanos), tags, rate));
    }
    return all;
  }

  /** The largest rate whose reciprocal, cut to an integer as the agent does, is the count. */
  static double rateOf(long count) {
    double rate = 1.0 / count;
    while (1 / rate < count) {
      rate = Math.nextDown(rate);
    }
    return rate;
  }

  private static double lower(LatencyBounds bounds, int cell) {
    return cell == 0 ? 0 : bounds.nanos(cell - 1);
  }

  private static double upper(LatencyBounds bounds, int cell) {
    // The last cell has no end: all that is known is that its durations were longer than its start.
    return cell == bounds.size() ? lower(bounds, cell) : bounds.nanos(cell);
  }

  /** Whole nanoseconds, since more digits would only make lines longer. */
  private static double seconds(double nanos) {
    return Math.rint(nanos) / NANOS_PER_SECOND;
  }
}
