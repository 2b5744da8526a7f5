package io.yokedcache.examples.metrics;

import io.yokedcache.examples.UsageException;
import io.yokedcache.metrics.statsd.StatsDCollector;
import org.jspecify.annotations.Nullable;

/** Where a command line sends StatsD metrics to. */
final class StatsDTarget {

  private StatsDTarget() {}

  /** Starts a collector for {@code HOST:PORT}; absent for an absent text. */
  static @Nullable StatsDCollector collector(@Nullable String text) throws UsageException {
    if (text == null) {
      return null;
    }
    int colon = text.lastIndexOf(':');
    try {
      return StatsDCollector.builder()
          .host(text.substring(0, Math.max(0, colon)))
          .port(Integer.parseInt(text.substring(colon + 1)))
          .build();
    } catch (IllegalArgumentException e) {
      throw new UsageException("--statsd must be HOST:PORT, not " + text, e);
    }
  }
}
