package io.yokedcache.jcache.internal.metrics;

import org.jspecify.annotations.Nullable;

/**
 * Times the phases of one cache's operations while its statistics are on: each round trip's wait
 * for a connection and for its replies, and the codecs. No clock is read while statistics are off.
 * Safe for use by several threads.
 */
public final class PhaseMeter {

  /**
   * The time of the codecs in the current operation of a thread, in nanoseconds, as the only
   * element. An array, since a class of this provider in a thread of the application would prevent
   * the unloading of its class loader.
   */
  private final ThreadLocal<long[]> spent;

  /** The recording, or {@code null} while statistics are off. */
  private volatile @Nullable Recording recording;

  /**
   * Creates the meter of a cache; it records nothing yet.
   *
   * @param spent made by {@link #codecTimes}, and shared by the caches of a manager
   */
  public PhaseMeter(ThreadLocal<long[]> spent) {
    this.spent = spent;
  }

  /** Creates the thread-local that the meters of a manager's caches share. */
  public static ThreadLocal<long[]> codecTimes() {
    return ThreadLocal.withInitial(() -> new long[1]);
  }

  /** Sets the statistics to record to, or {@code null} for none. */
  public void recordTo(@Nullable CacheStatistics statistics) {
    recording = statistics == null ? null : new Recording(statistics);
  }

  /** Returns the timer of the round trips that begin now. */
  public RoundTripTimer wire() {
    Recording current = recording;
    return current == null ? RoundTripTimer.none() : current;
  }

  /** The time now, or 0 while statistics are off. */
  public long start() {
    return recording == null ? 0 : System.nanoTime();
  }

  /**
   * Adds the time since {@link #start} to the time of the codecs in the operation of this thread.
   *
   * @param startNanos result of {@link #start}
   */
  public void spent(long startNanos) {
    if (startNanos != 0) {
      spent.get()[0] += System.nanoTime() - startNanos;
    }
  }

  /**
   * Begins an operation, perhaps within another one of this thread: a loader may use a cache.
   *
   * @return the argument of {@link #end}
   */
  public long begin() {
    if (recording == null) {
      return 0;
    }
    long[] here = spent.get();
    long outer = here[0];
    here[0] = 0;
    return outer;
  }

  /**
   * Ends an operation.
   *
   * @param outer the result of {@link #begin}
   * @param done whether it has done its work; the phases of a failed operation are not recorded
   */
  public void end(long outer, boolean done) {
    Recording current = recording;
    if (current == null) {
      return;
    }
    long[] here = spent.get();
    if (done && here[0] > 0) {
      current.statistics.time(Operation.CODEC, here[0]);
    }
    here[0] = outer;
  }

  private record Recording(CacheStatistics statistics) implements RoundTripTimer {

    @Override
    public void answered(long startNanos, long writeNanos, long replyNanos) {
      statistics.time(Operation.QUEUE, writeNanos - startNanos);
      statistics.time(Operation.NETWORK, replyNanos - writeNanos);
    }
  }
}
