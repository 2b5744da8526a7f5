package io.yokedcache.jcache;

import static io.yokedcache.jcache.InvokeAllIT.roundTrips;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.processor.GuessingProcessor;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import javax.cache.Cache;
import javax.cache.processor.MutableEntry;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.params.ClientKillParams.SkipMe;

/** Entry processors that know which value the entry probably has. */
@Timeout(60)
final class GuessingProcessorIT {

  private static RedisServer redis;

  private final TestManagers managers = new TestManagers();
  private final List<String> seen = new ArrayList<>();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  private Cache<String, String> cache(String... settings) {
    Cache<String, String> cache =
        managers
            .open(redis.uri(), settings)
            .createCache(
                TestManagers.uniqueName("guessed"),
                TestManagers.strings().setStatisticsEnabled(true));
    cache.put("other", "entry");
    cache.invoke("other", new Guess("entry", value -> "changed")); // the server knows the script
    seen.clear();
    return cache;
  }

  /** Notes the values that it sees. */
  private final class Guess implements GuessingProcessor<String, String, String> {

    private final String guess;
    private final UnaryOperator<@Nullable String> next;

    Guess(String guess, UnaryOperator<@Nullable String> next) {
      this.guess = guess;
      this.next = next;
    }

    @Override
    public String guess() {
      return guess;
    }

    @Override
    public String process(MutableEntry<String, String> entry, Object... arguments) {
      String value = entry.getValue();
      seen.add(String.valueOf(value));
      String after = next.apply(value);
      if (after != null) {
        entry.setValue(after);
      }
      return value + " to " + after;
    }
  }

  @Test
  void right_takesOneRoundTrip() throws Exception {
    Cache<String, String> cache = cache();
    cache.put("key", "a");

    assertThat(roundTrips(cache, () -> cache.invoke("key", new Guess("a", value -> value + "b"))))
        .isEqualTo(1);
    assertThat(cache.get("key")).isEqualTo("ab");
    assertThat(seen).containsExactly("a");
  }

  @Test
  void wrong_runsOnTheValueOfTheEntry() throws Exception {
    Cache<String, String> cache = cache();
    cache.put("key", "a");

    assertThat(
            roundTrips(
                cache,
                () ->
                    assertThat(cache.invoke("key", new Guess("x", value -> value + "b")))
                        .isEqualTo("a to ab")))
        .isEqualTo(2);
    assertThat(cache.get("key")).isEqualTo("ab");
    assertThat(seen).containsExactly("x", "a");
  }

  @Test
  void noEntry_runsOnNone() {
    Cache<String, String> cache = cache();

    assertThat(cache.invoke("key", new Guess("x", value -> "b"))).isEqualTo("null to b");
    assertThat(cache.get("key")).isEqualTo("b");
    assertThat(seen).containsExactly("x", "null");
  }

  @Test
  void clearedByAnotherManager_runsOnNone() {
    Cache<String, String> cache = cache();
    cache.put("key", "a");
    managers.open(redis.uri()).createCache(cache.getName(), TestManagers.strings()).clear();

    assertThat(cache.invoke("key", new Guess("a", value -> "b"))).isEqualTo("null to b");
    assertThat(cache.get("key")).isEqualTo("b");
  }

  /** The value that was guessed is not what the entry has, so its decision says nothing. */
  @Test
  void wrong_decidesToLeaveTheEntry_runsAgain() {
    Cache<String, String> cache = cache();
    cache.put("key", "a");

    assertThat(cache.invoke("key", new Guess("x", value -> "x".equals(value) ? null : "b")))
        .isEqualTo("a to b");
    assertThat(seen).containsExactly("x", "a");
  }

  /** The bytes of wrapped values may differ each time, so that no guess would be right. */
  @Test
  void wrappedValues_areReadFirst() {
    Cache<String, String> cache = cache("yokedcache.defaults.compress.algorithm", "lz4");
    String value = UUID.randomUUID().toString().repeat(100);
    cache.put("key", value);

    cache.invoke("key", new Guess("x", found -> found + "b"));

    assertThat(cache.get("key")).isEqualTo(value + "b");
    assertThat(seen).containsExactly(value);
  }

  /** Adds 1 to a number, and returns the number before. */
  private record Increment(@Nullable String guess)
      implements GuessingProcessor<String, String, String> {

    @Override
    public String process(MutableEntry<String, String> entry, Object... arguments) {
      String before = entry.getValue();
      entry.setValue(next(before));
      return before;
    }

    static String next(String number) {
      return Integer.toString(Integer.parseInt(number) + 1);
    }
  }

  /** A decision without an answer was applied once or not at all, and never by the next attempt. */
  @Test
  void connectionsKilled_eachDecisionIsAppliedOnce() throws Exception {
    Cache<String, String> cache = cache();
    cache.put("key", "0");
    Set<String> replaced = ConcurrentHashMap.newKeySet();
    AtomicInteger successes = new AtomicInteger();
    AtomicInteger repeated = new AtomicInteger();
    AtomicInteger unknown = new AtomicInteger();
    AtomicBoolean isOver = new AtomicBoolean();
    Runnable increments =
        () -> {
          String guess = "0";
          while (!isOver.get()) {
            try {
              String before = cache.invoke("key", new Increment(guess));
              guess = Increment.next(before);
              successes.incrementAndGet();
              if (!replaced.add(before)) {
                repeated.incrementAndGet();
              }
            } catch (RedisUnavailableException lost) {
              unknown.incrementAndGet();
            }
          }
        };
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try (Jedis killer = new Jedis(redis.uri())) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        running.add(threads.submit(increments));
      }
      for (int i = 0; i < 100; i++) {
        int before = successes.get();
        Awaitility.await().pollInterval(Duration.ofMillis(1)).until(() -> successes.get() > before);
        killer.clientKill(
            ClientKillParams.clientKillParams().type(ClientType.NORMAL).skipMe(SkipMe.YES));
      }
      isOver.set(true);
      for (Future<?> thread : running) {
        thread.get();
      }
    } finally {
      isOver.set(true);
      threads.shutdown();
    }

    assertThat(unknown).hasPositiveValue();
    assertThat(repeated).hasValue(0);
    assertThat(Integer.parseInt(cache.get("key")))
        .isBetween(successes.get(), successes.get() + unknown.get());
  }
}
