package io.yokedcache.jcache.internal.management;

/** Where operations are counted. Never fails, never blocks; safe for use by several threads. */
public interface StatisticsRecorder {

  /** The time now, or 0 if nobody wants to know. */
  long start();

  /**
   * Counts an operation.
   *
   * @param hits entries looked up and found
   * @param misses entries looked up and not found
   * @param puts entries that got a value
   * @param removals entries removed
   * @param startNanos what {@link #start} returned before the operation
   */
  void record(int hits, int misses, int puts, int removals, long startNanos);

  /** The recorder that does nothing and reads no clock. */
  static StatisticsRecorder disabled() {
    return DisabledRecorder.INSTANCE;
  }

  /** Does nothing. */
  enum DisabledRecorder implements StatisticsRecorder {
    INSTANCE;

    @Override
    public long start() {
      return 0;
    }

    @Override
    public void record(int hits, int misses, int puts, int removals, long startNanos) {}
  }
}
