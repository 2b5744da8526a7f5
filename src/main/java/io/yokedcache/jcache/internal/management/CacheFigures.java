package io.yokedcache.jcache.internal.management;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;

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

  /**
   * Creates columns.
   *
   * @param wanted the names of the counters and gauges that get one
   */
  CacheFigures(List<CacheSnapshot> rows, Predicate<String> wanted) {
    this.rows = List.copyOf(rows);
    this.counterNames = names(CacheSnapshot::getCounters, wanted);
    this.gaugeNames = names(CacheSnapshot::getGauges, wanted);
  }

  private List<String> names(
      Function<CacheSnapshot, Map<String, ?>> figures, Predicate<String> wanted) {
    Set<String> names = new HashSet<>(); // sorted once, and not for each cache
    rows.forEach(row -> names.addAll(figures.apply(row).keySet()));
    return names.stream().filter(wanted).sorted().toList();
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
