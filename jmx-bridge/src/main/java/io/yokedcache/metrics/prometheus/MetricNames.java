package io.yokedcache.metrics.prometheus;

/** The naming schemes for the metrics of caches. */
public enum MetricNames {
  /** YokedCache's names, prefixed by the namespace and the subsystem. */
  DEFAULT,

  /**
   * As Micrometer's {@code JCacheMetrics} calls them, without namespace and subsystem, where it has
   * such a metric: {@code cache_gets_total}, {@code cache_puts_total}, {@code
   * cache_removals_total}, {@code cache_evictions_total} and {@code cache_size}. Dashboards made
   * for Spring applications work with these. All other metrics keep their names.
   */
  MICROMETER,

  /**
   * The names of YokedCache for Python, so that its dashboards work: as {@link #DEFAULT}, but the
   * operation {@code put} is {@code set} in labels. With {@code cacheLabels(false)} the series
   * equal Python's exactly.
   */
  PYTHON
}
