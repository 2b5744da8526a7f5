package io.yokedcache.metrics.statsd;

import java.util.Map;

/**
 * One measurement on its way to the daemon.
 *
 * @param kind what is measured
 * @param metric name, without the prefix
 * @param value the number; seconds if {@code kind} is {@link Kind#TIMING}
 * @param tags immutable, because another thread reads them later
 * @param rate share of the measurements that are sent, above 0 and at most 1: the daemon weighs
 *     this one by {@code 1 / rate}
 */
record Event(Kind kind, String metric, double value, Map<String, String> tags, double rate) {

  enum Kind {
    /** Something that happened {@code value} times. */
    COUNTER,
    /** A level, now. */
    GAUGE,
    /** One value of a distribution. */
    HISTOGRAM,
    /** One duration of a distribution, in seconds. */
    TIMING
  }
}
