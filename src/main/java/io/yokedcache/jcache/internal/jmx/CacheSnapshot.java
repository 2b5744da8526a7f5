package io.yokedcache.jcache.internal.jmx;

import static io.yokedcache.jcache.internal.jmx.OpenData.DOUBLE_BY_NAME;
import static io.yokedcache.jcache.internal.jmx.OpenData.LONGS;
import static io.yokedcache.jcache.internal.jmx.OpenData.LONG_BY_NAME;

import io.yokedcache.jcache.internal.jmx.OpenData.Composite;
import io.yokedcache.jcache.internal.jmx.OpenData.Item;
import io.yokedcache.jcache.internal.metrics.TimerReading;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.SimpleType;

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

  /** The snapshot as open data. */
  static final Composite<CacheSnapshot> DATA =
      new Composite<>(
          "io.yokedcache.CacheSnapshot",
          List.of(
              Item.of("cache", SimpleType.STRING, CacheSnapshot::cache),
              Item.of(
                  "operations",
                  OpenData.arrayOf(OperationSnapshot.DATA.type()),
                  cache -> OperationSnapshot.DATA.data(cache.operations)),
              Item.of(
                  "counters", LONG_BY_NAME, cache -> OpenData.table(LONG_BY_NAME, cache.counters)),
              Item.of(
                  "gauges",
                  DOUBLE_BY_NAME,
                  cache -> OpenData.table(DOUBLE_BY_NAME, cache.gauges))));

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
      String operation, TimerReading durations, Map<String, Long> errors) {

    static final Composite<OperationSnapshot> DATA =
        new Composite<>(
            "io.yokedcache.OperationSnapshot",
            List.of(
                Item.of("operation", SimpleType.STRING, OperationSnapshot::operation),
                Item.of("count", SimpleType.LONG, operation -> operation.durations.count()),
                Item.of("sumNanos", SimpleType.LONG, operation -> operation.durations.sumNanos()),
                Item.of("maxNanos", SimpleType.LONG, operation -> operation.durations.maxNanos()),
                Item.of("cells", LONGS, operation -> operation.durations.cells()),
                Item.of(
                    "errors",
                    LONG_BY_NAME,
                    operation -> OpenData.table(LONG_BY_NAME, operation.errors))));
  }
}
