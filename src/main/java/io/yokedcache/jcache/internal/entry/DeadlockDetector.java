package io.yokedcache.jcache.internal.entry;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Waits for other threads, and detects deadlocks among these waits at once. Application code of one
 * cache may call any other cache, so one wait graph serves all caches. It holds only threads that
 * are waiting.
 */
public final class DeadlockDetector {

  /** How long a thread waits before it searches for a deadlock again. */
  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** The longest chain of threads that is followed. */
  private static final int MAX_CHAIN = 1_000;

  private static final ConcurrentMap<Thread, Awaited> waiting = new ConcurrentHashMap<>();

  private DeadlockDetector() {}

  /** An object that threads wait for. */
  public interface Awaited {

    /** The thread that ends the wait, or {@code null} if that is not known. */
    @Nullable Thread owner();

    /** Waits for at most this long, and returns whether the wait is over. */
    boolean await(long nanos) throws InterruptedException;
  }

  /** How a wait ended. */
  public enum WaitOutcome {
    OVER,
    TIMEOUT,
    /** The awaited thread waits for this one, directly or indirectly. */
    DEADLOCK
  }

  /**
   * Waits for at most the given time, and not at all in a deadlock. Interrupts do not end the wait;
   * the thread has its flag again afterwards.
   */
  public static WaitOutcome await(Awaited awaited, long maxNanos) {
    Thread thread = Thread.currentThread();
    long startNanos = System.nanoTime();
    boolean interrupted = false;
    // Before the search: of two threads that complete a deadlock at the same time one sees the
    // other.
    waiting.put(thread, awaited);
    try {
      while (true) {
        boolean deadlock = isDeadlock(thread, awaited);
        if (deadlock) {
          // An owner may have continued between two steps of the first search.
          deadlock = isDeadlock(thread, awaited);
        }
        if (deadlock) {
          return WaitOutcome.DEADLOCK;
        }
        long leftNanos = maxNanos - (System.nanoTime() - startNanos);
        if (leftNanos <= 0) {
          return WaitOutcome.TIMEOUT;
        }
        try {
          if (awaited.await(Math.min(leftNanos, LOOK_NANOS))) {
            return WaitOutcome.OVER;
          }
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      waiting.remove(thread);
      if (interrupted) {
        thread.interrupt();
      }
    }
  }

  /** The number of waiting threads. */
  static int size() {
    return waiting.size();
  }

  private static boolean isDeadlock(Thread thread, Awaited first) {
    Awaited next = first;
    for (int i = 0; i < MAX_CHAIN && next != null; i++) {
      Thread owner = next.owner();
      if (owner == thread) {
        return true;
      }
      next = owner == null ? null : waiting.get(owner);
    }
    return false;
  }
}
