package io.yokedcache.jcache.internal.jmx;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  private CacheFigures(
      List<CacheSnapshot> rows, List<String> counterNames, List<String> gaugeNames) {
    this.rows = rows;
    this.counterNames = counterNames;
    this.gaugeNames = gaugeNames;
  }

  /** All that the caches have. */
  static CacheFigures of(List<CacheSnapshot> rows) {
    return new CacheFigures(
        List.copyOf(rows),
        names(rows, CacheSnapshot::getCounters),
        names(rows, CacheSnapshot::getGauges));
  }

  /** Those of the figures with these names that any of the caches has. */
  static CacheFigures of(List<CacheSnapshot> rows, Set<String> names) {
    return new CacheFigures(
        List.copyOf(rows),
        names(rows, CacheSnapshot::getCounters, names),
        names(rows, CacheSnapshot::getGauges, names));
  }

  private static List<String> names(
      List<CacheSnapshot> rows, Function<CacheSnapshot, Map<String, ?>> figures) {
    Set<String> names = new HashSet<>(); // sorted once, and not for each cache
    rows.forEach(row -> names.addAll(figures.apply(row).keySet()));
    return names.stream().sorted().toList();
  }

  /** Mostly found in the first row, so that the others need not be looked at. */
  private static List<String> names(
      List<CacheSnapshot> rows,
      Function<CacheSnapshot, Map<String, ?>> figures,
      Set<String> wanted) {
    return wanted.stream()
        .filter(name -> rows.stream().anyMatch(row -> figures.apply(row).containsKey(name)))
        .sorted()
        .toList();
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
