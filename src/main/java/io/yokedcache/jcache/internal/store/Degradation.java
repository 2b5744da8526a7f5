package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import java.util.concurrent.atomic.LongAdder;

/**
 * Decides whether an operation of a cache fails if Redis is away, and counts the operations that do
 * not. A cache that degrades has no entries for the application then, and skips changes. Safe for
 * use by several threads.
 */
public final class Degradation {

  /** Counts nothing, so all caches that do not degrade share it. */
  private static final Degradation NONE = new Degradation(false);

  private final boolean degrades;
  private final LongAdder reads = new LongAdder();
  private final LongAdder writes = new LongAdder();

  private Degradation(boolean degrades) {
    this.degrades = degrades;
  }

  static Degradation of(boolean degrades) {
    return degrades ? new Degradation(true) : NONE;
  }

  /** Whether reads for {@link Use#ANSWER} miss while Redis is away. */
  public boolean degrades() {
    return degrades;
  }

  /**
   * Counts a read for {@link Use#ANSWER} as a miss.
   *
   * @throws RedisUnavailableException the failure, unless the cache degrades
   */
  public void missOrThrow(RedisUnavailableException failure) {
    missOrThrow(Use.ANSWER, failure);
  }

  /**
   * Counts a read as a miss.
   *
   * @throws RedisUnavailableException the failure, if the read is for {@link Use#DECISION} or the
   *     cache does not degrade
   */
  void missOrThrow(Use use, RedisUnavailableException failure) {
    if (!degrades || use == Use.DECISION) {
      throw failure;
    }
    reads.increment();
  }

  /**
   * Counts a change as skipped.
   *
   * @throws RedisUnavailableException the failure, unless the cache degrades
   */
  public void skipOrThrow(RedisUnavailableException failure) {
    if (!degrades) {
      throw failure;
    }
    writes.increment();
  }

  /** The number of reads that missed because Redis was away. */
  long reads() {
    return reads.sum();
  }

  /** The number of changes that were skipped because Redis was away. */
  long writes() {
    return writes.sum();
  }
}
