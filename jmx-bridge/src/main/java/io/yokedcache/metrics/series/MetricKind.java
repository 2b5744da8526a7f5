package io.yokedcache.metrics.series;

/** The kind of a metric. */
public enum MetricKind {
  /** Only grows, until the process is restarted. */
  COUNTER,
  /** Goes up and down. */
  GAUGE,
  /** A distribution. */
  HISTOGRAM
}
