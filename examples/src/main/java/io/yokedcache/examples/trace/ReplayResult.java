package io.yokedcache.examples.trace;

import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/**
 * What a replay, or one worker's part of it, came to.
 *
 * @param accesses how many accesses there were
 * @param distinctKeys how many keys they named
 * @param hits how many the cache answered
 * @param wrongValues how many of the answers were not the value that was put
 * @param getNanos the time that each {@code get} took, in nanoseconds
 */
record ReplayResult(
    long accesses, long distinctKeys, long hits, long wrongValues, Histogram getNanos) {

  static ReplayResult none() {
    return new ReplayResult(0, 0, 0, 0, newHistogram());
  }

  /** Returns an empty histogram with three significant digits and no upper bound. */
  static Histogram newHistogram() {
    return new Histogram(3);
  }

  /** Returns the sum of two parts that have no key in common. */
  ReplayResult plus(ReplayResult other) {
    Histogram both = getNanos.copy();
    both.add(other.getNanos);
    return new ReplayResult(
        accesses + other.accesses,
        distinctKeys + other.distinctKeys,
        hits + other.hits,
        wrongValues + other.wrongValues,
        both);
  }

  /**
   * Returns how many hits there must be when nothing is lost: every access but each key's first.
   */
  long expectedHits() {
    return accesses - distinctKeys;
  }

  boolean isExact() {
    return hits == expectedHits() && wrongValues == 0;
  }

  String describe(long elapsedNanos) {
    double seconds = (double) elapsedNanos / TimeUnit.SECONDS.toNanos(1);
    return String.format(
        Locale.ROOT,
        """
        accesses        %,d of %,d distinct keys in %.2f s
        throughput      %,.0f accesses/s (get, and after a miss put)
        hits            %,d, hit rate %.2f %%
        expected hits   %,d = accesses - distinct keys: %s
        wrong values    %,d
        get latency us  p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f\
        """,
        accesses,
        distinctKeys,
        seconds,
        accesses / seconds,
        hits,
        accesses == 0 ? 0 : 100.0 * hits / accesses,
        expectedHits(),
        hits == expectedHits() ? "exact" : "NOT MET",
        wrongValues,
        micros(50),
        micros(90),
        micros(99),
        micros(99.9),
        micros(100));
  }

  private double micros(double percentile) {
    return getNanos.getValueAtPercentile(percentile) / 1_000.0;
  }
}
