package io.yokedcache.jcache.internal.concurrent;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits that end at their bound and not at an interrupt: a thread whose interrupt flag is set must
 * not lose an event, or continue without its lock. The flag is set again when the wait is over, so
 * that the application sees it.
 */
public final class BoundedWait {

  private BoundedWait() {}

  /** A wait that an interrupt would end. */
  @FunctionalInterface
  public interface Interruptible<X extends Exception> {

    /**
     * Waits once.
     *
     * @param nanos the longest that it may take; may be 0 or less
     * @return whether the wait was successful
     */
    boolean await(long nanos) throws InterruptedException, X;
  }

  /**
   * Waits in spite of interrupts.
   *
   * @param nanos the longest that it takes, however often the thread is interrupted
   * @return whether the wait was successful
   */
  public static <X extends Exception> boolean await(long nanos, Interruptible<X> wait) throws X {
    long deadlineNanos = System.nanoTime() + nanos;
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          return wait.await(deadlineNanos - System.nanoTime());
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Waits for that time; a thread whose flag is set does not try again and again at once. */
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

  /** Waits for a latch. */
  public static boolean await(CountDownLatch latch, long millis) {
    return await(
        TimeUnit.MILLISECONDS.toNanos(millis), nanos -> latch.await(nanos, TimeUnit.NANOSECONDS));
  }

  /** Waits for the end of a thread. */
  public static boolean join(Thread thread, long millis) {
    return await(
        TimeUnit.MILLISECONDS.toNanos(millis),
        nanos -> {
          // A join of 0 would wait without a bound.
          thread.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(nanos)));
          return !thread.isAlive();
        });
  }
}
