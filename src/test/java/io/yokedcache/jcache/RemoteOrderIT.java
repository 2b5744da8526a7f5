package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisDeployment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Two cache objects, as two JVMs have them, write the same key at the same time: the last value
 * that each listener hears is the cache's.
 */
final class RemoteOrderIT {

  /** Rounds of two writers; {@code -Dorder.rounds=2000} for the long form. */
  private static final int ROUNDS = Integer.getInteger("order.rounds", 300);

  /** In how many rounds both must have written at the same time, else nothing is proved. */
  private static final int ENOUGH_OVERLAPS = 20;

  private static final int MAX_ROUNDS = 20 * ROUNDS;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static RedisDeployment redis;
  private static TestManagers managers;
  private static CacheManager here;
  private static CacheManager there;
  private static ExecutorService threads;

  @BeforeAll
  static void start() {
    redis = RedisDeployment.start();
    managers = new TestManagers();
    here = managers.open(redis.uri());
    there = managers.open(redis.uri());
    threads = Executors.newFixedThreadPool(2);
  }

  @AfterAll
  static void stop() {
    threads.shutdownNow();
    managers.close();
    redis.close();
  }

  /** Writers that put single values, and ones that write several entries. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void lastHeard(boolean bulk) throws Exception {
    RecordingListener<String, String> synchronous = new RecordingListener<>();
    RecordingListener<String, String> asynchronous = new RecordingListener<>();
    RecordingListener<String, String> elsewhere = new RecordingListener<>();
    String name = TestManagers.uniqueName("order");
    Cache<String, String> one =
        here.createCache(
            name,
            TestManagers.strings()
                .addCacheEntryListenerConfiguration(synchronous.configuration(false, true))
                .addCacheEntryListenerConfiguration(asynchronous.configuration(false, false)));
    Cache<String, String> two =
        there.createCache(
            name,
            TestManagers.strings()
                .addCacheEntryListenerConfiguration(elsewhere.configuration(false, true)));
    List<RecordingListener<String, String>> listeners =
        List.of(synchronous, asynchronous, elsewhere);
    CyclicBarrier barrier = new CyclicBarrier(2);
    int overlaps = 0;
    for (int round = 0;
        round < ROUNDS || (overlaps < ENOUGH_OVERLAPS && round < MAX_ROUNDS);
        round++) {
      String key = "key" + round;
      Future<Interval> first = threads.submit(() -> write(one, key, "one", bulk, barrier));
      Future<Interval> second = threads.submit(() -> write(two, key, "two", bulk, barrier));
      Interval ofFirst = first.get(60, TimeUnit.SECONDS);
      overlaps += ofFirst.overlaps(second.get(60, TimeUnit.SECONDS)) ? 1 : 0;
      // Each hears a fence of the other one behind all messages before, and one more behind what
      // was put off once.
      for (String fence : List.of("fence a", "fence b")) {
        two.put(fence + " of two", key);
        one.put(fence + " of one", key);
        awaitLast(synchronous, fence + " of two", key);
        awaitLast(asynchronous, fence + " of two", key);
        awaitLast(elsewhere, fence + " of one", key);
      }
      String value = one.get(key);
      if (redis.isCluster()) {
        // Masters publish independently of each other: a fence may overtake a key of another one.
        await()
            .atMost(PATIENCE)
            .until(() -> listeners.stream().allMatch(each -> value.equals(last(each, key))));
      }
      for (RecordingListener<String, String> listener : listeners) {
        assertThat(last(listener, key))
            .as("round %s, listener %s of %s", round, listeners.indexOf(listener), listener.heard())
            .isEqualTo(value);
        listener.forget();
      }
    }
    assertThat(overlaps)
        .as("rounds in which both wrote at the same time")
        .isGreaterThanOrEqualTo(ENOUGH_OVERLAPS);
  }

  /** What this JVM did not overwrite is told, every change of it. */
  @Test
  void burst_afterAnOwnChange() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    String name = TestManagers.uniqueName("burst");
    Cache<String, String> one =
        here.createCache(
            name,
            TestManagers.strings()
                .addCacheEntryListenerConfiguration(listener.configuration(false, true)));
    Cache<String, String> two = there.createCache(name, TestManagers.strings());
    for (int round = 0; round < 20; round++) {
      String key = "key" + round;
      listener.forget();
      one.put(key, "own");
      // Behind it in the channel, so that the message of the own change has come.
      two.put("fence", key);
      await().atMost(PATIENCE).until(() -> key.equals(last(listener, "fence")));
      List<String> expected = new ArrayList<>(List.of("own"));
      for (int i = 0; i < 20; i++) {
        two.put(key, "value" + i);
        expected.add("value" + i);
      }
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(listener.heard())
                      .filteredOn(event -> key.equals(event.key()))
                      .extracting(HeardEvent::value)
                      .isEqualTo(expected));
    }
  }

  private static void awaitLast(
      RecordingListener<String, String> listener, String key, String value) {
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> value.equals(last(listener, key)));
  }

  private static Object last(RecordingListener<String, String> listener, String key) {
    Object last = "nothing";
    for (HeardEvent event : listener.heard()) {
      if (key.equals(event.key())) {
        last = String.valueOf(event.value());
      }
    }
    return last;
  }

  private static Interval write(
      Cache<String, String> cache, String key, String value, boolean bulk, CyclicBarrier barrier)
      throws Exception {
    barrier.await(60, TimeUnit.SECONDS);
    long startNanos = System.nanoTime();
    if (bulk) {
      cache.putAll(Map.of(key, value, key + " other", value));
    } else {
      cache.put(key, value);
    }
    return Interval.since(startNanos);
  }
}
