package io.yokedcache.jcache.robustness;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Somebody writes values, keys and events into Redis that cost their reader more than them. */
final class ForgedBytesIT {

  /** Without the defence each of these reads takes years. */
  private static final Duration BOUND = Duration.ofSeconds(20);

  private static final int EVENTS = 400;

  private RedisServer server;
  private Jedis attacker;

  /** A class that the application caches. */
  record Order(int number) implements Serializable {}

  /** A class of which the application has no idea that it caches one. */
  record Line(String text) implements Serializable {}

  @BeforeEach
  void start() {
    server = RedisServer.start();
    attacker = new Jedis("127.0.0.1", server.port());
  }

  @AfterEach
  void stop() {
    attacker.close();
    server.close();
  }

  @Test
  void get_hashBomb_isAMiss() throws Exception {
    try (CacheManager manager = Managers.open(server.uri())) {
      for (Class<?> type : List.of(Object.class, String.class, Order.class)) {
        Cache<String, Object> cache = cache(manager, "of" + type.getSimpleName(), type);
        Object fine = type == Order.class ? new Order(1) : "fine";
        cache.put("key", fine);
        cache.put("other", fine);
        attacker.set(entryName(cache, "key".getBytes(UTF_8)), bomb());

        assertTimeoutPreemptively(
            BOUND,
            () -> {
              assertThat(cache.get("key")).isNull();
              assertThat(cache.getAll(Set.of("key", "other"))).isEqualTo(Map.of("other", fine));
            });

        assertThat(undecodableByReason(cache).values()).as(type.getName()).containsExactly(2L);
        assertThat(cache.get("other")).isEqualTo(fine);
      }
    }
  }

  @Test
  void iterator_keyIsAHashBomb_isLeftOut() throws Exception {
    try (CacheManager manager = Managers.open(server.uri())) {
      Cache<Object, Object> cache =
          manager.createCache(
              "keys",
              new MutableConfiguration<Object, Object>()
                  .setTypes(Object.class, Object.class)
                  .setStatisticsEnabled(true));
      cache.put("key", "value");
      byte[] forged = concat("#J".getBytes(ISO_8859_1), bomb());
      attacker.set(entryName(cache, forged), attacker.get(entryName(cache, "key".getBytes(UTF_8))));

      assertTimeoutPreemptively(
          BOUND, () -> assertThat(cache).extracting(Cache.Entry::getKey).containsExactly("key"));

      assertThat(undecodableByReason(cache)).containsExactlyEntriesOf(Map.of("limit", 1L));
    }
  }

  @Test
  void listener_forgedEvents_hearsWhatIsTrueAfterwards() throws Exception {
    try (CacheManager listening = Managers.open(server.uri(), "events.queue-bytes=4194304");
        CacheManager writing = Managers.open(server.uri())) {
      Cache<String, String> cache = Managers.texts(listening, "heard");
      HeardChanges heard = HeardChanges.of(cache);
      Cache<String, String> elsewhere = Managers.texts(writing, "heard");
      elsewhere.put("before", "1");
      await().atMost(BOUND).until(() -> heard.heard().size() == 1);

      byte[] channel = "yc:{heard}:events".getBytes(UTF_8);
      byte[] bomb = bomb();
      attacker.publish(channel, created("key".getBytes(UTF_8), bomb));
      attacker.publish(channel, created(concat("#J".getBytes(ISO_8859_1), bomb), bomb));
      attacker.publish(channel, new byte[0]);
      attacker.publish(channel, new byte[] {1, 1, 0});
      byte[] large = created("key".getBytes(UTF_8), new byte[1 << 20]);
      for (int i = 0; i < EVENTS; i++) {
        attacker.publish(channel, large);
      }

      // Redis ends a subscription that is far behind, and what happens until the next one is lost.
      await()
          .atMost(BOUND)
          .untilAsserted(
              () -> {
                elsewhere.remove("after");
                elsewhere.put("after", "1");
                assertThat(heard.heard()).contains("CREATED after=1/null");
              });
    }
  }

