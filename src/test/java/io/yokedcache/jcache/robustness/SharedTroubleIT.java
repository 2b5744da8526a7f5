package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** On connections that threads share, the trouble of one stays its own. */
final class SharedTroubleIT {

  private static final int PAUSES = Integer.getInteger("trouble.pauses", 4);
  private static final int STEP = 16;
  private static final int OVERFLOWS = Integer.getInteger("trouble.overflows", 40);
  private static final int INTERRUPTS = Integer.getInteger("trouble.interrupts", 175);
  private static final int OTHERS = 8;

  /** No stack is that deep. */
  private static final int MAX_DEPTH = 1_000_000;

  /** A call that waits for one that will never be done ends after this time. */
  private static final String TIMEOUT = "connection.command-timeout=10s";

  /** More than a busy machine takes to give the server a processor. */
  private static final Duration SHORT_TIMEOUT = Duration.ofSeconds(4);

  private static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void jvmStoppedForLongerThanTheTimeout_nothingFails() throws Exception {
    List<String> output;
    try (PausedChild.Jvm child = PausedChild.Jvm.start(server.uri())) {
      for (int i = 0; i < PAUSES; i++) {
        child.pause();
        pause(2 * PausedChild.COMMAND_TIMEOUT.toMillis() + 100L * i);
        child.resume();
        pause(100);
      }
      output = child.end();
    }
    assertThat(output.get(output.size() - 1))
        .as(String.join("\n", output))
        .endsWith(" calls, failures: 0");
  }

  /** Waits without sleeping: for a latch that nobody opens. */
  private static void pause(long millis) throws InterruptedException {
    boolean unused = new CountDownLatch(1).await(millis, TimeUnit.MILLISECONDS);
  }

  @Test
  void stackOverflows_failNobodyElse() throws Exception {
    try (CacheManager manager = Managers.open(server.uri(), TIMEOUT)) {
      Cache<String, String> cache = Managers.texts(manager, "overflows");
      try (Load others = Load.start(OTHERS, (thread, step) -> Checked.put(cache))) {
        others.awaitSuccesses(1_000);
        AtomicInteger overflows = new AtomicInteger();
        for (int i = 0; i < OVERFLOWS; i++) {
          boolean isPut = i % 2 == 0;
          long stackBytes = (256L << 10) + 4096L * (i % 8);
          Thread deep =
              new Thread(null, () -> dive(cache, isPut, overflows, MAX_DEPTH), "deep", stackBytes);
          deep.start();
          deep.join();
        }
        others.awaitSuccesses(100);
        others.stop();
        assertThat(overflows.get()).isGreaterThanOrEqualTo(OVERFLOWS);
        assertThat(others.causes()).isEmpty();
      }
      Checked.put(cache);
    }
  }

  /**
   * Calls the cache at the end of the stack, and at each {@value #STEP}th frame on the way back
   * until a call succeeds. A compiled frame is small: calls at each frame would be thousands.
   */
  private static boolean dive(
      Cache<String, String> cache, boolean isPut, AtomicInteger overflows, int depth) {
    try {
      if (depth > 0 && dive(cache, isPut, overflows, depth - 1)) {
        return true;
      }
      if (depth % STEP != 0) {
        return false;
      }
      if (isPut) {
        Checked.put(cache);
      } else {
        Checked.get(cache);
      }
      return true;
    } catch (StackOverflowError e) {
      overflows.incrementAndGet();
      return false;
    }
  }

  @Test
  void interrupts_failNobody() throws Exception {
    try (CacheManager manager = Managers.open(server.uri(), TIMEOUT)) {
      Cache<String, String> cache = Managers.texts(manager, "interrupts");
      Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
      AtomicBoolean stopped = new AtomicBoolean();
      AtomicInteger keptFlags = new AtomicInteger();
      List<Thread> interrupted =
          IntStream.range(0, OTHERS)
              .mapToObj(
                  i ->
                      start(
                          () -> {
                            while (!stopped.get()) {
                              try {
                                Checked.put(cache);
                                Checked.get(cache);
                              } catch (RuntimeException | Error e) {
                                failures.add(e);
                              }
                              if (Thread.interrupted()) {
                                keptFlags.incrementAndGet();
                              }
                            }
                          }))
              .toList();
      try (Load others = Load.start(OTHERS, (thread, step) -> Checked.put(cache))) {
        others.awaitSuccesses(500);
        for (int i = 0; i < INTERRUPTS; i++) {
          interrupted.get(i % OTHERS).interrupt();
          pause(2);
        }
        others.stop();
        stopped.set(true);
        for (Thread thread : interrupted) {
          thread.join(10_000);
          assertThat(thread.isAlive()).isFalse();
        }
        assertThat(others.causes()).isEmpty();
        assertThat(failures).isEmpty();
        assertThat(keptFlags.get()).isPositive();
      }
    }
  }

  @Test
  void processorsTakenByOthers_failNobody() throws Exception {
    try (CacheManager manager =
        Managers.open(
            server.uri(), "connection.command-timeout=" + SHORT_TIMEOUT.toMillis() + "ms")) {
      Cache<String, String> cache = Managers.texts(manager, "hogs");
      Checked.put(cache);
      AtomicBoolean stopped = new AtomicBoolean();
      AtomicBoolean hogging = new AtomicBoolean();
      Runnable caller =
          () -> {
            while (!stopped.get()) {
              Checked.get(cache);
            }
          };
      Runnable hog =
          () -> {
            while (!stopped.get()) {
              hogging.setOpaque(true);
            }
          };
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < OTHERS; i++) {
        threads.add(start(caller));
      }
      try (Load others = Load.start(OTHERS, (thread, step) -> Checked.put(cache))) {
        others.awaitSuccesses(500);
        for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
          threads.add(start(hog));
        }
        others.goOnFor(SHORT_TIMEOUT.multipliedBy(2)); // longer than a command may take
        others.awaitSuccesses(100);
        others.stop();
        stopped.set(true);
        assertThat(hogging).isTrue();
        assertThat(others.causes()).isEmpty();
      }
      for (Thread thread : threads) {
        thread.join(10_000);
        assertThat(thread.isAlive()).isFalse();
      }
    }
  }

  /** A virtual thread where the runtime has them (Java 21 and later), else a platform thread. */
  private static Thread start(Runnable task) {
    try {
      Method virtual = Thread.class.getMethod("startVirtualThread", Runnable.class);
      return (Thread) virtual.invoke(null, task);
    } catch (NoSuchMethodException olderRuntime) {
      Thread thread = new Thread(task, "caller");
      thread.start();
      return thread;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
