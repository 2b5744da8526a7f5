package io.yokedcache.metrics;

import java.util.Map;

/**
 * A place that metrics go to, such as Prometheus or StatsD. Give one to {@link CacheMetrics}.
 *
 * <p>Implementations are thread-safe. They must not change the map of tags and may keep it: it is
 * immutable. What they throw is counted and logged by {@link CacheMetrics} and reaches no caller.
 */
public interface MetricsCollector extends AutoCloseable {

  /**
   * Adds to a counter.
   *
   * @param metric the name, with dots: {@code user.login}
   * @param value how much to add, not negative
   * @param tags names and values that tell apart the series of the metric
   */
  void increment(String metric, double value, Map<String, String> tags);

  /**
   * Sets a value that can go up and down.
   *
   * @param metric the name, with dots: {@code sessions.active}
   * @param value the value from now on
   * @param tags names and values that tell apart the series of the metric
   */
  void gauge(String metric, double value, Map<String, String> tags);

  /**
   * Adds a value to a distribution.
   *
   * @param metric the name, with dots: {@code upload.size}
   * @param value the value, in whatever unit the metric has
   * @param tags names and values that tell apart the series of the metric
   */
  void histogram(String metric, double value, Map<String, String> tags);

  /**
   * Adds a duration to a distribution.
   *
   * @param metric the name, with dots and without a unit: {@code request.processing}
   * @param seconds the duration in seconds
   * @param tags names and values that tell apart the series of the metric
   */
  void timing(String metric, double seconds, Map<String, String> tags);

  /**
   * Whether the methods above may take long, as those do that wait for a network. {@link
   * CacheMetrics} calls such a collector from a thread of its own, behind a bounded queue. Those
   * that only count in memory say false and are called at once.
   *
   * @return true unless overridden
   */
  default boolean mayBlock() {
    return true;
  }

  /** Sends what is still to be sent and lets go of all resources; may be called twice. */
  @Override
  default void close() {}
}
