package io.yokedcache.metrics.source;

import java.util.List;

/**
 * What one reading of a {@link CacheSource} found.
 *
 * @param caches one element per manager and cache whose statistics are on, without duplicates
 * @param connections one element per manager that reports its connection
 * @param configurations one element per manager and cache that reports its configuration; empty
 *     unless requested
 * @param refused the number of values left out because they are invalid or could not be read
 */
public record CacheReadings(
    List<CacheReading> caches,
    List<ConnectionReading> connections,
    List<ConfigurationReading> configurations,
    long refused) {

  /** Nothing at all. */
  public static final CacheReadings EMPTY = new CacheReadings(List.of(), List.of());

  public CacheReadings {
    caches = List.copyOf(caches);
    connections = List.copyOf(connections);
    configurations = List.copyOf(configurations);
  }

  public CacheReadings(List<CacheReading> caches, List<ConnectionReading> connections) {
    this(caches, connections, List.of(), 0);
  }
}
