package io.yokedcache.jcache.internal.near;

import java.util.concurrent.atomic.LongAdder;

/**
 * The counters of a near cache, which only grow, and only while statistics are on. Safe for use by
 * several threads.
 */
final class NearCounters {

  final LongAdder hits = new LongAdder();
  final LongAdder misses = new LongAdder();

  /** Changes of entries that Redis told of. */
  final LongAdder invalidations = new LongAdder();

  /** Times that near entries were dropped together. */
  final LongAdder flushes = new LongAdder();

  /** Reads that left no near entry, since the value may have been old already. */
  final LongAdder droppedFills = new LongAdder();

  /** Near entries that were used while Redis was away. */
  final LongAdder staleHits = new LongAdder();

  volatile boolean enabled;

  void increment(LongAdder counter) {
    if (enabled) {
      counter.increment();
    }
  }
}
