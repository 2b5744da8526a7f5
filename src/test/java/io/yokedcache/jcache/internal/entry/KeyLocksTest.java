package io.yokedcache.jcache.internal.entry;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.entry.KeyLocks.Hold;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Threads take turns with a key, but never wait for each other for ever. */
final class KeyLocksTest {

  private static final Duration LONG = Duration.ofMinutes(10);
  private static final Duration SHORT = Duration.ofMillis(20);

  private final ExecutorService threads = Executors.newFixedThreadPool(2);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  @Test
  void hold_otherThreadWaitsItsTurn() throws Exception {
    KeyLocks locks = new KeyLocks(LONG);
    int[] counter = new int[1];
    Runnable count =
        () -> {
          for (int i = 0; i < 20_000; i++) {
            try (Hold turn = locks.hold("key")) {
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
    KeyLocks locks = new KeyLocks(SHORT);

    try (Hold turn = locks.hold("key")) {
      assertThat(turn).isNotSameAs(KeyLocks.none());
      assertThat(threads.submit(() -> locks.hold("key")).get(60, TimeUnit.SECONDS))
          .isSameAs(KeyLocks.none());
    }
    assertThat(threads.submit(() -> isHeld(locks)).get(60, TimeUnit.SECONDS)).isTrue();
  }

  private static boolean isHeld(KeyLocks locks) {
    try (Hold turn = locks.hold("key")) {
      return turn != KeyLocks.none();
    }
  }

  @Test
  void hold_sameKeyNested() {
    KeyLocks locks = new KeyLocks(LONG);

    try (Hold outer = locks.hold("key");
        Hold inner = locks.hold("key")) {
      assertThat(inner).isNotSameAs(KeyLocks.none());
      assertThat(outer).isNotSameAs(KeyLocks.none());
    }
  }

  @Test
  void hold_crossedKeys() throws Exception {
    KeyLocks locks = new KeyLocks(LONG);

    assertCrossedHoldsEnd(locks, "one", locks, "two");
  }

  /** A listener of one cache may write to another, and the other way round. */
  @Test
  void hold_crossedCaches() throws Exception {
    assertCrossedHoldsEnd(new KeyLocks(LONG), "key", new KeyLocks(LONG), "key");
  }

  private void assertCrossedHoldsEnd(
      KeyLocks locks, String key, KeyLocks otherLocks, String otherKey) throws Exception {
    CountDownLatch bothHold = new CountDownLatch(2);
    CountDownLatch bothTried = new CountDownLatch(2);

    Future<?> one =
        threads.submit(() -> nested(locks, key, otherLocks, otherKey, bothHold, bothTried));
    Future<?> two =
        threads.submit(() -> nested(otherLocks, otherKey, locks, key, bothHold, bothTried));

    assertThat(one.get(60, TimeUnit.SECONDS)).isEqualTo(true);
    assertThat(two.get(60, TimeUnit.SECONDS)).isEqualTo(true);
  }

  /** Takes one lock, and another one when both threads have one; keeps it till both have tried. */
  private static boolean nested(
      KeyLocks first,
      String firstKey,
      KeyLocks second,
      String secondKey,
      CountDownLatch bothHold,
      CountDownLatch bothTried)
      throws InterruptedException {
    try (Hold outer = first.hold(firstKey)) {
      bothHold.countDown();
      boolean met = bothHold.await(30, TimeUnit.SECONDS);
      try (Hold inner = second.hold(secondKey)) {
        bothTried.countDown();
        met &= bothTried.await(30, TimeUnit.SECONDS);
        return met && outer != KeyLocks.none() && inner == KeyLocks.none();
      }
    }
  }

  @Test
  void hold_interrupted() {
    KeyLocks locks = new KeyLocks(LONG);

    Thread.currentThread().interrupt();
    try (Hold turn = locks.hold("key")) {
      assertThat(turn).isSameAs(KeyLocks.none());
    }
    assertThat(Thread.interrupted()).isTrue();
  }
}
