package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

/** A command that the server refuses, alone or as one of several, fails the operation. */
final class RefusedRepliesIT {

  private static RedisServer server;
  private static Jedis admin;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
    admin = new Jedis("127.0.0.1", server.port());
  }

  @AfterAll
  static void stopServer() {
    admin.close();
    server.close();
  }

  /** Which commands an operation sends, and the operation. */
  record Case(String refused, String name, Consumer<Cache<String, String>> call) {
    @Override
    public String toString() {
      return name + " without " + refused;
    }
  }

  static Stream<Case> cases() {
    Map<String, String> many =
        IntStream.range(0, 50).boxed().collect(Collectors.toMap(i -> "k" + i, i -> "v"));
    return Stream.of(
        new Case("mget", "containsKey", cache -> cache.containsKey("k1")),
        new Case("mget", "get", cache -> cache.get("k1")),
        new Case("mget", "getAll", cache -> cache.getAll(many.keySet())),
        new Case("set", "put", cache -> cache.put("k1", "w")),
        new Case("set", "putAll", cache -> cache.putAll(many)),
        new Case("del", "remove", cache -> cache.remove("k1")),
        new Case("del", "removeAll", cache -> cache.removeAll(many.keySet())),
        new Case("getdel", "getAndRemove", cache -> cache.getAndRemove("k1")),
        new Case("scan", "iterator", cache -> assertThat(cache.iterator().hasNext()).isTrue()),
        new Case("evalsha", "replace", cache -> cache.replace("k1", "v", "w")),
        new Case("evalsha", "clear", Cache::clear));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void operation_refused(Case one) {
    assertThrows(one, new MutableConfiguration<String, String>());
  }

  static Stream<Case> touchingCases() {
    Set<String> keys = Set.of("k1", "k2", "k3");
    return Stream.of(
        new Case("getex", "get", cache -> cache.get("k1")),
        new Case("getex", "getAll", cache -> cache.getAll(keys)),
        new Case("pexpire", "replace", cache -> cache.replace("k1", "x", "w")),
        new Case("pexpire", "remove", cache -> cache.remove("k1", "x")),
        new Case("pexpire", "invoke", cache -> cache.invoke("k1", (e, a) -> e.getValue())),
        new Case(
            "pexpire", "invokeAll", cache -> all(cache.invokeAll(keys, (e, a) -> e.getValue()))));
  }

  /** Entry processors keep their failure until somebody asks for the result. */
  private static void all(Map<String, javax.cache.processor.EntryProcessorResult<String>> results) {
    results.values().forEach(result -> assertThat(result.get()).isNotNull());
  }

  @ParameterizedTest
  @MethodSource("touchingCases")
  void renewalOfTime_refused(Case one) {
    assertThrows(
        one,
        new MutableConfiguration<String, String>()
            .setExpiryPolicyFactory(
                TouchedExpiryPolicy.factoryOf(new Duration(TimeUnit.MINUTES, 5))));
  }

  /** A policy by which an entry that was read is gone: it is removed by DEL. */
  @ParameterizedTest
  @MethodSource("goneCases")
  void removalAfterAccess_refused(Case one) {
    assertThrows(
        one, new MutableConfiguration<String, String>().setExpiryPolicyFactory(GoneOnceRead::new));
  }

  static Stream<Case> goneCases() {
    return Stream.of(
        new Case("del", "get", cache -> cache.get("k1")),
        new Case("del", "getAll", cache -> cache.getAll(Set.of("k1", "k2"))),
        new Case("del", "replace", cache -> cache.replace("k1", "x", "w")));
  }

  private static void assertThrows(Case one, MutableConfiguration<String, String> configuration) {
    admin.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all");
    URI uri = URI.create("redis://app:secret@127.0.0.1:" + server.port());
    try (YokedCachingProvider provider = new YokedCachingProvider();
        CacheManager manager = provider.getCacheManager(uri, null)) {
      Cache<String, String> cache =
          manager.createCache("refused", configuration.setTypes(String.class, String.class));
      cache.putAll(new LinkedHashMap<>(Map.of("k1", "v", "k2", "v", "k3", "v")));
      admin.aclSetUser("app", "-" + one.refused());

      assertThatThrownBy(() -> one.call().accept(cache))
          .isInstanceOf(CacheException.class)
          .satisfies(
              failure ->
                  assertThat(messages(failure)).anyMatch(text -> text.contains(one.refused())));

      admin.aclSetUser("app", "+@all");
      manager.destroyCache("refused");
    }
  }

  private static List<String> messages(Throwable failure) {
    return Stream.iterate(failure, each -> each != null, Throwable::getCause)
        .map(each -> String.valueOf(each.getMessage()))
        .toList();
  }

  /** Entries that live until they are read. */
  static final class GoneOnceRead implements ExpiryPolicy {

    @Override
    public Duration getExpiryForCreation() {
      return Duration.ETERNAL;
    }

    @Override
    public Duration getExpiryForAccess() {
      return Duration.ZERO;
    }

    @Override
    public Duration getExpiryForUpdate() {
      return Duration.ETERNAL;
    }
  }
}
