package io.yokedcache.jcache.internal.metrics;

/** The durations in a {@link Timer} at one moment, or between two. Immutable. */
public final class TimerReading {

  /** A reading without durations. */
  public static final TimerReading NONE = new TimerReading(new long[TimerCells.COUNT], 0, 0);

  private final long[] cells;
  private final long count;
  private final long sumNanos;
  private final long maxNanos;

  /**
   * Creates a reading.
   *
   * @param cells number of durations in each cell; not copied
   */
  public TimerReading(long[] cells, long sumNanos, long maxNanos) {
    this.cells = cells;
    this.sumNanos = sumNanos;
    this.maxNanos = maxNanos;
    long total = 0;
    for (long cell : cells) {
      total += cell;
    }
    this.count = total;
  }

  /**
   * Returns the durations since an earlier reading. The maximum is the upper bound of the highest
   * cell that grew, if the longest duration of all may be an earlier one.
   */
  public TimerReading since(TimerReading earlier) {
    if (earlier.count == 0) {
      return this;
    }
    long[] grown = new long[cells.length];
    long max = 0;
    for (int i = 0; i < cells.length; i++) {
      grown[i] = cells[i] - earlier.cells[i];
      max = grown[i] > 0 ? Math.min(maxNanos, TimerCells.upperBound(i)) : max;
    }
    return new TimerReading(grown, sumNanos - earlier.sumNanos, max);
  }

  /** Returns the durations of both readings. */
  TimerReading plus(TimerReading other) {
    if (other.count == 0) {
      return this;
    }
    long[] sums = new long[cells.length];
    for (int i = 0; i < cells.length; i++) {
      sums[i] = cells[i] + other.cells[i];
    }
    return new TimerReading(sums, sumNanos + other.sumNanos, Math.max(maxNanos, other.maxNanos));
  }

  /** The number of durations. */
  public long count() {
    return count;
  }

  public long sumNanos() {
    return sumNanos;
  }

  public long maxNanos() {
    return maxNanos;
  }

  public long[] cells() {
    return cells.clone();
  }

  /** The mean in nanoseconds, 0 if there are none. */
  public double meanNanos() {
    return count == 0 ? 0 : (double) sumNanos / count;
  }

  /**
   * Returns a percentile of the durations in nanoseconds; 0 if there are none.
   *
   * <p>The cell is exact: it is the one that holds the duration of rank {@code ceil(quantile *
   * count)}. Within the cell the durations are taken to be spread evenly, so that the result is off
   * by less than the width of the cell, which is at most 9.1 % of the duration above 1 us.
   *
   * @param quantile from 0 to 1, such as 0.99
   */
  public double percentileNanos(double quantile) {
    long rank = Math.max(1, (long) Math.ceil(quantile * count));
    long below = 0;
    for (int i = 0; i < cells.length; i++) {
      if (cells[i] > 0 && below + cells[i] >= rank) {
        long lower = TimerCells.lowerBound(i);
        long upper = Math.max(lower, Math.min(maxNanos, TimerCells.upperBound(i)));
        return lower + (double) (upper - lower) * (rank - below) / cells[i];
      }
      below += cells[i];
    }
    return 0;
  }
}
