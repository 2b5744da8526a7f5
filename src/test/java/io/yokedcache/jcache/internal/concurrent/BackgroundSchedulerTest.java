package io.yokedcache.jcache.internal.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is done again and again goes on, whatever one time throws. */
final class BackgroundSchedulerTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final BackgroundErrors errors = new BackgroundErrors();
  private final AtomicInteger runs = new AtomicInteger();
  private final BackgroundScheduler scheduler = new BackgroundScheduler("lasting", errors);

  @AfterEach
  void shutDown() {
    scheduler.shutdownNow();
  }

  private void failTwice() {
    int run = runs.incrementAndGet();
    if (run == 1) {
      throw new OutOfMemoryError("as it should");
    }
    if (run == 2) {
      throw new IllegalStateException("as it should");
    }
  }

  @Test
  void scheduleWithFixedDelay_taskThrows_runsAgain() {
    ScheduledFuture<?> task =
        scheduler.scheduleWithFixedDelay(this::failTwice, 1, 1, TimeUnit.MILLISECONDS);

    await().atMost(PATIENCE).until(() -> runs.get() > 10);
    assertThat(errors.count()).isEqualTo(2);
    task.cancel(false);
    // A run that ends in this moment puts the task back once more, for its delay.
    await().atMost(PATIENCE).until(() -> scheduler.getQueue().isEmpty());
  }

  @Test
  void scheduleAtFixedRate_taskThrows_runsAgain() {
    ScheduledFuture<?> unused =
        scheduler.scheduleAtFixedRate(this::failTwice, 1, 1, TimeUnit.MILLISECONDS);

    await().atMost(PATIENCE).until(() -> runs.get() > 10);
    assertThat(errors.count()).isEqualTo(2);
  }

  @Test
  void schedule_taskThrows_runsUntilItIsDone() {
    ScheduledFuture<?> unused = scheduler.schedule(this::failTwice, 1, TimeUnit.MILLISECONDS);

    await().atMost(PATIENCE).until(() -> runs.get() == 3);
    await().atMost(PATIENCE).until(() -> scheduler.getQueue().isEmpty());
    assertThat(errors.count()).isEqualTo(2);
  }

  @Test
  void execute_taskThrows_othersRun() {
    scheduler.execute(this::failTwice);
    scheduler.execute(this::failTwice);
    scheduler.execute(this::failTwice);

    await().atMost(PATIENCE).until(() -> runs.get() == 3);
    assertThat(errors.count()).isEqualTo(2);
  }
}
