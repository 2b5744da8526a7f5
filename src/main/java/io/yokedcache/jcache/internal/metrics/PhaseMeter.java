package io.yokedcache.jcache.internal.metrics;

import org.jspecify.annotations.Nullable;

/**
 * Times the parts of one cache's operations, as long as its statistics are on: each round trip's
 * wait for a connection and way to Redis, and what the codecs take of each operation. While they
 * are off no clock is read. Safe for use by several threads.
 */
public final class PhaseMeter implements CodecTimer {

  /**
   * What the codecs have taken of the operation that a thread is in, in nanoseconds, as the only
   * element. No class of ours, which a thread of the application would keep from being unloaded.
   */
  private final ThreadLocal<long[]> spent;

  /** Where it is recorded, or {@code null} while nobody wants to know. */
  private volatile @Nullable Recording recording;

  /**
   * Creates the meter of a cache; it records nothing yet.
   *
   * @param spent made by {@link #codecTimes}, and shared by the caches of a manager: one for each
   *     thread, not one for each thread and cache
   */
  public PhaseMeter(ThreadLocal<long[]> spent) {
    this.spent = spent;
  }

  /** What the meters of a manager's caches share. */
  public static ThreadLocal<long[]> codecTimes() {
    return ThreadLocal.withInitial(() -> new long[1]);
  }

  /** Times from now on for these statistics, or for none. */
  public void recordTo(@Nullable CacheStatistics statistics) {
    recording = statistics == null ? null : new Recording(statistics);
  }

  /** What times the round trips that begin now. */
  public RoundTripTimer wire() {
    Recording current = recording;
    return current == null ? RoundTripTimer.none() : current;
  }

  @Override
  public long start() {
    return recording == null ? 0 : System.nanoTime();
  }

  @Override
  public void spent(long startNanos) {
    if (startNanos != 0) {
      spent.get()[0] += System.nanoTime() - startNanos;
    }
  }

  /**
   * An operation begins. It may be part of another one in this thread: a loader may use a cache.
   *
   * @return what to give to {@link #end}
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
   * The operation ends.
   *
   * @param outer what {@link #begin} returned
   * @param done whether it has done its work; the parts of one that failed are not recorded
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
