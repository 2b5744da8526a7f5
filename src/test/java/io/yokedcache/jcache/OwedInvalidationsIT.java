package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/**
 * A change that failed while Redis was away or refused it: its old entry is never served again, in
 * both modes, whether this JVM or the background is the first to use it.
 */
final class OwedInvalidationsIT {

  private static final Duration BOUND = Duration.ofSeconds(20);

  /** For a server that hangs; one that serves must answer within it on a busy machine. */
  private static final String TIMEOUT = "1s";

  private RedisServer server;
  private Jedis admin;
  private TestManagers managers;

  /** A change of the entries "a" and "b", of which "a" is at least changed. */
  @SuppressWarnings("ImmutableEnumChecker") // the calls have no state
  enum Change {
    PUT(cache -> cache.put("a", "new")),
    PUT_ALL(cache -> cache.putAll(new TreeMap<>(Map.of("a", "new", "b", "new")))),
    REMOVE(cache -> cache.remove("a")),
    REMOVE_ALL(cache -> cache.removeAll(Set.of("a", "b"))),
    GET_AND_PUT(cache -> cache.getAndPut("a", "new")),
    GET_AND_REMOVE(cache -> cache.getAndRemove("a")),
    REPLACE(cache -> cache.replace("a", "new")),
    GET_AND_REPLACE(cache -> cache.getAndReplace("a", "new")),
    REMOVE_ALL_ENTRIES(Cache::removeAll),
    CLEAR(Cache::clear),
    PUT_WITH_TIME_TO_LIVE(cache -> yoked(cache).put("a", "new", Duration.ofHours(1))),
    EXPIRE(cache -> yoked(cache).expire("a", Duration.ofHours(1))),
    INVALIDATE_MATCHING(cache -> yoked(cache).invalidateMatching("[a]"));

    private final Consumer<Cache<String, String>> call;

    Change(Consumer<Cache<String, String>> call) {
      this.call = call;
    }

    private static YokedCache<String, String> yoked(Cache<String, String> cache) {
      return (YokedCache<String, String>) cache;
    }
  }

  @BeforeEach
  void start() {
    server = RedisServer.start("--save", "");
    admin = new Jedis("127.0.0.1", server.port());
    managers = new TestManagers();
  }

  @AfterEach
  void stop() {
    managers.close();
    admin.close();
    server.close();
  }

  private Cache<String, String> open(URI uri, String onFailure, boolean near) {
    return open(uri, onFailure, near, /* tags= */ false);
  }

  private Cache<String, String> open(URI uri, String onFailure, boolean near, boolean tags) {
    return managers
        .open(
            uri,
            "yokedcache.defaults.tags",
            Boolean.toString(tags),
            "yokedcache.defaults.on-failure",
            onFailure,
            "yokedcache.defaults.near.enabled",
            Boolean.toString(near),
            "yokedcache.connection.connect-timeout",
            TIMEOUT,
            "yokedcache.connection.command-timeout",
            TIMEOUT,
            "yokedcache.health.interval",
            "100ms")
        .createCache(TestManagers.uniqueName("owed"), TestManagers.strings());
  }

  private static OutageStatistics outages(Cache<String, String> cache) {
    RedisCache<?, ?> own = cache.unwrap(RedisCache.class);
    return own.lifecycle().outages();
  }

  private static void change(Cache<String, String> cache, Change change) {
    try {
      change.call.accept(cache);
    } catch (CacheException refusedOrAway) {
      // only with on-failure = throw, or if Redis refused it
    }
  }

