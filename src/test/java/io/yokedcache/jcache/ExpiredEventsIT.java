package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** When listeners hear that an entry has expired. */
final class ExpiredEventsIT {

  private static final RedisServer redis = RedisServer.start("--notify-keyspace-events", "Ex");
  private static final TestManagers managers = new TestManagers();
  private static final CacheManager there = managers.open(redis.uri());

  @AfterAll
  static void close() {
    managers.close();
    redis.close();
  }

  /** The listening manager has not seen the cache since it was cleared elsewhere. */
  @Test
  void naturalExpiry_afterAClearElsewhere() {
    CacheManager idle = managers.open(redis.uri());
    String name = TestManagers.uniqueName("cleared");
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> writing = expiring(there, name);
    Cache<String, String> listening = expiring(idle, name);
    listening.registerCacheEntryListener(listener.configuration(false, true));

    writing.put("dead", "1");
    writing.clear();
    writing.put("k", "1");

    assertHeard(listener, List.of("CREATED dead=1/-", "CREATED k=1/-", "EXPIRED k=-/-"));
  }

  /** The entry is updated first, and then expires. */
  @Test
  void updateWithZeroDuration_order() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    Cache<String, String> cache =
        there.createCache(
            TestManagers.uniqueName("zero"),
            TestManagers.strings()
                .setExpiryPolicyFactory(
                    () -> new CountingPolicy(Duration.ONE_HOUR, Duration.ZERO, null))
                .addCacheEntryListenerConfiguration(listener.configuration(true, true)));
    cache.put("k", "1");
    cache.put("k", "2");
    assertThat(listener.texts()).containsExactly("CREATED k=1/-", "UPDATED k=2/1", "EXPIRED k=2/2");
  }

  private static void assertHeard(
      RecordingListener<String, String> listener, List<String> expected) {
    await().atMost(30, TimeUnit.SECONDS).until(() -> listener.heard().size() >= expected.size());
    assertThat(listener.texts()).containsExactlyElementsOf(expected);
  }

  private static Cache<String, String> expiring(CacheManager manager, String name) {
    return manager.createCache(
        name,
        TestManagers.strings()
            .setExpiryPolicyFactory(
                // Enough for a busy machine to clear the cache before an entry expires.
                CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.MILLISECONDS, 1_500))));
  }
}
