package io.yokedcache.metrics.statsd;

import java.time.Duration;

/** The moment after which a closing collector waits for nothing; not set while it is open. */
final class Deadline {

  private volatile long atNanos;
  private volatile boolean isSet;

  /** Sets the deadline once: a second call changes nothing and returns false. */
  synchronized boolean set(Duration fromNow) {
    if (isSet) {
      return false;
    }
    atNanos = System.nanoTime() + fromNow.toNanos();
    isSet = true;
    return true;
  }

  boolean isSet() {
    return isSet;
  }

  boolean isOver() {
    return isSet && remainingNanos() <= 0;
  }

  /** Returns how long is left, {@code Long.MAX_VALUE} if the deadline is not set. */
  long remainingNanos() {
    return isSet ? atNanos - System.nanoTime() : Long.MAX_VALUE;
  }
}
