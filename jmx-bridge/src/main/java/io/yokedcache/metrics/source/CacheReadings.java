package io.yokedcache.metrics.source;

import java.util.List;

/**
 * What one reading of a {@link CacheSource} found.
 *
 * @param caches one element per manager and cache whose statistics are on, without duplicates
 * @param connections one element per manager that tells of its connection
 * @param configurations one element per manager and cache that tells how it is configured; empty
 *     unless asked for
 * @param refused how many values were left out because no figure can have them, or because they
 *     could not be read
 */
public record CacheReadings(
    List<CacheReading> caches,
    List<ConnectionReading> connections,
    List<ConfigurationReading> configurations,
    long refused) {

  /** Nothing at all. */
  public static final CacheReadings EMPTY = new CacheReadings(List.of(), List.of());

  /** Copies the lists. */
  public CacheReadings {
    caches = List.copyOf(caches);
    connections = List.copyOf(connections);
    configurations = List.copyOf(configurations);
  }

  /** A reading of which no value was refused, without configurations. */
  public CacheReadings(List<CacheReading> caches, List<ConnectionReading> connections) {
    this(caches, connections, List.of(), 0);
  }
}
