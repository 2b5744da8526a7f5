package io.yokedcache.jcache.robustness;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.testing.RedisServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/** A server that reads its data, as after a start, and answers LOADING to everybody. */
final class LoadingIT {

  private static final int ENTRIES = 300;

  /** More than the server reads before it looks for clients. */
  private static final int LENGTH = 1_100;

  private static final String MICROS_FOR_EACH = "10000";

  private RedisServer server;

  @BeforeEach
  void start(@TempDir Path folder) {
    server = RedisServer.start("--enable-debug-command", "yes", "--dir", folder.toString());
    try (Jedis jedis = jedis()) {
      jedis.configSet("key-load-delay", MICROS_FOR_EACH);
      jedis.configSet("loading-process-events-interval-bytes", "1024");
    }
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Jedis jedis() {
    return new Jedis("127.0.0.1", server.port(), /* timeout= */ 20_000);
  }

  private static void fill(Cache<String, String> cache) {
    Map<String, String> entries = new HashMap<>();
    for (int i = 0; i < ENTRIES; i++) {
      entries.put("key-" + i, "x".repeat(LENGTH));
    }
    cache.putAll(entries);
  }

  /** Has the server read its data, for three seconds; returns when it has begun. */
  private Thread load() {
    Thread loading =
        new Thread(
            () -> {
              try (Jedis jedis = jedis()) {
                Object unused = jedis.sendCommand(() -> "DEBUG".getBytes(US_ASCII), "RELOAD");
              }
            });
    loading.start();
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              try (Jedis jedis = jedis()) {
                return !jedis.ping().equals("PONG");
              } catch (JedisDataException refusal) {
                return String.valueOf(refusal.getMessage()).startsWith("LOADING");
              }
            });
    return loading;
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void anyCall_loadingEndsInTime(String executor) throws Exception {
    try (CacheManager manager =
        Managers.open(
            server.uri(),
            "connection.executor=" + executor,
            "connection.command-timeout=10s",
            "health.interval=200ms")) {
      Cache<String, String> cache = Managers.texts(manager, "kept");
      fill(cache);
      Thread loading = load();
      cache.put("key-0", "new");
      assertThat(cache.get("key-0")).isEqualTo("new");
      assertThat(cache.get("key-1")).hasSize(LENGTH);
      loading.join(TimeUnit.SECONDS.toMillis(10));
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> ConnectionBean.of(manager, "Healthy").intValue() == 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void createCache_loadingTakesLong(String executor) throws Exception {
    try (CacheManager manager =
        Managers.open(
            server.uri(),
            "connection.executor=" + executor,
            "connection.command-timeout=500ms",
            "health.interval=200ms")) {
      fill(Managers.texts(manager, "data"));
      Thread loading = load();

      Cache<String, String> cache = Managers.texts(manager, "created");
      assertThatThrownBy(() -> cache.get("key"))
          .hasMessageContaining("LOADING Redis is loading the dataset in memory")
          .asInstanceOf(InstanceOfAssertFactories.type(RedisUnavailableException.class))
          .returns(Kind.REFUSED, RedisUnavailableException::kind);
      int healthy = ConnectionBean.of(manager, "Healthy").intValue();
      assertThat(healthy == 0 || !loading.isAlive()).as("unhealthy while it loads").isTrue();

      loading.join(TimeUnit.SECONDS.toMillis(20));
      // The circuit breaker, which the pings of the health check may have opened, closes soon.
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .ignoreExceptionsInstanceOf(RedisUnavailableException.class)
          .until(() -> cache.get("key") == null);
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> ConnectionBean.of(manager, "Healthy").intValue() == 1);
    }
  }
}
