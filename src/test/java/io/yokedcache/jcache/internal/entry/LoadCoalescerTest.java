package io.yokedcache.jcache.internal.entry;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.entry.LoadCoalescer.Boarding;
import io.yokedcache.jcache.internal.entry.LoadCoalescer.Flight;
import io.yokedcache.jcache.internal.entry.LoadCoalescer.Landing;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Threads share one load, and one that gives up waiting does not end it for the others. */
final class LoadCoalescerTest {

  private static final Bytes KEY = Bytes.utf8("key");
  private static final Bytes VALUE = Bytes.utf8("value");

  private final ExecutorService others = Executors.newFixedThreadPool(2);

  @AfterEach
  void end() {
    others.shutdownNow();
  }

  private static LoadCoalescer flights(Duration timeout) {
    return new LoadCoalescer("orders", timeout);
  }

  @Test
  void board_secondThreadJoins() throws Exception {
    LoadCoalescer flights = flights(Duration.ofMinutes(10));
    Future<@Nullable Landing> joined;
    try (Flight flight = flights.board(KEY).flight()) {
      Boarding second = others.submit(() -> flights.board(KEY)).get(60, TimeUnit.SECONDS);
      assertThat(second.isPilot()).isFalse();
      joined = others.submit(() -> second.flight().join());
      flight.land(VALUE);
    }
    assertThat(joined.get(60, TimeUnit.SECONDS)).isEqualTo(new Landing(VALUE, null));
    assertThat(flights.size()).isZero();
  }

  @Test
  void join_givesUpAndLoadsByItself() throws Exception {
    LoadCoalescer flights = flights(Duration.ofMillis(20));
    try (Flight flight = flights.board(KEY).flight()) {
      Flight joined = others.submit(() -> flights.board(KEY)).get(60, TimeUnit.SECONDS).flight();

      assertThat(others.submit(joined::join).get(60, TimeUnit.SECONDS)).isNull();

      Boarding later = others.submit(() -> flights.board(KEY)).get(60, TimeUnit.SECONDS);
      assertThat(later.isPilot()).as("the next one waits for a load that hangs").isTrue();
      flight.land(VALUE);
      assertThat(requireNonNull(joined.join()).value()).isEqualTo(VALUE);
      later.flight().close();
    }
  }

  @Test
  void join_pilotFails() throws Exception {
    LoadCoalescer flights = flights(Duration.ofMinutes(10));
    CacheLoaderException failure = new CacheLoaderException("no database");
    Flight joined;
    try (Flight flight = flights.board(KEY).flight()) {
      joined = others.submit(() -> flights.board(KEY)).get(60, TimeUnit.SECONDS).flight();
      flight.fail(failure);
    }
    assertThat(requireNonNull(joined.join()).failure()).isSameAs(failure);
  }

  /** Such as by an error of its thread. */
  @Test
  void join_pilotEndsWithoutResult() throws Exception {
    LoadCoalescer flights = flights(Duration.ofMinutes(10));
    Flight joined;
    try (Flight flight = flights.board(KEY).flight()) {
      joined = others.submit(() -> flights.board(KEY)).get(60, TimeUnit.SECONDS).flight();
      assertThat(joined).isSameAs(flight);
    }
    assertThat(joined.join()).isNull();
    assertThat(flights.landedLately(KEY)).isFalse();
  }

  @Test
  void landedLately() {
    LoadCoalescer flights = flights(Duration.ofMinutes(10));
    assertThat(flights.landedLately(KEY)).isFalse();
    try (Flight flight = flights.board(KEY).flight()) {
      flight.land(VALUE);
    }
    assertThat(flights.landedLately(KEY)).isTrue();
    assertThat(flights.landedLately(Bytes.utf8("other"))).isFalse();
  }
}
