package io.yokedcache.jcache.internal.entry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.entry.KeyLocks.Hold;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Threads take turns with a key, but never wait for each other for ever. */
final class KeyLocksTest {

  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofMillis(20);

  private static final Bytes KEY = Bytes.utf8("key");

  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void hold_otherThreadWaitsItsTurn() throws Exception {
    KeyLocks locks = locks(LONG);
    int[] counter = new int[1];
    Runnable count =
        () -> {
          for (int i = 0; i < 20_000; i++) {
            try (Hold turn = locks.hold(KEY)) {
              assertThat(turn).isNotSameAs(KeyLocks.none());
              counter[0]++;
            }
          }
        };

    Future<?> one = threads.submit(count);
    Future<?> two = threads.submit(count);

    one.get(60, TimeUnit.SECONDS);
    two.get(60, TimeUnit.SECONDS);
    assertThat(counter[0]).isEqualTo(40_000);
  }

  @Test
  void hold_timeout() throws Exception {
    KeyLocks locks = locks(SHORT);

    try (Hold turn = locks.hold(KEY)) {
      assertThat(turn).isNotSameAs(KeyLocks.none());
      assertThat(threads.submit(() -> locks.hold(KEY)).get(60, TimeUnit.SECONDS))
          .isSameAs(KeyLocks.none());
    }
    assertThat(threads.submit(() -> isHeld(locks)).get(60, TimeUnit.SECONDS)).isTrue();
  }

  private static boolean isHeld(KeyLocks locks) {
    try (Hold turn = locks.hold(KEY)) {
      return turn != KeyLocks.none();
    }
  }

  @Test
  void hold_sameKeyNested() {
    KeyLocks locks = locks(LONG);

    try (Hold outer = locks.hold(KEY);
        Hold inner = locks.hold(KEY)) {
      assertThat(inner).isNotSameAs(KeyLocks.none());
      assertThat(outer).isNotSameAs(KeyLocks.none());
    }
  }

  @Test
  void hold_crossedKeys() throws Exception {
    KeyLocks locks = locks(LONG);

    assertCrossedHoldsEnd(locks, Bytes.utf8("one"), locks, Bytes.utf8("two"));
  }

  /** A listener of one cache may write to another, and the other way round. */
  @Test
  void hold_crossedCaches() throws Exception {
    assertCrossedHoldsEnd(locks(LONG), KEY, locks(LONG), KEY);
  }

  private void assertCrossedHoldsEnd(KeyLocks locks, Bytes key, KeyLocks otherLocks, Bytes otherKey)
      throws Exception {
    CountDownLatch bothHold = new CountDownLatch(2);

    Future<Boolean> one = threads.submit(() -> nested(locks, key, otherLocks, otherKey, bothHold));
    Future<Boolean> two = threads.submit(() -> nested(otherLocks, otherKey, locks, key, bothHold));

    // One goes on without its turn, so the other one gets it.
    assertThat(List.of(one.get(60, TimeUnit.SECONDS), two.get(60, TimeUnit.SECONDS)))
        .contains(false);
    assertThat(locks.size() + otherLocks.size()).isZero();
  }

  /** Takes one lock, and another one when both threads have one; says whether it got that. */
  private static boolean nested(
      KeyLocks first, Bytes firstKey, KeyLocks second, Bytes secondKey, CountDownLatch bothHold)
      throws InterruptedException {
    try (Hold outer = first.hold(firstKey)) {
      bothHold.countDown();
      assertThat(bothHold.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(outer).isNotSameAs(KeyLocks.none());
      try (Hold inner = second.hold(secondKey)) {
        return inner != KeyLocks.none();
      }
    }
  }

  /** Every third thread waits for the next one's key. */
  @Test
  void hold_circleOfThree() throws Exception {
    KeyLocks locks = locks(LONG);
    CountDownLatch allHold = new CountDownLatch(3);
    ExecutorService three = Executors.newFixedThreadPool(3);
    try {
      List<Future<Boolean>> ends = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        Bytes own = Bytes.utf8("key" + i);
        Bytes next = Bytes.utf8("key" + (i + 1) % 3);
        ends.add(three.submit(() -> nested(locks, own, locks, next, allHold)));
      }
      List<Boolean> got = new ArrayList<>();
      for (Future<Boolean> end : ends) {
        got.add(end.get(60, TimeUnit.SECONDS));
      }
      assertThat(got).contains(false);
      assertThat(locks.size()).isZero();
    } finally {
      three.shutdownNow();
    }
  }

