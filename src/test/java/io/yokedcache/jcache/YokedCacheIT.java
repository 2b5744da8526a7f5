package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.codec.key.KeyPattern;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.Factory;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

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

    assertThatNullPointerException()
        .isThrownBy(() -> cache.put(KEY, "v", (Duration) null))
        .withMessage("ttl");
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

  @Test
  void getAndTouch_replacesTheTimeToLive() {
    for (Later later : policies()) {
      YokedCache<String, String> cache = create(later);
      assertThat(cache.getAndTouch(KEY, HOUR)).as(later.name()).isNull();
      cache.put(KEY, "a", Duration.ofMinutes(1));

      assertThat(cache.getAndTouch(KEY, HOUR)).as(later.name()).isEqualTo("a");
      assertTimeToLive(cache, HOUR_MILLIS);
      assertThat(cache.getAndTouch(KEY, YokedCache.ETERNAL)).as(later.name()).isEqualTo("a");
      assertTimeToLive(cache, ETERNAL);
    }
  }

  @Test
  void getAndTouch_countsLookupsAndDoesNotLoad() {
    RecordingLoader loader = new RecordingLoader(Loaded::new);
    YokedCache<String, Loaded> cache =
        create(loader.configuration().setReadThrough(true).setStatisticsEnabled(true));
    Loaded value = new Loaded("a");
    cache.put(KEY, value);
    StatisticsDelta before = StatisticsDelta.of(cache);

    assertThat(cache.getAndTouch(KEY, HOUR)).isEqualTo(value);
    assertThat(cache.getAndTouch("other", HOUR)).isNull();

    assertThat(StatisticsDelta.of(cache).since(before)).isEqualTo(new StatisticsDelta(1, 1, 0, 0));
    assertThat(loader.asked()).isEmpty();
  }

  @Test
  void ttl_tellsAbsentFromEternal() {
    YokedCache<String, String> cache =
        create(
            TestManagers.strings()
                .setExpiryPolicyFactory(AccessedExpiryPolicy.factoryOf(DAY))
                .setStatisticsEnabled(true));
    StatisticsDelta before = StatisticsDelta.of(cache);

    assertThat(cache.ttl(KEY)).isEmpty();
    cache.put(KEY, "a", YokedCache.ETERNAL);
    assertThat(cache.ttl(KEY)).hasValue(YokedCache.ETERNAL);
    cache.put(KEY, "a", HOUR);
    assertThat(cache.ttl(KEY).orElseThrow()).isBetween(Duration.ofMinutes(50), HOUR);
    assertTimeToLive(cache, HOUR_MILLIS);

    assertThat(StatisticsDelta.of(cache).since(before)).isEqualTo(new StatisticsDelta(0, 0, 2, 0));
  }

  @Test
  void expire_changesOnlyTheTimeToLive() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    YokedCache<String, String> cache =
        create(
            TestManagers.strings()
                .addCacheEntryListenerConfiguration(listener.configuration(true, true)));

    assertThat(cache.expire(KEY, HOUR)).isFalse();
    cache.put(KEY, "a");
    listener.forget();
    assertThat(cache.expire(KEY, HOUR)).isTrue();
    assertTimeToLive(cache, HOUR_MILLIS);
    assertThat(cache.expire(KEY, YokedCache.ETERNAL)).isTrue();
    assertTimeToLive(cache, ETERNAL);
    assertThat(cache.expire(KEY, YokedCache.ETERNAL)).isTrue();

    assertThat(cache.get(KEY)).isEqualTo("a");
    assertThat(listener.texts()).isEmpty();
    assertThat(cache.expire(KEY, Duration.ofMillis(1))).isTrue();
    await().atMost(Duration.ofSeconds(10)).until(() -> cache.get(KEY) == null);
    assertThat(cache.expire(KEY, HOUR)).isFalse();
  }

  @Test
  void expire_afterClear_findsNothing() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    cache.put(KEY, "a");
    cache.clear();

    assertThat(cache.expire(KEY, HOUR)).isFalse();
    assertThat(cache.ttl(KEY)).isEmpty();
    assertThat(cache.getAndTouch(KEY, HOUR)).isNull();
  }

  @Test
  void nearEntries_followTheTimeToLive() {
    String name = "near-" + TestManagers.uniqueName("yoked");
    String[] near = {"yokedcache.caches.\"" + name + "\".near.enabled", "true"};
    CacheManager first = managers.open(redis.uri(), near);
    CacheManager second = managers.open(redis.uri(), near);
    YokedCache<String, String> cache =
        (YokedCache<String, String>) first.createCache(name, TestManagers.strings());
    Cache<String, String> other = second.createCache(name, TestManagers.strings());
    cache.put(KEY, "a");
    assertThat(cache.get(KEY)).isEqualTo("a");
    assertThat(other.get(KEY)).isEqualTo("a");

    assertThat(cache.expire(KEY, Duration.ofMillis(1))).isTrue();

    await().atMost(Duration.ofSeconds(10)).until(() -> cache.get(KEY) == null);
    await().atMost(Duration.ofSeconds(10)).until(() -> other.get(KEY) == null);
    cache.put(KEY, "b", Duration.ofMillis(300));
    await().atMost(Duration.ofSeconds(10)).until(() -> other.get(KEY) == null);
    await().atMost(Duration.ofSeconds(10)).until(() -> cache.get(KEY) == null);
  }

  @Test
  void get_withLoader_loadsOnce() {
    RecordingListener<String, String> listener = new RecordingListener<>();
    YokedCache<String, String> cache =
        create(
            TestManagers.strings()
                .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(DAY))
                .setStatisticsEnabled(true)
                .addCacheEntryListenerConfiguration(listener.configuration(true, true)));
    StatisticsDelta before = StatisticsDelta.of(cache);

    assertThat(cache.get(KEY, key -> key + " loaded")).isEqualTo("key loaded");
    assertThat(cache.get(KEY, key -> "again")).isEqualTo("key loaded");
    assertThat(cache.get("none", key -> null)).isNull();

    assertThat(cache.containsKey("none")).isFalse();
    assertTimeToLive(cache, DAY_MILLIS);
    assertThat(listener.texts()).containsExactly("CREATED key=key loaded/-");
    assertThat(StatisticsDelta.of(cache).since(before).hits()).isEqualTo(1);
    assertThat(StatisticsDelta.of(cache).since(before).misses()).isEqualTo(2);
  }

  @Test
  void get_withLoader_takesItsPlace() {
    RecordingLoader loader = new RecordingLoader(Loaded::new);
    YokedCache<String, Loaded> cache = create(loader.configuration().setReadThrough(true));

    assertThat(cache.get(KEY, key -> new Loaded("function"))).isEqualTo(new Loaded("function"));

    assertThat(loader.asked()).isEmpty();
  }

  @Test
  void get_withLoaderThatFails() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    IllegalStateException failure = new IllegalStateException("no database");

    assertThatExceptionOfType(CacheLoaderException.class)
        .isThrownBy(
            () ->
                cache.get(
                    KEY,
                    key -> {
                      throw failure;
                    }))
        .withCause(failure);

    assertThat(cache.get(KEY, key -> "later")).isEqualTo("later");
  }

  @Test
  void get_withLoader_isNotStoredIfTheEntryChanged() {
    YokedCache<String, String> cache = create(TestManagers.strings());

    String removed =
        cache.get(
            KEY,
            key -> {
              assertThat(cache.remove(KEY)).isFalse();
              return "old";
            });
    String cleared =
        cache.get(
            "cleared",
            key -> {
              cache.clear();
              return "old";
            });

    assertThat(removed).isEqualTo("old");
    assertThat(cleared).isEqualTo("old");
    assertThat(cache.containsKey(KEY)).isFalse();
    assertThat(cache.containsKey("cleared")).isFalse();
  }

  @Test
  void get_withLoader_threadsWaitForOneLoad() throws Exception {
    YokedCache<String, String> cache = create(TestManagers.strings());
    AtomicInteger loads = new AtomicInteger();
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    List<CompletableFuture<@Nullable String>> results = new ArrayList<>();
    Function<String, String> slow =
        key -> {
          loads.incrementAndGet();
          loading.countDown();
          awaitLatch(release);
          return "loaded";
        };

    results.add(CompletableFuture.supplyAsync(() -> cache.get(KEY, slow)));
    assertThat(loading.await(20, TimeUnit.SECONDS)).isTrue();
    List<Thread> threads = new CopyOnWriteArrayList<>();
    for (int i = 0; i < 4; i++) {
      CompletableFuture<@Nullable String> result = new CompletableFuture<>();
      results.add(result);
      Thread thread = new Thread(() -> result.complete(cache.get(KEY, slow)));
      threads.add(thread);
      thread.start();
    }
    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () ->
                threads.stream()
                    .allMatch(thread -> thread.getState() == Thread.State.TIMED_WAITING));
    release.countDown();

    for (CompletableFuture<@Nullable String> result : results) {
      assertThat(result.get(20, TimeUnit.SECONDS)).isEqualTo("loaded");
    }
    assertThat(loads).hasValue(1);
  }

  @Test
  void get_withLoader_jvmsWaitForOneLoad() throws Exception {
    String name = TestManagers.uniqueName("yoked");
    String[] lease = {"yokedcache.caches.\"" + name + "\".load-lease", "20s"};
    YokedCache<String, String> first =
        (YokedCache<String, String>)
            managers.open(redis.uri(), lease).createCache(name, TestManagers.strings());
    YokedCache<String, String> second =
        (YokedCache<String, String>)
            managers.open(redis.uri(), lease).createCache(name, TestManagers.strings());
    CountDownLatch loading = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);

    CompletableFuture<@Nullable String> leader =
        CompletableFuture.supplyAsync(
            () ->
                first.get(
                    KEY,
                    key -> {
                      loading.countDown();
                      awaitLatch(release);
                      return "first";
                    }));
    assertThat(loading.await(20, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<@Nullable String> follower = new CompletableFuture<>();
    Thread thread = new Thread(() -> follower.complete(second.get(KEY, key -> "second")));
    thread.start();
    await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> thread.getState() == Thread.State.TIMED_WAITING);
    release.countDown();

    assertThat(leader.get(20, TimeUnit.SECONDS)).isEqualTo("first");
    assertThat(follower.get(20, TimeUnit.SECONDS)).isEqualTo("first");
  }

  @Test
  void invalidateMatching_removesWhatMatches() {
    YokedCache<String, String> cache = create(TestManagers.strings().setStatisticsEnabled(true));
    Cache<String, String> other = create(TestManagers.strings());
    for (int i = 0; i < 1_200; i++) {
      cache.put("user:" + i, "v");
    }
    List<String> hostile =
        List.of("user", "a*b", "a?b", "[a]", "\\", "*", "", "{x}", "u\nser:", "\u00fcser:1", "#L7");
    hostile.forEach(key -> cache.put(key, "v"));
    other.put("user:7", "v");
    StatisticsDelta before = StatisticsDelta.of(cache);

    assertThat(cache.invalidateMatching("user:[0-9][0-9]")).isEqualTo(90);
    assertThat(cache.invalidateMatching("user:*")).isEqualTo(1_110);
    assertThat(cache.invalidateMatching("user:*")).isZero();
    assertThat(cache.invalidateMatching("a\\*b")).isEqualTo(1);

    assertThat(StatisticsDelta.of(cache).since(before))
        .isEqualTo(new StatisticsDelta(0, 0, 0, 1_201));
    assertThat(cache).hasSize(hostile.size() - 1).noneMatch(entry -> entry.getKey().equals("a*b"));
    assertThat(other.containsKey("user:7")).isTrue();
    assertThat(cache.invalidateMatching("*")).isEqualTo(hostile.size() - 1);
    assertThat(cache.metrics().counter("invalidations.pattern")).isEqualTo(5);
    assertThat(cache.metrics().operations()).containsKey("invalidateMatching");
  }

  /**
   * Redis leaves out keys that cannot match, and the JVM decides: each glob removes the keys that
   * it matches in the JVM, also where bytes have a meaning in patterns of Redis.
   */
  @ParameterizedTest
  @ValueSource(strings = {"canonical", "string"})
  void invalidateMatching_asInTheJvm(String codec) {
    String name = codec + "-" + TestManagers.uniqueName("yoked");
    YokedCache<String, String> cache =
        (YokedCache<String, String>)
            managers
                .open(redis.uri(), "yokedcache.caches.\"" + name + "\".key-codec", codec)
                .createCache(name, TestManagers.strings());
    List<String> keys =
        new ArrayList<>(
            List.of(
                "a",
                "ab",
                "a*b",
                "a?b",
                "a[b]",
                "a\\b",
                "a^b",
                "a-b",
                "*",
                "?",
                "[",
                "]",
                "^",
                "\\",
                "#",
                "##",
                "#X",
                "#X0061",
                "#L7",
                "",
                "{x}",
                "\n",
                "\u0000a",
                "\u00fc",
                "\u00fcb",
                "\u20ac1",
                "\uD83D\uDE00",
                "\uD83D\uDE00b",
                "\uD83D\uDE01",
                "a".repeat(300) + "b",
                "a".repeat(300) + "c"));
    if (codec.equals("canonical")) {
      keys.addAll(List.of("\uD83D", "a\uD83D", "\uDE00a", "\uD83Da", "\u00fc\uD800", "#\uDE00"));
    }
    List<String> globs =
        List.of(
            "a*",
            "a",
            "a?b",
            "a\\*b",
            "a\\?b",
            "a\\[*",
            "a\\\\*",
            "a\\^*",
            "a-*",
            "a[*]b",
            "\\**",
            "\\?*",
            "\\[*",
            "]*",
            "^*",
            "\\\\*",
            "#*",
            "##*",
            "#X*",
            "#X0061*",
            "\n*",
            "\u0000*",
            "\u00fc*",
            "\u00fc?",
            "\u20ac*",
            "\uD83D\uDE00*",
            "\uD83D*",
            "\uDE00*",
            "a\uD83D*",
            "#\uDE00*",
            "\u00fc[\uD800]",
            "a".repeat(300) + "*",
            "b*",
            "*",
            "{*");
    for (String glob : globs) {
      keys.forEach(key -> cache.put(key, "v"));
      KeyPattern inJvm = KeyPattern.of(glob, String.class, name);

      long removed = cache.invalidateMatching(glob);

      List<String> left = new ArrayList<>();
      cache.forEach(entry -> left.add(entry.getKey()));
      assertThat(left)
          .as("%s", glob)
          .containsExactlyInAnyOrderElementsOf(
              keys.stream().filter(key -> !inJvm.test(key)).toList());
      assertThat(removed).as("%s", glob).isEqualTo(keys.size() - left.size());
    }
  }

  /** The names of a thousand keys would take over 30,000 bytes. */
  @Test
  void invalidateMatching_readsWhatMayMatch() {
    YokedCache<String, String> texts = create(TestManagers.strings());
    YokedCache<Long, String> numbers =
        create(new MutableConfiguration<Long, String>().setTypes(Long.class, String.class));
    for (long i = 1_000; i < 2_000; i++) {
      texts.put("user:" + i, "v");
      numbers.put(i, "v");
    }
    assertThat(sentBytes(() -> assertThat(texts.invalidateMatching("*r:1009")).isOne()))
        .isGreaterThan(30_000);
    assertThat(sentBytes(() -> assertThat(texts.invalidateMatching("user:100*")).isEqualTo(9)))
        .isLessThan(15_000);
    assertThat(sentBytes(() -> assertThat(numbers.invalidateMatching("100*")).isEqualTo(10)))
        .isLessThan(15_000);
  }

  private static long sentBytes(Runnable operation) {
    long before = sentBytes();
    operation.run();
    return sentBytes() - before;
  }

  private static long sentBytes() {
    return raw.jedis()
        .info("stats")
        .lines()
        .filter(line -> line.startsWith("total_net_output_bytes:"))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf(':') + 1).trim()))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void invalidateMatching_isHeardAndNotWrittenThrough() {
    RecordingWriter<String, String> writer = new RecordingWriter<>();
    RecordingListener<String, String> listener = new RecordingListener<>();
    YokedCache<String, String> cache =
        create(
            TestManagers.strings()
                .setWriteThrough(true)
                .setCacheWriterFactory(() -> writer)
                .addCacheEntryListenerConfiguration(listener.configuration(true, true)));
    cache.put("a1", "v");
    cache.put("b1", "w");
    listener.forget();

    assertThat(cache.invalidateMatching("a*")).isEqualTo(1);

    assertThat(listener.texts()).containsExactly("REMOVED a1=v/v");
    assertThat(writer.calls()).containsExactly("write a1=v", "write b1=w");
    assertThat(cache.containsKey("b1")).isTrue();
  }

  @Test
  void invalidateMatching_overtakesLoads() {
    YokedCache<String, String> cache = create(TestManagers.strings());

    cache.get(
        KEY,
        key -> {
          assertThat(cache.invalidateMatching("k*")).isZero();
          return "old";
        });

    assertThat(cache.containsKey(KEY)).isFalse();
  }

  @Test
  void invalidateMatching_nearEntries() {
    String name = "near-" + TestManagers.uniqueName("yoked");
    String[] near = {"yokedcache.caches.\"" + name + "\".near.enabled", "true"};
    YokedCache<String, String> cache =
        (YokedCache<String, String>)
            managers.open(redis.uri(), near).createCache(name, TestManagers.strings());
    Cache<String, String> other =
        managers.open(redis.uri(), near).createCache(name, TestManagers.strings());
    cache.put(KEY, "a");
    assertThat(cache.get(KEY)).isEqualTo("a");
    assertThat(other.get(KEY)).isEqualTo("a");

    assertThat(cache.invalidateMatching("k?y")).isEqualTo(1);

    assertThat(cache.get(KEY)).isNull();
    await().atMost(Duration.ofSeconds(10)).until(() -> other.get(KEY) == null);
  }

  @Test
  void invalidateMatching_keysWithoutText() {
    YokedCache<Double, String> cache =
        create(new MutableConfiguration<Double, String>().setTypes(Double.class, String.class));
    YokedCache<Object, Object> mixed = create(new MutableConfiguration<Object, Object>());
    mixed.put(7L, "v");
    mixed.put(1.5, "v");
    mixed.put("7", "v");

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> cache.invalidateMatching("*"))
        .withMessageContaining("java.lang.Double");
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> mixed.invalidateMatching("[7"));
    assertThat(mixed.invalidateMatching("*")).isEqualTo(2);
    assertThat(mixed.containsKey(1.5)).isTrue();
  }

  @Test
  void health_andMetrics() {
    YokedCache<String, String> cache = create(TestManagers.strings().setStatisticsEnabled(true));
    cache.put(KEY, "v");
    cache.get(KEY);
    cache.get("other");

    YokedCache.Metrics metrics = cache.metrics();
    assertThat(metrics.isEnabled()).isTrue();
    assertThat(metrics.counter("hits")).isEqualTo(1);
    assertThat(metrics.counter("misses")).isEqualTo(1);
    assertThat(metrics.hitRate()).isEqualTo(0.5);
    YokedCache.OperationMetrics gets = requireNonNull(metrics.operations().get("get"));
    assertThat(gets.count()).isEqualTo(2);
    assertThat(gets.errors()).isEmpty();
    assertThat(gets.mean()).isPositive().isLessThanOrEqualTo(gets.max());
    assertThat(gets.p50()).isPositive().isLessThanOrEqualTo(gets.p999());
    await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(cache.health().lastPing()).isNotNull());
    assertThat(cache.health().isHealthy()).isTrue();
    assertThat(cache.health().openCircuitBreakers()).isZero();
    assertThat(cache.health().owedInvalidations()).isZero();
  }

  @Test
  void metrics_withoutStatistics() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    cache.get(KEY);

    assertThat(cache.metrics().isEnabled()).isFalse();
    assertThat(cache.metrics().operations()).isEmpty();
    assertThat(cache.metrics().hitRate()).isZero();
  }

  @Test
  void estimatedSize_afterACount() {
    String name = TestManagers.uniqueName("yoked");
    CacheManager counting =
        managers.open(
            redis.uri(),
            "yokedcache.namespace",
            "counted",
            "yokedcache.key-statistics.interval",
            "1s");
    YokedCache<String, String> cache =
        (YokedCache<String, String>)
            counting.createCache(name, TestManagers.strings().setStatisticsEnabled(true));
    cache.put("a", "v");
    cache.put("b", "v");

    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> cache.estimatedSize().filter(size -> size.entries() == 2).isPresent());

    YokedCache.Size size = cache.estimatedSize().orElseThrow();
    assertThat(size.age()).isLessThan(Duration.ofMinutes(1));
  }

  @Test
  void closedCache() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    cache.close();

    List<Runnable> operations =
        List.of(
            () -> cache.put(KEY, "v", HOUR),
            () -> cache.putIfAbsent(KEY, "v", HOUR),
            () -> cache.getAndTouch(KEY, HOUR),
            () -> cache.ttl(KEY),
            () -> cache.expire(KEY, HOUR),
            () -> cache.get(KEY, key -> "v"),
            () -> cache.invalidateMatching("*"),
            cache::estimatedSize,
            cache::health,
            cache::metrics);
    for (Runnable operation : operations) {
      assertThatExceptionOfType(IllegalStateException.class)
          .isThrownBy(operation::run)
          .withMessageContaining("closed");
    }
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
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
