package io.yokedcache.metrics.page;

import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import org.jspecify.annotations.Nullable;

/**
 * Percentiles of a distribution of which only the cells are known: within its cell, durations are
 * taken to be spread evenly. The page's own {@code cells.js} computes those between two readings by
 * the same rule.
 */
public final class Percentiles {

  private Percentiles() {}

  /**
   * Returns the duration that a share of all do not exceed.
   *
   * @param share from 0 to 1, such as 0.99
   * @return nanoseconds; absent if nothing was measured
   */
  public static @Nullable Double nanos(OperationReading operation, double share) {
    LatencyCells cells = operation.cells();
    if (cells == null) {
      return null;
    }
    // The sum of the cells, as the counter beside them may be an operation ahead.
    long count = 0;
    for (int i = 0; i < cells.size(); i++) {
      count += cells.count(i);
    }
    long rank = Math.max(1, (long) Math.ceil(share * count));
    long below = 0;
    for (int i = 0; i < cells.size(); i++) {
      long inCell = cells.count(i);
      if (inCell > 0 && below + inCell >= rank) {
        return interpolated(operation, cells, i, (double) (rank - below) / inCell);
      }
      below += inCell;
    }
    return null;
  }

  private static double interpolated(
      OperationReading operation, LatencyCells cells, int cell, double share) {
    long lower = cell == 0 ? 0 : cells.bounds().nanos(cell - 1);
    long upper = cells.bounds().nanos(cell);
    long max = operation.maxNanos();
    if (max > 0) {
      upper = Math.min(upper, max);
    } else if (cell == cells.size() - 1) {
      upper = lower; // without a maximum, the last cell has no end
    }
    return lower + share * Math.max(0, upper - lower);
  }
}
