package io.yokedcache.metrics.source;

import java.util.HashMap;
import java.util.Map;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.InvalidKeyException;
import javax.management.openmbean.TabularData;
import org.jspecify.annotations.Nullable;

/** Reads MXBeans' open data without their classes, taking what is missing or odd for absent. */
final class OpenData {

  private OpenData() {}

  static @Nullable Object value(CompositeData data, String key) {
    try {
      return data.get(key); // which looks for the key by itself; asking before doubles the cost
    } catch (InvalidKeyException absent) {
      return null;
    }
  }

  static @Nullable Long number(CompositeData data, String key) {
    return value(data, key) instanceof Number number ? number.longValue() : null;
  }

  static long numberOrZero(CompositeData data, String key) {
    Long number = number(data, key);
    return number == null ? 0 : number;
  }

  static CompositeData[] elements(@Nullable Object value) {
    return value instanceof CompositeData[] elements ? elements : new CompositeData[0];
  }

  /** The entries of a map from names to numbers, which JMX shows as a table of key and value. */
  static Map<String, Number> numbers(@Nullable Object table) {
    Map<String, Number> numbers = new HashMap<>();
    if (table instanceof TabularData rows) {
      for (Object row : rows.values()) {
        if (row instanceof CompositeData entry
            && value(entry, "key") instanceof String key
            && value(entry, "value") instanceof Number number) {
          numbers.put(key, number);
        }
      }
    }
    return numbers;
  }

  static Map<String, Long> longs(@Nullable Object table) {
    if (table instanceof TabularData rows && rows.isEmpty()) {
      return Map.of(); // as nearly all errors of nearly all operations are
    }
    Map<String, Long> longs = new HashMap<>();
    numbers(table).forEach((name, number) -> longs.put(name, number.longValue()));
    return longs;
  }

  static Map<String, Double> doubles(@Nullable Object table) {
    Map<String, Double> doubles = new HashMap<>();
    numbers(table).forEach((name, number) -> doubles.put(name, number.doubleValue()));
    return doubles;
  }
}
