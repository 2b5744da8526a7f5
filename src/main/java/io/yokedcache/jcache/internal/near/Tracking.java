package io.yokedcache.jcache.internal.near;

/**
 * The time during which the invalidations of one server are known to have arrived. Each connection
 * that tracks changes has one, shared by the near entries of all keys whose changes it tells of.
 * Written by the thread of the connection; safe for readers of all threads.
 *
 * <p>A near entry is looked up first and names its tracking. So a reader asks whether it was fresh
 * at a time before it looked: after a gap, an invalidation may have come between the two.
 */
final class Tracking {

  /** The tracking of keys whose changes nobody tells of. */
  static final Tracking NONE = new Tracking();

  private static final long AGES_NANOS = Long.MAX_VALUE / 2;

  /** When near entries could be used again after a gap; written before the end below. */
  private volatile long sinceNanos;

  private volatile long untilNanos = System.nanoTime() - AGES_NANOS;

  /** A time before which no invalidation was missed. */
  private volatile long confirmedNanos = System.nanoTime() - AGES_NANOS;

  /** The last time at which a read may begin that gets a stale near entry. */
  private volatile long awayUntilNanos = System.nanoTime() - AGES_NANOS;

  /**
   * Whether near entries may be used that were looked up at a time or later: no older change had an
   * invalidation under way.
   */
  boolean isFresh(long nanos) {
    return untilNanos - nanos > 0 && nanos - sinceNanos >= 0;
  }

  /** Notes that all invalidations of changes before a time have arrived. */
  void confirmed(long nanos) {
    confirmedNanos = nanos;
  }

  /** Lets near entries be used until a time, since older invalidations have arrived. */
  void freshUntil(long nanos) {
    long now = System.nanoTime();
    if (untilNanos - now <= 0) {
      sinceNanos = now;
    }
    untilNanos = nanos;
  }

  /**
   * Lets reads that begin until a time get stale near entries, since the server is away.
   *
   * @see NearCache#stale
   */
  void awayUntil(long nanos) {
    awayUntilNanos = nanos;
  }

  /**
   * Whether a stale near entry may be used.
   *
   * @param readNanos when the read began
   */
  boolean mayServeStale(long readNanos, long maxAgeNanos) {
    return awayUntilNanos - readNanos >= 0 && readNanos - confirmedNanos <= maxAgeNanos;
  }

  /** Stops the use of near entries: from now on invalidations are missed. */
  void lost() {
    untilNanos = System.nanoTime() - AGES_NANOS;
  }
}
