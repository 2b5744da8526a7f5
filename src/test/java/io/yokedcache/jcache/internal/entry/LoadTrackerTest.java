package io.yokedcache.jcache.internal.entry;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.entry.LoadTracker.Ticket;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A load is stored before a change or not at all. */
final class LoadTrackerTest {

  private static final Bytes KEY = Bytes.utf8("key");

  private final LoadTracker stamps = new LoadTracker(Duration.ofMinutes(10));
  private final ExecutorService threads = Executors.newSingleThreadExecutor();

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  @Test
  void beginStore_nothingChanged() {
    try (Ticket ticket = stamps.begin(KEY)) {
      stamps.beforeChange(Bytes.utf8("other"));
      assertThat(ticket.beginStore()).isTrue();
    }
    assertThat(stamps.size()).isZero();
  }

  @Test
  void beginStore_overtaken() {
    try (Ticket ticket = stamps.begin(KEY)) {
      stamps.beforeChange(KEY);
      assertThat(ticket.beginStore()).isFalse();
      try (Ticket later = stamps.begin(KEY)) {
        assertThat(later.beginStore()).as("a load that began after the change").isTrue();
      }
    }
    assertThat(stamps.size()).isZero();
  }

  @Test
  void beginStore_allOvertaken() {
    try (Ticket ticket = stamps.begin(KEY)) {
      stamps.overtakeAll();
      assertThat(ticket.beginStore()).isFalse();
    }
  }

  @Test
  void beginChange_overtakesOtherLoads() {
    try (Ticket load = stamps.begin(KEY);
        Ticket change = stamps.begin(KEY)) {
      assertThat(change.beginChange()).isTrue();
      assertThat(load.beginStore()).isFalse();
    }
  }

  @Test
  void overtake_waitsForAStore() throws Exception {
    AtomicInteger stored = new AtomicInteger();
    Future<Integer> change;
    try (Ticket ticket = stamps.begin(KEY)) {
      assertThat(ticket.beginStore()).isTrue();
      change =
          threads.submit(
              () -> {
                Thread.currentThread().interrupt(); // an interrupt does not end the wait
                stamps.beforeChange(KEY);
                return Thread.interrupted() ? stored.get() : -1;
              });
      stored.set(1);
    }
    assertThat(change.get(60, TimeUnit.SECONDS)).isEqualTo(1);
  }
}
