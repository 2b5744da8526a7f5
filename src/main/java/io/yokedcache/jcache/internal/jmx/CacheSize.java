package io.yokedcache.jcache.internal.jmx;

import java.util.Map;

/**
 * How large a cache is in Redis, as a count found it for all JVMs. What is unknown is -1.
 *
 * @param keys how many entries
 * @param bytes how much memory they take
 * @param ageSeconds how long ago the count began
 */
public record CacheSize(long keys, long bytes, double ageSeconds) {

  /** The size of a cache before the first count. */
  public static final CacheSize UNKNOWN = new CacheSize(-1, -1, -1);

  /** Adds what is known to the gauges of a snapshot. */
  void addTo(Map<String, Double> gauges) {
    add("keysCount", (double) keys, gauges);
    add("sizeBytes", (double) bytes, gauges);
    add("keyStatisticsAgeSeconds", ageSeconds, gauges);
  }

  private static void add(String name, double value, Map<String, Double> gauges) {
    if (value >= 0) {
      gauges.put(name, value);
    }
  }
}
