package io.yokedcache.jcache.internal.near;

import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import java.util.concurrent.atomic.LongAdder;

/**
 * What the copies of one cache's entries are good for, counted while statistics are on. The counts
 * only grow. Safe for use by several threads.
 */
final class NearCacheCounters {

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder invalidations = new LongAdder();
  private final LongAdder flushes = new LongAdder();
  private final LongAdder droppedFills = new LongAdder();
  private volatile boolean enabled;

  void enable(boolean counts) {
    enabled = counts;
  }

  /** A copy was used. */
  void hit() {
    increment(hits);
  }

  /** There was no copy that might be used. */
  void miss() {
    increment(misses);
  }

  /** Redis told of a change of an entry. */
  void invalidated() {
    increment(invalidations);
  }

  /** All copies were dropped. */
  void flushed() {
    increment(flushes);
  }

  /** What was read left no copy, since it may have been old already. */
  void fillDropped() {
    increment(droppedFills);
  }

  private void increment(LongAdder counter) {
    if (enabled) {
      counter.increment();
    }
  }

  NearCacheStatistics read(long entries) {
    return new NearCacheStatistics(
        hits.sum(), misses.sum(), invalidations.sum(), flushes.sum(), droppedFills.sum(), entries);
  }
}
