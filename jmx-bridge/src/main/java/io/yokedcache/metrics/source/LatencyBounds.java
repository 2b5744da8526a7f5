package io.yokedcache.metrics.source;

import java.util.Arrays;

/** The upper bounds of a distribution's cells: inclusive, ascending, in nanoseconds. Immutable. */
public final class LatencyBounds {

  private final long[] nanos;
  private final int hash;

  private LatencyBounds(long[] nanos) {
    this.nanos = nanos;
    this.hash = Arrays.hashCode(nanos);
  }

  /**
   * Creates bounds of a copy.
   *
   * @throws IllegalArgumentException if they do not ascend
   */
  public static LatencyBounds of(long... nanos) {
    for (int i = 1; i < nanos.length; i++) {
      if (nanos[i] <= nanos[i - 1]) {
        throw new IllegalArgumentException(
            "Bounds must ascend, but " + nanos[i] + " ns follows " + nanos[i - 1] + " ns");
      }
    }
    return new LatencyBounds(nanos.clone());
  }

  /** Returns the number of bounds, which is one less than the number of cells. */
  public int size() {
    return nanos.length;
  }

  /** Returns a bound; {@link Long#MAX_VALUE} for the index {@link #size()}, above the last. */
  public long nanos(int index) {
    return index == nanos.length ? Long.MAX_VALUE : nanos[index];
  }

  /** Returns the bounds that both have. */
  LatencyBounds common(LatencyBounds other) {
    return new LatencyBounds(
        Arrays.stream(nanos)
            .filter(bound -> Arrays.binarySearch(other.nanos, bound) >= 0)
            .toArray());
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof LatencyBounds bounds && Arrays.equals(nanos, bounds.nanos);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public String toString() {
    return "LatencyBounds" + Arrays.toString(nanos);
  }
}
