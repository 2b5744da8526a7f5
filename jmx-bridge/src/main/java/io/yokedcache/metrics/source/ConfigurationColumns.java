package io.yokedcache.metrics.source;

import java.util.ArrayList;
import java.util.List;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;

/** The configurations of many caches in columns, as the snapshot has them. */
final class ConfigurationColumns {

  private final CompositeData data;
  private final String[] caches;

  ConfigurationColumns(CompositeData data) {
    this.data = data;
    this.caches = OpenData.value(data, "caches") instanceof String[] names ? names : new String[0];
  }

  List<ConfigurationReading> configurations(String manager) {
    String[] keyTypes = texts("keyTypes");
    String[] valueTypes = texts("valueTypes");
    String[] codecs = texts("codecs");
    boolean[] storeByValue = flags("storeByValue");
    boolean[] readThrough = flags("readThrough");
    boolean[] writeThrough = flags("writeThrough");
    boolean[] statisticsEnabled = flags("statisticsEnabled");
    List<ConfigurationReading> readings = new ArrayList<>(caches.length);
    for (int row = 0; row < caches.length; row++) {
      readings.add(
          new ConfigurationReading(
              manager,
              caches[row],
              of(keyTypes, row),
              of(valueTypes, row),
              of(codecs, row),
              of(storeByValue, row),
              of(readThrough, row),
              of(writeThrough, row),
              of(statisticsEnabled, row)));
    }
    return readings;
  }

  /** A column; empty if it is missing, or its length does not fit. */
  private String[] texts(String key) {
    return OpenData.value(data, key) instanceof String[] column && column.length == caches.length
        ? column
        : new String[0];
  }

  private boolean[] flags(String key) {
    return OpenData.value(data, key) instanceof boolean[] column && column.length == caches.length
        ? column
        : new boolean[0];
  }

  private static @Nullable String of(String[] column, int row) {
    return column.length == 0 ? null : column[row];
  }

  private static @Nullable Boolean of(boolean[] column, int row) {
    return column.length == 0 ? null : (Boolean) column[row];
  }
}
