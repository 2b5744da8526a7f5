package io.yokedcache.jcache;

import static io.yokedcache.jcache.InvokeAllIT.keys;
import static io.yokedcache.jcache.InvokeAllIT.roundTrips;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.Duration;
import javax.cache.expiry.TouchedExpiryPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** The number of buckets of a cache has no influence on its round trips to one server. */
@Timeout(60)
final class BucketRoundTripsIT {

  private static final Set<String> KEYS = keys(100);

  private static RedisServer redis;

  private final TestManagers managers = new TestManagers();

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

  private Cache<String, String> cache(
      int buckets, MutableConfiguration<String, String> configuration) {
    return managers
        .open(redis.uri(), "yokedcache.buckets", Integer.toString(buckets))
        .createCache(TestManagers.uniqueName("spread"), configuration.setStatisticsEnabled(true));
  }

  private static Map<String, String> entries(String value) {
    return KEYS.stream()
        .collect(Collectors.toMap(key -> key, key -> key + value, (a, b) -> a, LinkedHashMap::new));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64, 256})
  void bulkOperations(int buckets) throws Exception {
    Cache<String, String> cache = cache(buckets, TestManagers.strings());
    cache.putAll(entries("0"));
    cache.clear(); // now the server knows the scripts
    assertThat(roundTrips(cache, () -> cache.putAll(entries("1")))).as("creation").isEqualTo(1);
    assertThat(roundTrips(cache, () -> cache.putAll(entries("2")))).as("update").isEqualTo(1);
    assertThat(roundTrips(cache, () -> assertThat(cache.getAll(KEYS)).isEqualTo(entries("2"))))
        .isEqualTo(1);
    assertThat(roundTrips(cache, () -> cache.removeAll(KEYS))).isEqualTo(1);
    assertThat(roundTrips(cache, () -> assertThat(cache.getAll(KEYS)).isEmpty())).isEqualTo(1);

    cache.putAll(entries("3"));
    assertThat(roundTrips(cache, cache::clear)).isEqualTo(1);
    assertThat(roundTrips(cache, () -> assertThat(cache.getAll(KEYS)).isEmpty()))
        .as("the new generations are known")
        .isEqualTo(1);
    assertThat(roundTrips(cache, () -> cache.putAll(entries("4")))).isEqualTo(1);
    assertThat(cache.getAll(KEYS)).isEqualTo(entries("4"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64})
  void generationsOfAnotherManager(int buckets) throws Exception {
    Cache<String, String> cache = cache(buckets, TestManagers.strings());
    cache.putAll(entries("1"));
    CacheManager other =
        managers.open(redis.uri(), "yokedcache.buckets", Integer.toString(buckets));
    Cache<String, String> same =
        other.createCache(cache.getName(), TestManagers.strings().setStatisticsEnabled(true));
    same.clear();

    assertThat(roundTrips(cache, () -> assertThat(cache.getAll(KEYS)).isEmpty()))
        .as("once with the old generations, once with the new ones")
        .isEqualTo(2);
    same.clear();
    assertThat(roundTrips(cache, () -> cache.putAll(entries("2")))).isEqualTo(2);
    assertThat(cache.getAll(KEYS)).isEqualTo(entries("2"));

    try (Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
      jedis.flushAll();
      assertThat(roundTrips(cache, () -> assertThat(cache.getAll(KEYS)).isEmpty()))
          .as("on old generations, the new generations, once more")
          .isEqualTo(3);
      jedis.scriptFlush();
    }
    assertThat(roundTrips(cache, () -> cache.putAll(entries("3"))))
        .as("first writes by the script, which is forgotten")
        .isEqualTo(2);
    assertThat(cache.getAll(KEYS)).isEqualTo(entries("3"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 64})
  void timesToLiveOfAccesses(int buckets) throws Exception {
    Cache<String, String> cache =
        cache(
            buckets,
            TestManagers.strings()
                .setExpiryPolicyFactory(
                    TouchedExpiryPolicy.factoryOf(new Duration(TimeUnit.HOURS, 1))));
    cache.putAll(entries("1"));
    cache.putAll(entries("2"));

    assertThat(roundTrips(cache, () -> assertThat(cache.getAll(KEYS)).isEqualTo(entries("2"))))
        .isEqualTo(1);
    assertThat(
            roundTrips(cache, () -> cache.invokeAll(KEYS, (entry, arguments) -> entry.getValue())))
        .as("a read and new times to live")
        .isEqualTo(2);
  }
}
