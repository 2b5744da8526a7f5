package io.yokedcache.examples.metrics;

import java.util.List;

/** Metrics that the provider does not measure yet. */
final class PendingMetrics {

  private static final List<String> NAMES =
      List.of(
          "cache_size_bytes",
          "cache_keys_count",
          "cache_entries",
          "cache_census_age_seconds",
          "cache_phase_duration",
          "cache_health",
          "cache_ping_seconds",
          "cache_reconnects",
          "cache_connections",
          "statsd_events");

  private PendingMetrics() {}

  static boolean has(String expression) {
    return NAMES.stream().anyMatch(expression::contains);
  }
}
