package io.yokedcache.jcache.internal.metrics;

/**
 * Takes the time of each round trip that a cache makes to Redis, in two phases that follow each
 * other. A round trip that fails is not timed. Never fails, never blocks; safe for use by several
 * threads.
 */
public interface RoundTripTimer {

  /**
   * The last reply has been read. All times are those of {@link System#nanoTime}.
   *
   * @param startNanos when the wait for a connection began
   * @param writeNanos when there was one, and the commands were about to be written
   * @param replyNanos when the reply came
   */
  void answered(long startNanos, long writeNanos, long replyNanos);

  /** The time for who reads it for this timer only. */
  default long now() {
    return System.nanoTime();
  }

  /** The timer that does nothing and reads no clock. */
  static RoundTripTimer none() {
    return NoWireTimer.INSTANCE;
  }

  /** Does nothing. */
  enum NoWireTimer implements RoundTripTimer {
    INSTANCE;

    @Override
    public long now() {
      return 0;
    }

    @Override
    public void answered(long startNanos, long writeNanos, long replyNanos) {}
  }
}
