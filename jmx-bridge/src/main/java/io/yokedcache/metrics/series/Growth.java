package io.yokedcache.metrics.series;

import io.yokedcache.metrics.source.LatencyCells;
import org.jspecify.annotations.Nullable;

/**
 * The growth of a series between two readings. A total that is smaller than before was reset, and
 * counts as growth as a whole.
 *
 * @param isAnew whether the series was reset in between
 */
public record Growth<T>(T added, boolean isAnew) {

  /**
   * The number of readings that a series may miss before its last total is forgotten. With 1, a
   * single failed reading of a bean would send all of its past again; without a limit, memory would
   * grow with every cache that is created.
   */
  public static final int FORGOTTEN_AFTER = 3;

  /** Returns the growth of a counter; before its first reading its total is 0. */
  public static Growth<Long> of(long before, long total) {
    return total < before ? new Growth<>(total, true) : new Growth<>(total - before, false);
  }

  /** Returns the growth of a distribution; before its first reading it is absent. */
  public static Growth<LatencyCells> of(@Nullable LatencyCells before, LatencyCells cells) {
    if (before == null) {
      return new Growth<>(cells, false);
    }
    LatencyCells added = cells.since(before);
    return added == null ? new Growth<>(cells, true) : new Growth<>(added, false);
  }
}
