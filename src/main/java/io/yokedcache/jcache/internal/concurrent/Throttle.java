package io.yokedcache.jcache.internal.concurrent;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Lets something be done at most once in an interval, such as a warning. Safe for use by several
 * threads: one of those that ask at the same time passes.
 */
public final class Throttle {

  private final long intervalNanos;

  /** When the next one may pass. */
  private final AtomicLong nextNanos = new AtomicLong(System.nanoTime());

  public Throttle(Duration interval) {
    this.intervalNanos = interval.toNanos();
  }

  /** Returns whether the caller may do it now; the first one may. */
  public boolean passes() {
    long now = System.nanoTime();
    long next = nextNanos.get();
    return next - now <= 0 && nextNanos.compareAndSet(next, now + intervalNanos);
  }
}
