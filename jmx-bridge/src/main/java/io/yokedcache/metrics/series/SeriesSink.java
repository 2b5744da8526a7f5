package io.yokedcache.metrics.series;

import io.yokedcache.metrics.source.OperationReading;
import java.util.List;

/**
 * Takes the series of one reading, one after the other, in the order of caches and of the table.
 * The values of labels are in the order of {@link CacheMetric#labels()}.
 */
public interface SeriesSink {

  /** Takes a number that only grows. */
  void counter(SeriesOwner owner, CacheMetric metric, List<String> labelValues, double total);

  /** Takes a level. */
  void gauge(SeriesOwner owner, CacheMetric metric, List<String> labelValues, double value);

  /** Takes the distribution of all durations so far, with its raw name and its sum. */
  void histogram(
      SeriesOwner owner, CacheMetric metric, List<String> labelValues, OperationReading timer);
}
