package io.yokedcache.metrics.series;

import io.yokedcache.metrics.series.Row.Adding;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Adds up the caches of one JVM. Sums of counters and distributions never fall: the counts of a
 * cache stay when it is closed, when it counts from 0 again, and while it cannot be read. Levels
 * come from the last reading. Not thread-safe.
 */
final class SeriesTotals implements SeriesSink {

  /** How many caches are remembered at least that were not in the last reading, and series. */
  static final int MAX_KEPT = 10_000;

  private record Key(CacheMetric metric, List<String> labelValues) {}

  /** A sum, and the last value of each cache in it, those seen last at the end. */
  private static final class Sum<T> {
    private final Map<SeriesOwner, T> last = new LinkedHashMap<>(16, 0.75f, true);
    private @Nullable T sum;
    private int seen;
  }

  private final SeriesOwner owner;
  private final Map<Key, Sum<Long>> counters = new LinkedHashMap<>();
  private final Map<Key, Sum<OperationReading>> timers = new LinkedHashMap<>();
  private final Map<Key, Double> gauges = new LinkedHashMap<>();
  private boolean isLate;
  private long lastEndNanos = System.nanoTime();

  SeriesTotals(SeriesOwner owner) {
    this.owner = owner;
  }

  /** Begins to add a reading. One that ran beside the last one may be older than that. */
  void begin(long startNanos) {
    isLate = startNanos - lastEndNanos < 0;
    gauges.clear();
    counters.values().forEach(sum -> sum.seen = 0);
    timers.values().forEach(sum -> sum.seen = 0);
  }

  private static <T> @Nullable Sum<T> sum(Map<Key, Sum<T>> sums, Key key) {
    Sum<T> known = sums.get(key);
    if (known == null && sums.size() < MAX_KEPT) {
      known = new Sum<>();
      sums.put(key, known);
    }
    return known;
  }

  @Override
  public void counter(
      SeriesOwner cache, CacheMetric metric, List<String> labelValues, double total) {
    Sum<Long> sum = sum(counters, new Key(metric, labelValues));
    if (sum == null) {
      return;
    }
    sum.seen++;
    Long before = sum.last.get(cache);
    Growth<Long> growth = Growth.of(before == null ? 0 : before, (long) total);
    if (!growth.isAnew() || !isLate) {
      sum.sum = CacheReading.sum(sum.sum == null ? 0 : sum.sum, growth.added());
      sum.last.put(cache, (long) total);
    }
  }

  @Override
  public void histogram(
      SeriesOwner cache, CacheMetric metric, List<String> labelValues, OperationReading timer) {
    Sum<OperationReading> sum = sum(timers, new Key(metric, labelValues));
    LatencyCells cells = timer.cells();
    if (sum == null || cells == null) {
      return;
    }
    sum.seen++;
    OperationReading before = sum.last.get(cache);
    Growth<LatencyCells> growth = Growth.of(before == null ? null : before.cells(), cells);
    if (!growth.isAnew() || !isLate) {
      long known = before == null || growth.isAnew() ? 0 : before.sumNanos();
      sum.sum = plus(sum.sum, timer, growth.added(), Math.max(0, timer.sumNanos() - known));
      sum.last.put(cache, timer);
    }
  }

  private static OperationReading plus(
      @Nullable OperationReading sum, OperationReading timer, LatencyCells cells, long sumNanos) {
    LatencyCells before = sum == null ? null : sum.cells();
    LatencyCells all = before == null ? cells : before.plus(cells);
    long count = 0;
    for (int i = 0; i < all.size(); i++) {
      count = CacheReading.sum(count, all.count(i));
    }
    return new OperationReading(
        timer.operation(),
        count,
        CacheReading.sum(sum == null ? 0 : sum.sumNanos(), sumNanos),
        Math.max(sum == null ? 0 : sum.maxNanos(), timer.maxNanos()),
        all,
        Map.of());
  }

  @Override
  public void gauge(SeriesOwner cache, CacheMetric metric, List<String> labelValues, double value) {
    Key key = new Key(metric, labelValues);
    switch (metric.adding()) {
      case SUM -> gauges.merge(key, value, Double::sum);
      case GREATEST -> gauges.merge(key, value, Math::max);
      case LEAST -> gauges.merge(key, value, Math::min);
      case RATIO, NONE -> {}
    }
  }

  /** Passes the sums to a sink, and forgets the caches that have been absent for longest. */
  void end(Collection<CacheMetric> metrics, List<CacheReading> caches, SeriesSink sink) {
    lastEndNanos = System.nanoTime();
    counters.forEach(
        (key, sum) -> {
          if (sum.sum != null && metrics.contains(key.metric())) {
            sink.counter(owner, key.metric(), key.labelValues(), sum.sum);
          }
        });
    timers.forEach(
        (key, sum) -> {
          if (sum.sum != null && metrics.contains(key.metric())) {
            sink.histogram(owner, key.metric(), key.labelValues(), sum.sum);
          }
        });
    gauges.forEach((key, value) -> sink.gauge(owner, key.metric(), key.labelValues(), value));
    ratios(metrics, caches, sink);
    counters.values().forEach(SeriesTotals::trim);
    timers.values().forEach(SeriesTotals::trim);
  }

  private void ratios(Collection<CacheMetric> metrics, List<CacheReading> caches, SeriesSink sink) {
    double hits = 0;
    double gets = 0;
    for (CacheReading cache : caches) {
      Long found = cache.hits();
      Long missed = cache.misses();
      if (found != null && missed != null) {
        hits += found;
        gets += (double) found + missed;
      }
    }
    for (CacheMetric metric : metrics) {
      if (metric.adding() == Adding.RATIO && gets > 0) {
        sink.gauge(owner, metric, List.of(), hits / gets);
      }
    }
  }

  private static void trim(Sum<?> sum) {
    Iterator<SeriesOwner> eldest = sum.last.keySet().iterator();
    for (int excess = sum.last.size() - sum.seen - MAX_KEPT; excess > 0; excess--) {
      eldest.next();
      eldest.remove();
    }
  }
}
