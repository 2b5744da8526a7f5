package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Turns cells into Prometheus' buckets. A classic bucket is shown only if its bound is one of the
 * cells', so that no figure is interpolated. Thread-safe.
 */
final class HistogramLayout {

  private static final int NATIVE_SCHEMA = 3;
  private static final int NATIVE_BUCKETS_PER_DOUBLING = 1 << NATIVE_SCHEMA;

  /** How far a bound in whole nanoseconds may be from the native bound that it stands for. */
  private static final double NATIVE_ROUNDING = 0.01;

  private static final NativeHistogramBuckets NO_BUCKETS =
      NativeHistogramBuckets.of(new int[0], new long[0]);

  private final Histograms form;
  private final long[] leNanos;

  /** The plan of the bounds seen last; nearly always there is only one. */
  private volatile @Nullable Plan lastPlan;

  HistogramLayout(Histograms form, List<Double> leSeconds) {
    this.form = form;
    this.leNanos = leSeconds.stream().mapToLong(le -> Math.round(le * 1e9)).sorted().toArray();
  }

  HistogramDataPointSnapshot point(
      LatencyCells cells, double sumSeconds, Labels labels, Exemplars exemplars) {
    Plan plan = plan(cells.bounds());
    boolean isNative = form != Histograms.CLASSIC;
    return new HistogramDataPointSnapshot(
        form == Histograms.NATIVE ? ClassicHistogramBuckets.EMPTY : plan.classic(cells),
        isNative ? NATIVE_SCHEMA : HistogramSnapshot.CLASSIC_HISTOGRAM,
        /* nativeZeroCount= */ 0,
        /* nativeZeroThreshold= */ 0,
        isNative ? plan.exponential(cells) : NO_BUCKETS,
        NO_BUCKETS,
        sumSeconds,
        labels,
        exemplars,
        /* createdTimestampMillis= */ 0);
  }

  private Plan plan(LatencyBounds bounds) {
    Plan plan = lastPlan;
    if (plan == null || !plan.bounds.equals(bounds)) {
      plan = new Plan(bounds, leNanos);
      lastPlan = plan;
    }
    return plan;
  }

  /** For each cell the classic and the native bucket that it lies in. */
  private static final class Plan {

    private final LatencyBounds bounds;
    private final double[] leSeconds;
    private final int[] classicIndex;
    private final int[] nativeIndex;

    Plan(LatencyBounds bounds, long[] wantedNanos) {
      this.bounds = bounds;
      long[] nanos =
          Arrays.stream(wantedNanos).distinct().filter(le -> contains(bounds, le)).toArray();
      this.leSeconds =
          Arrays.copyOf(
              Arrays.stream(nanos).mapToDouble(le -> le / 1e9).toArray(), nanos.length + 1);
      leSeconds[nanos.length] = Double.POSITIVE_INFINITY;
      int cells = bounds.size() + 1;
      this.classicIndex = new int[cells];
      this.nativeIndex = new int[cells];
      int classic = 0;
      for (int cell = 0; cell < cells; cell++) {
        while (classic < nanos.length && bounds.nanos(cell) > nanos[classic]) {
          classic++;
        }
        classicIndex[cell] = classic;
        nativeIndex[cell] = cell < bounds.size() ? nativeIndex(bounds.nanos(cell)) : overflow(cell);
      }
    }

    private static boolean contains(LatencyBounds bounds, long nanos) {
      for (int i = 0; i < bounds.size(); i++) {
        if (bounds.nanos(i) == nanos) {
          return true;
        }
      }
      return false;
    }

    private static int nativeIndex(long nanos) {
      double doublings = Math.log(nanos / 1e9) / Math.log(2);
      return (int) Math.ceil(doublings * NATIVE_BUCKETS_PER_DOUBLING - NATIVE_ROUNDING);
    }

    /** Values beyond the last bound go to the next bucket: their true bucket is unknown. */
    private int overflow(int cell) {
      return cell == 0 ? 0 : nativeIndex[cell - 1] + 1;
    }

    ClassicHistogramBuckets classic(LatencyCells cells) {
      long[] counts = new long[leSeconds.length];
      for (int cell = cells.first(); cell < cells.end(); cell++) {
        counts[classicIndex[cell]] += cells.count(cell);
      }
      return ClassicHistogramBuckets.of(leSeconds, counts);
    }

    NativeHistogramBuckets exponential(LatencyCells cells) {
      int[] indexes = new int[cells.end() - cells.first()];
      long[] counts = new long[indexes.length];
      int used = 0;
      for (int cell = cells.first(); cell < cells.end(); cell++) {
        if (cells.count(cell) > 0) {
          if (used == 0 || indexes[used - 1] != nativeIndex[cell]) {
            indexes[used++] = nativeIndex[cell];
          }
          counts[used - 1] += cells.count(cell);
        }
      }
      return NativeHistogramBuckets.of(Arrays.copyOf(indexes, used), Arrays.copyOf(counts, used));
    }
  }
}
