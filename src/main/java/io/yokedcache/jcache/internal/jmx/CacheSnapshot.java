package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.metrics.TimerReading;
import java.util.List;
import java.util.Map;

/**
 * The figures of one cache at one moment. Immutable.
 *
 * @param cache the name of the cache
 * @param operations the operations that were used so far
 * @param counters counts that only grow, by column; unknown ones are absent
 * @param gauges values that may fall, by column; unknown ones are absent
 */
public record CacheSnapshot(
    String cache,
    List<OperationSnapshot> operations,
    Map<String, Long> counters,
    Map<String, Double> gauges) {

  /** Takes copies. */
  public CacheSnapshot {
    operations = List.copyOf(operations);
    counters = Map.copyOf(counters);
    gauges = Map.copyOf(gauges);
  }

  /**
   * One operation of the cache.
   *
   * @param operation its name in JSR-107
   * @param durations how long it took each time
   * @param errors how often it failed, by the label of the error
   */
  public record OperationSnapshot(
      String operation, TimerReading durations, Map<String, Long> errors) {}
}
