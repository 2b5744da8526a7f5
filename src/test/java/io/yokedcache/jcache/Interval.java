package io.yokedcache.jcache;

/** The time from the start to the end of an operation, by {@link System#nanoTime()}. */
record Interval(long startNanos, long endNanos) {

  /** Returns the time from a start until now. */
  static Interval since(long startNanos) {
    return new Interval(startNanos, System.nanoTime());
  }

  /** Whether both operations ran at some moment. */
  boolean overlaps(Interval other) {
    return startNanos - other.endNanos < 0 && other.startNanos - endNanos < 0;
  }
}
