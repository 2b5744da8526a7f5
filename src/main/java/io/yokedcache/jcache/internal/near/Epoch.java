package io.yokedcache.jcache.internal.near;

import java.io.Serial;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The time during which a generation of a bucket is current and its changes come from one source.
 * Its near entries are used while the key of the generation has not changed again, and the source
 * is fresh. Safe for use by several threads.
 *
 * <p>The number that it extends, so that a hit follows one reference less, counts the changes of
 * the key after which the generation was found to be current.
 */
final class Epoch extends AtomicLong {

  @Serial private static final long serialVersionUID = 1L;

  private static final long OVER = -1;

  private final String token;
  private final int number;
  private final transient Tracking tracking;

  /** The number of changes of the generation's key. */
  private final AtomicLong generationChanges;

  /**
   * Begins an epoch.
   *
   * @param token the token of the generation
   * @param number greater than that of earlier epochs of the bucket
   * @param generationChanges the number of changes of the generation's key, which grows
   * @param confirmedChanges after how many of them the generation was current
   */
  Epoch(
      String token,
      int number,
      Tracking tracking,
      AtomicLong generationChanges,
      long confirmedChanges) {
    super(confirmedChanges);
    this.token = token;
    this.number = number;
    this.tracking = tracking;
    this.generationChanges = generationChanges;
  }

  boolean isOf(String generationToken) {
    return token.equals(generationToken);
  }

  int number() {
    return number;
  }

  Tracking tracking() {
    return tracking;
  }

  /** Notes that the generation was current after so many changes. */
  void confirm(long changes) {
    if (get() < changes) {
      accumulateAndGet(changes, (now, seen) -> now == OVER ? OVER : Math.max(now, seen));
    }
  }

  /** Whether near entries of the epoch may be used at a time. */
  boolean isUsable(long nowNanos) {
    return get() == generationChanges.get() && tracking.isFresh(nowNanos);
  }

  /** Whether near entries of the epoch may be used although changes may have been missed. */
  boolean mayServeStale(long readNanos, long maxAgeNanos) {
    return get() == generationChanges.get() && tracking.mayServeStale(readNanos, maxAgeNanos);
  }

  void end() {
    set(OVER);
  }

  boolean isOver() {
    return get() == OVER;
  }
}
