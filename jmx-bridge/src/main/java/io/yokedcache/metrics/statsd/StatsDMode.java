package io.yokedcache.metrics.statsd;

/** When the operations of caches are sent to StatsD. */
public enum StatsDMode {
  /**
   * Every few seconds, as what the counters have grown by: exact, and free for the cache. For every
   * JSR-107 provider.
   */
  PERIODIC,

  /**
   * Each as it happens, by a {@link StatsDOperationObserver}: one line for its counts, one for its
   * duration. Levels, such as the hit rate, and other figures that no single operation has still
   * come every few seconds. For caches of YokedCache; above about 20,000 operations a second with a
   * sample rate.
   */
  REALTIME
}
