package io.yokedcache.examples.metrics;

import io.yokedcache.metrics.CacheMetrics;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What one phase of a benchmark came to.
 *
 * @param name what was done: {@code get}
 * @param wallNanos from the start of the first operation to the end of the last
 * @param sumNanos of the durations of all operations, which is more where threads run side by side
 * @param nanos the durations, to three digits; not changed any more
 */
record PhaseResult(String name, long wallNanos, long sumNanos, Histogram nanos) {

  static final String HEADER =
      "%-8s %12s %10s %12s %9s %9s %9s %9s %9s"
          .formatted(
              "",
              "operations",
              "wall s",
              "ops/s",
              "avg ms",
              "p50 ms",
              "p95 ms",
              "p99 ms",
              "max ms");

  private static final double NANOS_PER_SECOND = 1e9;
  private static final double NANOS_PER_MILLI = 1e6;

  long count() {
    return nanos.getTotalCount();
  }

  /** Operations by elapsed time, of all threads together. */
  double throughput() {
    return wallNanos == 0 ? 0 : count() * NANOS_PER_SECOND / wallNanos;
  }

  double averageNanos() {
    return count() == 0 ? 0 : (double) sumNanos / count();
  }

  /** Sends the figures as gauges, in seconds and operations per second. */
  void sendTo(CacheMetrics metrics) {
    String prefix = "benchmark." + name;
    metrics.gauge(prefix + ".avg_latency", averageNanos() / NANOS_PER_SECOND);
    metrics.gauge(prefix + ".p50_latency", seconds(50));
    metrics.gauge(prefix + ".p95_latency", seconds(95));
    metrics.gauge(prefix + ".p99_latency", seconds(99));
    metrics.gauge(prefix + ".throughput_ops_per_sec", throughput());
  }

  /** One line of the table below {@link #HEADER}. */
  String line() {
    return String.format(
        Locale.ROOT,
        "%-8s %,12d %10.3f %,12.0f %9.4f %9.4f %9.4f %9.4f %9.4f",
        name,
        count(),
        wallNanos / NANOS_PER_SECOND,
        throughput(),
        averageNanos() / NANOS_PER_MILLI,
        millis(50),
        millis(95),
        millis(99),
        millis(100));
  }

  private double seconds(double percentile) {
    return nanos.getValueAtPercentile(percentile) / NANOS_PER_SECOND;
  }

  private double millis(double percentile) {
    return nanos.getValueAtPercentile(percentile) / NANOS_PER_MILLI;
  }
}
