package io.yokedcache.metrics.source;

import java.util.Map;
import java.util.Set;
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

  private static final Set<String> PHASES = Set.of("queue", "network", "codec");
  private static final Set<String> NESTED = Set.of("load", "write");

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

  /** Returns whether this is a phase of operations, of the wire, and no operation. */
  public boolean isPhase() {
    return PHASES.contains(operation);
  }

  /**
   * Returns whether this is a call of the application's loader or writer. It runs within another
   * operation, which fails with it and counts the same failure again.
   */
  public boolean isNested() {
    return NESTED.contains(operation);
  }
}
