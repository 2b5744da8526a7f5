package io.yokedcache.jcache.robustness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.management.ObjectName;
import javax.management.openmbean.TabularData;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** Values that somebody has put into Redis, longer than there is memory for. */
final class LargeValuesIT {

  private static final int PLANTED_BYTES = 64 << 20;
  private static final long MOST_ALLOCATED_BYTES = 4 << 20;
  private static final String KEY = "planted";
  private static final String OTHER = "other";

  /** Operations, and what each must return while the value of the key cannot be read. */
  private static final Map<String, Function<Cache<String, String>, @Nullable Object>> READS =
      Map.of(
          "get", cache -> cache.get(KEY),
          "getAndRemove", cache -> cache.getAndRemove(KEY),
          "getAndPut", cache -> cache.getAndPut(KEY, "new"),
          "getAndReplace", cache -> cache.getAndReplace(KEY, "new"),
          "replace", cache -> cache.replace(KEY, "old", "new") ? "replaced" : null,
          "getAll", cache -> cache.getAll(Set.of(KEY, OTHER)).get(KEY),
          "containsKey", cache -> cache.containsKey(KEY) ? "contained" : null,
          "invoke", cache -> cache.invoke(KEY, (entry, arguments) -> entry.getValue()),
          "invokeAll",
              cache ->
                  cache
                      .invokeAll(Set.of(KEY, OTHER), (entry, arguments) -> entry.getValue())
                      .get(KEY),
          "iterator",
              cache -> {
                List<String> keys = new ArrayList<>();
                cache.forEach(entry -> keys.add(entry.getKey()));
                assertThat(keys).containsExactly(OTHER);
                return null;
              });

  private static RedisServer redis;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  private static CacheManager open(String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("serialization.max-bytes=200000");
    // A busy machine takes seconds to move values of this size.
    all.add("connection.command-timeout=60s");
    all.add("key-statistics.enabled=false");
    return Managers.open(redis.uri(), all.toArray(new String[0]));
  }

  private static Cache<String, String> create(CacheManager manager, String name) {
    return manager.createCache(
        name,
        new MutableConfiguration<String, String>()
            .setTypes(String.class, String.class)
            .setStatisticsEnabled(true));
  }

  /** Makes the value of the key that long. */
  private static void plant(String cacheName, long bytes) {
    try (Jedis jedis = new Jedis("127.0.0.1", redis.port(), /* timeout= */ 60_000)) {
      String name = jedis.keys("yc:{" + cacheName + "#*}:*:*" + KEY).iterator().next();
      jedis.setrange(name, bytes - 1, "x");
    }
  }

  private static long countedByLimit(String cacheName) throws Exception {
    ObjectName bean =
        ManagementFactory.getPlatformMBeanServer()
            .queryNames(
                new ObjectName(
                    "io.yokedcache:type=CacheExtendedStatistics,Cache=" + cacheName + ",*"),
                null)
            .iterator()
            .next();
    TabularData counts =
        (TabularData)
            ManagementFactory.getPlatformMBeanServer().getAttribute(bean, "UndecodableByReason");
    return counts.containsKey(new Object[] {"limit"})
        ? (Long) counts.get(new Object[] {"limit"}).get("value")
        : 0;
  }

  private static long allocatedBytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void planted_isNotThere_andTakesNoMemory(String executor) throws Exception {
    try (CacheManager manager = open("connection.executor=" + executor)) {
      for (String operation : READS.keySet().stream().sorted().toList()) {
        String name = "large-" + executor + "-" + operation;
        Cache<String, String> cache = create(manager, name);
        // Large enough for reads that follow to use the pool, whichever executor it is.
        String value = "x".repeat(100_000);
        cache.put(OTHER, value);
        cache.put(KEY, "old");
        assertThat(cache.get(OTHER)).isEqualTo(value);
        plant(name, PLANTED_BYTES);

        long before = allocatedBytes();
        Object answer = requireNonNull(READS.get(operation)).apply(cache);
        long allocated = allocatedBytes() - before;

        assertThat(answer).as(operation).isNull();
        assertThat(allocated).as(operation).isLessThan(MOST_ALLOCATED_BYTES);
        assertThat(countedByLimit(name)).as(operation).isPositive();
        assertThat(cache.get(OTHER)).as(operation).isEqualTo(value);
      }
      assertThat(ConnectionBean.of(manager, "Reconnects").longValue()).isZero();
    }
  }

  /** What cannot be read is not there, and gives way to an entry. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void planted_isReplaced(String executor) {
    try (CacheManager manager = open("connection.executor=" + executor)) {
      Cache<String, String> cache = create(manager, "replaced-" + executor);
      cache.put(KEY, "old");
      plant(cache.getName(), PLANTED_BYTES);
      assertThat(cache.putIfAbsent(KEY, "new")).isTrue();
      assertThat(cache.get(KEY)).isEqualTo("new");

      plant(cache.getName(), PLANTED_BYTES);
      assertThat(
              cache.<@Nullable String>invoke(
                  KEY,
                  (entry, arguments) -> {
                    entry.setValue("newer");
                    return null;
                  }))
          .isNull();
      assertThat(cache.get(KEY)).isEqualTo("newer");
    }
  }

  /** A little above the limit is read from the socket, and refused all the same. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void aLittleTooLong_isNotThere(String executor) throws Exception {
    try (CacheManager manager = open("connection.executor=" + executor)) {
      String name = "little-" + executor;
      Cache<String, String> cache = create(manager, name);
      cache.put(KEY, "old");
      plant(name, 200_001);

      assertThat(cache.get(KEY)).isNull();
      assertThat(countedByLimit(name)).isEqualTo(1);
    }
  }

  /** One message with a huge value must not end, or fill, what hears of all changes. */
  @Test
  void plantedEvent_isIgnored() throws Exception {
    try (CacheManager manager = open();
        CacheManager other = open();
        Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
      HeardChanges heard = HeardChanges.of(create(manager, "told"));
      byte[] channel = "yc:{told}:events".getBytes(StandardCharsets.UTF_8);
      List<String> subscribed = subscriptions(jedis);
      assertThat(jedis.publish(channel, new byte[16 << 20])).isEqualTo(1);

      create(other, "told").put("a", "1");

      await().atMost(Duration.ofSeconds(10)).until(() -> !heard.heard().isEmpty());
      assertThat(heard.heard()).containsExactly("CREATED a=1/null");
      assertThat(subscriptions(jedis)).isEqualTo(subscribed).isNotEmpty();
    }
  }

  /** The addresses from which somebody is subscribed. */
  private static List<String> subscriptions(Jedis jedis) {
    return jedis
        .clientList()
        .lines()
        .filter(line -> !line.contains(" sub=0 "))
        .map(line -> line.replaceFirst(".* addr=(\\S+) .*", "$1"))
        .toList();
  }
}
