package io.yokedcache.metrics.bridge;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets the process end in order when it is told to, within some seconds. */
final class Ending {

  private static final long PATIENCE_SECONDS = 15;

  private final CountDownLatch wanted = new CountDownLatch(1);
  private final CountDownLatch finished = new CountDownLatch(1);

  private Ending() {}

  /** Waits for Ctrl-C and its like from now on. */
  static Ending onSignal() {
    Ending ending = new Ending();
    Runtime.getRuntime().addShutdownHook(new Thread(ending::askAndWait, "yokedcache-end"));
    return ending;
  }

  private void askAndWait() {
    wanted.countDown();
    try {
      boolean unused = finished.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns when the process is to end. */
  void await() throws InterruptedException {
    wanted.await();
  }

  /** Lets the process end. */
  void finish() {
    finished.countDown();
  }
}
