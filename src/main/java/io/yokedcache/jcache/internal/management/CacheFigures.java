package io.yokedcache.jcache.internal.management;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/**
 * The counters and gauges of several caches at one moment, as columns: a table of a thousand caches
 * becomes five arrays for JMX and not thousands of objects. Immutable.
 */
public final class CacheFigures {

  /** Stands for a counter that is not measured. */
  public static final long NO_COUNT = Long.MIN_VALUE;

  private final List<CacheSnapshot> rows;
  private final List<String> counterNames;
  private final List<String> gaugeNames;

  CacheFigures(List<CacheSnapshot> rows) {
    this.rows = List.copyOf(rows);
    this.counterNames = names(CacheSnapshot::getCounters);
    this.gaugeNames = names(CacheSnapshot::getGauges);
  }

  private List<String> names(Function<CacheSnapshot, Map<String, ?>> figures) {
    Set<String> names = new TreeSet<>();
    rows.forEach(row -> names.addAll(figures.apply(row).keySet()));
    return List.copyOf(names);
  }

  /** The names of the caches, one for each row. */
  public String[] getCaches() {
    return rows.stream().map(CacheSnapshot::getCache).toArray(String[]::new);
  }

  /** The names of the counters, one for each column of {@link #getCounters}. */
  public String[] getCounterNames() {
    return counterNames.toArray(String[]::new);
  }

  /** The counters row by row, {@link #NO_COUNT} where one is not measured. */
  public long[] getCounters() {
    long[] counters = new long[rows.size() * counterNames.size()];
    int i = 0;
    for (CacheSnapshot row : rows) {
      for (String name : counterNames) {
        counters[i++] = row.getCounters().getOrDefault(name, NO_COUNT);
      }
    }
    return counters;
  }

  /** The names of the gauges, one for each column of {@link #getGauges}. */
  public String[] getGaugeNames() {
    return gaugeNames.toArray(String[]::new);
  }

  /** The gauges row by row, not a number where one is not measured. */
  public double[] getGauges() {
    double[] gauges = new double[rows.size() * gaugeNames.size()];
    int i = 0;
    for (CacheSnapshot row : rows) {
      for (String name : gaugeNames) {
        gauges[i++] = row.getGauges().getOrDefault(name, Double.NaN);
      }
    }
    return gauges;
  }
}
