package io.yokedcache.metrics.page;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.OperationReading;
import io.yokedcache.metrics.source.StatisticsReading;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One cache in the summary of all, as an array in the order of {@link #COLUMNS}: with a thousand
 * caches, names in each would be most of what is sent.
 */
final class CacheRow {

  static final List<String> COLUMNS =
      List.of(
          "target",
          "manager",
          "cache",
          "hits",
          "misses",
          "hitRate",
          "puts",
          "removals",
          "evictions",
          "entries",
          "bytes",
          "errors",
          "mean",
          "p50",
          "p95",
          "p99");

  private static final double NANOS_PER_MICRO = 1000;

  private CacheRow() {}

  static void write(JsonWriter json, int target, CacheReading cache, String operation) {
    json.beginArray()
        .value(target)
        .value(cache.manager())
        .value(cache.cache())
        .value(cache.hits())
        .value(cache.misses())
        .value(cache.hitRate())
        .value(cache.puts())
        .value(cache.removals())
        .value(cache.evictions())
        .value(cache.gauges().get("keysCount"))
        .value(cache.gauges().get("sizeBytes"))
        .value(errors(cache))
        .value(meanNanos(cache, operation));
    OperationReading timed = find(cache, operation);
    for (double share : new double[] {0.5, 0.95, 0.99}) {
      json.value(timed == null ? null : rounded(Percentiles.nanos(timed, share)));
    }
    json.endArray();
  }

  /** Absent where the provider has neither timers nor counters, and so cannot know. */
  private static @Nullable Long errors(CacheReading cache) {
    if (cache.operations().isEmpty() && cache.counters().isEmpty()) {
      return null;
    }
    long sum = 0;
    for (OperationReading operation : cache.operations()) {
      for (long count : operation.errors().values()) {
        sum += count;
      }
    }
    return sum;
  }

  private static @Nullable Double meanNanos(CacheReading cache, String operation) {
    OperationReading timed = find(cache, operation);
    if (timed != null) {
      return timed.count() == 0 ? null : rounded((double) timed.sumNanos() / timed.count());
    }
    StatisticsReading statistics = cache.statistics();
    Double micros =
        statistics == null
            ? null
            : switch (operation) {
              case "get" -> statistics.averageGetMicros();
              case "put" -> statistics.averagePutMicros();
              case "remove" -> statistics.averageRemoveMicros();
              default -> null;
            };
    // Providers say 0 where they do not measure, or have not yet; no operation takes no time.
    return micros == null || micros == 0 ? null : rounded(micros * NANOS_PER_MICRO);
  }

  private static @Nullable OperationReading find(CacheReading cache, String operation) {
    for (OperationReading candidate : cache.operations()) {
      if (candidate.operation().equals(operation)) {
        return candidate;
      }
    }
    return null;
  }

  /** Whole nanoseconds: fractions would be half of the text. */
  private static @Nullable Double rounded(@Nullable Double nanos) {
    return nanos == null ? null : Math.rint(nanos);
  }
}
