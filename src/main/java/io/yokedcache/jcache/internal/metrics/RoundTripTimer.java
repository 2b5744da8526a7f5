package io.yokedcache.jcache.internal.metrics;

/**
 * Times each round trip of a cache to Redis, in two phases. A round trip that fails is not timed.
 * Never fails, never blocks; safe for use by several threads.
 */
public interface RoundTripTimer {

  /**
   * Records a round trip after its last reply was read. All times are of {@link System#nanoTime}.
   *
   * @param startNanos begin of the wait for a connection
   * @param writeNanos begin of writing the commands
   * @param replyNanos arrival of the reply
   */
  void answered(long startNanos, long writeNanos, long replyNanos);

  /** The time now; timers that record nothing read no clock. */
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
