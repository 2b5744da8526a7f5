package io.yokedcache.jcache.internal.near;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Counts of names, of which those with the same hash share one. Safe for use by several threads.
 */
final class StripedCounts {

  private static final int STRIPES = 1024;

  private final AtomicIntegerArray counts = new AtomicIntegerArray(STRIPES);

  int of(Object name) {
    return counts.get(stripe(name));
  }

  void increment(Object name) {
    counts.incrementAndGet(stripe(name));
  }

  private static int stripe(Object name) {
    int hash = name.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }
}
