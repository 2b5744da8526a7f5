package io.yokedcache.jcache.internal.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Deliveries are made in order, never without a bound, and whatever one of them does. */
final class DeliveryQueueTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int CAPACITY = 4;

  private final List<Integer> delivered = new CopyOnWriteArrayList<>();
  private final CountDownLatch gate = new CountDownLatch(1);
  private final CountDownLatch blocked = new CountDownLatch(1);

  @Test
  void add_inOrder() {
    DeliveryQueue queue = queue("orders", 1_000);
    for (int i = 0; i < 1_000; i++) {
      add(queue, i);
    }
    queue.close();

    assertThat(delivered).isEqualTo(IntStream.range(0, 1_000).boxed().toList());
    assertThat(queue.droppedCount()).isZero();
  }

  @Test
  void add_full() throws Exception {
    DeliveryQueue queue = queue("orders", CAPACITY);
    block(queue);
    for (int i = 0; i < CAPACITY + 3; i++) {
      add(queue, i);
    }

    assertThat(queue.droppedCount()).isEqualTo(3);
    gate.countDown();
    await().atMost(PATIENCE).until(() -> delivered.size() == CAPACITY);
    queue.close();
    assertThat(delivered).containsExactly(0, 1, 2, 3);
  }

  @Test
  void add_fullForAWhile() throws Exception {
    DeliveryQueue queue = queue("orders", 1);
    block(queue);
    add(queue, 0);
    Thread other = new Thread(gate::countDown);

    other.start();
    queue.add(() -> delivered.add(1), 0, PATIENCE.toMillis());

    queue.close();
    assertThat(delivered).containsExactly(0, 1);
    assertThat(queue.droppedCount()).isZero();
  }

  /** A listener that hangs must not slow down each change for ever. */
  @Test
  @Timeout(60)
  void add_afterAWaitInVain_doesNotWait_untilADeliveryBegins() throws Exception {
    DeliveryQueue queue = queue("orders", 1);
    block(queue);
    add(queue, 0);
    queue.add(() -> delivered.add(1), 0, /* waitMillis= */ 1);

    queue.add(() -> delivered.add(2), 0, TimeUnit.HOURS.toMillis(1));

    assertThat(queue.droppedCount()).isEqualTo(2);
    gate.countDown();
    await("the queue is empty").atMost(PATIENCE).until(() -> delivered.equals(List.of(0)));
    CountDownLatch again = new CountDownLatch(1);
    queue.add(() -> BoundedWait.await(again, PATIENCE.toMillis()), 0, 0);
    queue.add(() -> delivered.add(3), 0, PATIENCE.toMillis());
    Thread other = new Thread(again::countDown);
    other.start();
    queue.add(() -> delivered.add(4), 0, PATIENCE.toMillis());
    queue.close();
    assertThat(delivered).containsExactly(0, 3, 4);
  }

  @Test
  void deliver_failure() {
    DeliveryQueue queue = queue("orders", CAPACITY);
    queue.add(
        () -> {
          throw new IllegalStateException("listener failed as it should");
        },
        0,
        0);
    add(queue, 1);

    await().atMost(PATIENCE).until(() -> delivered.equals(List.of(1)));
    queue.close();
  }

  @Test
  void deliver_error() {
    DeliveryQueue queue = queue("orders", CAPACITY);
    queue.add(
        () -> {
          throw new AssertionError("listener failed as it should");
        },
        0,
        0);
    add(queue, 1);

    await().atMost(PATIENCE).until(() -> delivered.equals(List.of(1)));
    queue.close();
  }

  @Test
  void close_twiceAndAddAfterwards() {
    DeliveryQueue queue = queue("orders", CAPACITY);
    add(queue, 1);
    queue.close();
    queue.close();

    add(queue, 2);

    assertThat(delivered).containsExactly(1);
    assertThat(threads("orders")).isEmpty();
  }

  @Test
  void close_neverUsed() {
    DeliveryQueue queue = queue("unused", CAPACITY);

    queue.close();

    assertThat(threads("unused")).isEmpty();
  }

  @Test
  void close_deliveryHangs() throws Exception {
    DeliveryQueue queue = queue("hanging", CAPACITY);
    block(queue);

    queue.close();

    await().atMost(PATIENCE).until(() -> threads("hanging").isEmpty());
  }

  @Test
  void close_fromADelivery() {
    DeliveryQueue queue = queue("suicidal", CAPACITY);

    queue.add(queue::close, 0, 0);

    await().atMost(PATIENCE).until(() -> threads("suicidal").isEmpty());
  }

  @Test
  void add_fullByBytes() throws Exception {
    DeliveryQueue queue = new DeliveryQueue("orders", 1_000, 10);
    block(queue);
    queue.add(() -> delivered.add(0), /* bytes= */ 11, /* waitMillis= */ 0);
    add(queue, 1);
    assertThat(queue.droppedCount()).isEqualTo(1);
    gate.countDown();
    await().atMost(PATIENCE).until(() -> delivered.equals(List.of(0)));

    for (int i = 2; i < 12; i++) {
      add(queue, i);
    }
    queue.close();
    assertThat(delivered).hasSize(11);
    assertThat(queue.droppedCount()).isEqualTo(1);
  }

  /** A thread that was interrupted may still make changes, and others want to hear of them. */
  @Test
  void add_interruptedThread() {
    DeliveryQueue queue = queue("orders", 1_000);
    Thread.currentThread().interrupt();
    for (int i = 0; i < 1_000; i++) {
      queue.add(() -> delivered.add(1), /* bytes= */ 1, /* waitMillis= */ 1_000);
    }
    assertThat(Thread.currentThread().isInterrupted()).isTrue();

    queue.close();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(delivered).hasSize(1_000);
    assertThat(queue.droppedCount()).isZero();
  }

  @Test
  void add_interruptedThreadThatHasToWait() throws Exception {
    DeliveryQueue queue = queue("orders", 1);
    block(queue);
    add(queue, 0);
    Thread other = new Thread(gate::countDown);
    Thread.currentThread().interrupt();

    other.start();
    queue.add(() -> delivered.add(1), 0, PATIENCE.toMillis());

    assertThat(Thread.interrupted()).isTrue();
    queue.close();
    assertThat(delivered).containsExactly(0, 1);
    assertThat(queue.droppedCount()).isZero();
  }

  /** Threads that add while others are delivered: each is delivered once or counted as dropped. */
  @Test
  void add_byManyThreads() throws Exception {
    int rounds = 300;
    for (int round = 0; round < rounds; round++) {
      DeliveryQueue queue = queue("crowded", CAPACITY);
      AtomicInteger made = new AtomicInteger();
      Thread[] threads = new Thread[3];
      for (int i = 0; i < threads.length; i++) {
        threads[i] =
            new Thread(
                () -> {
                  for (int j = 0; j < 20; j++) {
                    queue.add(made::incrementAndGet, /* bytes= */ 1, /* waitMillis= */ 0);
                  }
                });
        threads[i].start();
      }
      for (Thread thread : threads) {
        thread.join();
      }
      queue.close();
      assertThat(made.get() + queue.droppedCount()).isEqualTo(60);
    }
  }

  @Test
  void deliver_undeclaredException() {
    DeliveryQueue queue = queue("orders", CAPACITY);
    queue.add(
        () -> sneak(new InterruptedException("listener failed as it should")),
        /* bytes= */ 0,
        /* waitMillis= */ 0);
    add(queue, 1);

    await().atMost(PATIENCE).until(() -> delivered.equals(List.of(1)));
    queue.close();
  }

  @SuppressWarnings("unchecked") // how Kotlin and Lombok throw what is not declared
  private static <X extends Throwable> void sneak(Throwable undeclared) throws X {
    throw (X) undeclared;
  }

  /** The flag that one listener leaves behind must not end the waits of the next one. */
  @Test
  void deliver_interruptedByAListener() {
    DeliveryQueue queue = queue("orders", CAPACITY);
    queue.add(() -> Thread.currentThread().interrupt(), 0, 0);
    queue.add(() -> delivered.add(Thread.currentThread().isInterrupted() ? 1 : 0), 0, 0);

    await().atMost(PATIENCE).until(() -> delivered.equals(List.of(0)));
    queue.close();
  }

  private static DeliveryQueue queue(String cacheName, int capacity) {
    return new DeliveryQueue(cacheName, capacity, /* maxBytes= */ 1 << 20);
  }

  private void add(DeliveryQueue queue, int number) {
    queue.add(() -> delivered.add(number), /* bytes= */ 1, /* waitMillis= */ 0);
  }

  /** Keeps the delivering thread busy until the gate opens or it is interrupted. */
  private void block(DeliveryQueue queue) throws InterruptedException {
    queue.add(
        () -> {
          blocked.countDown();
          try {
            gate.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        },
        /* bytes= */ 0,
        /* waitMillis= */ 0);
    assertThat(blocked.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  private static List<String> threads(String cacheName) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.equals("yokedcache-listeners-" + cacheName))
        .toList();
  }
}
