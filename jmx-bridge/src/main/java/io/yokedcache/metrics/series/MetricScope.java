package io.yokedcache.metrics.series;

/** The scope of a metric. */
public enum MetricScope {
  /** One value per cache. */
  CACHE,
  /** One value per cache manager. */
  MANAGER,
  /** One value per JVM that is read. */
  BRIDGE
}
