package io.yokedcache.jcache.internal.management;

import java.util.concurrent.atomic.LongAdder;

/**
 * The counts and times of one cache in this JVM. They only grow; {@code clear} of the MBean moves a
 * baseline instead, so that what is derived from them elsewhere stays monotonic.
 */
public final class CacheStatistics implements StatisticsRecorder {

  private final LongAdder hits = new LongAdder();
  private final LongAdder misses = new LongAdder();
  private final LongAdder puts = new LongAdder();
  private final LongAdder removals = new LongAdder();
  private final LongAdder getNanos = new LongAdder();
  private final LongAdder putNanos = new LongAdder();
  private final LongAdder removeNanos = new LongAdder();

  @Override
  public long start() {
    return System.nanoTime();
  }

  @Override
  public void record(int hitCount, int missCount, int putCount, int removalCount, long startNanos) {
    long nanos = System.nanoTime() - startNanos;
    add(hits, hitCount);
    add(misses, missCount);
    add(puts, putCount);
    add(removals, removalCount);
    add(getNanos, hitCount + missCount > 0 ? nanos : 0);
    add(putNanos, putCount > 0 ? nanos : 0);
    add(removeNanos, removalCount > 0 ? nanos : 0);
  }

  private static void add(LongAdder counter, long amount) {
    if (amount != 0) {
      counter.add(amount);
    }
  }

  /** The counts so far. */
  Sums sums() {
    return new Sums(
        hits.sum(),
        misses.sum(),
        puts.sum(),
        removals.sum(),
        getNanos.sum(),
        putNanos.sum(),
        removeNanos.sum());
  }

  /** All counts at one moment, as nearly as they can be read while they grow. */
  record Sums(
      long hits,
      long misses,
      long puts,
      long removals,
      long getNanos,
      long putNanos,
      long removeNanos) {

    static final Sums ZERO = new Sums(0, 0, 0, 0, 0, 0, 0);

    Sums since(Sums base) {
      return new Sums(
          hits - base.hits,
          misses - base.misses,
          puts - base.puts,
          removals - base.removals,
          getNanos - base.getNanos,
          putNanos - base.putNanos,
          removeNanos - base.removeNanos);
    }
  }
}
