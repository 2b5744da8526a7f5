package io.yokedcache.metrics.prometheus;

/** What the metrics of caches are called. */
public enum MetricNames {
  /** As YokedCache calls them, with the namespace and the subsystem in front. */
  DEFAULT,

  /**
   * As Micrometer's {@code JCacheMetrics} calls them, without namespace and subsystem, where it has
   * such a metric: {@code cache_gets_total}, {@code cache_puts_total}, {@code
   * cache_removals_total}, {@code cache_evictions_total} and {@code cache_size}. Dashboards made
   * for Spring applications work with these. All other metrics keep their names.
   */
  MICROMETER,

  /**
   * As YokedCache for Python calls them, so that dashboards made for it work: as {@link #DEFAULT},
   * but the operation {@code put} is {@code set} in labels. With {@code cacheLabels(false)} the
   * series are those of Python to the letter.
   */
  PYTHON
}
