package io.yokedcache.jcache.internal.near;

/**
 * How far the changes of a cache have been heard. Written by the thread of the {@link
 * InvalidationListener}, read by any.
 */
public final class TrackingFreshness {

  private volatile long goodUntilNanos;
  private volatile boolean isTracked;

  /** Whether every change that is older than the tracker's bound has been heard, at that time. */
  public boolean isGood(long nowNanos) {
    return isTracked && goodUntilNanos - nowNanos > 0;
  }

  /** All changes before some moment have been heard, which is good enough until this one. */
  void goodUntil(long nanos) {
    goodUntilNanos = nanos;
    isTracked = true;
  }

  /** From now on changes are missed. */
  void lose() {
    isTracked = false;
  }
}
