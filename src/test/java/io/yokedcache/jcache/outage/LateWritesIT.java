package io.yokedcache.jcache.outage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.OutageFigures;
import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.outage.FaultyLinks.Mode;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.Properties;
import javax.cache.Cache;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** A proxy holds a change back until its debt was settled, and then lets it go. */
final class LateWritesIT {

  private static final Duration BOUND = Duration.ofSeconds(20);

  /** For what the proxy keeps; a busy machine must answer the rest within it. */
  private static final String TIMEOUT = "1500ms";

  private static RedisServer server;
  private static FaultyLinks links;

  private Jedis admin;
  private YokedCachingProvider provider;

  @BeforeAll
  static void startServers() {
    server = RedisServer.start("--save", "");
    links = FaultyLinks.start(server.port(), 1);
  }

  @AfterAll
  static void stopServers() {
    links.close();
    server.close();
  }

  @BeforeEach
  void open() {
    admin = new Jedis("127.0.0.1", server.port());
    provider = new YokedCachingProvider();
  }

  @AfterEach
  void close() {
    links.set(0, Mode.PASS, 0);
    provider.close();
    admin.flushAll();
    admin.close();
  }

  private Cache<String, String> cache(String user, String executor) {
    Properties settings = new Properties();
    settings.setProperty("yokedcache.connection.command-timeout", TIMEOUT);
    settings.setProperty("yokedcache.connection.connect-timeout", TIMEOUT);
    settings.setProperty("yokedcache.connection.executor", executor);
    return provider
        .getCacheManager(
            URI.create("redis://" + user + "127.0.0.1:" + links.port(0)), null, settings)
        .createCache(
            "late",
            new MutableConfiguration<String, String>().setTypes(String.class, String.class));
  }

  /**
   * Makes a change whose commands the proxy keeps. A connection that was silent for some time is
   * asked first, and another one used: then nothing is lost.
   */
  private static void lose(Cache<String, String> cache, String old, Runnable change) {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              links.set(0, Mode.PASS, 0);
              cache.put("a", old);
              links.set(0, Mode.HOLD_PRESENT, 0);
              try {
                change.run();
                return false;
              } catch (RedisUnavailableException e) {
                return e.kind() == Kind.NO_ANSWER;
              }
            });
  }

  /** Lets the commands go. When this returns, the server has executed them or never will. */
  private void letGo() {
    links.set(0, Mode.PASS, 0);
    // The server looks at its sockets in rounds, and has read the commands in the second one.
    admin.ping();
    admin.ping();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void put_executedAfterItsDebtWasSettled_doesNotComeBack(String executor) {
    Cache<String, String> cache = cache("", executor);
    cache.put("b", "old");
    lose(cache, "old", () -> cache.put("a", "late"));
    assertThat(cache.get("a")).isNull();
    assertThat(OutageFigures.of(cache).settled()).isPositive();
    assertThat(OutageFigures.owesNothing(cache)).isTrue();

    letGo();

    assertThat(cache.get("a")).isNull();
    assertThat(cache.get("b")).isEqualTo("old");
  }

  @Test
  void put_largeValue_doesNotComeBack() {
    Cache<String, String> cache = cache("", "pipelined");
    String large = "x".repeat(100_000);
    lose(cache, "old" + large, () -> cache.put("a", "late" + large));
    cache.put("a", "new");

    letGo();

    assertThat(cache.get("a")).isEqualTo("new");
  }

  @Test
  void remove_executedAfterTheNextPut_removesNothing() {
    Cache<String, String> cache = cache("", "pipelined");
    lose(cache, "old", () -> cache.remove("a"));
    cache.put("a", "new");

    letGo();

    assertThat(cache.get("a")).isEqualTo("new");
  }

  @Test
  void clear_executedAfterTheNextPut_removesNothing() {
    Cache<String, String> cache = cache("", "pipelined");
    lose(cache, "old", cache::clear);
    cache.put("a", "new");

    letGo();

    assertThat(cache.get("a")).isEqualTo("new");
  }

  @Test
  void clear_executedAfterTheNextClear_removesNothing() {
    Cache<String, String> cache = cache("", "pooled");
    lose(cache, "old", cache::clear);
    cache.clear();
    cache.put("a", "new");

    letGo();

    assertThat(cache.get("a")).isEqualTo("new");
  }

  @Test
  void put_serverDoesNotAllowToEndConnections_isSettledAllTheSame() {
    admin.aclSetUser("app", "on", ">secret", "~*", "&*", "+@all", "-client|kill");
    Cache<String, String> cache = cache("app:secret@", "pipelined");
    lose(cache, "old", () -> cache.put("a", "late"));

    assertThat(cache.get("a")).isNull();

    assertThat(OutageFigures.owesNothing(cache)).isTrue();
    letGo();
    await().atMost(BOUND).until(() -> cache.get("a") == null);
  }
}
