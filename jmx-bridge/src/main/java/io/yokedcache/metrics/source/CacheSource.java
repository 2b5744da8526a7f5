package io.yokedcache.metrics.source;

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

  /**
   * Reads counters and gauges only, which costs a small part of {@link #read()} where there are
   * many timers. This method reads everything unless it is overridden.
   *
   * @return the figures of this moment; {@link CacheReading#operations()} may be empty
   * @throws IOException if the source cannot be reached
   */
  default CacheReadings readFigures() throws IOException {
    return read();
  }

  /**
   * Reads what is wanted, and perhaps more. This method reads operations or figures, without
   * configurations, unless it is overridden.
   *
   * @param wanted what is of interest
   * @return the figures of this moment
   * @throws IOException if the source cannot be reached
   */
  default CacheReadings read(Selection wanted) throws IOException {
    return wanted.operations() ? read() : readFigures();
  }
}
