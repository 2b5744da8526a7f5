package io.yokedcache.jcache.testing;

import org.jetbrains.lincheck.Lincheck;

/**
 * Runs a scenario of a few threads in many different interleavings and fails with the trace of the
 * first one that throws or never ends. A scenario makes everything that it uses, starts its threads
 * and joins them. It uses no AssertJ, whose objects refuse {@code equals}, which the model checker
 * calls on every receiver.
 */
public final class Interleavings {

  private static final int COUNT = Integer.getInteger("interleavings", 2_000);

  private Interleavings() {}

  /** Tries a scenario in {@code -Dinterleavings=2000} different ways. */
  public static void of(Runnable scenario) {
    Lincheck.runConcurrentTest(COUNT, scenario);
  }

  /** Tries a scenario of many steps, each of which costs time, in an eightieth as many ways. */
  public static void some(Runnable scenario) {
    Lincheck.runConcurrentTest(COUNT / 80, scenario);
  }

  /** Starts a thread; to be called by a scenario. */
  public static Thread start(Runnable task) {
    Thread thread = new Thread(task);
    thread.start();
    return thread;
  }

  /** Waits for threads; a deadlock is found by the model checker. */
  public static void join(Thread... threads) {
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
  }

  /** Fails the scenario unless a claim holds. */
  public static void check(boolean holds, String claim) {
    if (!holds) {
      throw new AssertionError("not true: " + claim);
    }
  }
}
