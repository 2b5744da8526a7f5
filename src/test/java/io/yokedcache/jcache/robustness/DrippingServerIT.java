package io.yokedcache.jcache.robustness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.testing.DrippingProxy;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A server, or something in front of it, that sends a byte and then another one, and is never
 * silent for as long as a time-out: no wait goes on for as long as the bytes come.
 */
final class DrippingServerIT {

  private static final String TIMEOUT = "200ms";

  /** For what must not end by a pause of a busy machine. */
  private static final String LONG_TIMEOUT = "1s";

  private static final long DRIP_MILLIS = 20;
  private static final long SLOW_DRIP_MILLIS = 100;

  /** Some time-outs and repetitions; without a bound the replies below take minutes. */
  private static final Duration BOUND = Duration.ofSeconds(8);

  private static final String VALUE = "x".repeat(10_000);

  private static final Map<String, Consumer<YokedCache<String, String>>> OPERATIONS =
      Map.of(
          "get", cache -> cache.get("key"),
          "getAndRemove", cache -> cache.getAndRemove("key"),
          "getAll", cache -> cache.getAll(keys(20)),
          "invoke", cache -> cache.invoke("key", (entry, arguments) -> entry.getValue()),
          "getAsync", cache -> ofAsync(cache));

  private static RedisServer redis;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  private static Set<String> keys(int count) {
    return IntStream.range(0, count).mapToObj(i -> "key" + i).collect(Collectors.toSet());
  }

  private static void ofAsync(YokedCache<String, String> cache) {
    try {
      cache.getAsync("key").get(BOUND.toMillis(), TimeUnit.MILLISECONDS);
    } catch (Exception e) {
      if (e.getCause() instanceof CacheException reason) {
        throw reason;
      }
      throw new AssertionError(e);
    }
  }

  private static CacheManager open(URI uri, String... settings) {
    String[] all = new String[settings.length + 6];
    all[0] = "connection.command-timeout=" + TIMEOUT;
    all[1] = "connection.connect-timeout=" + TIMEOUT;
    all[2] = "connection.circuit-breaker.enabled=false";
    all[3] = "health.interval=1h";
    all[4] = "key-statistics.enabled=false";
    all[5] = "stale-entries.enabled=false";
    System.arraycopy(settings, 0, all, 6, settings.length);
    return Managers.open(uri, all);
  }

  private static URI uri(DrippingProxy proxy) {
    return URI.create("redis://127.0.0.1:" + proxy.port());
  }

  /** The reply of an operation on a connection that has worked. */
  @ParameterizedTest
  @CsvSource({
    "pipelined, get",
    "pipelined, getAndRemove",
    "pipelined, getAll",
    "pipelined, invoke",
    "pipelined, getAsync",
    "pooled, get",
    "pooled, getAndRemove",
    "pooled, getAll",
    "pooled, invoke"
  })
  @SuppressWarnings("unchecked")
  void operation_ends(String executor, String operation) {
    try (DrippingProxy proxy = DrippingProxy.start(redis.port());
        CacheManager manager = open(uri(proxy), "connection.executor=" + executor)) {
      YokedCache<String, String> cache =
          Managers.texts(manager, "dripping-" + executor + "-" + operation)
              .unwrap(YokedCache.class);
      cache.put("key", VALUE);
      keys(20).forEach(key -> cache.put(key, VALUE));
      assertThat(cache.get("key")).isEqualTo(VALUE);

      proxy.drip(1, DRIP_MILLIS);
      assertTimeoutPreemptively(
          BOUND,
          () ->
              assertThatThrownBy(() -> requireNonNull(OPERATIONS.get(operation)).accept(cache))
                  .isInstanceOf(RedisUnavailableException.class)
                  .hasMessageMatching(
                      "(?s).*(came too slowly|did not answer within|no reply within).*"));
      proxy.flow();
      await().atMost(BOUND).ignoreExceptions().untilAsserted(() -> cache.get("key"));
    }
  }

  /** A change is sent once: its exception tells of the reply, and not of another attempt. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void change_tellsWhy(String executor) {
    try (DrippingProxy proxy = DrippingProxy.start(redis.port());
        CacheManager manager =
            open(
                uri(proxy),
                "connection.executor=" + executor,
                "connection.command-timeout=" + LONG_TIMEOUT)) {
      Cache<String, String> cache = Managers.texts(manager, "dripping-change-" + executor);
      cache.put("key", VALUE);

      proxy.drip(1, DRIP_MILLIS);
      assertThatThrownBy(() -> cache.getAndRemove("key"))
          .isInstanceOf(RedisUnavailableException.class)
          .hasMessageContaining(
              "the reply came too slowly (fewer than 16384 bytes came in 2000 ms, twice"
                  + " yokedcache.connection.command-timeout). A change may or may not");
    }
  }

  /** The greeting of a connection, and what sentinels and nodes of a cluster are asked. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://127.0.0.1:%s",
        "redis-sentinel://127.0.0.1:%s/mymaster",
        "redis-cluster://127.0.0.1:%s"
      })
  void firstOperation_ends_andTellsWhy(String uri) {
    try (DrippingProxy proxy = DrippingProxy.start(redis.port());
        CacheManager manager = open(URI.create(uri.formatted(proxy.port())))) {
      proxy.drip(1, DRIP_MILLIS);

      // The first calls may wait for another thread that asks, and a cache may be created then.
      AtomicInteger caches = new AtomicInteger();
      await()
          .atMost(BOUND)
          .untilAsserted(
              () ->
                  assertThatThrownBy(
                          () ->
                              Managers.texts(manager, "greeting-" + caches.incrementAndGet())
                                  .get("key"))
                      .isInstanceOf(RedisUnavailableException.class)
                      .hasMessageContaining("fewer than 16384 bytes came"));
    }
  }

  /** A near cache has no use of a subscription that drips, and gets another one. */
  @Test
  void subscription_isReplaced() {
    try (DrippingProxy proxy = DrippingProxy.start(redis.port());
        CacheManager manager =
            open(
                uri(proxy),
                "defaults.near.enabled=true",
                "near.max-staleness=" + TIMEOUT,
                "connection.command-timeout=" + LONG_TIMEOUT)) {
      Cache<String, String> cache = Managers.texts(manager, "subscription");
      cache.put("key", VALUE);
      assertThat(cache.get("key")).isEqualTo(VALUE);
      int before = proxy.connections();

      proxy.drip(1, SLOW_DRIP_MILLIS); // a message takes longer than twice the silence
      await().atMost(BOUND).until(() -> proxy.connections() > before);
    }
  }

  /** A value that takes many time-outs, and arrives steadily. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_slowAndSteady_returnsTheValue(String executor) {
    String large = "x".repeat(1 << 20);
    try (DrippingProxy proxy = DrippingProxy.start(redis.port());
        CacheManager manager =
            open(
                uri(proxy),
                "connection.executor=" + executor,
                "connection.command-timeout=" + LONG_TIMEOUT)) {
      Cache<String, String> cache = Managers.texts(manager, "steady-" + executor);
      cache.put("key", large);

      proxy.drip(16 << 10, SLOW_DRIP_MILLIS);
      long startNanos = System.nanoTime();
      assertThat(cache.get("key")).isEqualTo(large);
      assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
          .isGreaterThan(Duration.ofSeconds(3));
    }
  }
}
