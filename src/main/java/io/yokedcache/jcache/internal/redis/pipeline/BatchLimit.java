package io.yokedcache.jcache.internal.redis.pipeline;

/**
 * How many batches of calls a lane may have on their way at once. The longer the way, the more:
 * with a server nearby it is one, and the calls that come meanwhile travel together in the next,
 * which saves both sides most of their system calls; with one far away a call that waited for the
 * batch before it would take twice as long.
 *
 * <p>The way is as long as the fastest of the last round trips: the others also waited for
 * processors. One thread at a time may call {@link #answered}, and any number {@link #admits}.
 */
final class BatchLimit {

  /** After how many round trips the limit is set anew. */
  private static final int WINDOW = 256;

  /**
   * How far apart batches leave if there is always something to send; about what both sides spend
   * on one.
   */
  private static final long NANOS_BETWEEN = 50_000;

  /** As long as nothing is known, everything is sent at once. */
  private volatile long limit = Long.MAX_VALUE;

  private long fastestNanos = Long.MAX_VALUE;
  private int seen;

  /**
   * Notes a round trip.
   *
   * @param nanos from the writing of its batch until something came back
   */
  void answered(long nanos) {
    fastestNanos = Math.min(fastestNanos, nanos);
    seen++;
    if (seen == WINDOW) {
      limit = 1 + fastestNanos / NANOS_BETWEEN;
      fastestNanos = Long.MAX_VALUE;
      seen = 0;
    }
  }

  /** Whether another batch may leave while so many are on their way. */
  boolean admits(long batchesUnderWay) {
    return batchesUnderWay < limit;
  }
}
