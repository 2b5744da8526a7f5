package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.metrics.TimerReading;
import java.util.Map;

/**
 * One operation of one cache at one moment, with getters as JMX wants them. Immutable.
 *
 * <p>It becomes open data, which readers need no class of ours for.
 */
public final class OperationSnapshot {

  private final String operation;
  private final TimerReading reading;
  private final Map<String, Long> errors;

  OperationSnapshot(String operation, TimerReading reading, Map<String, Long> errors) {
    this.operation = operation;
    this.reading = reading;
    this.errors = Map.copyOf(errors);
  }

  /** The operation by its JSR-107 name. */
  public String getOperation() {
    return operation;
  }

  /** How often it did its work; the sum of the cells. */
  public long getCount() {
    return reading.count();
  }

  /** All durations together. */
  public long getSumNanos() {
    return reading.sumNanos();
  }

  /** The longest duration. */
  public long getMaxNanos() {
    return reading.maxNanos();
  }

  /** How many durations fell into each cell; they only grow. */
  public long[] getCells() {
    return reading.cells();
  }

  /** How often it failed, by type of error. */
  public Map<String, Long> getErrors() {
    return errors;
  }
}
