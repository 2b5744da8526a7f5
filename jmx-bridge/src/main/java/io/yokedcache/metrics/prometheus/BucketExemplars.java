package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.tracer.common.SpanContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The last trace in each bucket of one histogram. The client library's own sampler has a thread
 * that never ends, and that keeps the class loader of an application that was undeployed.
 * Thread-safe.
 */
final class BucketExemplars {

  private final double[] bounds;
  private final AtomicReferenceArray<@Nullable Exemplar> last;

  /**
   * Creates an object without exemplars.
   *
   * @param bounds upper bounds of the buckets, ascending; not copied
   */
  BucketExemplars(double[] bounds) {
    this.bounds = bounds;
    this.last = new AtomicReferenceArray<>(bounds.length + 1);
  }

  /** Returns the exemplar of a value in the current span; absent if that is not sampled. */
  static @Nullable Exemplar ofCurrentSpan(@Nullable SpanContext spans, double value) {
    if (spans == null || !spans.isCurrentSpanSampled()) {
      return null;
    }
    String trace = spans.getCurrentTraceId();
    String span = spans.getCurrentSpanId();
    if (trace == null || span == null) {
      return null;
    }
    spans.markCurrentSpanAsExemplar();
    return Exemplar.builder()
        .value(value)
        .traceId(trace)
        .spanId(span)
        .timestampMillis(System.currentTimeMillis())
        .build();
  }

  /** Replaces the exemplar of the bucket of this one's value. */
  void add(Exemplar exemplar) {
    int index = Arrays.binarySearch(bounds, exemplar.getValue());
    last.set(index < 0 ? -index - 1 : index, exemplar);
  }

  /** Returns the exemplars, latest first. */
  Exemplars all() {
    List<Exemplar> exemplars = new ArrayList<>();
    for (int i = 0; i < last.length(); i++) {
      Exemplar exemplar = last.get(i);
      if (exemplar != null) {
        exemplars.add(exemplar);
      }
    }
    exemplars.sort(Comparator.comparing(Exemplar::getTimestampMillis).reversed());
    return exemplars.isEmpty() ? Exemplars.EMPTY : Exemplars.of(exemplars);
  }
}
