package io.yokedcache.metrics.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.page.Target.Outcome;
import io.yokedcache.metrics.source.CacheReadings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TargetTest {

  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final AtomicInteger reads = new AtomicInteger();
  private final CountDownLatch gate = new CountDownLatch(1);

  @AfterEach
  void end() {
    gate.countDown();
    executor.shutdownNow();
  }

  private static long in(long seconds) {
    return System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
  }

  @Test
  void await_whileAReadingRuns_sharesIt() {
    Target target =
        new Target(
            "t",
            () -> {
              reads.incrementAndGet();
              try {
                gate.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return CacheReadings.EMPTY;
            },
            executor);
    Target.Reading first = target.read();
    assertThat(first.await(in(0)).error()).startsWith("has not answered for");
    Target.Reading second = target.read();
    gate.countDown();
    assertThat(second.await(in(20))).isEqualTo(first.await(in(20)));
    assertThat(reads).hasValue(1);
  }

  @Test
  void await_later_readsAnew() {
    Target target = new Target("t", () -> new CacheReadings(List.of(), List.of()), executor);
    Outcome first = target.read().await(in(20));
    assertThat(first.error()).isNull();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> target.read().await(in(20)).atMillis() > first.atMillis());
  }

  @Test
  void await_sourceFails_withAnError() {
    Target target =
        new Target(
            "t",
            () -> {
              throw new StackOverflowError("deep");
            },
            executor);
    assertThat(target.read().await(in(20)).error()).contains("deep");
  }
}
