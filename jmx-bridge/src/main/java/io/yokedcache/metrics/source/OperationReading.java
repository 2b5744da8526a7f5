package io.yokedcache.metrics.source;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The timer of one operation of a cache, since the cache was created.
 *
 * @param operation the operation: {@code get}, {@code put}, {@code invoke}; or a phase of the wire:
 *     {@code queue}, {@code network}, {@code codec}
 * @param cells the distribution of its durations; absent if the provider's cannot be read
 * @param errors the number of failures by type of error
 */
public record OperationReading(
    String operation,
    long count,
    long sumNanos,
    long maxNanos,
    @Nullable LatencyCells cells,
    Map<String, Long> errors) {

  private static final Set<String> PHASES = Set.of("queue", "network", "codec");
  private static final Set<String> NESTED = Set.of("load", "write");

  public OperationReading {
    errors = Map.copyOf(errors);
  }

  /** Returns whether this is a phase of operations, of the wire, and no operation. */
  public boolean isPhase() {
    return PHASES.contains(operation);
  }

  /**
   * Returns whether this is a call of the application's loader or writer. It runs within another
   * operation, which fails with it and counts the same failure again.
   */
  public boolean isNested() {
    return NESTED.contains(operation);
  }

  /**
   * Returns the duration that a share of all do not exceed. Within its cell, durations are taken to
   * be spread evenly. All outputs that show percentiles use this; the page's {@code cells.js}
   * computes those between two readings by the same rule.
   *
   * @param share from 0 to 1, such as 0.99
   * @return nanoseconds; absent if nothing was measured
   */
  public @Nullable Double percentileNanos(double share) {
    if (cells == null) {
      return null;
    }
    // The sum of the cells, as the counter beside them may be an operation ahead.
    long all = 0;
    for (int i = 0; i < cells.size(); i++) {
      all += cells.count(i);
    }
    long rank = Math.max(1, (long) Math.ceil(share * all));
    long below = 0;
    for (int i = 0; i < cells.size(); i++) {
      long inCell = cells.count(i);
      if (inCell > 0 && below + inCell >= rank) {
        long lower = i == 0 ? 0 : cells.bounds().nanos(i - 1);
        return lower + (double) (rank - below) / inCell * Math.max(0, upperNanos(cells, i) - lower);
      }
      below += inCell;
    }
    return null;
  }

  private long upperNanos(LatencyCells measured, int cell) {
    if (maxNanos > 0) {
      return Math.min(measured.bounds().nanos(cell), maxNanos);
    }
    // Without a maximum, the last cell has no end.
    return cell == measured.size() - 1 ? 0 : measured.bounds().nanos(cell);
  }
}
