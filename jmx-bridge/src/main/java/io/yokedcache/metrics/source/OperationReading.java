package io.yokedcache.metrics.source;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The timer of one operation of a cache, since the cache was made.
 *
 * @param operation the operation: {@code get}, {@code put}, {@code invoke}; or a phase of the wire:
 *     {@code queue}, {@code network}, {@code codec}
 * @param count how often it ran
 * @param sumNanos how long it took in all, in nanoseconds
 * @param maxNanos how long it took at most, in nanoseconds
 * @param cells the distribution of its durations; absent if the provider's is not understood
 * @param errors how often it failed, by type of error
 */
public record OperationReading(
    String operation,
    long count,
    long sumNanos,
    long maxNanos,
    @Nullable LatencyCells cells,
    Map<String, Long> errors) {

  /**
   * Copies the map.
   *
   * @param operation the operation: {@code get}, {@code put}, {@code invoke}; or a phase of the
   *     wire: {@code queue}, {@code network}, {@code codec}
   * @param count how often it ran
   * @param sumNanos how long it took in all, in nanoseconds
   * @param maxNanos how long it took at most, in nanoseconds
   * @param cells the distribution of its durations; absent if the provider's is not understood
   * @param errors how often it failed, by type of error
   */
  public OperationReading {
    errors = Map.copyOf(errors);
  }
}
