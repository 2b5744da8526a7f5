package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.series.MetricSample;
import io.yokedcache.metrics.series.MetricScope;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.source.ReadingSum;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/**
 * The series that {@link CacheMetric} finds in a reading.
 *
 * @param hasCacheTags whether each series says whose it is; without, all caches add up to one
 * @param baseTags tags of every series
 * @param isObserved whether operations of a manager's cache are sent as they happen, and so not
 *     found here
 * @param names what operations are called
 */
record CacheSeries(
    boolean hasCacheTags,
    Map<String, String> baseTags,
    BiPredicate<String, String> isObserved,
    OperationNames names) {

  /** Tells the sink all that is in the readings. */
  void describe(CacheReadings readings, SeriesSink sink) {
    // Counters go one by one even where all caches are one series: their sum would shrink when a
    // cache is closed, and that would look like a counter that began anew.
    describe(readings, MetricKind.COUNTER, sink);
    describe(readings, MetricKind.HISTOGRAM, sink);
    describe(
        hasCacheTags ? readings : ReadingSum.of(readings, /* withOperations= */ false),
        MetricKind.GAUGE,
        sink);
  }

  private void describe(CacheReadings readings, MetricKind kind, SeriesSink sink) {
    for (CacheMetric metric : CacheMetric.values()) {
      if (metric.kind() != kind) {
        continue;
      }
      if (metric.scope() == MetricScope.CACHE) {
        readings.caches().stream()
            .filter(cache -> !isSentPerOperation(metric, cache))
            .forEach(cache -> describe(metric, cache, sink));
      } else if (metric.scope() == MetricScope.MANAGER) {
        readings.connections().forEach(connection -> describe(metric, connection, sink));
      }
    }
  }

  private boolean isSentPerOperation(CacheMetric metric, CacheReading cache) {
    return OperationEvents.METRICS.contains(metric)
        && isObserved.test(cache.manager(), cache.cache());
  }

  private void describe(CacheMetric metric, CacheReading cache, SeriesSink sink) {
    Object owner = List.of(cache.manager(), cache.cache());
    Map<String, String> tags =
        hasCacheTags
            ? with(with(baseTags, "cache_manager", cache.manager()), "cache", cache.cache())
            : baseTags;
    for (OperationReading operation : metric.distributions(cache)) {
      LatencyCells cells = operation.cells();
      if (cells != null) {
        String label = metric.labels().get(0);
        sink.timer(
            owner, metric.metricName(), with(tags, label, names.of(operation.operation())), cells);
      }
    }
    describe(metric, metric.samples(cache), owner, tags, sink);
  }

  private void describe(CacheMetric metric, ConnectionReading connection, SeriesSink sink) {
    Map<String, String> tags =
        hasCacheTags ? with(baseTags, "cache_manager", connection.manager()) : baseTags;
    describe(metric, metric.samples(connection), connection.manager(), tags, sink);
  }

  private void describe(
      CacheMetric metric,
      List<MetricSample> samples,
      Object owner,
      Map<String, String> tags,
      SeriesSink sink) {
    for (MetricSample sample : samples) {
      Map<String, String> all = tags;
      List<String> values = names.of(metric, sample.labelValues());
      for (int i = 0; i < metric.labels().size(); i++) {
        all = with(all, metric.labels().get(i), values.get(i));
      }
      if (metric.kind() == MetricKind.COUNTER) {
        sink.counter(owner, metric.metricName(), all, (long) sample.value());
      } else {
        sink.gauge(metric.metricName(), all, sample.value());
      }
    }
  }

  private static Map<String, String> with(Map<String, String> tags, String name, String value) {
    Map<String, String> more = new HashMap<>(tags);
    more.put(name, value);
    return Map.copyOf(more);
  }
}
