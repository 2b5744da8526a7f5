package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.tracer.common.SpanContext;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers for each bucket of a cache's operation the last trace that fell into it, which
 * Prometheus shows beside the histogram. The observer of operations reports each in the thread that
 * runs it, where the span is current; a bridge that reads MBeans cannot know the span.
 *
 * <p>Without a sampled span it costs some nanoseconds and keeps nothing. The number of series is
 * bounded; beyond it all are forgotten and gathered anew. Thread-safe.
 */
public final class OperationExemplars {

  private static final int MAX_SERIES = 10_000;

  private record Series(String manager, String cache, String operation) {}

  private final @Nullable SpanContext spans;
  private final double[] bounds;
  private final boolean hasCacheLabels;
  private final int maxSeries;
  private final Map<Series, BucketExemplars> last = new ConcurrentHashMap<>();

  OperationExemplars(@Nullable SpanContext spans, List<Double> bounds, boolean hasCacheLabels) {
    this(spans, bounds, hasCacheLabels, MAX_SERIES);
  }

  OperationExemplars(
      @Nullable SpanContext spans, List<Double> bounds, boolean hasCacheLabels, int maxSeries) {
    this.spans = spans;
    this.bounds = bounds.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    this.hasCacheLabels = hasCacheLabels;
    this.maxSeries = maxSeries;
  }

  /**
   * Records the end of an operation of a cache, in the thread whose span it belongs to.
   *
   * @param cacheManager the manager as its MBeans name it
   * @param cache the cache's name
   * @param operation the operation: {@code get}, {@code put}
   * @param seconds its duration
   */
  public void record(String cacheManager, String cache, String operation, double seconds) {
    Exemplar exemplar = BucketExemplars.ofCurrentSpan(spans, seconds);
    if (exemplar == null) {
      return;
    }
    Series series =
        hasCacheLabels
            ? new Series(cacheManager, cache, operation)
            : new Series("", "", operation); // whose names the sum of all caches has
    if (last.size() >= maxSeries && !last.containsKey(series)) {
      last.clear();
    }
    last.computeIfAbsent(series, key -> new BucketExemplars(bounds)).add(exemplar);
  }

  /** The exemplars of one series, latest first. */
  Exemplars of(String manager, String cache, String operation) {
    BucketExemplars buckets = last.get(new Series(manager, cache, operation));
    return buckets == null ? Exemplars.EMPTY : buckets.all();
  }

  int seriesCount() {
    return last.size();
  }
}
