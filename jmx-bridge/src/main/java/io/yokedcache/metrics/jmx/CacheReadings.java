package io.yokedcache.metrics.jmx;

import java.util.List;

/**
 * What one reading of a {@link CacheSource} found.
 *
 * @param caches one element per manager and cache, without duplicates
 * @param connections one element per manager that tells of its connection
 */
public record CacheReadings(List<CacheReading> caches, List<ConnectionReading> connections) {

  /** Nothing at all. */
  public static final CacheReadings EMPTY = new CacheReadings(List.of(), List.of());

  /**
   * Copies the lists.
   *
   * @param caches one element per manager and cache, without duplicates
   * @param connections one element per manager that tells of its connection
   */
  public CacheReadings {
    caches = List.copyOf(caches);
    connections = List.copyOf(connections);
  }
}
