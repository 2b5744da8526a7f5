package io.yokedcache.jcache.robustness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

/**
 * Another application destroyed a cache that is open here and made one of that name with other
 * types: whatever is tried with the stale cache object changes nothing of the new one.
 */
final class TakenOverIT {

  private static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  static Stream<String> operations() {
    return calls().keySet().stream();
  }

  private static Map<String, Consumer<Cache<String, String>>> calls() {
    Map<String, Consumer<Cache<String, String>>> calls = new LinkedHashMap<>();
    calls.put("clear", Cache::clear);
    calls.put("removeAll", Cache::removeAll);
    calls.put("removeAllKeys", cache -> cache.removeAll(Set.of("key", "other")));
    calls.put("put", cache -> cache.put("key", "stale"));
    calls.put("putAll", cache -> cache.putAll(Map.of("key", "stale", "other", "stale")));
    calls.put("putIfAbsent", cache -> cache.putIfAbsent("key", "stale"));
    calls.put("getAndPut", cache -> cache.getAndPut("key", "stale"));
    calls.put("replace", cache -> cache.replace("key", "stale"));
    calls.put("replaceEqual", cache -> cache.replace("key", "old", "stale"));
    calls.put("getAndReplace", cache -> cache.getAndReplace("key", "stale"));
    calls.put("remove", cache -> cache.remove("key"));
    calls.put("removeEqual", cache -> cache.remove("key", "old"));
    calls.put("getAndRemove", cache -> cache.getAndRemove("key"));
    calls.put("get", cache -> cache.get("key"));
    calls.put("getAll", cache -> cache.getAll(Set.of("key", "other")));
    calls.put("containsKey", cache -> cache.containsKey("key"));
    calls.put("iterator", cache -> assertThat(cache.iterator().hasNext()).isTrue());
    calls.put(
        "invoke",
        cache ->
            cache.invoke(
                "key",
                (entry, arguments) -> {
                  entry.setValue("stale");
                  return "";
                }));
    return calls;
  }

  @ParameterizedTest
  @MethodSource("operations")
  void anyCall_changesNothing(String operation) {
    assertRefused(operation, operation, /* statistics= */ false);
  }

  @ParameterizedTest
  @MethodSource("operations")
  void anyCall_withStatisticsChangesNothing(String operation) {
    assertRefused(operation, operation + "Counted", /* statistics= */ true);
  }

  private static void assertRefused(String operation, String name, boolean statistics) {
    try (CacheManager one = Managers.open(server.uri(), "defaults.statistics=" + statistics);
        CacheManager other = Managers.open(server.uri());
        Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      Cache<String, String> stale = Managers.texts(one, name);
      stale.put("key", "old");
      Cache<String, Long> taken = takeOver(other, name);
      taken.put("key", 7L);
      String definition = jedis.get("yc:{" + name + "#0}");

      Consumer<Cache<String, String>> call = requireNonNull(calls().get(operation), operation);
      for (int attempt = 0; attempt < 3; attempt++) {
        assertThatThrownBy(() -> call.accept(stale))
            .isInstanceOf(CacheException.class)
            .satisfies(failure -> assertThat(namesBoth(failure)).isTrue());
      }

      assertThat(jedis.get("yc:{" + name + "#0}")).isEqualTo(definition);
      assertThat(jedis.get("yc:{" + name + "#0}:about")).contains("java.lang.Long");
      assertThat(taken.get("key")).isEqualTo(7L);
      assertThat(taken.containsKey("other")).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("latecomers")
  void latecomer_changesNothing(String name) {
    try (CacheManager one = Managers.open(server.uri(), "events.lease=1s");
        CacheManager other = Managers.open(server.uri());
        Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      Cache<String, Long> taken = takeOver(other, name);
      taken.put("key", 7L);
      String definition = jedis.get("yc:{" + name + "#0}");

      if (name.equals("listening")) {
        Cache<String, String> stale = Managers.texts(one, "before");
        jedis.del("yc:{before#0}");
        definition = "x".repeat(12) + "y".repeat(8);
        jedis.set("yc:{before#0}", definition);
        stale.registerCacheEntryListener(
            new MutableCacheEntryListenerConfiguration<>(
                FactoryBuilder.factoryOf(Deaf.class), null, false, false));
        assertThat(jedis.get("yc:{before#0}")).isEqualTo(definition);
      } else {
        CacheManager clearing =
            Managers.open(server.uri(), "caches." + name + ".clear-on-create=true");
        try (clearing) {
          assertThatThrownBy(() -> Managers.texts(clearing, name))
              .isInstanceOf(CacheException.class)
              .satisfies(failure -> assertThat(namesBoth(failure)).isTrue());
        }
        assertThat(jedis.get("yc:{" + name + "#0}")).isEqualTo(definition);
        assertThat(taken.get("key")).isEqualTo(7L);
      }
    }
  }

  static Stream<String> latecomers() {
    return Stream.of("listening", "clearing");
  }

  private static Cache<String, Long> takeOver(CacheManager other, String name) {
    other.destroyCache(name);
    return other.createCache(
        name, new MutableConfiguration<String, Long>().setTypes(String.class, Long.class));
  }

  /** Whether a failure, or what it wraps, names what the cache is and what it was. */
  private static boolean namesBoth(Throwable failure) {
    String message = String.valueOf(failure.getMessage());
    return (message.contains("of java.lang.Long, 1 buckets]")
            && message.contains("of java.lang.String, 1 buckets]"))
        || (failure.getCause() != null && namesBoth(failure.getCause()));
  }

  /** Listens to nothing. */
  public static final class Deaf implements CacheEntryCreatedListener<String, String> {

    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {}
  }
}
