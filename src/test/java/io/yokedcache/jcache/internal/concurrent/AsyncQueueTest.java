package io.yokedcache.jcache.internal.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AsyncQueueTest {

  private final BackgroundErrors errors = new BackgroundErrors();
  private final ScheduledExecutorService background = Executors.newScheduledThreadPool(1);
  private final AsyncQueue queue = new AsyncQueue(Duration.ofMillis(1), errors, background);

  @AfterEach
  void close() {
    queue.close();
    background.shutdownNow();
  }

  /** No later operation wakes the queue. */
  @Test
  void noThreadCanBeMade_isTriedAgain() throws Exception {
    CountDownLatch refusals = new CountDownLatch(3);
    ThreadFactory threads = AsyncQueue.workers();
    ThreadFactory poor =
        task -> {
          if (refusals.getCount() > 0) {
            refusals.countDown();
            throw new OutOfMemoryError("unable to create native thread");
          }
          return threads.newThread(task);
        };
    CountDownLatch ran = new CountDownLatch(2);
    try (AsyncQueue queue = new AsyncQueue(Duration.ofMillis(1), errors, background, poor)) {
      queue.add(ran::countDown);
      queue.add(ran::countDown);
      queue.wake();

      assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(errors.count()).isEqualTo(3);
    }
  }

  /** A task waits for one that is behind it, and there is memory for one thread only. */
  @Test
  void noSecondThreadCanBeMade_isTriedAgain() throws Exception {
    CountDownLatch second = new CountDownLatch(1);
    CompletableFuture<Boolean> first = new CompletableFuture<>();
    AtomicInteger made = new AtomicInteger();
    ThreadFactory threads = AsyncQueue.workers();
    ThreadFactory poor =
        task -> {
          int number = made.incrementAndGet();
          if (number == 2 || number == 3) {
            throw new OutOfMemoryError("unable to create native thread");
          }
          return threads.newThread(task);
        };
    try (AsyncQueue queue = new AsyncQueue(Duration.ofMillis(1), errors, background, poor)) {
      queue.add(() -> first.complete(BoundedWait.await(second, 30_000)));
      queue.add(second::countDown);
      queue.wake();

      assertThat(first.get(60, TimeUnit.SECONDS)).isTrue();
      assertThat(errors.count()).isEqualTo(2);
    }
  }

  /** Operations may be under way when a manager is closed, and keep all threads busy. */
  @Test
  void backgroundThreadHasEnded_isNoError() throws Exception {
    background.shutdownNow();
    CountDownLatch begun = new CountDownLatch(AsyncQueue.MAX_THREADS);
    CountDownLatch end = new CountDownLatch(1);
    CountDownLatch last = new CountDownLatch(1);
    for (int i = 0; i < AsyncQueue.MAX_THREADS; i++) {
      queue.run(
          () -> {
            begun.countDown();
            boolean unused = BoundedWait.await(end, 30_000);
          });
    }
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    queue.run(last::countDown);
    end.countDown();

    assertThat(last.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(errors.count()).isZero();
  }

  @Test
  void oneWake_forAllTasks() throws Exception {
    CountDownLatch ran = new CountDownLatch(100);
    for (int i = 0; i < 100; i++) {
      queue.add(ran::countDown);
    }
    queue.wake();

    assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void tasksBehindOneThatWaits_areRunByAnotherThread() throws Exception {
    CountDownLatch second = new CountDownLatch(1);
    CompletableFuture<Boolean> first = new CompletableFuture<>();
    queue.add(() -> first.complete(BoundedWait.await(second, 30_000)));
    queue.add(second::countDown);
    queue.wake();

    assertThat(first.get(60, TimeUnit.SECONDS)).isTrue();
  }

  /** Each task waits for one that is behind all of them: a callback that joins an operation. */
  @Test
  void moreTasksThanThreads_thatWaitForLaterOnes_end() throws Exception {
    int count = 3 * AsyncQueue.MAX_THREADS;
    CountDownLatch ended = new CountDownLatch(count);
    CountDownLatch last = new CountDownLatch(1);
    for (int i = 0; i < count; i++) {
      queue.run(
          () -> {
            if (BoundedWait.await(last, 60_000)) {
              ended.countDown();
            }
          });
    }
    queue.run(last::countDown);

    assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
    queue.run(() -> {});
  }

  @Test
  void taskThatThrows_isCounted_andOthersRun() throws Exception {
    CountDownLatch ran = new CountDownLatch(1);
    queue.add(
        () -> {
          throw new StackOverflowError("of the test");
        });
    queue.run(ran::countDown);

    assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(errors.count()).isEqualTo(1);
  }

  @Test
  void tasksAfterTheClose_areRun() throws Exception {
    queue.close();
    CountDownLatch ran = new CountDownLatch(1);
    queue.run(ran::countDown);

    assertThat(ran.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void enter_whenFull_fails_andPassesWhenOneLeaves() {
    List<AsyncQueue.Place> places = enterAll();

    assertThatExceptionOfType(RejectedExecutionException.class)
        .isThrownBy(queue::enter)
        .withMessageContainingAll("1024", "yokedcache.connection.command-timeout (1 ms)");
    places.get(0).leave();
    queue.enter().leave();
  }

  @Test
  void enter_inCallback_hasItsOwnPlaces_andDoesNotWait() throws Exception {
    List<AsyncQueue.Place> outer = enterAll();
    CompletableFuture<Integer> entered = new CompletableFuture<>();
    CompletableFuture<String> refusal = new CompletableFuture<>();
    queue.run(
        () -> {
          entered.complete(enterAll().size());
          try {
            queue.enter().leave();
          } catch (RejectedExecutionException e) {
            refusal.complete(String.valueOf(e.getMessage()));
          }
        });

    assertThat(outer).hasSize(AsyncQueue.MAX_UNDER_WAY);
    assertThat(entered.get(30, TimeUnit.SECONDS)).isEqualTo(AsyncQueue.MAX_UNDER_WAY);
    assertThat(refusal.get(30, TimeUnit.SECONDS)).contains("a callback does not wait");
  }

  private List<AsyncQueue.Place> enterAll() {
    List<AsyncQueue.Place> places = new ArrayList<>();
    for (int i = 0; i < AsyncQueue.MAX_UNDER_WAY; i++) {
      places.add(queue.enter());
    }
    return places;
  }
}
