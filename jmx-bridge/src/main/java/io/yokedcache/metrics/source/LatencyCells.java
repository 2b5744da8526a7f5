package io.yokedcache.metrics.source;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * How many durations fell between which bounds; each is counted in one cell. Most cells of a timer
 * count nothing, so only a range of them is kept. Immutable.
 */
public final class LatencyCells {

  private final LatencyBounds bounds;
  private final int first;
  private final long[] counts;

  /** Keeps the array without copying it: there may be a hundred thousand of them. */
  private LatencyCells(LatencyBounds bounds, int first, long[] counts) {
    this.bounds = bounds;
    this.first = first;
    this.counts = counts;
  }

  /**
   * Creates cells of a copy of the counts.
   *
   * @throws IllegalArgumentException if there is not exactly one count more than bounds
   */
  public static LatencyCells of(LatencyBounds bounds, long... counts) {
    if (counts.length != bounds.size() + 1) {
      throw new IllegalArgumentException(
          bounds.size() + " bounds need one cell more, not " + counts.length);
    }
    return new LatencyCells(bounds, 0, counts.clone());
  }

  /** Creates cells that count nothing outside of a range, from the counts from some index on. */
  static LatencyCells ofRange(LatencyBounds bounds, int first, long[] all, int from, int length) {
    return new LatencyCells(bounds, first, Arrays.copyOfRange(all, from, from + length));
  }

  /** Returns the upper bounds of all cells but the last, which has none. */
  public LatencyBounds bounds() {
    return bounds;
  }

  public int size() {
    return bounds.size() + 1;
  }

  /** Returns the first cell that may count something. */
  public int first() {
    return first;
  }

  /** Returns the end, exclusive, of the cells that may count something. */
  public int end() {
    return first + counts.length;
  }

  public long count(int index) {
    int at = index - first;
    return at >= 0 && at < counts.length ? counts[at] : 0;
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
    return new LatencyCells(common, 0, sum);
  }

  /** Returns the growth of each cell; absent if the cells were reset in between. */
  public @Nullable LatencyCells since(LatencyCells before) {
    if (!bounds.equals(before.bounds)) {
      return null;
    }
    long[] growth = counts.clone();
    for (int i = before.first; i < before.end(); i++) {
      if (count(i) < before.count(i)) {
        return null;
      }
      if (i >= first && i < end()) {
        growth[i - first] -= before.count(i);
      }
    }
    return new LatencyCells(bounds, first, growth);
  }

  private void addTo(long[] sum, LatencyBounds coarser) {
    int target = 0;
    for (int i = first; i < end(); i++) {
      while (bounds.nanos(i) > coarser.nanos(target)) {
        target++;
      }
      sum[target] += count(i);
    }
  }
}
