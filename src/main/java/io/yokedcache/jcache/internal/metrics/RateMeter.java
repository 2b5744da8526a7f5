package io.yokedcache.jcache.internal.metrics;

import java.util.concurrent.TimeUnit;

/**
 * Measures the growth of a count between two reads that are at least a second apart. It costs
 * nothing between reads. Safe for use by several threads, which share the reads.
 */
public final class RateMeter {

  private static final long MIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  private long lastCount;
  private long lastNanos;
  private double perSecond;

  public RateMeter(long startNanos) {
    this.lastNanos = startNanos;
  }

  /** Records the count and returns the growth per second. */
  public synchronized double read(long count, long nowNanos) {
    long elapsed = nowNanos - lastNanos;
    if (elapsed >= MIN_NANOS) {
      perSecond = (double) (count - lastCount) * MIN_NANOS / elapsed;
      lastCount = count;
      lastNanos = nowNanos;
    }
    return perSecond;
  }
}
