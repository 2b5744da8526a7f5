package io.yokedcache.jcache.internal.concurrent;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Pauses grow until the connection has proved that it works, and has lasted. */
final class BackoffTest {

  private final AtomicLong clock = new AtomicLong();
  private final Backoff backoff = new Backoff(100, () -> 800, clock::get);

  @Test
  void nextMillis_neverWorked() {
    assertThat(backoff.nextMillis()).isBetween(75L, 100L);
    assertThat(backoff.nextMillis()).isBetween(150L, 200L);
    assertThat(backoff.nextMillis()).isBetween(300L, 400L);
    assertThat(backoff.nextMillis()).isBetween(600L, 800L);
    assertThat(backoff.nextMillis()).isBetween(600L, 800L);
  }

  @Test
  void nextMillis_workedAndLostAtOnce() {
    backoff.worked();
    assertThat(backoff.nextMillis()).isBetween(75L, 100L);
    backoff.worked();
    clock.addAndGet(MILLISECONDS.toNanos(199));
    assertThat(backoff.nextMillis()).isBetween(150L, 200L);
  }

  @Test
  void nextMillis_workedAndLasted() {
    assertThat(backoff.nextMillis()).isBetween(75L, 100L);
    assertThat(backoff.nextMillis()).isBetween(150L, 200L);
    backoff.worked();
    clock.addAndGet(MILLISECONDS.toNanos(300));
    backoff.worked();
    clock.addAndGet(MILLISECONDS.toNanos(100));
    assertThat(backoff.nextMillis()).isBetween(75L, 100L);
    assertThat(backoff.nextMillis()).isBetween(150L, 200L);
  }

  @Test
  void nextMillis_lastedWithoutWorking() {
    assertThat(backoff.nextMillis()).isBetween(75L, 100L);
    clock.addAndGet(MILLISECONDS.toNanos(10_000));
    assertThat(backoff.nextMillis()).isBetween(150L, 200L);
  }
}
