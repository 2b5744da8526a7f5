package io.yokedcache.metrics.series;

/** What kind of metric something is. */
public enum MetricKind {
  /** Only grows, until the process starts anew. */
  COUNTER,
  /** Goes up and down. */
  GAUGE,
  /** A distribution. */
  HISTOGRAM
}
