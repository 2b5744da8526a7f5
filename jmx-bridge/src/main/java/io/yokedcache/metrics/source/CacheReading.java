package io.yokedcache.metrics.source;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The figures of one cache at one moment. Values that were not measured are absent, never 0.
 *
 * @param manager the cache manager, as its MBeans name it
 * @param cache the cache's name
 * @param statistics what the JSR's own bean says; absent where the provider's snapshot says more
 * @param operations timers by operation; empty where the provider has none
 * @param counters what only grows, by name: {@code hits}, {@code invalidations.tag}; empty where
 *     the provider has no snapshot
 * @param gauges what goes up and down, by name: {@code sizeBytes}, {@code keysCount}
 */
public record CacheReading(
    String manager,
    String cache,
    @Nullable StatisticsReading statistics,
    List<OperationReading> operations,
    Map<String, Long> counters,
    Map<String, Double> gauges) {

  public CacheReading {
    operations = List.copyOf(operations);
    counters = Map.copyOf(counters);
    gauges = Map.copyOf(gauges);
  }

  public @Nullable Long hits() {
    return statistics == null ? counters.get("hits") : statistics.hits();
  }

  public @Nullable Long misses() {
    return statistics == null ? counters.get("misses") : statistics.misses();
  }

  public @Nullable Long puts() {
    return statistics == null ? counters.get("puts") : statistics.puts();
  }

  /** Returns how many entries were removed by the application; absent if unknown. */
  public @Nullable Long removals() {
    return statistics == null ? counters.get("removals") : statistics.removals();
  }

  /** Returns how many entries the store gave up to make room; absent if unknown. */
  public @Nullable Long evictions() {
    return statistics == null ? counters.get("evictions") : statistics.evictions();
  }

  /**
   * Returns the part of all gets that found an entry, from 0 to 1; absent if unknown, as it is
   * before the first get.
   */
  public @Nullable Double hitRate() {
    Double measured = gauges.get("hitRate");
    if (measured != null) {
      return measured;
    }
    Long hits = hits();
    Long misses = misses();
    if (hits == null || misses == null || hits + misses == 0) {
      return null;
    }
    return (double) hits / (hits + misses);
  }

  /**
   * Returns how many failures there were, by type of error. A failure that a load or a write has
   * passed on to the operation around it counts once; the failed load of a {@code loadAll}, which
   * has no timer, counts too. Absent if the provider has neither timers nor counters.
   */
  public @Nullable Map<String, Long> errors() {
    if (operations.isEmpty() && counters.isEmpty()) {
      return null;
    }
    Map<String, Long> failures = new TreeMap<>();
    Map<String, Long> nested = new TreeMap<>();
    for (OperationReading operation : operations) {
      Map<String, Long> target = operation.isNested() ? nested : failures;
      operation.errors().forEach((type, count) -> target.merge(type, count, CacheReading::sum));
    }
    nested.forEach((type, count) -> failures.merge(type, count, Math::max));
    return failures;
  }

  /** A hostile bean's counts do not become negative. */
  public static long sum(long one, long other) {
    return one > Long.MAX_VALUE - other ? Long.MAX_VALUE : one + other;
  }

  /**
   * The attributes of JSR-107's {@code CacheStatisticsMXBean}. Attributes that a provider lacks are
   * absent.
   */
  public record StatisticsReading(
      @Nullable Long hits,
      @Nullable Long misses,
      @Nullable Long puts,
      @Nullable Long removals,
      @Nullable Long evictions,
      @Nullable Double averageGetMicros,
      @Nullable Double averagePutMicros,
      @Nullable Double averageRemoveMicros) {}
}
