package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

/** A full server that evicts nothing can be cleared, cleaned and used again. */
final class FullServerIT {

  private static final String VALUE = "x".repeat(20_000);

  private final RedisServer server =
      RedisServer.start("--maxmemory", "6mb", "--maxmemory-policy", "noeviction");

  @AfterEach
  void stop() {
    server.close();
  }

  private CacheManager open() {
    return Managers.open(
        server.uri(), "stale-entries.delay=100ms", "health.interval=200ms", "events.lease=10m");
  }

  /** Puts until the server refuses, and returns how many entries there are then. */
  private static int fill(Cache<String, String> cache) {
    for (int i = 0; ; i++) {
      try {
        cache.put("key-" + i, VALUE);
      } catch (RedisUnavailableException full) {
        assertThat(i).isPositive();
        return i;
      }
    }
  }

  /** More than fit into the buffers of connections, which the server frees now and then. */
  private static void putSome(Cache<String, String> cache) {
    for (int i = 0; i < 20; i++) {
      cache.put("more-" + i, VALUE);
    }
  }

  private static void awaitPut(Cache<String, String> cache, String key) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .ignoreException(RedisUnavailableException.class)
        .until(
            () -> {
              cache.put(key, VALUE);
              return true;
            });
  }

  @Test
  void put_fullThenCleared() throws Exception {
    try (CapturedLog log = CapturedLog.start();
        CacheManager manager = open()) {
      Cache<String, String> cache = Managers.texts(manager, "full");
      fill(cache);
      assertThatThrownBy(() -> putSome(cache))
          .hasMessageContaining("OOM command not allowed")
          .hasMessageContaining("maxmemory")
          .asInstanceOf(InstanceOfAssertFactories.type(RedisUnavailableException.class))
          .returns(Kind.REFUSED, RedisUnavailableException::kind);
      assertThat(cache.get("key-0")).isEqualTo(VALUE);
      // Small changes may be accepted a moment later, so that it does not stay unhealthy.
      assertThat(log.linesWith("Redis does not serve"))
          .isNotEmpty()
          .allMatch(line -> line.contains("OOM"));

      cache.clear();

      assertThat(cache.get("key-0")).isNull();
      assertThat(cache.containsKey("key-1")).isFalse();
      awaitPut(cache, "again");
      assertThat(cache.get("again")).isEqualTo(VALUE);
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> ConnectionBean.of(manager, "Healthy").intValue() == 1);
    }
  }

  @Test
  void createCache_full() {
    try (CacheManager manager = open()) {
      Cache<String, String> cache = Managers.texts(manager, "full");
      fill(cache);
      Cache<String, String> second = Managers.texts(manager, "second");
      assertThat(second.get("a")).isNull();
      assertThatThrownBy(() -> putSome(second)).hasMessageContaining("OOM");
      manager.destroyCache("full");
      awaitPut(second, "a");
    }
  }

  /** The generation key has the lease of listeners: clearing keeps it. */
  @Test
  void clear_listenersElsewhereStayRegistered() {
    Queue<String> heard = new ConcurrentLinkedQueue<>();
    try (CacheManager manager = open();
        CacheManager other = open()) {
      Cache<String, String> cache = Managers.texts(manager, "heard");
      Managers.texts(other, "heard")
          .registerCacheEntryListener(
              new MutableCacheEntryListenerConfiguration<>(
                  () ->
                      (CacheEntryCreatedListener<String, String>)
                          events -> events.forEach(event -> heard.add(event.getKey())),
                  null,
                  /* isOldValueRequired= */ false,
                  /* isSynchronous= */ false));
      fill(cache);
      String before = generation();
      cache.clear();
      String after = generation();
      assertThat(after.substring(0, 12)).isNotEqualTo(before.substring(0, 12));
      assertThat(lease(after)).isEqualTo(lease(before)).isNotEmpty();
      awaitPut(cache, "afterwards");
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .untilAsserted(() -> assertThat(heard).contains("afterwards"));
    }
  }

  /** What follows token and fingerprint, without the mark of a generation that nobody wrote to. */
  private static String lease(String generation) {
    String rest = generation.substring(20);
    return rest.startsWith("e") ? rest.substring(1) : rest;
  }

  /** A dead cleaner's lease expires, and another JVM's turn can begin on a full server. */
  @Test
  void clean_leaseOfDeadJvm() {
    try (CacheManager manager = open();
        Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      Cache<String, String> cache = Managers.texts(manager, "left");
      jedis.set("yc:stale-entries-lease", "a JVM that has died", SetParams.setParams().px(1_500));
      int entries = fill(cache);
      cache.clear();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(() -> assertThat(jedis.dbSize()).isLessThan(entries));
      awaitPut(cache, "again");
    }
  }

  /** What one JVM has found out is told to all others, so that they do not scan for it again. */
  @Test
  void keyStatisticsAndStaleEntries_areReported() {
    try (CacheManager manager =
            Managers.open(
                server.uri(),
                "defaults.statistics=true",
                "key-statistics.interval=1h",
                "stale-entries.interval=2s",
                "stale-entries.delay=100ms",
                "health.interval=200ms");
        Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      jedis.configSet("maxmemory", "1");
      Cache<String, String> cache = Managers.texts(manager, "counted");
      assertThatThrownBy(() -> cache.put("a", VALUE)).hasMessageContaining("OOM");

      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> jedis.exists("yc:stale-entries-cleaned"));
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(() -> jedis.exists("yc:key-statistics"));
    }
  }

  private String generation() {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      return jedis.get("yc:{heard#0}");
    }
  }
}
