package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.tracer.common.SpanContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
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
  private final Map<Series, AtomicReferenceArray<@Nullable Exemplar>> last =
      new ConcurrentHashMap<>();

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
   * Tells that an operation of a cache has ended, in the thread whose span it belongs to.
   *
   * @param cacheManager the manager as its MBeans name it
   * @param cache the cache's name
   * @param operation the operation: {@code get}, {@code put}
   * @param seconds how long it took
   */
  public void record(String cacheManager, String cache, String operation, double seconds) {
    if (spans == null || !spans.isCurrentSpanSampled()) {
      return;
    }
    String trace = spans.getCurrentTraceId();
    String span = spans.getCurrentSpanId();
    if (trace == null || span == null) {
      return;
    }
    spans.markCurrentSpanAsExemplar();
    Series series =
        hasCacheLabels
            ? new Series(cacheManager, cache, operation)
            : new Series("", "", operation); // whose names the sum of all caches has
    if (last.size() >= maxSeries && !last.containsKey(series)) {
      last.clear();
    }
    last.computeIfAbsent(series, key -> new AtomicReferenceArray<>(bounds.length + 1))
        .set(
            bucket(seconds),
            Exemplar.builder()
                .value(seconds)
                .traceId(trace)
                .spanId(span)
                .timestampMillis(System.currentTimeMillis())
                .build());
  }

  private int bucket(double seconds) {
    int index = Arrays.binarySearch(bounds, seconds);
    return index < 0 ? -index - 1 : index;
  }

  /** The exemplars of one series, latest first. */
  Exemplars of(String manager, String cache, String operation) {
    if (last.isEmpty()) {
      return Exemplars.EMPTY;
    }
    AtomicReferenceArray<@Nullable Exemplar> buckets =
        last.get(new Series(manager, cache, operation));
    if (buckets == null) {
      return Exemplars.EMPTY;
    }
    List<Exemplar> exemplars = new ArrayList<>();
    for (int i = 0; i < buckets.length(); i++) {
      Exemplar exemplar = buckets.get(i);
      if (exemplar != null) {
        exemplars.add(exemplar);
      }
    }
    exemplars.sort(Comparator.comparing(Exemplar::getTimestampMillis).reversed());
    return Exemplars.of(exemplars);
  }

  int seriesCount() {
    return last.size();
  }
}
