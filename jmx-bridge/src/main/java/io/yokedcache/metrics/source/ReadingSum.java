package io.yokedcache.metrics.source;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Adds up the readings of several caches to that of one, for who wants one figure of all. */
public final class ReadingSum {

  private ReadingSum() {}

  /**
   * Adds up caches and connections. Counts and sizes are sums; ages and pings are the greatest;
   * health is that of the worst.
   *
   * @param readings what was read
   * @param withOperations whether timers are added up too, which costs most
   * @return at most one cache and one connection, whose names are empty
   */
  public static CacheReadings of(CacheReadings readings, boolean withOperations) {
    return new CacheReadings(
        readings.caches().isEmpty()
            ? List.of()
            : List.of(caches(readings.caches(), withOperations)),
        readings.connections().isEmpty()
            ? List.of()
            : List.of(connections(readings.connections())));
  }

  private static CacheReading caches(List<CacheReading> caches, boolean withOperations) {
    Map<String, Long> counters = new HashMap<>();
    Map<String, Double> gauges = new HashMap<>();
    Map<String, OperationReading> operations = new LinkedHashMap<>();
    for (CacheReading cache : caches) {
      counters(cache).forEach((name, value) -> counters.merge(name, value, Long::sum));
      cache.gauges().forEach((name, value) -> addGauge(gauges, name, value));
      if (withOperations) {
        for (OperationReading operation : cache.operations()) {
          operations.merge(operation.operation(), operation, ReadingSum::plus);
        }
      }
    }
    return new CacheReading("", "", null, new ArrayList<>(operations.values()), counters, gauges);
  }

  /** The counters of a cache, also of one that shows JSR-107's figures only. */
  static Map<String, Long> counters(CacheReading cache) {
    Map<String, Long> counters = new HashMap<>(cache.counters());
    putIfKnown(counters, "hits", cache.hits());
    putIfKnown(counters, "misses", cache.misses());
    putIfKnown(counters, "puts", cache.puts());
    putIfKnown(counters, "removals", cache.removals());
    putIfKnown(counters, "evictions", cache.evictions());
    return counters;
  }

  private static void putIfKnown(Map<String, Long> counters, String name, @Nullable Long value) {
    if (value != null) {
      counters.put(name, value);
    }
  }

  private static void addGauge(Map<String, Double> gauges, String name, Double value) {
    switch (name) {
      case "hitRate" -> {} // follows from the sums of hits and misses
      case "sizeBytes", "keysCount", "nearEntries" -> gauges.merge(name, value, Double::sum);
      default -> gauges.merge(name, value, Math::max);
    }
  }

  static OperationReading plus(OperationReading one, OperationReading other) {
    Map<String, Long> errors = new HashMap<>(one.errors());
    other.errors().forEach((type, count) -> errors.merge(type, count, Long::sum));
    LatencyCells cells = one.cells();
    if (cells == null) {
      cells = other.cells();
    } else if (other.cells() != null) {
      cells = cells.plus(other.cells());
    }
    return new OperationReading(
        one.operation(),
        one.count() + other.count(),
        one.sumNanos() + other.sumNanos(),
        Math.max(one.maxNanos(), other.maxNanos()),
        cells,
        errors);
  }

  private static ConnectionReading connections(List<ConnectionReading> connections) {
    ConnectionReading sum = connections.get(0);
    for (ConnectionReading next : connections.subList(1, connections.size())) {
      sum =
          new ConnectionReading(
              "",
              worst(sum.healthy(), next.healthy()),
              greatest(sum.pingNanos(), next.pingNanos()),
              sum(sum.reconnects(), next.reconnects()),
              sum(sum.poolActive(), next.poolActive()),
              sum(sum.poolIdle(), next.poolIdle()),
              sum(sum.poolWaiting(), next.poolWaiting()));
    }
    return sum;
  }

  private static @Nullable Boolean worst(@Nullable Boolean one, @Nullable Boolean other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one && other;
  }

  private static @Nullable Long greatest(@Nullable Long one, @Nullable Long other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return Math.max(one, other);
  }

  private static @Nullable Long sum(@Nullable Long one, @Nullable Long other) {
    if (one == null || other == null) {
      return one == null ? other : one;
    }
    return one + other;
  }
}
