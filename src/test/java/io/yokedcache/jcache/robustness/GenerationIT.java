package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** A cache's generation key is deleted, replaced, fought over: old entries never come back. */
final class GenerationIT {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void anyCall_generationKeyDeleted() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis jedis = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "evicted");
      try (Load load = Load.start(8, (thread, step) -> Checked.mixed(cache, thread, step))) {
        for (int i = 0; i < 200; i++) {
          load.awaitSuccesses(20);
          jedis.del("yc:{evicted#0}");
        }
        load.stop();
        assertThat(load.causes()).isEmpty();
      }
      cache.put("before", "before=1");
      assertThat(cache.get("before")).isEqualTo("before=1");

      assertThat(jedis.del("yc:{evicted#0}")).isOne();

      assertThat(cache.get("before")).isNull();
      assertThat(cache.containsKey("before")).isFalse();
      assertThat(cache.iterator().hasNext()).isFalse();
      cache.put("after", "after=1");
      assertThat(cache.get("after")).isEqualTo("after=1");
      assertThat(cache.get("before")).as("not resurrected").isNull();
    }
  }

  @Test
  void anyCall_everythingFlushed() {
    try (RedisServer own = RedisServer.start();
        CacheManager manager = Managers.open(own.uri());
        Jedis jedis = new Jedis("127.0.0.1", own.port())) {
      Cache<String, String> cache = Managers.texts(manager, "flushed");
      try (Load load = Load.start(8, (thread, step) -> Checked.mixed(cache, thread, step))) {
        for (int i = 0; i < 50; i++) {
          load.awaitSuccesses(50);
          jedis.flushAll();
        }
        load.stop();
        assertThat(load.causes()).isEmpty();
      }
      cache.put("key", "key=1");
      jedis.flushAll();
      assertThat(cache.get("key")).isNull();
    }
  }

  /**
   * Only the clearing thread writes between its clears, so whatever a reader finds that began after
   * a clear returned must be of that round or a later one.
   */
  @Test
  void clear_readersOfOtherManager() {
    try (CacheManager writers = Managers.open(server.uri());
        CacheManager readers = Managers.open(server.uri())) {
      Cache<String, String> written = Managers.texts(writers, "cleared");
      Cache<String, String> read = Managers.texts(readers, "cleared");
      AtomicLong cleared = new AtomicLong(-1);
      AtomicLong hits = new AtomicLong();
      Load.Step reading =
          (thread, step) -> {
            String key = "key-" + step % 10;
            long least = cleared.get();
            String value = read.get(key);
            if (value != null) {
              hits.incrementAndGet();
              if (Long.parseLong(value) <= least) {
                throw new AssertionError("round " + value + " found after clear of " + least);
              }
            }
          };
      try (Load load = Load.start(8, reading)) {
        for (long round = 0; round < 200; round++) {
          for (int i = 0; i < 10; i++) {
            written.put("key-" + i, Long.toString(round));
          }
          long hitsBefore = hits.get();
          Awaitility.await("entries are found before the clear")
              .atMost(PATIENCE)
              .pollDelay(Duration.ZERO)
              .pollInterval(Duration.ofMillis(5))
              .until(() -> hits.get() >= hitsBefore + 10 || !load.causes().isEmpty());
          written.clear();
          cleared.set(round);
        }
        load.stop();
        assertThat(load.causes()).isEmpty();
      }
    }
  }

  /** A put that begins after a clear is there afterwards, unless a later clear has begun. */
  @Test
  void put_whileOtherManagerClears() {
    try (CacheManager clearing = Managers.open(server.uri());
        CacheManager writing = Managers.open(server.uri())) {
      Cache<String, String> clearer = Managers.texts(clearing, "put-cleared");
      Cache<String, String> writer = Managers.texts(writing, "put-cleared");
      AtomicLong begun = new AtomicLong();
      AtomicLong ended = new AtomicLong();
      AtomicLong kept = new AtomicLong();
      Load.Step putting =
          (thread, step) -> {
            String key = "thread-" + thread;
            long before = ended.get();
            if (begun.get() != before) {
              return; // a clear is under way, and may come after the put
            }
            writer.put(key, Integer.toString(step));
            String value = writer.get(key);
            if (begun.get() == before) {
              kept.incrementAndGet();
              if (!Integer.toString(step).equals(value)) {
                throw new AssertionError("put " + step + " after clear, but found " + value);
              }
            }
          };
      try (Load load = Load.start(8, putting)) {
        for (int i = 0; i < 300; i++) {
          begun.incrementAndGet();
          clearer.clear();
          ended.incrementAndGet();
          long keptBefore = kept.get();
          Awaitility.await("puts begin and end between two clears")
              .atMost(PATIENCE)
              .pollDelay(Duration.ZERO)
              .pollInterval(Duration.ofMillis(1))
              .until(() -> kept.get() > keptBefore || !load.causes().isEmpty());
        }
        load.stop();
        assertThat(load.causes()).isEmpty();
      }
    }
  }

  @Test
  void destroyCache_openInOtherManager() {
    try (CacheManager one = Managers.open(server.uri());
        CacheManager other = Managers.open(server.uri());
        Jedis jedis = jedis()) {
      Cache<String, String> destroyed = Managers.texts(one, "destroyed");
      Cache<String, String> open = Managers.texts(other, "destroyed");
      destroyed.put("key", "key=1");
      assertThat(open.get("key")).isEqualTo("key=1");

      one.destroyCache("destroyed");

      assertThat(destroyed.isClosed()).isTrue();
      assertThat(jedis.keys("yc:{destroyed#0}*")).allMatch(key -> key.endsWith(":key"));
      assertThat(open.get("key")).isNull();
      open.put("key", "key=2");
      assertThat(open.get("key")).isEqualTo("key=2");
      assertThat(Managers.texts(one, "destroyed").get("key")).isEqualTo("key=2");
    }
  }

  @Test
  void createCache_otherTypes() {
    try (CacheManager one = Managers.open(server.uri());
        CacheManager other = Managers.open(server.uri());
        CacheManager apart = Managers.open(server.uri(), "namespace=tenant2")) {
      Cache<String, String> texts = Managers.texts(one, "shared");
      texts.put("key", "key=1");
      MutableConfiguration<String, Long> numbers =
          new MutableConfiguration<String, Long>().setTypes(String.class, Long.class);

      assertThatThrownBy(() -> other.createCache("shared", numbers))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("Cache shared on redis://127.0.0.1:" + server.port())
          .hasMessageContaining("value codec auto of java.lang.String")
          .hasMessageContaining("value codec auto of java.lang.Long")
          .hasMessageContaining("yokedcache.namespace")
          .hasMessageContaining("another cache name");

      assertThat(other.getCacheNames()).isEmpty();
      Cache<String, Long> separate = apart.createCache("shared", numbers);
      separate.put("key", 7L);
      assertThat(separate.get("key")).isEqualTo(7L);
      assertThat(texts.get("key")).isEqualTo("key=1");
    }
  }

  @Test
  void anyCall_otherTypesWhileOpen() {
    try (CacheManager one = Managers.open(server.uri());
        CacheManager other = Managers.open(server.uri())) {
      Cache<String, String> texts = Managers.texts(one, "taken-over");
      texts.put("key", "key=1");
      other.destroyCache("taken-over");
      other.createCache(
          "taken-over",
          new MutableConfiguration<String, Long>().setTypes(String.class, Long.class));

      assertThatThrownBy(() -> texts.get("key"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("Cache taken-over")
          .hasMessageContaining("value codec auto of java.lang.String");
      assertThatThrownBy(() -> texts.put("key", "key=2"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("Cache taken-over");
    }
  }

  @Test
  void createCache_generationKeyOfSomebodyElse() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis jedis = jedis()) {
      jedis.set("yc:{foreign#0}", "mine");
      jedis.lpush("yc:{list#0}", "mine");

      assertThatThrownBy(() -> Managers.texts(manager, "foreign"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("yc:{foreign#0}")
          .hasMessageContaining("yokedcache.namespace");
      assertThatThrownBy(() -> Managers.texts(manager, "list"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("cache list")
          .hasMessageContaining("WRONGTYPE");
    }
  }

  @Test
  void change_entryKeyOfAnotherType() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis jedis = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "typed");
      cache.put("k", "v");
      byte[] entry =
          jedis.keys("yc:{typed#*}*k".getBytes(StandardCharsets.UTF_8)).iterator().next();
      jedis.del(entry);
      jedis.lpush(entry, new byte[] {1});

      assertThat(cache.get("k")).isNull();
      assertThatThrownBy(() -> cache.getAndPut("k", "w"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("WRONGTYPE")
          .hasMessageContaining("yokedcache.namespace");
      cache.remove("k");
      assertThat(cache.getAndPut("k", "w")).isNull();
      assertThat(cache.get("k")).isEqualTo("w");
    }
  }

  @Test
  void createCache_oddNames() {
    List<String> names =
        new ArrayList<>(List.of("", " ", "%", "%25", "a#0}:about", "{", "}", "{}"));
    names.addAll(
        List.of("a", "a#", "a#0", "a:b", "*", "a*", "?", "[a]", "\\", "ä", "€", "\uD83D\uDE00"));
    names.addAll(List.of("\u0000", "\r\n", "a,b=c", "\"a\"", "com.acme.Order", "x".repeat(500)));
    for (char c = 0; c < 256; c++) {
      names.add("odd" + c);
    }
    Set<String> distinct = new HashSet<>(names);
    try (CacheManager manager = Managers.open(server.uri());
        CacheManager other = Managers.open(server.uri())) {
      Map<String, Cache<String, String>> caches = new HashMap<>();
      for (String name : distinct) {
        Cache<String, String> cache = Managers.texts(manager, name);
        cache.put("key", name);
        caches.put(name, cache);
      }
      caches.forEach(
          (name, cache) -> {
            assertThat(cache.get("key")).isEqualTo(name);
            assertThat(cache).hasSize(1);
          });
      for (String cleared : List.of("a", "*")) {
        Managers.texts(other, cleared).clear();
      }
      caches.forEach(
          (name, cache) ->
              assertThat(cache.containsKey("key"))
                  .as(name)
                  .isEqualTo(!name.equals("a") && !name.equals("*")));
    }
  }

  private static Jedis jedis() {
    return new Jedis("127.0.0.1", server.port());
  }
}
