package io.yokedcache.jcache.testing;

import org.jetbrains.lincheck.Lincheck;
import org.jetbrains.lincheck.LincheckAssertionError;

/**
 * Runs a scenario of a few threads in many different interleavings and fails with the trace of the
 * first one that throws or never ends. A scenario makes everything that it uses, starts its threads
 * and joins them. It uses no AssertJ, whose objects refuse {@code equals}, which the model checker
 * calls on every receiver.
 */
public final class Interleavings {

  private static final int COUNT = Integer.getInteger("interleavings", 2_000);
  private static final int MAX_HUNG = 4;

  private Interleavings() {}

  /** Tries a scenario in {@code -Dinterleavings=2000} different ways. */
  public static void of(Runnable scenario) {
    run(COUNT, scenario);
  }

  /** Tries a scenario of many steps, each of which costs time, in an eightieth as many ways. */
  public static void some(Runnable scenario) {
    run(COUNT / 80, scenario);
  }

  /**
   * Runs a scenario, and again if an interleaving did not end. Lincheck gives each 30 s, for which
   * it has no setting, and the first one also rewrites the classes, which takes longer on a busy
   * machine. Their order is always the same, so one that never ends is found again.
   */
  private static void run(int count, Runnable scenario) {
    for (int hung = 0; ; hung++) {
      try {
        Lincheck.runConcurrentTest(count, scenario);
        return;
      } catch (LincheckAssertionError e) {
        if (hung == MAX_HUNG || !String.valueOf(e.getMessage()).contains("has hung")) {
          throw e;
        }
      }
    }
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