  /** Reads until Redis answers, and never finds an old value. */
  private static void assertNotStale(Cache<String, String> cache, boolean bulk) {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              try {
                String found = bulk ? cache.getAll(Set.of("a")).get("a") : cache.get("a");
                assertThat(found).isNotEqualTo("old");
                return outages(cache).owedKeys() == 0 && !outages(cache).owesGeneration();
              } catch (RedisUnavailableException away) {
                return false;
              }
            });
  }

  @ParameterizedTest
  @EnumSource(Change.class)
  void change_serverFrozen_isMadeGood(Change change) {
    Cache<String, String> throwing = open(server.uri(), "throw", /* near= */ true);
    Cache<String, String> degrading = open(server.uri(), "degrade", /* near= */ false);
    for (Cache<String, String> cache : Set.of(throwing, degrading)) {
      cache.put("a", "old");
      cache.put("b", "old");
      assertThat(cache.get("a")).isEqualTo("old");
    }
    server.pause();
    try {
      change(throwing, change);
      change(degrading, change);
    } finally {
      server.resume();
    }

    assertNotStale(throwing, /* bulk= */ false);
    assertNotStale(degrading, /* bulk= */ true);
    assertThat(outages(throwing).settled()).isPositive();
    assertThat(outages(degrading).settled()).isPositive();
  }

  @ParameterizedTest
  @ValueSource(strings = {"throw", "degrade"})
  void invalidateTags_serverFrozen_isMadeGood(String onFailure) {
    Cache<String, String> cache = open(server.uri(), onFailure, /* near= */ true, /* tags= */ true);
    YokedCache<String, String> yoked = (YokedCache<String, String>) cache;
    yoked.put("a", "old", Tags.of("cart"));
    assertThat(cache.get("a")).isEqualTo("old");
    server.pause();
    try {
      yoked.invalidateTags("cart");
      assertThat(onFailure).isEqualTo("degrade");
    } catch (RedisUnavailableException away) {
      assertThat(onFailure).isEqualTo("throw");
    } finally {
      server.resume();
    }
    assertThat(outages(cache).owesGeneration()).isTrue();

    assertNotStale(cache, /* bulk= */ false);
    assertThat(cache.get("a")).isNull();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void update_serverOutOfMemory_isMadeGood(boolean near) {
    Cache<String, String> cache = open(server.uri(), "throw", near);
    cache.put("a", "old");
    assertThat(cache.get("a")).isEqualTo("old");
    admin.configSet("maxmemory", "1");

    assertThatThrownBy(() -> cache.put("a", "new")).isInstanceOf(RedisUnavailableException.class);

    assertThat(cache.get("a")).isNull();
    assertThat(outages(cache).settled()).isEqualTo(1);
    assertThat(outages(cache).owedKeys()).isZero();
  }

  @Test
  void update_serverReadOnly_entryIsAbsentUntilItServes() {
    try (RedisServer master = RedisServer.start()) {
      Cache<String, String> cache = open(server.uri(), "degrade", /* near= */ false);
      cache.put("a", "old");
      admin.replicaof("127.0.0.1", master.port());
      cache.put("a", "new");
      assertThat(outages(cache).owedKeys()).isEqualTo(1);

      assertThat(cache.get("a")).isNotEqualTo("old");

      admin.replicaofNoOne();
      assertNotStale(cache, /* bulk= */ false);
    }
  }

  @ParameterizedTest
  @EnumSource(Change.class)
  void change_notPermitted_entryIsAbsentForThisJvm(Change change) {
    admin.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all");
    URI uri = URI.create("redis://app:secret@127.0.0.1:" + server.port());
    Cache<String, String> cache = open(uri, "throw", /* near= */ false);
    cache.put("a", "old");
    cache.put("b", "old");
    admin.aclSetUser(
        "app",
        "-set",
        "-del",
        "-getdel",
        "-unlink",
        "-pexpire",
        "-eval",
        "-evalsha",
        "-@scripting");

    assertThatThrownBy(() -> change.call.accept(cache)).isInstanceOf(CacheException.class);

    for (int i = 0; i < 100; i++) {
      assertThat(cache.get("a")).isNull();
      assertThat(cache.getAll(Set.of("a"))).isEmpty();
      assertThat(cache.containsKey("a")).isFalse();
    }
    assertThat(outages(cache).settled()).isZero();
    admin.aclSetUser("app", "+@all");
    await()
        .atMost(BOUND)
        .until(() -> outages(cache).owedKeys() == 0 && !outages(cache).owesGeneration());
    assertThat(cache.get("a")).isNull();
    assertThat(outages(cache).settled()).isPositive();
  }

  /** Changes that first find out that there is no entry. */
  @SuppressWarnings("ImmutableEnumChecker") // the calls have no state
  enum Creation {
    PUT_IF_ABSENT(cache -> assertThat(cache.putIfAbsent("a", "new")).isTrue()),
    INVOKE(
        cache ->
            cache.invoke(
                "a",
                (entry, arguments) -> {
                  assertThat(entry.exists()).isFalse();
                  entry.setValue("new");
                  return null;
                })),
    PUT(cache -> cache.put("a", "new")),
    PUT_ALL(cache -> cache.putAll(Map.of("a", "new", "b", "new")));

    private final Consumer<Cache<String, String>> call;

    Creation(Consumer<Cache<String, String>> call) {
      this.call = call;
    }
  }

  /** Changes whose answers tell whether there was an entry. */
  @SuppressWarnings("ImmutableEnumChecker") // the calls have no state
  enum Answer {
    GET_AND_PUT(cache -> assertThat(cache.getAndPut("a", "new")).isNull()),
    GET_AND_REMOVE(cache -> assertThat(cache.getAndRemove("a")).isNull()),
    GET_AND_REPLACE(cache -> assertThat(cache.getAndReplace("a", "new")).isNull()),
    REMOVE(cache -> assertThat(cache.remove("a")).isFalse()),
    REMOVE_IF_EQUAL(cache -> assertThat(cache.remove("a", "old")).isFalse()),
    REPLACE(cache -> assertThat(cache.replace("a", "new")).isFalse()),
    REPLACE_IF_EQUAL(cache -> assertThat(cache.replace("a", "old", "new")).isFalse());

    private final Consumer<Cache<String, String>> call;

    Answer(Consumer<Cache<String, String>> call) {
      this.call = call;
    }
  }

  @ParameterizedTest
  @EnumSource(Answer.class)
  void answer_oldEntryMayNotBeRemoved_isThatOfNoEntry(Answer answer) {
    admin.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all");
    URI uri = URI.create("redis://app:secret@127.0.0.1:" + server.port());
    Cache<String, String> cache = open(uri, "throw", /* near= */ false);
    cache.put("a", "old");
    admin.aclSetUser("app", "-set", "-unlink", "-eval", "-evalsha");
    assertThatThrownBy(() -> cache.put("a", "lost")).isInstanceOf(CacheException.class);
    admin.aclSetUser("app", "+@all", "-unlink");

    answer.call.accept(cache);

    assertThat(cache.get("a")).isNotEqualTo("old");
  }

  /** This JVM may not remove the old entry, which counts as absent, but it may replace it. */
  @ParameterizedTest
  @EnumSource(Creation.class)
  void creation_oldEntryMayNotBeRemoved_replacesIt(Creation creation) {
    admin.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all");
    Cache<String, String> cache =
        managers
            .open(URI.create("redis://app:secret@127.0.0.1:" + server.port()))
            .createCache(
                TestManagers.uniqueName("owed"),
                TestManagers.strings()
                    .setExpiryPolicyFactory(
                        () -> new CountingPolicy(javax.cache.expiry.Duration.ETERNAL, null, null)));
    cache.put("a", "old");
    admin.aclSetUser("app", "-set", "-unlink", "-eval", "-evalsha");
    assertThatThrownBy(() -> cache.put("a", "lost")).isInstanceOf(CacheException.class);
    assertThat(cache.get("a")).isNull();
    admin.aclSetUser("app", "+@all", "-unlink");

    creation.call.accept(cache);

    assertThat(cache.get("a")).isEqualTo("new");
    assertThat(outages(cache).owedKeys()).isZero();
  }

  @ParameterizedTest
  @EnumSource(
      value = Change.class,
      names = {"PUT", "REPLACE", "REMOVE_ALL_ENTRIES"})
  void change_notPermitted_nearEntryIsDropped(Change change) {
    admin.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all");
    URI uri = URI.create("redis://app:secret@127.0.0.1:" + server.port());
    Cache<String, String> cache = open(uri, "throw", /* near= */ true);
    cache.put("a", "old");
    await()
        .atMost(BOUND)
        .until(
            () -> {
              assertThat(cache.get("a")).isEqualTo("old");
              NearCacheStatistics near = near(cache);
              return near.entries() > 0;
            });
    admin.aclSetUser("app", "-get", "-mget", "-set", "-eval", "-evalsha");

    assertThatThrownBy(() -> change.call.accept(cache)).isInstanceOf(CacheException.class);

    assertThat(near(cache).entries()).isZero();
    assertThatThrownBy(() -> cache.get("a")).isInstanceOf(CacheException.class);
    admin.aclSetUser("app", "+@all");
    assertNotStale(cache, /* bulk= */ false);
  }

  private static NearCacheStatistics near(Cache<String, String> cache) {
    RedisCache<?, ?> own = cache.unwrap(RedisCache.class);
    return requireNonNull(own.lifecycle().nearStatistics());
  }

  @Test
  void close_owing_isMadeGoodByTheNextCache() {
    Cache<String, String> cache = open(server.uri(), "throw", /* near= */ false);
    cache.put("a", "old");
    admin.configSet("maxmemory", "1");
    assertThatThrownBy(() -> cache.put("a", "new")).isInstanceOf(CacheException.class);
    CacheManager manager = cache.getCacheManager();
    cache.close();

    Cache<String, String> again = manager.createCache(cache.getName(), TestManagers.strings());

    assertThat(again.get("a")).isNull();
  }

  @Test
  void put_afterFailedPut_isKept() {
    Cache<String, String> cache = open(server.uri(), "throw", /* near= */ false);
    cache.put("a", "old");
    admin.configSet("maxmemory", "1");
    assertThatThrownBy(() -> cache.put("a", "new")).isInstanceOf(CacheException.class);
    admin.configSet("maxmemory", "0");

    cache.put("a", "newer");

    assertThat(outages(cache).owedKeys()).isZero();
    assertThat(cache.get("a")).isEqualTo("newer");
  }

  @Test
  void compareAndSet_failed_owesNothing() {
    Cache<String, String> cache = open(server.uri(), "degrade", /* near= */ false);
    cache.put("a", "old");
    admin.configSet("maxmemory", "1");
    assertThat(cache.replace("a", "old", "new")).isFalse();
    assertThat(cache.putIfAbsent("c", "new")).isFalse();
    assertThatThrownBy(
            () ->
                cache.invoke(
                    "a",
                    (entry, arguments) -> {
                      entry.setValue("new");
                      return null;
                    }))
        .isInstanceOf(RedisUnavailableException.class);

    assertThat(outages(cache).owedKeys()).isZero();
    assertThat(cache.get("a")).isEqualTo("old");
  }

  @Test
  void changes_moreThanAreKept_emptyTheCache() {
    Cache<String, String> cache = open(server.uri(), "degrade", /* near= */ false);
    cache.put("a", "old");
    admin.configSet("maxmemory", "1");

    cache.putAll(
        IntStream.rangeClosed(0, 10_000)
            .boxed()
            .collect(Collectors.toMap(i -> "key" + i, i -> "new")));
    cache.put("a", "new");

    assertThat(outages(cache).overflows()).isEqualTo(1);
    assertThat(cache.get("a")).isNull();
    assertThat(cache.iterator()).isExhausted();
    assertThat(outages(cache).owesGeneration()).isFalse();
    assertThat(outages(cache).owedKeys()).isZero();
  }
}
