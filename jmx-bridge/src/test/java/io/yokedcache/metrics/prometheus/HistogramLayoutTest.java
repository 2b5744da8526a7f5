package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.NativeHistogramBuckets;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

final class HistogramLayoutTest {

  private static final List<Double> LE =
      List.of(
          0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
          2.5, 5.0, 10.0);

  /** The bounds of the provider's timers: native ones of schema 3 and the decimal ones. */
  private static LatencyBounds timerBounds() {
    TreeSet<Long> bounds = new TreeSet<>();
    LE.forEach(le -> bounds.add(Math.round(le * 1e9)));
    bounds.add(1_000L);
    for (int i = -159; i <= 32; i++) {
      bounds.add((long) Math.floor(Math.pow(2, i / 8.0) * 1e9));
    }
    return LatencyBounds.of(bounds.stream().mapToLong(Long::longValue).toArray());
  }

  @Test
  void point_randomDurations_eachInItsTrueBuckets() {
    LatencyBounds bounds = timerBounds();
    long[] cells = new long[bounds.size() + 1];
    TreeMap<Integer, Long> trueNative = new TreeMap<>();
    long[] trueClassic = new long[LE.size() + 1];
    Random random = new Random(7);
    for (int i = 0; i < 100_000; i++) {
      long nanos = (long) Math.exp(Math.log(2_000) + random.nextDouble() * Math.log(7_000_000));
      int cell = 0;
      while (bounds.nanos(cell) < nanos) {
        cell++;
      }
      cells[cell]++;
      trueNative.merge((int) Math.ceil(8 * Math.log(nanos / 1e9) / Math.log(2)), 1L, Long::sum);
      int le = 0;
      while (le < LE.size() && nanos / 1e9 > LE.get(le)) {
        le++;
      }
      trueClassic[le]++;
    }

    HistogramDataPointSnapshot point =
        new HistogramLayout(Histograms.BOTH, LE)
            .point(
                LatencyCells.of(bounds, cells),
                12.5,
                Labels.of("operation", "get"),
                Exemplars.EMPTY);

    ClassicHistogramBuckets classic = point.getClassicBuckets();
    assertThat(classic.size()).isEqualTo(trueClassic.length);
    for (int i = 0; i < trueClassic.length; i++) {
      assertThat(classic.getCount(i))
          .as("bucket %s", classic.getUpperBound(i))
          .isEqualTo(trueClassic[i]);
    }
    TreeMap<Integer, Long> exponential = new TreeMap<>();
    NativeHistogramBuckets buckets = point.getNativeBucketsForPositiveValues();
    for (int i = 0; i < buckets.size(); i++) {
      exponential.put(buckets.getBucketIndex(i), buckets.getCount(i));
    }
    assertThat(exponential).isEqualTo(trueNative);
    assertThat(point.getNativeSchema()).isEqualTo(3);
    assertThat(point.getCount()).isEqualTo(100_000);
    assertThat(point.getSum()).isEqualTo(12.5);
  }

  @Test
  void point_beyondTheLastBound() {
    HistogramDataPointSnapshot point =
        new HistogramLayout(Histograms.BOTH, LE)
            .point(
                LatencyCells.of(LatencyBounds.of(1_000_000_000), 2, 3),
                9,
                Labels.EMPTY,
                Exemplars.EMPTY);
    assertThat(point.getClassicBuckets().getCount(1)).isEqualTo(3);
    assertThat(point.getNativeBucketsForPositiveValues().getBucketIndex(1)).isEqualTo(1);
  }

  @Test
  void point_boundThatTheCellsDoNotHave_isNotShown() {
    HistogramDataPointSnapshot point =
        new HistogramLayout(Histograms.CLASSIC, List.of(0.001, 0.002, 0.004))
            .point(
                LatencyCells.of(LatencyBounds.of(1_000_000, 4_000_000), 1, 2, 3),
                9,
                Labels.EMPTY,
                Exemplars.EMPTY);
    assertThat(point.getClassicBuckets().stream().mapToDouble(bucket -> bucket.getUpperBound()))
        .containsExactly(0.001, 0.004, Double.POSITIVE_INFINITY);
    assertThat(point.hasNativeHistogramData()).isFalse();
  }

  @Test
  void point_noBounds() {
    for (Histograms form : Arrays.asList(Histograms.values())) {
      HistogramDataPointSnapshot point =
          new HistogramLayout(form, LE)
              .point(LatencyCells.of(LatencyBounds.of(), 5), 1, Labels.EMPTY, Exemplars.EMPTY);
      assertThat(point.getCount()).as("%s", form).isEqualTo(5);
    }
  }
}
