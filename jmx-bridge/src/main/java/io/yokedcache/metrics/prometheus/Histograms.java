package io.yokedcache.metrics.prometheus;

/** In which form Prometheus gets distributions. Each is exact, not derived from the other. */
public enum Histograms {
  /**
   * Series {@code _bucket} by {@code le}: what every Prometheus and every dashboard understands.
   */
  CLASSIC,

  /**
   * Prometheus' native histograms, of schema 3: one series each, 9 % wide buckets. For servers that
   * run with native histograms enabled; text formats have only count and sum of these.
   */
  NATIVE,

  /**
   * Both. A server with native histograms enabled keeps only these unless its scrape configuration
   * asks for the classic ones too.
   */
  BOTH
}
