package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.within;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.Factory;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The operations of {@link YokedCache} on one entry, on a real server. */
final class YokedCacheIT {

  private static final String KEY = "key";
  private static final javax.cache.expiry.Duration DAY = javax.cache.expiry.Duration.ONE_DAY;
  private static final long DAY_MILLIS = 86_400_000;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final long HOUR_MILLIS = 3_600_000;
  private static final long ETERNAL = -1;
  private static final long NONE = -2;

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;
  private static RawEntries raw;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    manager = managers.open(redis.uri());
    raw = new RawEntries(redis);
  }

  @AfterAll
  static void stop() {
    raw.close();
    managers.close();
    redis.close();
  }

  /**
   * An expiry policy, and the time to live that it leaves an entry with an hour.
   *
   * @param updated after a put
   * @param accessed after a get
   */
  private record Later(String name, Factory<ExpiryPolicy> policy, long updated, long accessed) {

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Later> policies() {
    return List.of(
        new Later("created", CreatedExpiryPolicy.factoryOf(DAY), HOUR_MILLIS, HOUR_MILLIS),
        new Later("eternal", EternalExpiryPolicy.factoryOf(), ETERNAL, HOUR_MILLIS),
        new Later("modified", ModifiedExpiryPolicy.factoryOf(DAY), DAY_MILLIS, HOUR_MILLIS),
        new Later("accessed", AccessedExpiryPolicy.factoryOf(DAY), HOUR_MILLIS, DAY_MILLIS),
        new Later("own", () -> new CountingPolicy(DAY, DAY, null), DAY_MILLIS, HOUR_MILLIS),
        new Later("own kept", () -> new CountingPolicy(DAY, null, DAY), HOUR_MILLIS, DAY_MILLIS));
  }

  @Test
  void unwrap_andCast() {
    Cache<String, String> cache = create(TestManagers.strings());

    Object unwrapped = cache.unwrap(YokedCache.class);
    Object found = manager.getCache(cache.getName());

    assertThat(unwrapped).isSameAs(cache);
    assertThat(found).isSameAs(cache).isInstanceOf(YokedCache.class);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void put_withTimeToLive_whateverThePolicy(Later later) {
    YokedCache<String, String> cache = create(later);

    cache.put(KEY, "new", HOUR);
    assertTimeToLive(cache, HOUR_MILLIS);
    cache.put(KEY, "old", Duration.ofMinutes(1));
    assertTimeToLive(cache, 60_000);
    cache.put(KEY, "new", HOUR);
    assertTimeToLive(cache, HOUR_MILLIS);
  }

  @ParameterizedTest
  @MethodSource("policies")
  void put_withTimeToLive_thenUpdated(Later later) {
    YokedCache<String, String> cache = create(later);
    cache.put(KEY, "a", HOUR);

    cache.put(KEY, "b");

    assertTimeToLive(cache, later.updated());
  }

  @ParameterizedTest
  @MethodSource("policies")
  void put_withTimeToLive_thenRead(Later later) {
    YokedCache<String, String> cache = create(later);
    cache.put(KEY, "a", HOUR);

    assertThat(cache.get(KEY)).isEqualTo("a");

    assertTimeToLive(cache, later.accessed());
  }

  @ParameterizedTest
  @MethodSource("policies")
  void putIfAbsent_withTimeToLive(Later later) {
    YokedCache<String, String> cache = create(later);

    assertThat(cache.putIfAbsent(KEY, "a", HOUR)).isTrue();
    assertTimeToLive(cache, HOUR_MILLIS);
    assertThat(cache.putIfAbsent(KEY, "b", Duration.ofMinutes(1))).isFalse();

    assertTimeToLive(cache, HOUR_MILLIS);
    assertThat(cache.getAndRemove(KEY)).isEqualTo("a");
  }

  @Test
  void put_withTimeToLive_doesNotAskThePolicy() {
    CountingPolicy policy = new CountingPolicy(DAY, DAY, DAY);
    YokedCache<String, String> cache =
        create(TestManagers.strings().setExpiryPolicyFactory(() -> policy));

    cache.put(KEY, "a", HOUR);
    cache.put(KEY, "b", HOUR);
    assertThat(cache.putIfAbsent(KEY, "c", HOUR)).isFalse();

    assertThat(policy.questions()).isEmpty();
  }

  @Test
  void put_withTimeToLive_eternalAndVeryShort() {
    YokedCache<String, String> cache =
        create(TestManagers.strings().setExpiryPolicyFactory(ModifiedExpiryPolicy.factoryOf(DAY)));

    cache.put(KEY, "a", YokedCache.ETERNAL);
    assertTimeToLive(cache, ETERNAL);
    cache.put(KEY, "b", Duration.ofDays(366_000));
    assertTimeToLive(cache, ETERNAL);
    cache.put("other", "c", Duration.ofNanos(1));

    assertThat(raw.timeToLiveMillis(cache.getName(), "other")).isIn(NONE, 0L, 1L);
  }

  @Test
  void timeToLive_mustBePositive() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    for (Duration wrong : List.of(Duration.ZERO, Duration.ofMillis(-1), Duration.ofNanos(-1))) {
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> cache.put(KEY, "v", wrong))
          .withMessageContaining("positive")
          .withMessageContaining(wrong.toString());
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> cache.putIfAbsent(KEY, "v", wrong));
    }
    assertThat(cache.containsKey(KEY)).isFalse();
  }

  @Test
  @SuppressWarnings("NullAway") // null is the argument that is tested
  void timeToLive_null() {
    YokedCache<String, String> cache = create(TestManagers.strings());

    assertThatNullPointerException().isThrownBy(() -> cache.put(KEY, "v", null)).withMessage("ttl");
  }

  @Test
  void put_withTimeToLive_writesThroughAndIsHeardAndCounted() {
    RecordingWriter<String, String> writer = new RecordingWriter<>();
    RecordingListener<String, String> listener = new RecordingListener<>();
    YokedCache<String, String> cache =
        create(
            TestManagers.strings()
                .setWriteThrough(true)
                .setCacheWriterFactory(() -> writer)
                .setStatisticsEnabled(true)
                .addCacheEntryListenerConfiguration(listener.configuration(true, true)));
    StatisticsDelta before = StatisticsDelta.of(cache);

    cache.put(KEY, "a", HOUR);
    cache.put(KEY, "b", HOUR);
    assertThat(cache.putIfAbsent("c", "d", HOUR)).isTrue();

    assertThat(writer.calls()).containsExactly("write key=a", "write key=b", "write c=d");
    assertThat(listener.texts())
        .containsExactly("CREATED key=a/-", "UPDATED key=b/a", "CREATED c=d/-");
    assertThat(StatisticsDelta.of(cache).since(before)).isEqualTo(new StatisticsDelta(0, 1, 3, 0));
    assertTimeToLive(cache, HOUR_MILLIS);
  }

  private static YokedCache<String, String> create(Later later) {
    return create(TestManagers.strings().setExpiryPolicyFactory(later.policy()));
  }

  private static <K, V> YokedCache<K, V> create(MutableConfiguration<K, V> configuration) {
    return (YokedCache<K, V>) manager.createCache(TestManagers.uniqueName("yoked"), configuration);
  }

  /** Two minutes may have gone by since the time to live was set. */
  private static void assertTimeToLive(Cache<?, ?> cache, long millis) {
    long actual = raw.timeToLiveMillis(cache.getName(), KEY);
    if (millis < 0) {
      assertThat(actual).isEqualTo(millis);
    } else {
      assertThat(actual).isCloseTo(millis, within(Math.min(120_000, millis / 2)));
    }
  }
}
