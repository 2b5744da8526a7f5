package io.yokedcache.jcache.internal.load;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.load.LoadCoalescer.Load;
import io.yokedcache.jcache.internal.load.LoadCoalescer.LoadResult;
import io.yokedcache.jcache.internal.load.LoadCoalescer.Membership;
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
  private static final long NOW = 1_000;

  private final ExecutorService others = Executors.newFixedThreadPool(2);

  @AfterEach
  void end() {
    others.shutdownNow();
  }

  private static LoadCoalescer loads(Duration timeout) {
    return new LoadCoalescer("orders", timeout);
  }

  @Test
  void board_secondThreadJoins() throws Exception {
    LoadCoalescer loads = loads(Duration.ofMinutes(10));
    Future<@Nullable LoadResult> joined;
    try (Load load = loads.join(KEY).load()) {
      Membership second = others.submit(() -> loads.join(KEY)).get(60, TimeUnit.SECONDS);
      assertThat(second.isLeader()).isFalse();
      joined = others.submit(() -> second.load().awaitResult(NOW));
      load.complete(VALUE);
    }
    assertThat(joined.get(60, TimeUnit.SECONDS)).isEqualTo(new LoadResult(VALUE, null));
    assertThat(loads.size()).isZero();
  }

  /** The leader may load other keys for long; until then the key may be changed. */
  @Test
  void complete_laterThreadsDoNotGetTheResult() throws Exception {
    LoadCoalescer loads = loads(Duration.ofMinutes(10));
    Membership later;
    try (Load load = loads.join(KEY).load()) {
      load.complete(VALUE);

      later = others.submit(() -> loads.join(KEY)).get(60, TimeUnit.SECONDS);

      assertThat(later.isLeader()).isTrue();
      assertThat(loads.wasLoadedRecently(KEY)).as("it can read what was loaded").isTrue();
    }
    assertThat(loads.size()).as("the later load").isOne();
    later.load().close();
  }

  /** It may have been removed between the leader's read and the call of the other thread. */
  @Test
  void found_onlyThreadsThatCameBeforeTheReadGetIt() throws Exception {
    LoadCoalescer loads = loads(Duration.ofMinutes(10));
    Load joined;
    try (Load load = loads.join(KEY).load()) {
      joined = others.submit(() -> loads.join(KEY)).get(60, TimeUnit.SECONDS).load();
      load.found(VALUE, NOW);
    }
    assertThat(joined.awaitResult(NOW)).isEqualTo(new LoadResult(VALUE, null));
    assertThat(joined.awaitResult(NOW + 1)).isNull();
  }

  @Test
  void join_givesUpAndLoadsByItself() throws Exception {
    LoadCoalescer loads = loads(Duration.ofMillis(20));
    try (Load load = loads.join(KEY).load()) {
      Load joined = others.submit(() -> loads.join(KEY)).get(60, TimeUnit.SECONDS).load();

      assertThat(others.submit(() -> joined.awaitResult(NOW)).get(60, TimeUnit.SECONDS)).isNull();

      Membership later = others.submit(() -> loads.join(KEY)).get(60, TimeUnit.SECONDS);
      assertThat(later.isLeader()).as("the next one waits for a load that hangs").isTrue();
      load.complete(VALUE);
      assertThat(requireNonNull(joined.awaitResult(NOW)).value()).isEqualTo(VALUE);
      later.load().close();
    }
  }

  @Test
  void join_leaderFails() throws Exception {
    LoadCoalescer loads = loads(Duration.ofMinutes(10));
    CacheLoaderException failure = new CacheLoaderException("no database");
    Load joined;
    try (Load load = loads.join(KEY).load()) {
      joined = others.submit(() -> loads.join(KEY)).get(60, TimeUnit.SECONDS).load();
      load.fail(failure);
    }
    assertThat(requireNonNull(joined.awaitResult(NOW)).failure()).isSameAs(failure);
  }

  /** Such as by an error of its thread. */
  @Test
  void join_leaderEndsWithoutResult() throws Exception {
    LoadCoalescer loads = loads(Duration.ofMinutes(10));
    Load joined;
    try (Load load = loads.join(KEY).load()) {
      joined = others.submit(() -> loads.join(KEY)).get(60, TimeUnit.SECONDS).load();
      assertThat(joined).isSameAs(load);
    }
    assertThat(joined.awaitResult(NOW)).isNull();
    assertThat(loads.wasLoadedRecently(KEY)).isFalse();
  }

  @Test
  void wasLoadedRecently() {
    LoadCoalescer loads = loads(Duration.ofMinutes(10));
    assertThat(loads.wasLoadedRecently(KEY)).isFalse();
    try (Load load = loads.join(KEY).load()) {
      load.complete(VALUE);
    }
    assertThat(loads.wasLoadedRecently(KEY)).isTrue();
    assertThat(loads.wasLoadedRecently(Bytes.utf8("other"))).isFalse();
  }
}
