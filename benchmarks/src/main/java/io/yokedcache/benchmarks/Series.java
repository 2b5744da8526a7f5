package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.load.Slice;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** All rounds of one contestant in one cell. For one thread. */
final class Series {

  private static final double NANOS_PER_MICRO = 1e3;
  private static final double MIDDLE = 50;

  private final String label;
  private final List<Slice> slices = new ArrayList<>();
  private long serverNanos;

  Series(String label) {
    this.label = label;
  }

  /** Adds a round, with the processor time that the server used for it. */
  void add(Slice slice, long serverCpuNanos) {
    slices.add(slice);
    serverNanos += serverCpuNanos;
  }

  String label() {
    return label;
  }

  Spread perSecond() {
    return Spread.of(slices.stream().mapToDouble(Slice::perSecond).toArray());
  }

  /** How much faster than the other it was, round by round. */
  Spread ratioTo(Series base) {
    double[] ratios = new double[slices.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = slices.get(i).perSecond() / base.slices.get(i).perSecond();
    }
    return Spread.of(ratios);
  }

  /** How much sooner than the other its middle operation was done, round by round. */
  Optional<Spread> middleRatioTo(Series base) {
    double[] ratios = new double[slices.size()];
    for (int i = 0; i < ratios.length; i++) {
      Histogram one = slices.get(i).nanos();
      Histogram other = base.slices.get(i).nanos();
      if (one == null || other == null) {
        return Optional.empty();
      }
      ratios[i] =
          (double) other.getValueAtPercentile(MIDDLE)
              / Math.max(1, one.getValueAtPercentile(MIDDLE));
    }
    return Optional.of(Spread.of(ratios));
  }

  long wrong() {
    return slices.stream().mapToLong(Slice::wrong).sum();
  }

  /** A percentile of the latency in microseconds, if it was measured. */
  OptionalDouble micros(double percentile) {
    Histogram all = null;
    for (Slice slice : slices) {
      Histogram one = slice.nanos();
      if (one != null) {
        all = merged(all, one);
      }
    }
    return all == null
        ? OptionalDouble.empty()
        : OptionalDouble.of(all.getValueAtPercentile(percentile) / NANOS_PER_MICRO);
  }

  private static Histogram merged(@Nullable Histogram all, Histogram one) {
    Histogram sum = all == null ? one.copy() : all;
    if (all != null) {
      sum.add(one);
    }
    return sum;
  }

  /** Processor time of the client for one operation in microseconds, if it was measured. */
  OptionalDouble clientMicros() {
    return slices.stream().anyMatch(slice -> slice.cpuNanos() < 0)
        ? OptionalDouble.empty()
        : OptionalDouble.of(perOperation(sum(Slice::cpuNanos)));
  }

  /** Processor time of the server for one operation in microseconds. */
  double serverMicros() {
    return perOperation((double) serverNanos);
  }

  private double perOperation(double nanos) {
    return nanos / NANOS_PER_MICRO / Math.max(1, sum(Slice::operations));
  }

  private double sum(ToDoubleFunction<Slice> figure) {
    return slices.stream().mapToDouble(figure).sum();
  }
}
