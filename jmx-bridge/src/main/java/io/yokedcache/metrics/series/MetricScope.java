package io.yokedcache.metrics.series;

/** What a metric has one value of. */
public enum MetricScope {
  /** One value per cache. */
  CACHE,
  /** One value per cache manager. */
  MANAGER,
  /** One value per JVM that is read. */
  BRIDGE
}
