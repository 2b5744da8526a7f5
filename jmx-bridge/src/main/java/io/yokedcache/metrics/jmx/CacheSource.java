package io.yokedcache.metrics.jmx;

import java.io.IOException;

/** Where the figures of caches come from; implementations are thread-safe. */
@FunctionalInterface
public interface CacheSource {

  /**
   * Reads all caches once.
   *
   * @return the figures of this moment
   * @throws IOException if the source cannot be reached
   */
  CacheReadings read() throws IOException;
}
