package io.yokedcache.metrics.source;

import org.jspecify.annotations.Nullable;

/** How many durations fell between which bounds; each is counted in one cell. Immutable. */
public final class LatencyCells {

  private final LatencyBounds bounds;
  private final long[] counts;

  private LatencyCells(LatencyBounds bounds, long[] counts) {
    this.bounds = bounds;
    this.counts = counts;
  }

  /**
   * Creates cells of a copy of the counts.
   *
   * @throws IllegalArgumentException if there is not exactly one count more than bounds
   */
  public static LatencyCells of(LatencyBounds bounds, long... counts) {
    return owning(bounds, counts.clone());
  }

  /**
   * Wraps an array without copying it: there may be ten thousand of them. The caller must not
   * modify it.
   */
  static LatencyCells owning(LatencyBounds bounds, long[] counts) {
    if (counts.length != bounds.size() + 1) {
      throw new IllegalArgumentException(
          bounds.size() + " bounds need one cell more, not " + counts.length);
    }
    return new LatencyCells(bounds, counts);
  }

  /** Returns the upper bounds of all cells but the last, which has none. */
  public LatencyBounds bounds() {
    return bounds;
  }

  public int size() {
    return counts.length;
  }

  public long count(int index) {
    return counts[index];
  }

  /**
   * Adds two distributions. Where their bounds differ, the sum has those that both have, so that it
   * is exact at each.
   */
  public LatencyCells plus(LatencyCells other) {
    LatencyBounds common = bounds.equals(other.bounds) ? bounds : bounds.common(other.bounds);
    long[] sum = new long[common.size() + 1];
    addTo(sum, common);
    other.addTo(sum, common);
    return new LatencyCells(common, sum);
  }

  /** Returns the growth of each cell; absent if the cells were reset in between. */
  public @Nullable LatencyCells since(LatencyCells before) {
    if (!bounds.equals(before.bounds)) {
      return null;
    }
    long[] growth = counts.clone();
    for (int i = 0; i < growth.length; i++) {
      growth[i] -= before.counts[i];
      if (growth[i] < 0) {
        return null;
      }
    }
    return new LatencyCells(bounds, growth);
  }

  private void addTo(long[] sum, LatencyBounds coarser) {
    int target = 0;
    for (int i = 0; i < counts.length; i++) {
      while (bounds.nanos(i) > coarser.nanos(target)) {
        target++;
      }
      sum[target] += counts[i];
    }
  }
}
