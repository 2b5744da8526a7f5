package io.yokedcache.metrics.prometheus;

/** The form of distributions for Prometheus. Each form is exact, not derived from the other. */
public enum Histograms {
  /** Series {@code _bucket} by {@code le}, which every Prometheus and every dashboard supports. */
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
