package io.yokedcache.jcache;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.Factory;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import javax.cache.processor.MutableEntry;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What expiry policies ask for is what Redis has as time to live. */
final class ExpiryIT {

  private static final String KEY = "key";
  private static final Duration HOUR = Duration.ONE_HOUR;
  private static final long HOUR_MILLIS = 3_600_000;

  /** What a test gives an entry, so that it shows when an operation gives it another one. */
  private static final long MARK_MILLIS = 1_000_000;

  private static final long ETERNAL = -1;
  private static final long NONE = -2;

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;
  private static RawEntries raw;

  /**
   * What becomes of the time to live.
   *
   * @param policy the policy
   * @param created after creation
   * @param updated after an update of an entry that had {@link #MARK_MILLIS}
   * @param accessed after a read of such an entry
   */
  private record Expected(
      String name, Factory<ExpiryPolicy> policy, long created, long updated, long accessed) {

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Expected> policies() {
    long kept = MARK_MILLIS;
    return List.of(
        new Expected(
            "accessed", AccessedExpiryPolicy.factoryOf(HOUR), HOUR_MILLIS, kept, HOUR_MILLIS),
        new Expected("created", CreatedExpiryPolicy.factoryOf(HOUR), HOUR_MILLIS, kept, kept),
        // Eternal entries have no time to live but the one that this test gave them.
        new Expected("eternal", EternalExpiryPolicy.factoryOf(), ETERNAL, ETERNAL, kept),
        new Expected(
            "modified", ModifiedExpiryPolicy.factoryOf(HOUR), HOUR_MILLIS, HOUR_MILLIS, kept),
        new Expected(
            "touched", TouchedExpiryPolicy.factoryOf(HOUR), HOUR_MILLIS, HOUR_MILLIS, HOUR_MILLIS),
        new Expected(
            "own", () -> new CountingPolicy(HOUR, null, HOUR), HOUR_MILLIS, kept, HOUR_MILLIS),
        new Expected(
            "own eternal",
            () -> new CountingPolicy(Duration.ETERNAL, HOUR, Duration.ETERNAL),
            ETERNAL,
            HOUR_MILLIS,
            ETERNAL));
  }

  /** An operation by its name. */
  private record Step(String name, Consumer<Cache<String, String>> action) {

    @Override
    public String toString() {
      return name;
    }
  }

  private static final List<Step> CREATIONS =
      List.of(
          new Step("put", cache -> cache.put(KEY, "v")),
          new Step("getAndPut", cache -> cache.getAndPut(KEY, "v")),
          new Step("putIfAbsent", cache -> cache.putIfAbsent(KEY, "v")),
          new Step("putAll", cache -> cache.putAll(Map.of(KEY, "v", "other", "w"))),
          new Step("invoke", cache -> cache.invoke(KEY, ExpiryIT::set)));

  private static final List<Step> UPDATES =
      List.of(
          new Step("put", cache -> cache.put(KEY, "v")),
          new Step("getAndPut", cache -> cache.getAndPut(KEY, "v")),
          new Step("putAll", cache -> cache.putAll(Map.of(KEY, "v", "other", "w"))),
          new Step("replace", cache -> cache.replace(KEY, "v")),
          new Step("replace old", cache -> cache.replace(KEY, "before", "v")),
          new Step("getAndReplace", cache -> cache.getAndReplace(KEY, "v")),
          new Step("invoke", cache -> cache.invoke(KEY, ExpiryIT::set)));

  private static final List<Step> ACCESSES =
      List.of(
          new Step("get", cache -> cache.get(KEY)),
          new Step("getAll", cache -> cache.getAll(Set.of(KEY, "other"))),
          new Step("iterator", cache -> cache.iterator().next()),
          new Step("invoke", cache -> cache.invoke(KEY, (entry, more) -> entry.getValue())),
          new Step("replace unequal", cache -> cache.replace(KEY, "unequal", "v")),
          new Step("remove unequal", cache -> cache.remove(KEY, "unequal")));

  private static final List<Step> NEITHER =
      List.of(
          new Step("containsKey", cache -> cache.containsKey(KEY)),
          new Step("putIfAbsent", cache -> cache.putIfAbsent(KEY, "v")),
          new Step("invoke exists", cache -> cache.invoke(KEY, (entry, more) -> entry.exists())),
          new Step(
              "iterator of which nothing is taken",
              cache -> assertThat(cache.iterator().hasNext()).isTrue()));

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

  static Stream<Arguments> creations() {
    return product(CREATIONS);
  }

  static Stream<Arguments> updates() {
    return product(UPDATES);
  }

  static Stream<Arguments> accesses() {
    return product(ACCESSES);
  }

  static Stream<Arguments> neither() {
    return product(NEITHER);
  }

  private static Stream<Arguments> product(List<Step> steps) {
    return policies().stream()
        .flatMap(policy -> steps.stream().map(step -> Arguments.of(policy, step)));
  }

  @ParameterizedTest
  @MethodSource("creations")
  void creation(Expected expected, Step step) {
    Cache<String, String> cache = create(expected.policy());

    step.action().accept(cache);

    assertTimeToLive(cache, expected.created());
  }

  @ParameterizedTest
  @MethodSource("updates")
  void update(Expected expected, Step step) {
    Cache<String, String> cache = createMarked(expected.policy());

    step.action().accept(cache);

    assertTimeToLive(cache, expected.updated());
  }

  @ParameterizedTest
  @MethodSource("accesses")
  void access(Expected expected, Step step) {
    Cache<String, String> cache = createMarked(expected.policy());

    step.action().accept(cache);

    assertTimeToLive(cache, expected.accessed());
  }

  @ParameterizedTest
  @MethodSource("neither")
  void neitherUpdateNorAccess(Expected expected, Step step) {
    Cache<String, String> cache = createMarked(expected.policy());

    step.action().accept(cache);

    assertTimeToLive(cache, MARK_MILLIS);
  }

  static List<Factory<ExpiryPolicy>> zeroAtCreation() {
    return List.of(
        CreatedExpiryPolicy.factoryOf(Duration.ZERO),
        () -> new CountingPolicy(Duration.ZERO, HOUR, HOUR));
  }

  @ParameterizedTest
  @MethodSource("zeroAtCreation")
  void creation_zero(Factory<ExpiryPolicy> policy) {
    for (Step step : CREATIONS) {
      Cache<String, String> cache = create(policy);

      step.action().accept(cache);

      assertThat(cache.containsKey(KEY)).as(step.name()).isFalse();
      assertThat(raw.find(cache.getName(), KEY)).as(step.name()).isEmpty();
    }
  }

  @Test
  void update_zero() {
    for (Step step : UPDATES) {
      Cache<String, String> cache =
          createMarked(() -> new CountingPolicy(HOUR, Duration.ZERO, HOUR));

      step.action().accept(cache);

      assertThat(raw.timeToLiveMillis(cache.getName(), KEY)).as(step.name()).isEqualTo(NONE);
    }
  }

  @Test
  void access_zero() {
    for (Step step : ACCESSES) {
      Cache<String, String> cache =
          createMarked(() -> new CountingPolicy(HOUR, HOUR, Duration.ZERO));

      step.action().accept(cache);

      assertThat(raw.timeToLiveMillis(cache.getName(), KEY)).as(step.name()).isEqualTo(NONE);
    }
  }

  @Test
  void creation_belowASecond() {
    Cache<String, String> cache =
        create(CreatedExpiryPolicy.factoryOf(new Duration(MILLISECONDS, 150)));

    cache.put(KEY, "v");

    assertThat(raw.timeToLiveMillis(cache.getName(), KEY)).isLessThanOrEqualTo(150);
    Awaitility.await()
        .atMost(30, SECONDS)
        .pollInterval(10, MILLISECONDS)
        .until(() -> cache.get(KEY) == null);
    assertThat(cache.containsKey(KEY)).isFalse();
    assertThat(cache.iterator().hasNext()).isFalse();
    assertThat(cache.putIfAbsent(KEY, "again")).isTrue();
  }

  @Test
  void creation_longerThanRedisCanCount() {
    Cache<String, String> cache =
        create(CreatedExpiryPolicy.factoryOf(new Duration(MILLISECONDS, Long.MAX_VALUE)));

    cache.put(KEY, "v");

    assertThat(cache.get(KEY)).isEqualTo("v");
    assertTimeToLive(cache, ETERNAL);
  }

  @Test
  void iteration_touchesOnlyWhatItReturned() {
    Cache<String, String> cache = create(AccessedExpiryPolicy.factoryOf(HOUR));
    Map<String, String> entries = new HashMap<>();
    for (int i = 0; i < 20; i++) {
      entries.put("entry" + i + "z", "v");
    }
    cache.putAll(entries);
    entries.keySet().forEach(key -> mark(cache, key));

    Iterator<Cache.Entry<String, String>> iterator = cache.iterator();
    String first = iterator.next().getKey();

    for (String key : entries.keySet()) {
      assertNear(
          raw.timeToLiveMillis(cache.getName(), key),
          key.equals(first) ? HOUR_MILLIS : MARK_MILLIS);
    }
  }

  private static String set(MutableEntry<String, String> entry, Object... arguments) {
    entry.setValue("v");
    return "done";
  }

  private static Cache<String, String> create(Factory<ExpiryPolicy> policy) {
    return manager.createCache(
        TestManagers.uniqueName("expiry"), TestManagers.strings().setExpiryPolicyFactory(policy));
  }

  private static Cache<String, String> createMarked(Factory<ExpiryPolicy> policy) {
    Cache<String, String> cache = create(policy);
    cache.put(KEY, "before");
    mark(cache, KEY);
    return cache;
  }

  private static void mark(Cache<String, String> cache, String key) {
    raw.setTimeToLiveMillis(cache.getName(), key, MARK_MILLIS);
  }

  private static void assertTimeToLive(Cache<String, String> cache, long millis) {
    assertNear(raw.timeToLiveMillis(cache.getName(), KEY), millis);
  }

  /** Two minutes may have gone by since the time to live was set, but not a millisecond less. */
  private static void assertNear(long actual, long millis) {
    if (millis < 0) {
      assertThat(actual).isEqualTo(millis);
    } else {
      assertThat(actual).isBetween(millis - 120_000, millis);
    }
  }
}
