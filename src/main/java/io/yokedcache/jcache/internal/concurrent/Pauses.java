package io.yokedcache.jcache.internal.concurrent;

import java.util.concurrent.locks.LockSupport;

/** Short waits that nothing shortens. */
public final class Pauses {

  private Pauses() {}

  /** Waits, also if the thread is interrupted; the flag is kept. */
  public static void pause(long nanos) {
    if (nanos <= 0) {
      return;
    }
    long endNanos = System.nanoTime() + nanos;
    boolean interrupted = false;
    for (long left = nanos; left > 0; left = endNanos - System.nanoTime()) {
      LockSupport.parkNanos(left);
      interrupted |= Thread.interrupted(); // else the next park would return at once
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
