package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.source.LatencyCells;
import java.util.Map;

/** Takes the series of one reading, one after the other. */
interface SeriesSink {

  /**
   * Takes a number that only grows.
   *
   * @param owner whose series it is, so that two caches whose tags do not tell them apart are not
   *     mistaken for one that shrinks and grows
   */
  void counter(Object owner, String metric, Map<String, String> tags, long total);

  /** Takes a level. */
  void gauge(String metric, Map<String, String> tags, double value);

  /** Takes the distribution of all durations so far; {@code owner} as above. */
  void timer(Object owner, String metric, Map<String, String> tags, LatencyCells cells);
}
