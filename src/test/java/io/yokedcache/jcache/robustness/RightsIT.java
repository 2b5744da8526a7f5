package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.Tags;
import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.resps.AccessControlLogEntry;

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

  /** The rights of the application's user in the manual are all that operations need. */
  @Test
  void rights_ofTheManual() throws Exception {
    String line =
        Files.readAllLines(Path.of("../docs/operations.md")).stream()
            .filter(text -> text.startsWith("`+get +set"))
            .findFirst()
            .orElseThrow();
    List<String> user =
        new ArrayList<>(List.of("reset", "on", ">secret", "resetchannels", "~yc:*", "&yc:*"));
    user.addAll(List.of("&__keyevent@*", "&__redis__:invalidate"));
    user.addAll(
        Pattern.compile("\\+[a-z|]+").matcher(line).results().map(MatchResult::group).toList());
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.aclSetUser("app", user.toArray(String[]::new));
    }
    URI uri = URI.create("redis://app:secret@127.0.0.1:" + server.port());
    for (String settings : List.of("defaults.tags=false", "defaults.tags=true")) {
      try (CacheManager manager = Managers.open(uri, settings, "defaults.near.enabled=true")) {
        Cache<String, String> cache = Managers.texts(manager, "limited" + settings.length());
        cache.put("a", "1");
        cache.putAll(Map.of("b", "2", "c", "3"));
        assertThat(cache.getAndReplace("b", "4")).isEqualTo("2");
        assertThat(cache.getAll(Set.of("a", "b"))).isEqualTo(Map.of("a", "1", "b", "4"));
        assertThat(cache.replace("a", "1", "2")).isTrue();
        assertThat(cache.getAndRemove("a")).isEqualTo("2");
        assertThat(cache.iterator()).toIterable().hasSize(2);
        if (settings.endsWith("true")) {
          YokedCache<String, String> yoked = (YokedCache<String, String>) cache;
          yoked.put("c", "5", Tags.of("tag"));
          yoked.invalidateTags(Tags.of("tag"));
          assertThat(cache.containsKey("c")).isFalse();
        }
        cache.removeAll();
        cache.clear();
      }
    }
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      assertThat(jedis.aclLog())
          .extracting(AccessControlLogEntry::getObject)
          .allMatch(refused -> refused.startsWith("command"), "is not required");
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
