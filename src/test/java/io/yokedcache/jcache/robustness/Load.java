package io.yokedcache.jcache.robustness;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;

/** Threads that call a cache over and over until they are stopped, and note how each call ended. */
final class Load implements AutoCloseable {

  /** More than any machine needs for the calls that tests wait for. */
  private static final long PATIENCE_SECONDS = 120;

  /** One call. */
  @FunctionalInterface
  interface Step {

    /** Makes the call number {@code step} of thread number {@code thread}. */
    void run(int thread, int step) throws Exception;
  }

  /**
   * A call that failed.
   *
   * @param startNanos when it began
   * @param nanos how long it took
   * @param cause what it threw
   */
  record Failure(long startNanos, long nanos, Throwable cause) {}

  private static final long FAILURE_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Step step;
  private final AtomicBoolean stopped = new AtomicBoolean();
  private final AtomicLong successes = new AtomicLong();

  /** How many calls of each thread have ended, well or not. */
  private final AtomicLongArray endedCalls;

  private final AtomicLong worstNanos = new AtomicLong();
  private final Queue<Failure> failures = new ConcurrentLinkedQueue<>();
  private final CountDownLatch ended;
  private final List<Thread> threads = new ArrayList<>();

  private Load(int threadCount, Step step) {
    this.step = step;
    this.ended = new CountDownLatch(threadCount);
    this.endedCalls = new AtomicLongArray(threadCount);
    for (int i = 0; i < threadCount; i++) {
      int number = i;
      threads.add(new Thread(() -> repeat(number), "load-" + i));
    }
  }

  static Load start(int threadCount, Step step) {
    Load load = new Load(threadCount, step);
    load.threads.forEach(Thread::start);
    return load;
  }

  private void repeat(int thread) {
    try {
      for (int i = 0; !stopped.get(); i++) {
        call(thread, i);
      }
    } finally {
      ended.countDown();
    }
  }

  // Whatever a call throws is what the test is about.
  @SuppressWarnings("CatchAndPrintStackTrace")
  private void call(int thread, int number) {
    long startNanos = System.nanoTime();
    Throwable thrown = null;
    try {
      step.run(thread, number);
    } catch (Exception | AssertionError e) {
      thrown = e;
    }
    long nanos = System.nanoTime() - startNanos;
    worstNanos.accumulateAndGet(nanos, Math::max);
    if (thrown == null) {
      successes.incrementAndGet();
    } else {
      failures.add(new Failure(startNanos, nanos, thrown));
    }
    endedCalls.incrementAndGet(thread);
    if (thrown != null) {
      LockSupport.parkNanos(
          FAILURE_PAUSE_NANOS); // a circuit breaker refuses 100,000 calls a second
    }
  }

  List<Thread> threads() {
    return List.copyOf(threads);
  }

  long successes() {
    return successes.get();
  }

  List<Failure> failures() {
    return List.copyOf(failures);
  }

  /** What the failed calls threw. */
  List<Throwable> causes() {
    return failures().stream().map(Failure::cause).toList();
  }

  Duration worst() {
    return Duration.ofNanos(worstNanos.get());
  }

  /** Returns when that many more calls have succeeded. */
  void awaitSuccesses(long more) {
    long wanted = successes() + more;
    Awaitility.await("load goes on")
        .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> successes() >= wanted);
  }

  /**
   * Returns when a call of each thread has ended. A call that is under way when this begins is over
   * then, so that one call meets no more than one of the events between which this is called.
   */
  void awaitCallOfEachThread() {
    long[] before = new long[endedCalls.length()];
    Arrays.setAll(before, endedCalls::get);
    Awaitility.await("each thread goes on")
        .atMost(Duration.ofSeconds(PATIENCE_SECONDS))
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(1))
        .until(
            () ->
                IntStream.range(0, before.length)
                    .allMatch(thread -> endedCalls.get(thread) > before[thread]));
  }

  /** Lets the load go on for some time. */
  void goOnFor(Duration time) {
    long endNanos = System.nanoTime() + time.toNanos();
    Awaitility.await()
        .atMost(time.plusSeconds(30))
        .pollInterval(Duration.ofMillis(5))
        .until(() -> System.nanoTime() >= endNanos);
  }

  /** Lets the calls under way end, and makes no more. */
  void stop() {
    stopped.set(true);
    boolean all;
    try {
      all = ended.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while the load ended", e);
    }
    if (!all) {
      throw new AssertionError(ended.getCount() + " threads hang, after: " + causes());
    }
  }

  @Override
  public void close() {
    stop();
  }
}
