package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricScope;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.series.SeriesOwner;
import io.yokedcache.metrics.series.SeriesWalk;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.OperationReading;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;

/** Gives the series of a reading the tags that StatsD knows them by. */
final class CacheSeries {

  private final List<CacheMetric> metrics;
  private final Map<String, String> baseTags;
  private final BiPredicate<String, String> isObserved;
  private final SeriesWalk walk;

  /**
   * Creates series.
   *
   * @param hasCacheTags whether each series says whose it is; without, all caches add up to one
   * @param baseTags tags of every series
   * @param isObserved whether operations of a manager's cache are sent as they happen, and so not
   *     found here
   * @param names what operations are called
   * @param filter which metrics are sent
   */
  CacheSeries(
      boolean hasCacheTags,
      Map<String, String> baseTags,
      BiPredicate<String, String> isObserved,
      OperationNames names,
      SeriesFilter filter) {
    this.metrics =
        filter.metrics().stream()
            .filter(metric -> metric.scope() != MetricScope.BRIDGE)
            .filter(metric -> !metric.needsConfigurations())
            .toList();
    this.baseTags = baseTags;
    this.isObserved = isObserved;
    this.walk =
        new SeriesWalk(
            baseTags.getOrDefault("target", ""),
            new SeriesWalk.Options(
                names, hasCacheTags, Integer.MAX_VALUE, this::isSentPerOperation));
  }

  /** What must be read. */
  Selection selection() {
    return SeriesWalk.selection(metrics);
  }

  /** Tells the sink all that is in the readings. */
  void describe(CacheReadings readings, long startNanos, SeriesSink sink) {
    walk.caches(readings, metrics, startNanos, new Tagged(sink));
  }

  private boolean isSentPerOperation(CacheMetric metric, CacheReading cache) {
    return OperationEvents.METRICS.contains(metric)
        && isObserved.test(cache.manager(), cache.cache());
  }

  private Map<String, String> tags(
      SeriesOwner owner, CacheMetric metric, List<String> labelValues) {
    Map<String, String> tags = new HashMap<>(baseTags);
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

  private final class Tagged implements io.yokedcache.metrics.series.SeriesSink {
    private final SeriesSink sink;

    Tagged(SeriesSink sink) {
      this.sink = sink;
    }

    @Override
    public void counter(
        SeriesOwner owner, CacheMetric metric, List<String> labelValues, double total) {
      sink.counter(owner, metric.metricName(), tags(owner, metric, labelValues), (long) total);
    }

    @Override
    public void gauge(
        SeriesOwner owner, CacheMetric metric, List<String> labelValues, double value) {
      sink.gauge(metric.metricName(), tags(owner, metric, labelValues), value);
    }

    @Override
    public void histogram(
        SeriesOwner owner, CacheMetric metric, List<String> labelValues, OperationReading timer) {
      LatencyCells cells = timer.cells();
      if (cells != null) {
        sink.timer(owner, metric.metricName(), tags(owner, metric, labelValues), cells);
      }
    }
  }
}
