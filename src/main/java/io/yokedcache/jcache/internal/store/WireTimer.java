package io.yokedcache.jcache.internal.store;

/**
 * Takes the time of each round trip that a cache makes to Redis, in two phases that follow each
 * other. A round trip that fails is not timed. Never fails, never blocks; safe for use by several
 * threads.
 */
public interface WireTimer {

  /**
   * There is a connection, and the commands are about to be written.
   *
   * @param sinceNanos when the wait for it began, by {@link System#nanoTime}
   * @return the time now, by the same clock; any number if nobody wants to know
   */
  long queued(long sinceNanos);

  /**
   * The last reply has been read.
   *
   * @param sinceNanos what {@link #queued} returned
   */
  void answered(long sinceNanos);

  /** The timer that does nothing and reads no clock. */
  static WireTimer none() {
    return NoWireTimer.INSTANCE;
  }

  /** Does nothing. */
  enum NoWireTimer implements WireTimer {
    INSTANCE;

    @Override
    public long queued(long sinceNanos) {
      return 0;
    }

    @Override
    public void answered(long sinceNanos) {}
  }
}
