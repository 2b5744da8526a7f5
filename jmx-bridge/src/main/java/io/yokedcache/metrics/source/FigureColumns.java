package io.yokedcache.metrics.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.CompositeData;

/**
 * The counters and gauges of many caches in columns, as the snapshot has them: five arrays instead
 * of some objects for each figure.
 */
final class FigureColumns {

  /** The provider's mark for a counter that it does not measure. */
  private static final long NOT_MEASURED = Long.MIN_VALUE;

  private final String[] caches;
  private final String[] counterNames;
  private final long[] counters;
  private final String[] gaugeNames;
  private final double[] gauges;

  /** Takes columns that are missing, or whose length does not fit, for empty. */
  FigureColumns(CompositeData data) {
    this.caches = strings(data, "caches");
    this.counters =
        OpenData.value(data, "counters") instanceof long[] numbers ? numbers : new long[0];
    this.counterNames = namesOf(counters.length, strings(data, "counterNames"));
    this.gauges =
        OpenData.value(data, "gauges") instanceof double[] numbers ? numbers : new double[0];
    this.gaugeNames = namesOf(gauges.length, strings(data, "gaugeNames"));
  }

  private String[] namesOf(int figures, String[] names) {
    return figures == caches.length * names.length ? names : new String[0];
  }

  private static String[] strings(CompositeData data, String key) {
    return OpenData.value(data, key) instanceof String[] strings ? strings : new String[0];
  }

  List<CacheReading> caches(String manager) {
    List<CacheReading> readings = new ArrayList<>(caches.length);
    for (int row = 0; row < caches.length; row++) {
      readings.add(
          new CacheReading(manager, caches[row], null, List.of(), countersOf(row), gaugesOf(row)));
    }
    return readings;
  }

  private Map<String, Long> countersOf(int row) {
    List<Map.Entry<String, Long>> ofRow = new ArrayList<>(counterNames.length);
    for (int column = 0; column < counterNames.length; column++) {
      long value = counters[row * counterNames.length + column];
      if (value != NOT_MEASURED) {
        ofRow.add(Map.entry(counterNames[column], value));
      }
    }
    return immutable(ofRow);
  }

  private Map<String, Double> gaugesOf(int row) {
    List<Map.Entry<String, Double>> ofRow = new ArrayList<>(gaugeNames.length);
    for (int column = 0; column < gaugeNames.length; column++) {
      double value = gauges[row * gaugeNames.length + column];
      if (!Double.isNaN(value)) {
        ofRow.add(Map.entry(gaugeNames[column], value));
      }
    }
    return immutable(ofRow);
  }

  /** Made once, and not copied again by who keeps it. */
  @SuppressWarnings({"unchecked", "rawtypes"}) // arrays know no type arguments
  private static <V> Map<String, V> immutable(List<Map.Entry<String, V>> entries) {
    return Map.ofEntries(entries.toArray(new Map.Entry[0]));
  }
}
