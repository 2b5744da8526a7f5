package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The end of a cache's refreshes of old entries. */
@Timeout(60)
final class BackgroundLoadsTest {

  private static final Duration LONG = Duration.ofMinutes(10);

  private final List<Runnable> waiting = new ArrayList<>();
  private final AtomicInteger refreshed = new AtomicInteger();

  @Test
  void close_dropsRefreshesThatHaveNotBegun() {
    BackgroundLoads loads = new BackgroundLoads("orders", Runnable::run, waiting::add, LONG);
    loads.refresh(refreshed::incrementAndGet);

    loads.close(); // does not wait for it

    assertThat(waiting).hasSize(1);
    waiting.get(0).run();
    assertThat(refreshed).hasValue(0);
    assertThatThrownBy(() -> loads.refresh(refreshed::incrementAndGet))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void close_waitsForARefreshThatRuns() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    BackgroundLoads loads =
        new BackgroundLoads("orders", Runnable::run, task -> new Thread(task).start(), LONG);
    loads.refresh(
        () -> {
          begun.countDown();
          try {
            assertThat(gate.await(30, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          refreshed.incrementAndGet();
        });
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Integer> closed =
        CompletableFuture.supplyAsync(
            () -> {
              loads.close();
              return refreshed.get();
            });

    gate.countDown();

    assertThat(closed.get(30, TimeUnit.SECONDS)).isEqualTo(1);
  }

  @Test
  void refresh_rejected_isForgotten() {
    BackgroundLoads loads =
        new BackgroundLoads(
            "orders",
            Runnable::run,
            task -> {
              throw new RejectedExecutionException("of the test");
            },
            LONG);

    assertThatThrownBy(() -> loads.refresh(refreshed::incrementAndGet))
        .isInstanceOf(RejectedExecutionException.class);

    loads.close();
    assertThat(refreshed).hasValue(0);
  }
}
