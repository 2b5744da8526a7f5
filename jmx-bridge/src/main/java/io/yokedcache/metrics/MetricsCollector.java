package io.yokedcache.metrics;

import java.util.Map;

/**
 * A receiver of metrics, such as Prometheus or StatsD. Pass it to {@link CacheMetrics}.
 *
 * <p>Names of metrics have dots: {@code user.login}. Tags are names and values that distinguish the
 * series of a metric; their map is immutable, and implementations may keep it.
 *
 * <p>Implementations are thread-safe. What they throw is counted and logged by {@link CacheMetrics}
 * and reaches no caller.
 */
public interface MetricsCollector extends AutoCloseable {

  /** Adds a value that is not negative to a counter. */
  void increment(String metric, double value, Map<String, String> tags);

  /** Sets a value that can go up and down. */
  void gauge(String metric, double value, Map<String, String> tags);

  /** Adds a value, in whatever unit the metric has, to a distribution. */
  void histogram(String metric, double value, Map<String, String> tags);

  /** Adds a duration in seconds to a distribution, whose name has no unit. */
  void timing(String metric, double seconds, Map<String, String> tags);

  /**
   * Removes a gauge that is no longer set, from collectors that show the last value. Does nothing
   * unless overridden.
   */
  default void removeGauge(String metric, Map<String, String> tags) {}

  /**
   * Whether the methods above may take long, as those do that wait for a network. {@link
   * CacheMetrics} calls such a collector from a separate thread, behind a bounded queue. Those that
   * only count in memory say false and are called at once, also by the threads that use a cache.
   *
   * @return true unless overridden
   */
  default boolean mayBlock() {
    return true;
  }

  /**
   * Whether the figures of caches come to this collector by another way, such as from MBeans. Then
   * {@link CacheMetrics#observeCaches()} and {@link CacheHealthMonitor} do not send them, which
   * would count them twice.
   *
   * @return false unless overridden
   */
  default boolean readsCaches() {
    return false;
  }

  /** Sends the remaining metrics and releases all resources. Can be called twice. */
  @Override
  default void close() {}
}
