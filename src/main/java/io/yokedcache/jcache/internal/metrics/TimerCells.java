package io.yokedcache.jcache.internal.metrics;

import java.util.TreeSet;

/**
 * The bounds of the cells into which durations fall, from 1 us to 16 s. They are the union of
 * Prometheus' native buckets of schema 3, which are 2^(i/8) seconds, and of the decimal {@code le}
 * bounds that dashboards use. So each cell lies in exactly one bucket of either kind, and both come
 * out exact, not interpolated.
 */
public final class TimerCells {

  private static final int STEPS_PER_DOUBLING = 8;

  /** The lowest and the highest i of 2^(i/8) s: the first above 1 us, and 16 s. */
  private static final int FIRST_STEP = -159;

  private static final int LAST_STEP = 32;
  private static final double NANOS_PER_SECOND = 1e9;

  /** How many of the bits below the highest one choose the entry of the table. */
  private static final int TABLE_BITS = 3;

  /** 100 us, 250 us, 500 us, 1 ms, and so on to 10 s. */
  private static final long[] DECIMAL_NANOS = {
    100_000,
    250_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    25_000_000,
    50_000_000,
    100_000_000,
    250_000_000,
    500_000_000,
    1_000_000_000,
    2_500_000_000L,
    5_000_000_000L,
    10_000_000_000L
  };

  private static final long[] BOUNDS = makeBounds();

  /** For each magnitude of a duration, the first cell in which one of that magnitude may be. */
  private static final short[] FIRST_CELLS = makeTable();

  /** The number of cells: one for each bound, and one above the last bound. */
  public static final int COUNT = BOUNDS.length + 1;

  private TimerCells() {}

  private static long[] makeBounds() {
    TreeSet<Long> bounds = new TreeSet<>();
    for (int step = FIRST_STEP; step <= LAST_STEP; step++) {
      // Rounded down: a whole number of nanoseconds is within the exact bound if within this one.
      bounds.add(
          (long) Math.floor(Math.pow(2, (double) step / STEPS_PER_DOUBLING) * NANOS_PER_SECOND));
    }
    for (long decimal : DECIMAL_NANOS) {
      bounds.add(decimal);
    }
    return bounds.stream().mapToLong(Long::longValue).toArray();
  }

  private static short[] makeTable() {
    short[] table = new short[Long.SIZE << TABLE_BITS];
    for (int magnitude = 0; magnitude < table.length; magnitude++) {
      int shift = (magnitude >>> TABLE_BITS) - TABLE_BITS;
      long mantissa = (1L << TABLE_BITS) | (magnitude & ((1 << TABLE_BITS) - 1));
      long lowest = shift < 0 ? 0 : mantissa << shift;
      short cell = 0;
      while (cell < BOUNDS.length && lowest > BOUNDS[cell]) {
        cell++;
      }
      table[magnitude] = cell;
    }
    return table;
  }

  /** The inclusive upper bounds of all cells but the last, ascending, in nanoseconds. */
  public static long[] bounds() {
    return BOUNDS.clone();
  }

  /** The cell of a duration: the first whose bound is not below it. */
  public static int indexOf(long nanos) {
    if (nanos <= BOUNDS[0]) {
      return 0;
    }
    int highest = Long.SIZE - 1 - Long.numberOfLeadingZeros(nanos);
    int mantissa = (int) (nanos >>> (highest - TABLE_BITS)) & ((1 << TABLE_BITS) - 1);
    int cell = FIRST_CELLS[(highest << TABLE_BITS) | mantissa];
    while (cell < BOUNDS.length && nanos > BOUNDS[cell]) {
      cell++;
    }
    return cell;
  }

  /** The exclusive lower bound of a cell. */
  static long lowerBound(int cell) {
    return cell == 0 ? 0 : BOUNDS[cell - 1];
  }

  /** The inclusive upper bound of a cell, {@code Long.MAX_VALUE} for the last. */
  static long upperBound(int cell) {
    return cell == BOUNDS.length ? Long.MAX_VALUE : BOUNDS[cell];
  }
}
