package io.yokedcache.benchmarks;

import java.util.Arrays;

/**
 * Figures of several rounds.
 *
 * @param median the middle one
 * @param min the least
 * @param max the greatest
 * @param low where an interval begins that holds the true median with 95 %, without any assumption
 *     on how the figures are spread; the least one if there are too few
 * @param high where it ends
 */
record Spread(double median, double min, double max, double low, double high) {

  /** Half the width of the interval in standard deviations of a binomial distribution. */
  private static final double DEVIATIONS = 1.96;

  /** Sums up at least one figure. */
  static Spread of(double[] figures) {
    double[] sorted = figures.clone();
    Arrays.sort(sorted);
    int count = sorted.length;
    double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    double half = DEVIATIONS * Math.sqrt(count) / 2;
    int low = (int) Math.max(0, Math.floor(count / 2.0 - half));
    int high = (int) Math.min(count - 1.0, Math.ceil(count / 2.0 + half));
    return new Spread(median, sorted[0], sorted[count - 1], sorted[low], sorted[high]);
  }
}
