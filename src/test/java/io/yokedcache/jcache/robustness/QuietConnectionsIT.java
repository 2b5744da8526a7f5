package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.QuietProxy;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every operation as the first one over connections that were quiet for so long that the server or
 * something in between has dropped them: none fails, and next to none is slow. Two short rounds;
 * {@code -Dquiet.rounds=8 -Dquiet.seconds=7 -Dquiet.timeout=3} for the long form.
 */
final class QuietConnectionsIT {

  private static final int ROUNDS = Integer.getInteger("quiet.rounds", 2);
  private static final int DROPPED_AFTER_SECONDS = Integer.getInteger("quiet.timeout", 1);
  private static final long QUIET_MILLIS =
      TimeUnit.SECONDS.toMillis(Integer.getInteger("quiet.seconds", 0)) + 2_500;
  private static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(2);
  private static final String LARGE = "x".repeat(20_000);

  private static final Map<String, Consumer<Cache<String, String>>> OPERATIONS = operations();

  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger slow = new AtomicInteger();

  private static Map<String, Consumer<Cache<String, String>>> operations() {
    Map<String, Consumer<Cache<String, String>>> operations = new LinkedHashMap<>();
    operations.put("get", cache -> assertThat(cache.get("there")).isEqualTo("1"));
    operations.put("get of much", cache -> assertThat(cache.get("large")).isEqualTo(LARGE));
    operations.put("containsKey", cache -> assertThat(cache.containsKey("there")).isTrue());
    operations.put(
        "getAll", cache -> assertThat(cache.getAll(Set.of("there", "large"))).hasSize(2));
    operations.put("iterator", cache -> assertThat(cache).isNotEmpty());
    operations.put("put", cache -> cache.put("there", "1"));
    operations.put("put of much", cache -> cache.put("large", LARGE));
    operations.put("putAll", cache -> cache.putAll(Map.of("there", "1", "large", LARGE)));
    operations.put("putIfAbsent", cache -> cache.putIfAbsent("other", "1"));
    operations.put("getAndPut", cache -> cache.getAndPut("there", "1"));
    operations.put("replace", cache -> assertThat(cache.replace("there", "1")).isTrue());
    operations.put("getAndReplace", cache -> cache.getAndReplace("there", "1"));
    operations.put("replace of a value", cache -> cache.replace("there", "1", "1"));
    operations.put("remove", cache -> cache.remove("other"));
    operations.put("remove of a value", cache -> cache.remove("other", "1"));
    operations.put("getAndRemove", cache -> cache.getAndRemove("other"));
    operations.put("removeAll of keys", cache -> cache.removeAll(Set.of("other", "none")));
    operations.put("invoke", cache -> cache.invoke("there", (entry, arguments) -> entry.exists()));
    operations.put("clear", Cache::clear);
    return operations;
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void firstOperationAfterQuiet_succeeds(String executor) throws Exception {
    try (RedisServer plain = RedisServer.start();
        RedisServer dropping =
            RedisServer.start("--timeout", Integer.toString(DROPPED_AFTER_SECONDS));
        QuietProxy closing = QuietProxy.closing(plain.port(), DROPPED_AFTER_SECONDS * 1_000);
        QuietProxy swallowing = QuietProxy.swallowing(plain.port(), DROPPED_AFTER_SECONDS * 1_000);
        Places places = new Places()) {
      OPERATIONS.forEach(
          (name, operation) -> {
            places.add("server", executor, dropping.port(), name, operation);
            places.add("closing", executor, closing.port(), name, operation);
            places.add("swallowing", executor, swallowing.port(), name, operation);
          });
      for (int round = 0; round < ROUNDS; round++) {
        boolean unused = new CountDownLatch(1).await(QUIET_MILLIS, TimeUnit.MILLISECONDS);
        places.runAll();
      }
      assertThat(failures).isEmpty();
      assertThat(closing.forgotten()).isPositive();
      assertThat(swallowing.forgotten()).isGreaterThanOrEqualTo(OPERATIONS.size());
      assertThat(slow.get())
          .as("calls over the time-out")
          .isLessThanOrEqualTo(swallowing.forgotten());
    }
  }

  /** An operation with a cache, a manager and connections of its own. */
  private record Place(
      String name, CacheManager manager, Cache<String, String> cache, Runnable operation) {}

  private final class Places implements AutoCloseable {

    private final List<Place> all = new ArrayList<>();

    void add(
        String way,
        String executor,
        int port,
        String name,
        Consumer<Cache<String, String>> operation) {
      CacheManager manager =
          Managers.open(
              URI.create("redis://127.0.0.1:" + port),
              "connection.executor=" + executor,
              "connection.command-timeout=" + COMMAND_TIMEOUT.toMillis() + "ms",
              "connection.pool.size=2",
              "connection.keep-alive=0s",
              "namespace=" + way + all.size(),
              "stale-entries.enabled=false",
              "key-statistics.enabled=false",
              "health.interval=1h");
      Cache<String, String> cache = Managers.texts(manager, "quiet");
      cache.put("there", "1");
      cache.put("large", LARGE);
      all.add(new Place(way + ", " + name, manager, cache, () -> operation.accept(cache)));
    }

    /** Each in a thread of its own: those that meet a swallowed connection wait for a while. */
    void runAll() throws InterruptedException {
      List<Thread> threads = new ArrayList<>();
      for (Place place : all) {
        Thread thread = new Thread(() -> run(place), place.name());
        threads.add(thread);
        thread.start();
      }
      for (Thread thread : threads) {
        thread.join(TimeUnit.SECONDS.toMillis(30));
        assertThat(thread.isAlive()).as("%s has ended", thread).isFalse();
      }
    }

    private void run(Place place) {
      long startNanos = System.nanoTime();
      try {
        place.operation().run();
      } catch (RuntimeException | AssertionError e) {
        failures.add(new AssertionError(place.name(), e));
      }
      if (System.nanoTime() - startNanos > COMMAND_TIMEOUT.toNanos()) {
        slow.incrementAndGet();
      }
    }

    @Override
    public void close() {
      all.forEach(place -> place.manager().close());
    }
  }
}
