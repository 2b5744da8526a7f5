package io.yokedcache.jcache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisCluster.Node;
import java.io.Serializable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.integration.CacheLoader;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * The operations of a cache whose only slot is on its way between two masters and stays so, with
 * some of its keys on each side. Redis answers {@code TRYAGAIN} to each command with keys of both.
 */
@Timeout(300)
final class OpenSlotIT {

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final Duration HOUR = Duration.ofHours(1);

  private static RedisCluster cluster;
  private static TestManagers managers;
  private static CacheManager manager;
  private static CacheManager other;

  @BeforeAll
  static void start() {
    cluster = RedisCluster.start(3, 0);
    managers = new TestManagers();
    manager = open();
    other = open();
  }

  @AfterAll
  static void stop() {
    managers.close();
    cluster.close();
  }

  private static CacheManager open(String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of("yokedcache.buckets", "1"));
    all.addAll(List.of("yokedcache.connection.command-timeout", "5s"));
    all.addAll(List.of("yokedcache.caches.\"tagged*\".tags", "true"));
    all.addAll(List.of("yokedcache.caches.\"*leased*\".load-lease", "10s"));
    return managers.open(cluster.uri(), all.toArray(String[]::new));
  }

  /** Which keys of a cache are at the new node; its entries are where their keys say. */
  private record Layout(
      boolean hasTags, boolean generationMoved, boolean tagsMoved, boolean aboutMoved) {

    boolean isMoved(String name) {
      return name.endsWith("}")
          ? generationMoved
          : name.endsWith("}:tags")
              ? tagsMoved
              : name.endsWith("}:about") ? aboutMoved : name.contains("moved");
    }

    String cacheName() {
      return TestManagers.uniqueName(hasTags ? "tagged" : "plain");
    }
  }

  static Stream<Layout> layouts() {
    List<Layout> layouts = new ArrayList<>();
    for (int bits = 0; bits < 16; bits++) {
      Layout layout =
          new Layout((bits & 8) != 0, (bits & 1) != 0, (bits & 4) != 0, (bits & 2) != 0);
      if (layout.hasTags || !layout.tagsMoved) {
        layouts.add(layout);
      }
    }
    return layouts.stream();
  }

  /** A slot that is on its way until it is closed. */
  private static final class OpenSlot implements AutoCloseable {

    private final int slot;
    private final Node from;
    private final Node to;

    OpenSlot(String cache, Layout layout) {
      this.slot = JedisClusterCRC16.getSlot("yc:{" + cache + "#0}");
      this.from = cluster.masterOf(slot);
      List<Node> masters = cluster.masters();
      this.to = masters.get((masters.indexOf(from) + 1) % masters.size());
      cluster.beginMove(slot, from, to);
      try (Jedis source = from.open()) {
        List<byte[]> moved =
            source.clusterGetKeysInSlotBinary(slot, 10_000).stream()
                .filter(name -> layout.isMoved(new String(name, UTF_8)))
                .toList();
        cluster.moveKeys(from, to, moved);
      }
    }

    void assertOpen() {
      try (Jedis source = from.open()) {
        assertThat(source.clusterNodes()).contains("[" + slot + "->-" + to.id() + "]");
      }
    }

    @Override
    public void close() {
      while (cluster.moveKeys(slot, from, to, 100) > 0) {
        // more keys may be left
      }
      cluster.endMove(slot, from, to);
    }
  }

  /** An operation on an entry with the value "old", or on none. */
  private record Use(
      String name,
      BiFunction<YokedCache<String, String>, String, @Nullable Object> call,
      @Nullable Object result,
      @Nullable String left,
      @Nullable Object resultOfNone,
      @Nullable String leftOfNone) {}

  private static Use reads(
      String name,
      @Nullable Object result,
      @Nullable Object resultOfNone,
      BiFunction<YokedCache<String, String>, String, @Nullable Object> call) {
    return new Use(name, call, result, "old", resultOfNone, null);
  }

  private static Use writes(
      String name,
      @Nullable Object result,
      @Nullable String left,
      @Nullable Object resultOfNone,
      @Nullable String leftOfNone,
      BiFunction<YokedCache<String, String>, String, @Nullable Object> call) {
    return new Use(name, call, result, left, resultOfNone, leftOfNone);
  }

  private static @Nullable Object done(Runnable call) {
    call.run();
    return null;
  }

  private static String increment(YokedCache<String, String> cache, String key) {
    return cache.invoke(
        key,
        (entry, arguments) -> {
          String before = String.valueOf(entry.getValue());
          entry.setValue("new");
          return before;
        });
  }

  private static List<Use> uses() {
    return List.of(
        reads("get", "old", null, Cache::get),
        reads("getAsync", "old", null, (cache, key) -> cache.getAsync(key).join()),
        reads("getAll", 1, 0, (cache, key) -> cache.getAll(Set.of(key, key + "none")).size()),
        reads("getAllAsync", 1, 0, (cache, key) -> cache.getAllAsync(Set.of(key)).join().size()),
        reads("containsKey", true, false, Cache::containsKey),
        reads("ttl", true, false, (cache, key) -> cache.ttl(key).isPresent()),
        reads("getAndTouch", "old", null, (cache, key) -> cache.getAndTouch(key, HOUR)),
        reads("expire", true, false, (cache, key) -> cache.expire(key, HOUR)),
        writes("load", "old", "old", "new", "new", (cache, key) -> cache.get(key, k -> "new")),
        writes("put", null, "new", null, "new", (cache, key) -> done(() -> cache.put(key, "new"))),
        writes(
            "putTtl",
            null,
            "new",
            null,
            "new",
            (cache, key) -> done(() -> cache.put(key, "new", HOUR))),
        writes(
            "putAsync",
            null,
            "new",
            null,
            "new",
            (cache, key) -> cache.putAsync(key, "new").join()),
        writes(
            "putAll",
            null,
            "new",
            null,
            "new",
            (cache, key) -> done(() -> cache.putAll(Map.of(key, "new", key + "more", "new")))),
        writes("getAndPut", "old", "new", null, "new", (cache, key) -> cache.getAndPut(key, "new")),
        writes(
            "putIfAbsent",
            false,
            "old",
            true,
            "new",
            (cache, key) -> cache.putIfAbsent(key, "new")),
        writes("replace", true, "new", false, null, (cache, key) -> cache.replace(key, "new")),
        writes(
            "replaceEqual",
            true,
            "new",
            false,
            null,
            (cache, key) -> cache.replace(key, "old", "new")),
        writes(
            "replaceOther",
            false,
            "old",
            false,
            null,
            (cache, key) -> cache.replace(key, "other", "new")),
        writes(
            "getAndReplace",
            "old",
            "new",
            null,
            null,
            (cache, key) -> cache.getAndReplace(key, "new")),
        writes("remove", true, null, false, null, (cache, key) -> cache.remove(key)),
        writes(
            "removeAsync", true, null, false, null, (cache, key) -> cache.removeAsync(key).join()),
        writes("removeEqual", true, null, false, null, (cache, key) -> cache.remove(key, "old")),
        writes("getAndRemove", "old", null, null, null, (cache, key) -> cache.getAndRemove(key)),
        writes(
            "removeAll",
            null,
            null,
            null,
            null,
            (cache, key) -> done(() -> cache.removeAll(Set.of(key, key + "none")))),
        writes("invoke", "old", "new", "null", "new", OpenSlotIT::increment),
        writes(
            "invokeRemove",
            true,
            null,
            false,
            null,
            (cache, key) ->
                cache.invoke(
                    key,
                    (entry, arguments) -> {
                      boolean exists = entry.exists();
                      entry.remove();
                      return exists;
                    })),
        writes(
            "invokeAll",
            1,
            "new",
            1,
            "new",
            (cache, key) ->
                cache
                    .invokeAll(
                        Set.of(key),
                        (entry, arguments) -> {
                          entry.setValue("new");
                          return "done";
                        })
                    .size()));
  }

  private static YokedCache<String, String> create(
      CacheManager where, String name, MutableConfiguration<String, String> configuration) {
    return (YokedCache<String, String>) where.createCache(name, configuration);
  }

  private static void check(YokedCache<String, String> cache, Layout layout) {
    List<Use> uses = uses();
    for (Use use : uses) {
      for (String place : List.of("-moved", "-stays")) {
        put(cache, use.name + place, layout);
      }
    }
    Map<String, @Nullable Object> results = new TreeMap<>();
    Map<String, @Nullable Object> expected = new TreeMap<>();
    Map<String, String> left = new TreeMap<>();
    try (OpenSlot slot = new OpenSlot(cache.getName(), layout)) {
      slot.assertOpen();
      for (Use use : uses) {
        for (String place : List.of("-moved", "-stays", "-none")) {
          String key = use.name + place;
          boolean isThere = !place.equals("-none");
          expected.put(key, isThere ? use.result : use.resultOfNone);
          try {
            results.put(key, use.call.apply(cache, key));
          } catch (RuntimeException e) {
            results.put(key, e.toString());
          }
          String expectedLeft = isThere ? use.left : use.leftOfNone;
          if (expectedLeft != null) {
            left.put(key, expectedLeft);
          }
          if (use.name.equals("putAll")) {
            left.put(key + "more", "new");
          }
        }
      }
      assertThat(results).isEqualTo(expected);
      Map<String, String> found = new TreeMap<>();
      cache.forEach(entry -> found.put(entry.getKey(), entry.getValue()));
      assertThat(found).isEqualTo(left);
      assertThat(new TreeMap<>(cache.getAll(left.keySet()))).isEqualTo(left);
    }
    assertThat(new TreeMap<>(cache.getAll(left.keySet()))).isEqualTo(left);
  }

  private static void put(YokedCache<String, String> cache, String key, Layout layout) {
    if (layout.hasTags) {
      cache.put(key, "old", Tags.of("all", key));
    } else {
      cache.put(key, "old");
    }
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void operations(Layout layout) {
    check(create(manager, layout.cacheName(), TestManagers.strings()), layout);
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void operations_expiryByAccess(Layout layout) {
    check(
        create(
            manager,
            layout.cacheName(),
            TestManagers.strings()
                .setExpiryPolicyFactory(
                    AccessedExpiryPolicy.factoryOf(javax.cache.expiry.Duration.ONE_DAY))),
        layout);
  }

  /** Another JVM listens, so that each change is published by the script. */
  @ParameterizedTest
  @MethodSource("layouts")
  void operations_listener(Layout layout) {
    String name = layout.cacheName();
    YokedCache<String, String> cache = create(manager, name, TestManagers.strings());
    YokedCache<String, String> listening = create(other, name, TestManagers.strings());
    RecordingListener<String, String> listener = new RecordingListener<>();
    listening.registerCacheEntryListener(
        listener.configuration(/* isOldValueRequired= */ true, /* isSynchronous= */ false));

    check(cache, layout);

    Awaitility.await("events of changes at both nodes")
        .atMost(BOUND)
        .untilAsserted(
            () ->
                assertThat(listener.texts())
                    .contains("CREATED put-none=new/-")
                    .contains("UPDATED replace-moved=new/old")
                    .contains("UPDATED replace-stays=new/old")
                    .anyMatch(
                        text -> text.startsWith("REMOVED remove-moved=") && text.endsWith("/old"))
                    .anyMatch(
                        text -> text.startsWith("REMOVED remove-stays=") && text.endsWith("/old")));
    assertThat(listener.texts()).doesNotHaveDuplicates();
  }

  /**
   * Entries of an invalidated tag are absent; new ones with the tag are there. Values are large.
   */
  @ParameterizedTest
  @MethodSource("layouts")
  void invalidateTags(Layout layout) {
    if (!layout.hasTags) {
      return;
    }
    YokedCache<String, String> cache = create(manager, layout.cacheName(), TestManagers.strings());
    String old = "old ".repeat(2_000);
    Map<String, String> kept = new LinkedHashMap<>();
    for (String place : List.of("moved", "stays")) {
      cache.put(place + "-x", old, Tags.of("x"));
      cache.put(place + "-xy", old, Tags.of("x", "y"));
      cache.put(place + "-y", old, Tags.of("y"));
      cache.put(place, old);
      kept.put(place + "-y", old);
      kept.put(place, old);
    }
    // A cache knows the size of its values when it has read one.
    assertThat(cache.getAll(kept.keySet())).isEqualTo(kept);
    try (OpenSlot slot = new OpenSlot(cache.getName(), layout)) {
      slot.assertOpen();
      cache.invalidateTags("x");

      assertThat(cache.getAll(Set.of("moved-x", "moved-xy", "stays-x", "stays-xy"))).isEmpty();
      assertThat(cache.getAll(kept.keySet())).isEqualTo(kept);
      assertThat(cache.replace("moved-x", "new")).isFalse();
      assertThat(cache.putIfAbsent("stays-x", "new")).isTrue();
      cache.put("moved-xy", "new", Tags.of("x", "y", "z"));
      cache.put("stays-xy", "new", Tags.of("x", "y", "z"));
      cache.put("none-xy", "new", Tags.of("x", "y", "z"));
      assertThat(cache.getAll(Set.of("moved-xy", "stays-xy", "none-xy", "stays-x"))).hasSize(4);
      assertThat(OutageFigures.owesNothing(cache)).isTrue();
      cache.invalidateTags("z");
      assertThat(cache.getAll(Set.of("moved-xy", "stays-xy", "none-xy"))).isEmpty();
      assertThat(cache.getAll(kept.keySet())).isEqualTo(kept);
    }
    cache.invalidateTags("y");
    assertThat(cache)
        .extracting(Cache.Entry::getKey)
        .containsExactlyInAnyOrder("moved", "stays", "stays-x");
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void clear_andDestroy(Layout layout) {
    YokedCache<String, String> cache = create(manager, layout.cacheName(), TestManagers.strings());
    put(cache, "moved", layout);
    put(cache, "stays", layout);
    try (OpenSlot slot = new OpenSlot(cache.getName(), layout)) {
      slot.assertOpen();
      cache.clear();

      assertThat(cache.getAll(Set.of("moved", "stays"))).isEmpty();
      put(cache, "moved", layout);
      put(cache, "more", layout);
      assertThat(cache).hasSize(2);
      assertThat(OutageFigures.owesNothing(cache)).isTrue();
      cache.removeAll();
      assertThat(cache).isEmpty();
      manager.destroyCache(cache.getName());
      YokedCache<String, String> again = create(manager, cache.getName(), TestManagers.strings());
      assertThat(again).isEmpty();
      put(again, "stays", layout);
      assertThat(again.invalidateMatching("s*")).isEqualTo(1);
      assertThat(again).isEmpty();
    }
  }

  public static final class Loader implements CacheLoader<String, String>, Serializable {

    @Override
    public String load(String key) {
      return "loaded";
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> all = new LinkedHashMap<>();
      keys.forEach(key -> all.put(key, "loaded"));
      return all;
    }
  }

  /** With a lease for each load. */
  @ParameterizedTest
  @MethodSource("layouts")
  void readThrough(Layout layout) {
    YokedCache<String, String> cache =
        create(
            manager,
            layout.cacheName() + "-leased",
            TestManagers.strings()
                .setReadThrough(true)
                .setCacheLoaderFactory(FactoryBuilder.factoryOf(Loader.class)));
    put(cache, "moved", layout);
    put(cache, "stays", layout);
    try (OpenSlot slot = new OpenSlot(cache.getName(), layout)) {
      slot.assertOpen();
      assertThat(cache.get("a")).isEqualTo("loaded");
      assertThat(cache.getAll(Set.of("a", "b", "moved", "stays")))
          .isEqualTo(Map.of("a", "loaded", "b", "loaded", "moved", "old", "stays", "old"));
      cache.remove("moved");
      cache.remove("stays");
      assertThat(cache.getAll(Set.of("moved", "stays")).values()).containsOnly("loaded");
      assertThat(cache).hasSize(4);
    }
  }

  private enum Opened {
    BEFORE,
    AFTER
  }

  /** A cache of which there is no key yet. */
  @ParameterizedTest
  @EnumSource
  void newCache(Opened opened) {
    Layout layout = new Layout(true, false, false, false);
    String name = layout.cacheName();
    YokedCache<String, String> cache =
        opened == Opened.BEFORE ? create(manager, name, TestManagers.strings()) : null;
    try (OpenSlot slot = new OpenSlot(name, layout)) {
      slot.assertOpen();
      if (cache == null) {
        cache = create(manager, name, TestManagers.strings());
      }
      put(cache, "a", layout);
      assertThat(cache.get("a")).isEqualTo("old");
      assertThat(cache).hasSize(1);
    }
  }

  /** Near entries of an invalidated tag are not served, also by another JVM within its bound. */
  @Test
  void invalidateTags_nearCache() {
    Layout layout = new Layout(true, true, false, false);
    String name = layout.cacheName();
    String[] near = {
      "yokedcache.defaults.near.enabled", "true", "yokedcache.near.max-staleness", "2s"
    };
    YokedCache<String, String> own = create(open(near), name, TestManagers.strings());
    YokedCache<String, String> reader = create(open(near), name, TestManagers.strings());
    own.put("moved", "old", Tags.of("x"));
    own.put("stays", "old", Tags.of("x"));
    Set<String> keys = Set.of("moved", "stays");
    try (OpenSlot slot = new OpenSlot(name, layout)) {
      slot.assertOpen();
      assertThat(own.getAll(keys)).hasSize(2);
      Awaitility.await("near entries").until(() -> reader.getAll(keys).size() == 2);

      own.invalidateTags("x");

      assertThat(own.getAll(keys)).isEmpty();
      Awaitility.await("the other JVM to hear of it").until(() -> reader.getAll(keys).isEmpty());
    }
  }
}
