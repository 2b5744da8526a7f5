package io.yokedcache.metrics.series;

import io.yokedcache.metrics.series.Row.Values;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource.Selection;
import io.yokedcache.metrics.source.ConfigurationReading;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.OperationReading;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Converts the readings of a JVM to series. An output creates one walk for each JVM, and passes a
 * sink with each reading. Thread-safe.
 */
public final class SeriesWalk {

  /** Series in this order need not be sorted again by an output that sorts them by labels. */
  private static final Comparator<CacheReading> IN_ORDER =
      (one, other) -> {
        int byCache = one.cache().compareTo(other.cache());
        return byCache == 0 ? one.manager().compareTo(other.manager()) : byCache;
      };

  /**
   * The options of an output.
   *
   * @param names the names of operations in labels
   * @param cacheLabels whether series have the labels of caches; else the caches add up
   * @param maxCaches the highest number of caches with own labels
   * @param isElsewhere whether the output gets a metric of a cache in another way
   */
  public record Options(
      OperationNames names,
      boolean cacheLabels,
      int maxCaches,
      BiPredicate<CacheMetric, CacheReading> isElsewhere) {

    /** Options by which nothing is got in another way. */
    public Options(OperationNames names, boolean cacheLabels, int maxCaches) {
      this(names, cacheLabels, maxCaches, (metric, cache) -> false);
    }
  }

  private final String target;
  private final Options options;
  private final SeriesOwner ofTarget;
  private final @Nullable SeriesTotals totals;

  /**
   * Creates a walk over the readings of one JVM.
   *
   * @param target the name of the JVM; empty for this one
   */
  public SeriesWalk(String target, Options options) {
    this.target = target;
    this.options = options;
    this.ofTarget = new SeriesOwner(target, null, null);
    this.totals = options.cacheLabels() ? null : new SeriesTotals(ofTarget);
  }

  /** Returns what must be read for some metrics. */
  public static Selection selection(Collection<CacheMetric> metrics) {
    boolean operations = metrics.stream().anyMatch(CacheMetric::needsOperations);
    boolean all = operations || metrics.stream().anyMatch(metric -> metric.figures() == null);
    Set<String> figures = new HashSet<>();
    for (CacheMetric metric : metrics) {
      Set<String> own = metric.figures();
      figures.addAll(own == null ? Set.of() : own);
    }
    return new Selection(
        operations,
        metrics.stream().anyMatch(CacheMetric::needsConfigurations),
        all ? null : figures);
  }

  /**
   * Passes the series of a reading to a sink.
   *
   * @param metrics the metrics that the output shows
   * @param startNanos when the reading began, by {@link System#nanoTime()}
   * @return how many caches were left out, beyond the limit
   */
  public int caches(
      CacheReadings readings, Collection<CacheMetric> metrics, long startNanos, SeriesSink sink) {
    if (totals == null) {
      return walk(readings, metrics, options.maxCaches(), sink);
    }
    synchronized (totals) {
      totals.begin(startNanos);
      int dropped = walk(readings, metrics, Integer.MAX_VALUE, totals);
      totals.end(metrics, readings.caches(), sink);
      return dropped;
    }
  }

  private int walk(
      CacheReadings readings, Collection<CacheMetric> metrics, int limit, SeriesSink sink) {
    List<CacheReading> caches = readings.caches();
    for (CacheReading cache : caches.stream().limit(limit).sorted(IN_ORDER).toList()) {
      SeriesOwner owner = new SeriesOwner(target, cache.manager(), cache.cache());
      for (CacheMetric metric : metrics) {
        if (metric.scope() == MetricScope.CACHE && !options.isElsewhere().test(metric, cache)) {
          for (OperationReading timer : metric.distributions(cache)) {
            String name = options.names().of(timer.operation());
            sink.histogram(owner, metric, List.of(name), timer);
          }
          metric.values(cache, values(owner, metric, sink));
        }
      }
    }
    for (ConfigurationReading each : readings.configurations().stream().limit(limit).toList()) {
      SeriesOwner owner = new SeriesOwner(target, each.manager(), each.cache());
      metrics.forEach(metric -> metric.values(each, values(owner, metric, sink)));
    }
    for (ConnectionReading connection : readings.connections()) {
      SeriesOwner owner = new SeriesOwner(target, connection.manager(), null);
      metrics.forEach(metric -> metric.values(connection, values(owner, metric, sink)));
    }
    return Math.max(0, caches.size() - limit);
  }

  /**
   * Passes the figures of the bridge to a sink.
   *
   * @param figures by the names that the rows of the table have for them; others are absent
   */
  public void bridge(
      Map<String, ? extends Number> figures, Collection<CacheMetric> metrics, SeriesSink sink) {
    metrics.forEach(metric -> metric.values(figures, values(ofTarget, metric, sink)));
  }

  private Values values(SeriesOwner owner, CacheMetric metric, SeriesSink sink) {
    boolean isOfOperations = metric.labels().contains("operation");
    return (labelValues, value) -> {
      List<String> shown = isOfOperations ? options.names().ofFirst(labelValues) : labelValues;
      if (metric.kind() == MetricKind.COUNTER) {
        sink.counter(owner, metric, shown, value);
      } else {
        sink.gauge(owner, metric, shown, value);
      }
    };
  }
}
