package io.yokedcache.jcache.internal.maintenance;

import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The deletion of stale entries while the JVM is in trouble. */
final class StaleEntryCleanerTest {

  private static final Settings.StaleEntries SETTINGS =
      new Settings.StaleEntries(
          /* enabled= */ true,
          Duration.ZERO,
          Duration.ofHours(1),
          /* pageSize= */ 100,
          /* dutyCycle= */ 0.5);

  /** Has no memory left whenever it is asked. */
  private static final class Exhausted implements RedisExecutor {

    private final AtomicInteger calls = new AtomicInteger();

    @Override
    public List<@Nullable Object> execute(Request request) {
      calls.incrementAndGet();
      throw new OutOfMemoryError("as it should");
    }

    @Override
    public List<List<@Nullable Object>> executeAll(List<Request> requests) {
      throw new AssertionError("not asked");
    }

    @Override
    public List<RedisExecutor> masters() {
      return List.of(this);
    }

    @Override
    public RedisExecutor timedBy(Supplier<RoundTripTimer> timer) {
      return this;
    }

    @Override
    public String address() {
      return "nowhere";
    }

    @Override
    public ConnectionStatistics.Counts connections() {
      throw new AssertionError("not asked");
    }

    @Override
    public void keepAlive(Duration silence) {}

    @Override
    public void close() {}
  }

  @Test
  void request_errorOfTheJvm_isTriedAgain() {
    ScheduledExecutorService background = Executors.newSingleThreadScheduledExecutor();
    try {
      Exhausted executor = new Exhausted();
      new StaleEntryCleaner(executor, "yc", SETTINGS, background).request();

      await().atMost(Duration.ofSeconds(20)).until(() -> executor.calls.get() >= 3);
    } finally {
      background.shutdownNow();
    }
  }
}
