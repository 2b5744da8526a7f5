package io.yokedcache.jcache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.event.CacheEntryRemovedListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.event.EventType;
import javax.cache.expiry.AccessedExpiryPolicy;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Tags of entries, on a real server. */
final class TagsIT {

  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final String[] TAGS = {"yokedcache.defaults.tags", "true"};
  private static final Tags CART = Tags.of("cart");

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager first;
  private static CacheManager second;
  private static CacheManager untagged;
  private static Jedis jedis;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    first = managers.open(redis.uri(), TAGS);
    second = managers.open(redis.uri(), TAGS);
    untagged = managers.open(redis.uri());
    jedis = new Jedis("127.0.0.1", redis.port());
  }

  @AfterAll
  static void stop() {
    jedis.close();
    managers.close();
    redis.close();
  }

  private static YokedCache<String, String> create(
      CacheManager manager, String name, MutableConfiguration<String, String> configuration) {
    return (YokedCache<String, String>) manager.createCache(name, configuration);
  }

  private static YokedCache<String, String> create(MutableConfiguration<String, String> how) {
    return create(first, TestManagers.uniqueName("tags"), how);
  }

  /** An operation on an entry "a" that had the value "old", and its result if there is none. */
  private record Use(
      String name,
      Function<YokedCache<String, String>, @Nullable Object> call,
      @Nullable Object result,
      @Nullable String left) {

    @Override
    public String toString() {
      return name;
    }
  }

  static List<Use> uses() {
    return List.of(
        new Use("get", cache -> cache.get("a"), null, null),
        new Use("getAll", cache -> cache.getAll(Set.of("a", "b")), Map.of(), null),
        new Use("getAsync", cache -> cache.getAsync("a").join(), null, null),
        new Use("getAllAsync", cache -> cache.getAllAsync(Set.of("a")).join(), Map.of(), null),
        new Use("containsKey", cache -> cache.containsKey("a"), false, null),
        new Use("getAndTouch", cache -> cache.getAndTouch("a", Duration.ofHours(1)), null, null),
        new Use("ttl", cache -> cache.ttl("a").isPresent(), false, null),
        new Use("expire", cache -> cache.expire("a", Duration.ofHours(1)), false, null),
        new Use("iterator", cache -> cache.iterator().hasNext(), false, null),
        new Use("get with loader", cache -> cache.get("a", key -> "new"), "new", "new"),
        new Use("getAndPut", cache -> cache.getAndPut("a", "new"), null, "new"),
        new Use("putIfAbsent", cache -> cache.putIfAbsent("a", "new"), true, "new"),
        new Use("replace", cache -> cache.replace("a", "new"), false, null),
        new Use("replace equal", cache -> cache.replace("a", "old", "new"), false, null),
        new Use("getAndReplace", cache -> cache.getAndReplace("a", "new"), null, null),
        new Use("remove", cache -> cache.remove("a"), false, null),
        new Use("removeAsync", cache -> cache.removeAsync("a").join(), false, null),
        new Use("remove equal", cache -> cache.remove("a", "old"), false, null),
        new Use("getAndRemove", cache -> cache.getAndRemove("a"), null, null),
        new Use("invalidateMatching", cache -> cache.invalidateMatching("*"), 0L, null),
        new Use(
            "invoke",
            cache ->
                cache.invoke(
                    "a",
                    (entry, arguments) -> {
                      boolean found = entry.exists() || entry.getValue() != null;
                      entry.setValue("new");
                      return found;
                    }),
            false,
            "new"),
        new Use(
            "invokeAll",
            cache ->
                requireNonNull(
                        cache.invokeAll(Set.of("a"), (entry, args) -> entry.exists()).get("a"))
                    .get(),
            false,
            null));
  }

  private static List<MutableConfiguration<String, String>> configurations() {
    return List.of(
        TestManagers.strings(),
        TestManagers.strings()
            .setExpiryPolicyFactory(
                AccessedExpiryPolicy.factoryOf(javax.cache.expiry.Duration.ONE_DAY)),
        TestManagers.strings()
            .setExpiryPolicyFactory(
                () ->
                    new CountingPolicy(
                        javax.cache.expiry.Duration.ONE_DAY,
                        javax.cache.expiry.Duration.ONE_DAY,
                        null)));
  }

  @ParameterizedTest
  @MethodSource("uses")
  void invalidated_isAbsent(Use use) {
    for (MutableConfiguration<String, String> configuration : configurations()) {
      YokedCache<String, String> cache = create(configuration);
      cache.put("a", "old", CART);
      assertThat(cache.get("a")).isEqualTo("old");

      cache.invalidateTags("cart");

      assertThat(use.call.apply(cache)).isEqualTo(use.result);
      assertThat(cache.get("a")).isEqualTo(use.left);
    }
  }

  /** Results, events, statistics and time to live, also of values that are read by {@code MGET}. */
  @ParameterizedTest
  @MethodSource("uses")
  void invalidated_isLikeAnEntryThatWasCleared(Use use) {
    for (String old : List.of("old", "old".repeat(5_000))) {
      for (MutableConfiguration<String, String> configuration : configurations()) {
        assertThat(traces(use, configuration, old, cache -> cache.invalidateTags("cart")))
            .isEqualTo(traces(use, configuration, old, Cache::clear));
      }
    }
  }

  private static List<@Nullable Object> traces(
      Use use,
      MutableConfiguration<String, String> configuration,
      String old,
      Consumer<YokedCache<String, String>> end) {
    YokedCache<String, String> cache = create(configuration.setStatisticsEnabled(true));
    List<EventType> heard = new CopyOnWriteArrayList<>();
    cache.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(
            FactoryBuilder.factoryOf(new Listener(heard)),
            /* filterFactory= */ null,
            /* isOldValueRequired= */ true,
            /* isSynchronous= */ true));
    cache.put("a", old, Duration.ofHours(1), CART);
    end.accept(cache);
    List<@Nullable Object> traces = new ArrayList<>();
    traces.add(use.call.apply(cache));
    traces.add(cache.ttl("a").map(ttl -> ttl.equals(YokedCache.ETERNAL)).orElse(null));
    traces.add(List.copyOf(heard));
    for (String figure : List.of("hits", "misses", "puts", "removals")) {
      traces.add(cache.metrics().counter(figure));
    }
    traces.add(cache.get("a"));
    cache.close();
    return traces;
  }

  @ParameterizedTest
  @MethodSource("uses")
  void tagged_isLikeAnyEntry(Use use) {
    for (MutableConfiguration<String, String> configuration : configurations()) {
      YokedCache<String, String> plain =
          create(untagged, TestManagers.uniqueName("plain"), configuration);
      YokedCache<String, String> cache = create(configuration);
      plain.put("a", "old");
      cache.put("a", "old", Tags.of("cart", "tenant-7"));
      cache.invalidateTags("another");

      assertThat(use.call.apply(cache)).isEqualTo(use.call.apply(plain));
      assertThat(cache.get("a")).isEqualTo(plain.get("a"));
    }
  }

  @Test
  void put_tags_ofTheLastWrite() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    cache.put("both", "v", Tags.of("x", "y"));
    cache.put("x", "v", Tags.of("x"));
    cache.put("was x", "v", Tags.of("x"));
    cache.put("was x", "v");
    cache.put("set", "v", Tags.of("x"));
    cache.invoke(
        "set",
        (entry, arguments) -> {
          entry.setValue("w");
          return null;
        });
    cache.put("replaced", "v", Tags.of("x"));
    assertThat(cache.replace("replaced", "v", "w")).isTrue();
    cache.put("touched", "v", Tags.of("x"));
    assertThat(cache.getAndTouch("touched", Duration.ofHours(1))).isEqualTo("v");
    cache.put("expiring", "v", Tags.of("x"));
    assertThat(cache.expire("expiring", Duration.ofHours(1))).isTrue();
    cache.put("y", "v", Duration.ofHours(1), Tags.of("y"));
    cache.putAll(Map.of("none", "v"));

    cache.invalidateTags("x");

    assertThat(cache)
        .extracting(Cache.Entry::getKey)
        .containsExactlyInAnyOrder("was x", "set", "replaced", "y", "none");
    assertThat(cache.ttl("y")).hasValueSatisfying(ttl -> assertThat(ttl).isPositive());
    cache.put("x", "again", Tags.of("x"));
    assertThat(cache.get("x")).isEqualTo("again");
    assertThat(cache.containsKey("both")).isFalse();
    cache.invalidateTags("y", "x");
    assertThat(cache.getAll(Set.of("x", "y", "none"))).isEqualTo(Map.of("none", "v"));
  }

  @Test
  void putAsync_tagsAndTimeToLive() {
    for (MutableConfiguration<String, String> configuration : configurations()) {
      YokedCache<String, String> cache = create(configuration);
      CompletableFuture.allOf(
              cache.putAsync("x", "v", Tags.of("x")),
              cache.putAsync("x for an hour", "v", Duration.ofHours(1), Tags.of("x")),
              cache.putAsync("y for an hour", "v", Duration.ofHours(1), Tags.of("y")),
              cache.putAsync("for an hour", "v", Duration.ofHours(1)),
              cache.putAsync("none", "v"))
          .join();
      for (String key : List.of("x for an hour", "y for an hour", "for an hour")) {
        assertThat(cache.ttl(key)).hasValueSatisfying(ttl -> assertThat(ttl).isPositive());
      }

      cache.invalidateTags("x");

      assertThat(cache)
          .extracting(Cache.Entry::getKey)
          .containsExactlyInAnyOrder("y for an hour", "for an hour", "none");
    }
  }

  @Test
  void invalidateTags_byAnotherManager() {
    String name = TestManagers.uniqueName("tags");
    YokedCache<String, String> one = create(first, name, TestManagers.strings());
    YokedCache<String, String> other = create(second, name, TestManagers.strings());
    one.put("a", "v", CART);
    assertThat(other.get("a")).isEqualTo("v");

    other.invalidateTags(CART);

    assertThat(one.get("a")).isNull();
    assertThat(one.putIfAbsent("a", "w")).isTrue();
    assertThat(other.get("a")).isEqualTo("w");
  }

  /** Listeners hear of a creation and not of an update, and do not hear of the invalidation. */
  @Test
  void invalidateTags_events() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    List<EventType> heard = new CopyOnWriteArrayList<>();
    cache.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(
            FactoryBuilder.factoryOf(new Listener(heard)),
            /* filterFactory= */ null,
            /* isOldValueRequired= */ true,
            /* isSynchronous= */ true));
    cache.put("a", "v", CART);
    cache.invalidateTags(CART);
    cache.put("a", "w", CART);
    cache.invalidateTags(CART);

    assertThat(cache.remove("a")).isFalse();
    cache.removeAll();

    assertThat(heard).containsExactly(EventType.CREATED, EventType.CREATED);
  }

  /** Notes what it hears. */
  private record Listener(List<EventType> heard)
      implements CacheEntryCreatedListener<String, String>,
          CacheEntryUpdatedListener<String, String>,
          CacheEntryRemovedListener<String, String>,
          Serializable {

    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      events.forEach(event -> heard.add(event.getEventType()));
    }

    @Override
    public void onUpdated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      events.forEach(event -> heard.add(event.getEventType()));
    }

    @Override
    public void onRemoved(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      events.forEach(event -> heard.add(event.getEventType()));
    }
  }

  @Test
  void read_invalidated_freesTheMemory() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    cache.put("a", "v", CART);
    cache.invalidateTags(CART);
    assertThat(entryNames(cache)).hasSize(1);

    assertThat(cache.get("a")).isNull();

    assertThat(entryNames(cache)).isEmpty();
  }

  @Test
  void clear_andDestroy_deleteTheTokens() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    String tags = "yc:{" + cache.getName() + "#0}:tags";
    cache.put("a", "v", CART);
    assertThat(jedis.hlen(tags)).isEqualTo(1);

    cache.clear();

    assertThat(jedis.exists(tags)).isFalse();
    assertThat(cache.get("a")).isNull();
    cache.put("a", "v", CART);
    assertThat(cache.get("a")).isEqualTo("v");
    first.destroyCache(cache.getName());
    assertThat(jedis.keys("yc:{" + cache.getName() + "#*tag*")).isEmpty();
  }

  @Test
  void tokensEvicted_entriesAreAbsent() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    cache.put("a", "v", CART);
    cache.put("b", "v");

    jedis.del("yc:{" + cache.getName() + "#0}:tags");

    assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(Map.of("b", "v"));
  }

  @Test
  void headers_ofOtherPrograms_areAbsent() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    Map<String, byte[]> hostile = new HashMap<>();
    hostile.put("empty", new byte[0]);
    hostile.put("no tags", new byte[] {1});
    hostile.put("short tag", new byte[] {1, 4, 'c', 'a'});
    hostile.put("no token", new byte[] {1, 4, 'c', 'a', 'r', 't'});
    hostile.put("short token", "\1\4cart1234567".getBytes(UTF_8));
    hostile.put("wrong token", "\1\4cart12345678v".getBytes(UTF_8));
    hostile.put("many tags", new byte[] {(byte) 255, 0, 0, 0});
    hostile.put("long tag", new byte[] {1, (byte) 255, 0});
    hostile.put("empty tag", new byte[20]);
    requireNonNull(hostile.get("empty tag"))[0] = 1;
    cache.put("a", "v", CART);
    byte[] name = entryNames(cache).iterator().next();
    String prefix = new String(name, 0, name.length - 1, UTF_8);
    hostile.forEach((key, bytes) -> jedis.set((prefix + key).getBytes(UTF_8), bytes));

    hostile.keySet().forEach(key -> assertThat(cache.get(key)).as(key).isNull());

    hostile.forEach((key, bytes) -> jedis.set((prefix + key).getBytes(UTF_8), bytes));
    assertThat(cache.getAll(hostile.keySet())).isEmpty();
    assertThat(cache.get("a")).isEqualTo("v");
    hostile.forEach((key, bytes) -> jedis.set((prefix + key).getBytes(UTF_8), bytes));
    hostile.keySet().forEach(key -> assertThat(cache.putIfAbsent(key, key)).as(key).isTrue());
    hostile.keySet().forEach(key -> assertThat(cache.get(key)).isEqualTo(key));
  }

  /** The form that other programs read: header, then the value's bytes. */
  @Test
  void put_form() {
    String[] text = {
      "yokedcache.defaults.tags", "true", "yokedcache.defaults.value-codec", "string"
    };
    YokedCache<String, String> cache =
        create(
            managers.open(redis.uri(), text),
            TestManagers.uniqueName("tags"),
            TestManagers.strings());
    cache.put("a", "value", CART);
    byte[] token =
        jedis.hget(("yc:{" + cache.getName() + "#0}:tags").getBytes(UTF_8), "cart".getBytes(UTF_8));
    byte[] name = entryNames(cache).iterator().next();

    assertThat(token).hasSize(8);
    assertThat(jedis.get(name))
        .startsWith(1, 4, 'c', 'a', 'r', 't')
        .endsWith("value".getBytes(UTF_8))
        .contains(token)
        .hasSize(1 + 1 + 4 + 8 + 5);
    cache.put("a", "value");
    assertThat(jedis.get(name)).isEqualTo("\0value".getBytes(UTF_8));
    jedis.set(name, "\0other".getBytes(UTF_8));
    assertThat(cache.get("a")).isEqualTo("other");
  }

  private static Set<byte[]> entryNames(Cache<String, String> cache) {
    return jedis.keys(("yc:{" + cache.getName() + "#0}:????????????:*").getBytes(UTF_8));
  }

  /** A put looks at the header of the old entry only, whose value may be large. */
  @Test
  void put_readsNoOldValue() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    cache.put("a", "v", CART);
    jedis.configResetStat();

    cache.put("a", "w", CART);
    assertThat(cache.ttl("a")).isPresent();

    assertThat(jedis.info("commandstats")).contains("cmdstat_getrange:calls=2,");
  }

  @Test
  void longHeaders() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    Tags many = Tags.of(IntStream.range(0, 64).mapToObj(i -> i + "x".repeat(250)).toList());
    for (int i = 0; i < 2; i++) {
      cache.put("a", "v" + i, many);
      assertThat(cache.containsKey("a")).isTrue();
      assertThat(cache.get("a")).isEqualTo("v" + i);
      assertThat(cache.putIfAbsent("a", "w")).isFalse();
    }

    cache.invalidateTags(Tags.of("63" + "x".repeat(250)));

    assertThat(cache.containsKey("a")).isFalse();
    assertThat(cache.putIfAbsent("a", "w")).isTrue();
  }

  /** Every script is taught again to a server that has forgotten it. */
  @Test
  void scriptsFlushed() {
    YokedCache<String, String> cache = create(TestManagers.strings());
    jedis.scriptFlush();
    cache.put("a", "v", CART);
    jedis.scriptFlush();
    assertThat(cache.get("a")).isEqualTo("v");
    jedis.scriptFlush();
    assertThat(cache.getAllAsync(Set.of("a", "b")).join()).isEqualTo(Map.of("a", "v"));
    jedis.scriptFlush();
    cache.invalidateTags(CART);
    jedis.scriptFlush();
    assertThat(cache.containsKey("a")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void invalidateTags_nearEntries(boolean byOther) {
    String name = TestManagers.uniqueName("near-tags");
    YokedCache<String, String> one = createNear(name);
    YokedCache<String, String> other = createNear(name);
    one.put("a", "v", CART);
    awaitNearEntry(one);

    (byOther ? other : one).invalidateTags(CART);

    if (!byOther) {
      assertThat(one.get("a")).isNull();
    }
    await().atMost(BOUND).until(() -> one.get("a") == null);
    assertThat(one.get("a")).isNull();
    one.put("a", "w", CART);
    assertThat(one.get("a")).isEqualTo("w");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void invalidateTags_nearEntriesWithoutTheTag_stay(boolean byOther) {
    String name = TestManagers.uniqueName("near-tags");
    YokedCache<String, String> one = createNear(name);
    YokedCache<String, String> other = createNear(name);
    one.put("cart", "v", CART);
    one.put("both", "v", Tags.of("menu", "cart"));
    one.put("menu", "v", Tags.of("menu"));
    one.put("none", "v");
    Set<String> all = Set.of("cart", "both", "menu", "none");
    await()
        .atMost(BOUND)
        .until(
            () -> {
              all.forEach(one::get);
              return near(one).entries() == all.size();
            });

    (byOther ? other : one).invalidateTags(CART);

    await().atMost(BOUND).until(() -> one.get("cart") == null && one.get("both") == null);
    long misses = near(one).misses();
    assertThat(one.get("menu")).isEqualTo("v");
    assertThat(one.get("none")).isEqualTo("v");
    assertThat(near(one).misses()).isEqualTo(misses);
  }

  @Test
  void invalidateTags_tokensWereEvicted_nearEntriesEnd() {
    String name = TestManagers.uniqueName("near-tags");
    YokedCache<String, String> one = createNear(name);
    YokedCache<String, String> other = createNear(name);
    one.put("a", "v", CART);
    awaitNearEntry(one);
    assertThat(jedis.del("yc:{" + name + "#0}:tags")).isEqualTo(1);

    other.invalidateTags(CART);

    await().atMost(BOUND).until(() -> one.get("a") == null);
  }

  /** Reads the entry "a" until it is a near entry. */
  private static void awaitNearEntry(YokedCache<String, String> cache) {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              assertThat(cache.get("a")).isEqualTo("v");
              return near(cache).entries() > 0;
            });
  }

  private static YokedCache<String, String> createNear(String name) {
    CacheManager manager =
        managers.open(
            redis.uri(),
            "yokedcache.defaults.tags",
            "true",
            "yokedcache.defaults.near.enabled",
            "true");
    return create(manager, name, TestManagers.strings().setStatisticsEnabled(true));
  }

  private static NearCacheStatistics near(Cache<String, String> cache) {
    RedisCache<?, ?> own = cache.unwrap(RedisCache.class);
    return requireNonNull(own.lifecycle().nearStatistics());
  }

  @Test
  void invalidateTags_counted() {
    YokedCache<String, String> cache = create(TestManagers.strings().setStatisticsEnabled(true));

    cache.invalidateTags("a", "b");

    assertThat(cache.metrics().counter("invalidations.tag")).isEqualTo(1);
    assertThat(cache.metrics().operations()).containsKey("invalidateTags");
  }

  @Test
  void cacheWithoutTags_refuses() {
    YokedCache<String, String> cache =
        create(untagged, TestManagers.uniqueName("no-tags"), TestManagers.strings());

    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> cache.put("a", "v", CART))
        .withMessage(
            "Cache %s has no tags. Set yokedcache.caches.\"%s\".tags = true in all JVMs that use"
                + " it.",
            cache.getName(), cache.getName());
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> cache.put("a", "v", Duration.ofHours(1), CART));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> cache.putAsync("a", "v", CART));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> cache.putAsync("a", "v", Duration.ofHours(1), CART));
    assertThatExceptionOfType(UnsupportedOperationException.class)
        .isThrownBy(() -> cache.invalidateTags("a"));
    assertThat(cache.containsKey("a")).isFalse();
  }

  @Test
  void otherJvmWithoutTags_isRefused() {
    YokedCache<String, String> cache = create(TestManagers.strings());

    assertThatExceptionOfType(CacheException.class)
        .isThrownBy(() -> untagged.createCache(cache.getName(), TestManagers.strings()))
        .withMessageContaining("tags");
  }
}
