package io.yokedcache.jcache.internal.jmx;

import java.util.List;
import java.util.Map;

/**
 * All that is measured of one cache at one moment, with getters as JMX wants them. Immutable. What
 * is not measured has no key.
 */
public final class CacheSnapshot {

  private final String cache;
  private final List<OperationSnapshot> operations;
  private final Map<String, Long> counters;
  private final Map<String, Double> gauges;

  CacheSnapshot(
      String cache,
      List<OperationSnapshot> operations,
      Map<String, Long> counters,
      Map<String, Double> gauges) {
    this.cache = cache;
    this.operations = List.copyOf(operations);
    this.counters = Map.copyOf(counters);
    this.gauges = Map.copyOf(gauges);
  }

  /** The cache's name as it is. */
  public String getCache() {
    return cache;
  }

  /** The operations that were used so far. */
  public List<OperationSnapshot> getOperations() {
    return operations;
  }

  /** Counts that only grow, by name. */
  public Map<String, Long> getCounters() {
    return counters;
  }

  /** What may grow and shrink, by name. */
  public Map<String, Double> getGauges() {
    return gauges;
  }
}
