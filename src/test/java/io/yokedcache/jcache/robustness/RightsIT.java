package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A user that may not run a command: what says so names it, once, and what goes on without. */
final class RightsIT {

  private final RedisServer server = RedisServer.start();

  @AfterEach
  void stop() {
    server.close();
  }

  private CacheManager openWithout(String right) {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.aclSetUser("app", "reset", "on", ">secret", "~*", "&*", "+@all", right);
    }
    return Managers.open(
        URI.create("redis://app:secret@127.0.0.1:" + server.port()), "stale-entries.delay=50ms");
  }

  @Test
  void clear_scanForbidden() {
    try (CapturedLog log = CapturedLog.start();
        CacheManager manager = openWithout("-scan")) {
      Cache<String, String> cache = Managers.texts(manager, "uncleaned");
      cache.put("a", "1");
      assertThatThrownBy(() -> cache.iterator().forEachRemaining(entry -> {}))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("NOPERM")
          .hasMessageContaining("+scan.");
      for (int i = 0; i < 3; i++) {
        cache.clear();
        assertThat(cache.get("a")).isNull();
      }
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(log.linesWith("are not deleted")).hasSize(1));
      assertThat(log.linesWith("are not deleted").get(0))
          .contains("+scan")
          .contains("stale-entries.enabled");
    }
  }

  @Test
  void commands_renamed() {
    try (RedisServer other =
            RedisServer.start("--rename-command", "GETDEL", "", "--rename-command", "MEMORY", "m");
        CapturedLog log = CapturedLog.start();
        CacheManager manager = Managers.open(other.uri())) {
      Cache<String, String> cache = Managers.texts(manager, "renamed");
      cache.put("a", "1");
      assertThat(cache.get("a")).isEqualTo("1");
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(log.linesWith("lacks commands")).hasSize(1));
      assertThat(log.linesWith("lacks commands").get(0))
          .contains("127.0.0.1:" + other.port())
          .contains("GETDEL (getAndRemove and removals that listeners hear of), MEMORY (the size")
          .contains("rename-command")
          .doesNotContain("PTTL");
    }
  }

  /** A user that may not ask for the commands does without the warning. */
  @Test
  void command_forbidden() throws Exception {
    try (CapturedLog log = CapturedLog.start();
        CacheManager manager = openWithout("-command")) {
      Cache<String, String> cache = Managers.texts(manager, "unasked");
      cache.put("a", "1");
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> ConnectionBean.of(manager, "PingMicros").doubleValue() > 0);
      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(log.linesWith("lacks commands")).isEmpty();
      assertThat(ConnectionBean.of(manager, "Healthy").intValue()).isEqualTo(1);
    }
  }

  @Test
  void put_setForbidden() throws Exception {
    try (CacheManager manager = openWithout("-set")) {
      assertThatThrownBy(() -> Managers.texts(manager, "unwritten").put("a", "1"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("+set");
      assertThat(ConnectionBean.of(manager, "Healthy").intValue()).isEqualTo(1);
    }
  }

  @Test
  void ping_forbidden() throws Exception {
    try (CacheManager manager = openWithout("-ping")) {
      Cache<String, String> cache = Managers.texts(manager, "unasked");
      cache.put("a", "x".repeat(100_000));
      Awaitility.await().pollDelay(Duration.ofMillis(100)).until(() -> cache.containsKey("a"));
      cache.put("a", "y".repeat(100_000));
      assertThat(ConnectionBean.of(manager, "Healthy").intValue()).isEqualTo(1);
      assertThat(ConnectionBean.of(manager, "Reconnects")).isEqualTo(0L);
    }
  }
}
