package io.yokedcache.metrics.prometheus;

/** What the metrics of caches are called. */
public enum MetricNames {
  /** As YokedCache calls them, with the namespace and the subsystem in front. */
  DEFAULT,

  /**
   * As Micrometer's {@code JCacheMetrics} calls them, without namespace and subsystem, where it has
   * such a metric: {@code cache_gets_total}, {@code cache_puts_total}, {@code cache_removals} (a
   * gauge there), {@code cache_evictions_total} and {@code cache_size}. Dashboards made for Spring
   * applications work with these. All other metrics keep their names.
   */
  MICROMETER
}
