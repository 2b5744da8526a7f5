package io.yokedcache.metrics.source;

import java.util.List;

/**
 * What one reading of a {@link CacheSource} found.
 *
 * @param caches one element per manager and cache whose statistics are on, without duplicates
 * @param connections one element per manager that tells of its connection
 * @param configurations one element per manager and cache that tells how it is configured; empty
 *     unless asked for
 */
public record CacheReadings(
    List<CacheReading> caches,
    List<ConnectionReading> connections,
    List<ConfigurationReading> configurations) {

  /** Nothing at all. */
  public static final CacheReadings EMPTY = new CacheReadings(List.of(), List.of());

  /**
   * Copies the lists.
   *
   * @param caches one element per manager and cache whose statistics are on, without duplicates
   * @param connections one element per manager that tells of its connection
   * @param configurations one element per manager and cache that tells how it is configured
   */
  public CacheReadings {
    caches = List.copyOf(caches);
    connections = List.copyOf(connections);
    configurations = List.copyOf(configurations);
  }

  /**
   * What was found without asking for configurations.
   *
   * @param caches one element per manager and cache, without duplicates
   * @param connections one element per manager that tells of its connection
   */
  public CacheReadings(List<CacheReading> caches, List<ConnectionReading> connections) {
    this(caches, connections, List.of());
  }
}
