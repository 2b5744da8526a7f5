package io.yokedcache.jcache.internal.metrics;

import io.yokedcache.jcache.spi.OperationObserver;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Counts operations. Never fails, never blocks; safe for use by several threads. */
public interface StatisticsRecorder {

  /** The time now, or 0 if statistics are off. */
  long start();

  /**
   * Counts and times an operation that has done its work.
   *
   * @param hits entries looked up and found
   * @param misses entries looked up and not found
   * @param puts entries that got a value
   * @param removals entries removed
   * @param startNanos what {@link #start} of this recorder returned before the operation
   */
  void record(Operation operation, int hits, int misses, int puts, int removals, long startNanos);

  /**
   * Counts a part of an operation for JSR-107's statistics only; the whole operation is recorded
   * when it ends.
   *
   * @param hits entries looked up and found
   * @param misses entries looked up and not found
   * @param puts entries that got a value
   * @param removals entries removed
   * @param startNanos what {@link #start} of this recorder returned before the part
   */
  void count(int hits, int misses, int puts, int removals, long startNanos);

  /** Counts and times an operation without entries. */
  default void record(Operation operation, long startNanos) {
    record(operation, 0, 0, 0, 0, startNanos);
  }

  /** Counts and times an operation that looked up one entry. */
  default void recordLookup(Operation operation, boolean found, long startNanos) {
    record(operation, found ? 1 : 0, found ? 0 : 1, 0, 0, startNanos);
  }

  /** Takes the counts of an operation that began then, and records it. */
  default Counts recording(Operation operation, long startNanos) {
    return (hits, misses, puts, removals) ->
        record(operation, hits, misses, puts, removals, startNanos);
  }

  /** Takes the counts of a part of an operation that began then, as {@link #count} does. */
  default Counts counting(long startNanos) {
    return (hits, misses, puts, removals) -> count(hits, misses, puts, removals, startNanos);
  }

  /** Counts an operation that failed, also one that had done its work before. */
  void failed(Operation operation, ErrorType error);

  /**
   * Calls code of the application, and records the call as an operation without entries.
   *
   * @param error the type of error if the call throws
   * @return the result of the call
   */
  default <T extends @Nullable Object> T timed(
      Operation operation, ErrorType error, Supplier<T> call) {
    long start = start();
    try {
      T result = call.get();
      record(operation, start);
      return result;
    } catch (Throwable e) { // also a checked one, thrown undeclared
      failed(operation, error);
      throw e;
    }
  }

  /** Returns a recorder that counts in another one and calls observers, if there are any. */
  static StatisticsRecorder observed(StatisticsRecorder counts, List<OperationObserver> observers) {
    return observers.isEmpty() ? counts : new ObservedRecorder(counts, observers);
  }

  /** Returns the recorder that does nothing and reads no clock. */
  static StatisticsRecorder disabled() {
    return DisabledRecorder.INSTANCE;
  }

  /** Takes the counts of an operation. */
  @FunctionalInterface
  interface Counts {

    /** Takes the counts; see {@link StatisticsRecorder#record}. */
    void add(int hits, int misses, int puts, int removals);
  }

  /** Does nothing. */
  enum DisabledRecorder implements StatisticsRecorder {
    INSTANCE;

    @Override
    public long start() {
      return 0;
    }

    @Override
    public void record(
        Operation operation, int hits, int misses, int puts, int removals, long startNanos) {}

    @Override
    public void count(int hits, int misses, int puts, int removals, long startNanos) {}

    @Override
    public void failed(Operation operation, ErrorType error) {}
  }
}
