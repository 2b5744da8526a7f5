package io.yokedcache.jcache;

import static io.yokedcache.jcache.InvokeAllIT.keys;
import static io.yokedcache.jcache.InvokeAllIT.roundTrips;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.expiry.Duration;
import javax.cache.integration.CompletionListenerFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Bulk operations take a few round trips whatever the number of keys, also where code of the
 * application has a say.
 */
@Timeout(60)
final class BulkRoundTripsIT {

  private static final int KEYS = 250;

  private static RedisServer redis;

  private final TestManagers managers = new TestManagers();
  private final CountingPolicy policy =
      new CountingPolicy(Duration.ONE_HOUR, Duration.ONE_HOUR, Duration.ONE_HOUR);
  private final RecordingWriter<String, Loaded> writer = new RecordingWriter<>();
  private final RecordingListener<String, Loaded> listener = new RecordingListener<>();

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

  private static Map<String, Loaded> entries() {
    Map<String, Loaded> entries = new LinkedHashMap<>();
    keys(KEYS).forEach(key -> entries.put(key, new Loaded(key)));
    return entries;
  }

  /** A cache whose policy, loader, writer and listener are the application's. */
  private Cache<String, Loaded> cache() {
    Cache<String, Loaded> cache =
        managers
            .open(redis.uri())
            .createCache(
                TestManagers.uniqueName("bulk"),
                new RecordingLoader(Loaded::new)
                    .configuration()
                    .setStatisticsEnabled(true)
                    .setExpiryPolicyFactory(() -> policy)
                    .setReadThrough(true)
                    .setWriteThrough(true)
                    .setCacheWriterFactory(() -> writer)
                    .addCacheEntryListenerConfiguration(
                        listener.configuration(
                            /* isOldValueRequired= */ true, /* isSynchronous= */ true)));
    cache.put("first", new Loaded("1"));
    forget();
    return cache;
  }

  private void forget() {
    policy.questions().clear();
    writer.calls().clear();
    listener.forget();
  }

  private void assertHeard(int questions, int writes, int events) {
    assertThat(policy.questions()).as("questions to the policy").hasSize(questions);
    assertThat(writer.calls()).as("calls of the writer").hasSize(writes);
    assertThat(listener.heard()).as("events").hasSize(events);
    forget();
  }

  @Test
  void putAllGetAllRemoveAll() throws Exception {
    Cache<String, Loaded> cache = cache();

    assertThat(roundTrips(cache, () -> cache.putAll(entries()))).isEqualTo(2);
    assertHeard(KEYS, KEYS, KEYS);
    assertThat(roundTrips(cache, () -> cache.putAll(entries()))).isEqualTo(2);
    assertHeard(KEYS, KEYS, KEYS);
    assertThat(roundTrips(cache, () -> cache.getAll(keys(KEYS)))).isEqualTo(2);
    assertHeard(KEYS, 0, 0);
    Set<String> some = new LinkedHashSet<>(keys(KEYS));
    some.add("none");
    assertThat(roundTrips(cache, () -> cache.removeAll(some))).isEqualTo(1);
    assertHeard(0, KEYS + 1, KEYS);
    assertThat(StatisticsDelta.of(cache))
        .isEqualTo(new StatisticsDelta(KEYS, 0, 2 * KEYS + 1, KEYS));
  }

  @Test
  void loadAll() throws Exception {
    Cache<String, Loaded> cache = cache();

    assertThat(roundTrips(cache, () -> load(cache, /* replace= */ false))).isEqualTo(2);
    assertHeard(KEYS, 0, KEYS);
    assertThat(roundTrips(cache, () -> load(cache, /* replace= */ false))).isEqualTo(1);
    assertHeard(0, 0, 0);
    assertThat(roundTrips(cache, () -> load(cache, /* replace= */ true))).isEqualTo(3);
    assertHeard(KEYS, 0, KEYS);
    assertThat(roundTrips(cache, () -> cache.removeAll(keys(KEYS)))).isEqualTo(1);
    assertThat(roundTrips(cache, () -> cache.getAll(keys(KEYS)))).as("loads").isEqualTo(2);
    assertThat(cache.getAll(keys(KEYS))).isEqualTo(entries());
  }

  private static void load(Cache<String, Loaded> cache, boolean replace) {
    CompletionListenerFuture done = new CompletionListenerFuture();
    cache.loadAll(keys(KEYS), replace, done);
    try {
      done.get(30, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError("loadAll failed", e);
    }
  }
}
