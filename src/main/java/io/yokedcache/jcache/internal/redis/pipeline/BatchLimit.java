package io.yokedcache.jcache.internal.redis.pipeline;

/**
 * How many batches of calls a shared connection may have in flight. With a server nearby it is one:
 * the calls that come before the reply travel together in the next batch, which saves both sides
 * most of their system calls. With a server far away a call that waited for the batch before it
 * would take twice as long, so the limit grows with the round-trip time.
 *
 * <p>The round-trip time is the fastest of the last ones: the others also waited for processors.
 * One thread at a time may call {@link #answered}; any number may call {@link #admits}.
 */
final class BatchLimit {

  /** After how many round trips the limit is set anew. */
  private static final int WINDOW = 256;

  /**
   * The time between two batches if there is always something to send: about the processor time
   * that both sides spend on one.
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

  /** Whether another batch may be written while so many are in flight. */
  boolean admits(long batchesUnderWay) {
    return batchesUnderWay < limit;
  }
}