  @Test
  void put_learnsNothing_tellsWhatIsToBeAllowed() {
    try (CacheManager manager = Managers.open(server.uri(), "serialization.learn=false")) {
      Cache<String, Object> cache = cache(manager, "told", Object.class);

      assertThatThrownBy(() -> cache.put("key", List.of(new Order(1), new Line("x"))))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("serialization.allow")
          .hasMessageContaining(Order.class.getName())
          .hasMessageContaining(Line.class.getName());

      assertThat(attacker.keys("yc:{told#0}:*:key")).isEmpty();
      assertThat(cache.get("key")).isNull();
    }
  }

  @Test
  void get_learnedByThisJvmOnly() {
    try (CacheManager one = Managers.open(server.uri());
        CacheManager other = Managers.open(server.uri())) {
      Cache<String, Object> cache = cache(one, "learned", Object.class);
      cache.put("key", List.of(new Order(1), "x"));
      assertThat(cache.get("key")).isEqualTo(List.of(new Order(1), "x"));

      Cache<String, Object> elsewhere = cache(other, "learned", Object.class);
      assertThat(elsewhere.get("key")).isNull();
      elsewhere.put("own", new Order(2));
      assertThat(elsewhere.get("key")).isEqualTo(List.of(new Order(1), "x"));
    }
  }

  /** Sets within sets, each of which is there twice: to hash them takes 2 to the power of 31. */
  private static byte[] bomb() throws IOException {
    Set<Object> outer = new HashSet<>();
    Set<Object> left = outer;
    Set<Object> right = new HashSet<>();
    for (int i = 0; i < 31; i++) {
      Set<Object> innerLeft = new HashSet<>(Set.of("left"));
      Set<Object> innerRight = new HashSet<>();
      left.add(innerLeft);
      left.add(innerRight);
      right.add(innerLeft);
      right.add(innerRight);
      left = innerLeft;
      right = innerRight;
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(outer);
    }
    return bytes.toByteArray();
  }

  /** The message that JVMs tell one another of a created entry, from a stranger. */
  private static byte[] created(byte[] key, byte[] value) {
    return ByteBuffer.allocate(18 + key.length + value.length)
        .put((byte) 1)
        .put((byte) 1)
        .put("stranger".getBytes(UTF_8))
        .putInt(key.length)
        .put(key)
        .putInt(-1)
        .put(value)
        .array();
  }

  private byte[] entryName(Cache<?, ?> cache, byte[] key) {
    String generation = "yc:{" + cache.getName() + "#0}";
    String token = attacker.get(generation).substring(0, 12);
    return concat((generation + ":" + token + ":").getBytes(UTF_8), key);
  }

  private static byte[] concat(byte[] first, byte[] second) {
    return ByteBuffer.allocate(first.length + second.length).put(first).put(second).array();
  }

  private static Cache<String, Object> cache(CacheManager manager, String name, Class<?> type) {
    @SuppressWarnings("unchecked") // only values of that type are put
    Class<Object> declared = (Class<Object>) type;
    return manager.createCache(
        name,
        new MutableConfiguration<String, Object>()
            .setTypes(String.class, declared)
            .setStatisticsEnabled(true));
  }

  private static Map<String, Long> undecodableByReason(Cache<?, ?> cache) throws Exception {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName name =
        beans
            .queryNames(
                new ObjectName(
                    "io.yokedcache:type=CacheExtendedStatistics,Cache=" + cache.getName() + ",*"),
                null)
            .iterator()
            .next();
    Map<String, Long> reasons = new TreeMap<>();
    TabularData table = (TabularData) beans.getAttribute(name, "UndecodableByReason");
    for (Object row : table.values()) {
      CompositeData entry = (CompositeData) row;
      reasons.put((String) entry.get("key"), (Long) entry.get("value"));
    }
    return reasons;
  }
}
