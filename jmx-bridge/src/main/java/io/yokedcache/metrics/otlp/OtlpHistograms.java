package io.yokedcache.metrics.otlp;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramBuckets;
import io.opentelemetry.sdk.metrics.data.ExponentialHistogramPointData;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import java.util.ArrayList;
import java.util.List;

/** Turns cells into OpenTelemetry's histograms, in seconds. No figure is interpolated. */
final class OtlpHistograms {

  /** How far a bound in whole nanoseconds may be from the bound that it stands for, in buckets. */
  private static final double ROUNDING = 0.01;

  private static final int FINEST_SCALE = 8;
  private static final int COARSEST_SCALE = -4;
  private static final int NONE = Integer.MIN_VALUE;
  private static final double LOG_2 = Math.log(2);

  /** Where each cell of some bounds is, in exponential buckets. */
  private static final class Layout {
    private final LatencyBounds bounds;
    private final int scale;
    private final int[] buckets;

    private Layout(LatencyBounds bounds, int scale, int[] buckets) {
      this.bounds = bounds;
      this.scale = scale;
      this.buckets = buckets;
    }
  }

  /** The layout of the last bounds; there are almost always no others. */
  private Layout last = layout(LatencyBounds.of());

  private static Layout layout(LatencyBounds bounds) {
    int scale = scale(bounds);
    int[] buckets = new int[bounds.size() + 1];
    for (int cell = 0; scale != NONE && cell < buckets.length; cell++) {
      // The true bucket of durations beyond the last bound is not known: the next one.
      buckets[cell] =
          cell < bounds.size()
              ? (int) Math.ceil(position(bounds.nanos(cell), scale) - ROUNDING) - 1
              : buckets[cell - 1] + 1;
    }
    return new Layout(bounds, scale, buckets);
  }

  /** The finest scale each of whose buckets is made of whole cells; none for many bounds. */
  private static int scale(LatencyBounds bounds) {
    for (int scale = FINEST_SCALE; bounds.size() > 1 && scale >= COARSEST_SCALE; scale--) {
      if (fits(bounds, scale)) {
        return scale;
      }
    }
    return NONE;
  }

  private static boolean fits(LatencyBounds bounds, int scale) {
    int cell = 0;
    int last = (int) Math.floor(position(bounds.nanos(bounds.size() - 1), scale) + ROUNDING);
    int first = (int) Math.ceil(position(bounds.nanos(0), scale) - ROUNDING);
    for (int bucket = first; bucket <= last; bucket++) {
      double nanos = Math.pow(2, Math.scalb((double) bucket, -scale)) * 1e9;
      while (cell < bounds.size() && bounds.nanos(cell) < nanos - 1) {
        cell++;
      }
      if (cell == bounds.size() || bounds.nanos(cell) > nanos + 1) {
        return false;
      }
    }
    return last > first;
  }

  /** Where a duration is, counted in buckets from one second on. */
  private static double position(long nanos, int scale) {
    return Math.log(nanos / 1e9) / LOG_2 * Math.scalb(1.0, scale);
  }

  boolean isExponential(LatencyBounds bounds) {
    if (!last.bounds.equals(bounds)) {
      last = layout(bounds);
    }
    return last.scale != NONE;
  }

  /** Buckets between the bounds that the cells share. */
  HistogramPointData explicit(
      LatencyCells cells,
      double sumSeconds,
      List<Double> boundsSeconds,
      Attributes attributes,
      long start,
      long now) {
    LatencyBounds bounds = cells.bounds();
    List<Double> shown = new ArrayList<>();
    List<Long> counts = new ArrayList<>();
    int cell = 0;
    for (double bound : boundsSeconds) {
      long nanos = Math.round(bound * 1e9);
      int end = cell;
      long count = 0;
      while (end < bounds.size() && bounds.nanos(end) <= nanos) {
        count += cells.count(end);
        end++;
      }
      if (end > 0 && bounds.nanos(end - 1) == nanos) {
        shown.add(bound);
        counts.add(count);
        cell = end;
      }
    }
    long rest = 0;
    for (; cell < cells.size(); cell++) {
      rest += cells.count(cell);
    }
    counts.add(rest);
    return HistogramPointData.create(
        start,
        now,
        attributes,
        sumSeconds,
        /* hasMin= */ false,
        /* min= */ 0,
        /* hasMax= */ false,
        /* max= */ 0,
        shown,
        counts);
  }

  /** Exponential buckets, where {@link #isExponential} says that the cells fit into them. */
  ExponentialHistogramPointData exponential(
      LatencyCells cells, double sumSeconds, Attributes attributes, long start, long now) {
    List<Long> counts = new ArrayList<>();
    int offset = 0;
    for (int cell = 0; cell < cells.size(); cell++) {
      if (cells.count(cell) > 0) {
        int bucket = last.buckets[cell];
        offset = counts.isEmpty() ? bucket : offset;
        while (counts.size() <= bucket - offset) {
          counts.add(0L);
        }
        counts.set(bucket - offset, counts.get(bucket - offset) + cells.count(cell));
      }
    }
    return ExponentialHistogramPointData.create(
        last.scale,
        sumSeconds,
        /* zeroCount= */ 0,
        /* hasMin= */ false,
        /* min= */ 0,
        /* hasMax= */ false,
        /* max= */ 0,
        ExponentialHistogramBuckets.create(last.scale, offset, counts),
        ExponentialHistogramBuckets.create(last.scale, 0, List.of()),
        start,
        now,
        attributes,
        List.of());
  }
}