  /** A thread that holds a turn already waits for another one as long as nobody waits for it. */
  @Test
  void hold_nestedWaitsItsTurn() throws Exception {
    KeyLocks locks = locks(LONG);
    CountDownLatch otherHolds = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    Future<?> other =
        threads.submit(
            () -> {
              try (Hold turn = locks.hold(Bytes.utf8("two"))) {
                otherHolds.countDown();
                assertThat(go.await(30, TimeUnit.SECONDS)).isTrue();
                return turn;
              }
            });
    assertThat(otherHolds.await(30, TimeUnit.SECONDS)).isTrue();

    Future<Boolean> nested =
        threads.submit(() -> nested(locks, KEY, locks, Bytes.utf8("two"), new CountDownLatch(1)));
    await().atMost(Duration.ofSeconds(30)).until(() -> locks.size() == 2);
    go.countDown();

    assertThat(nested.get(60, TimeUnit.SECONDS)).isTrue();
    other.get(60, TimeUnit.SECONDS);
  }

  /** Where a writer would see another order than Redis, an operation is not made out of turn. */
  @Test
  void hold_timeoutWhereTurnsAreRequired() throws Exception {
    KeyLocks locks = new KeyLocks("orders", SHORT, /* required= */ true);

    try (Hold turn = locks.hold(KEY)) {
      assertThat(turn).isNotSameAs(KeyLocks.none());
      assertThat(threads.submit(() -> failure(locks)).get(60, TimeUnit.SECONDS))
          .contains("cache orders waited 20 ms", "was not made", "contention-timeout");
    }
    assertThat(locks.size()).isZero();
  }

  private static String failure(KeyLocks locks) {
    try (Hold turn = locks.hold(KEY)) {
      return "held " + turn;
    } catch (CacheException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Two threads take the same keys, named in opposite orders. */
  @Test
  void holdAll_oppositeOrders() throws Exception {
    KeyLocks locks = locks(LONG);
    List<Bytes> keys = List.of(Bytes.utf8("one"), Bytes.utf8("two"), KEY);
    List<Bytes> reversed = List.of(KEY, Bytes.utf8("two"), Bytes.utf8("one"), KEY);
    int[] counter = new int[1];

    Future<?> one = threads.submit(() -> countUnderAll(locks, keys, counter));
    Future<?> two = threads.submit(() -> countUnderAll(locks, reversed, counter));

    one.get(60, TimeUnit.SECONDS);
    two.get(60, TimeUnit.SECONDS);
    assertThat(counter[0]).isEqualTo(20_000);
    assertThat(locks.size()).isZero();
  }

  private static void countUnderAll(KeyLocks locks, List<Bytes> keys, int[] counter) {
    for (int i = 0; i < 10_000; i++) {
      try (Hold turns = locks.holdAll(keys)) {
        assertThat(turns).isNotSameAs(KeyLocks.none());
        counter[0]++;
      }
    }
  }

  /** A key has its own lock: nobody waits for the turn with another one. */
  @Test
  void hold_otherKeys() throws Exception {
    KeyLocks locks = locks(LONG);
    try (Hold turn = locks.hold(KEY)) {
      assertThat(turn).isNotSameAs(KeyLocks.none());
      Future<Integer> others =
          threads.submit(
              () -> {
                int held = 0;
                for (int i = 0; i < 5_000; i++) {
                  try (Hold other = locks.hold(Bytes.utf8("other" + i))) {
                    held += other == KeyLocks.none() ? 0 : 1;
                  }
                }
                return held;
              });
      assertThat(others.get(60, TimeUnit.SECONDS)).isEqualTo(5_000);
    }
  }

  @Test
  void hold_interrupted() {
    KeyLocks locks = locks(LONG);

    Thread.currentThread().interrupt();
    try (Hold turn = locks.hold(KEY)) {
      assertThat(turn).isNotSameAs(KeyLocks.none());
    }
    assertThat(Thread.interrupted()).isTrue();
  }

  /** An interrupt neither ends the wait nor is it lost. */
  @Test
  void hold_interruptedWhileItWaits() throws Exception {
    KeyLocks locks = locks(LONG);
    Future<Boolean> waiting;
    try (Hold turn = locks.hold(KEY)) {
      assertThat(turn).isNotSameAs(KeyLocks.none());
      waiting =
          threads.submit(
              () -> {
                Thread.currentThread().interrupt();
                try (Hold own = locks.hold(KEY)) {
                  return own != KeyLocks.none() && Thread.interrupted();
                }
              });
      await().atMost(Duration.ofSeconds(30)).until(() -> DeadlockDetector.size() == 1);
    }
    assertThat(waiting.get(60, TimeUnit.SECONDS)).isTrue();
  }

  private static KeyLocks locks(Duration maxWait) {
    return new KeyLocks("orders", maxWait, /* required= */ false);
  }
}
