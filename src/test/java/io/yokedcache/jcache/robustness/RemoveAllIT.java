package io.yokedcache.jcache.robustness;

import static io.yokedcache.jcache.robustness.KeyStatisticsServer.STATISTICS;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.TEXTS;
import static io.yokedcache.jcache.robustness.KeyStatisticsServer.entries;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.management.JMException;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;

/** What statistics know of a {@code removeAll()} that nobody else hears of, and what it costs. */
final class RemoveAllIT {

  /** Much more than a busy machine needs for a round trip. */
  private static final Duration BOUND = Duration.ofSeconds(5);

  /** The server makes many entries by one command, and answers no other client until it is done. */
  private static final String PATIENT = "connection.command-timeout=60s";

  private static final String NO_KEY_STATISTICS = "key-statistics.enabled=false";

  private final int many = Integer.getInteger("removeAll.entries", 300_000);
  private KeyStatisticsServer counted;
  private Jedis jedis;

  @BeforeEach
  void startServer() {
    counted = new KeyStatisticsServer();
    jedis = counted.jedis();
  }

  @AfterEach
  void stopServer() {
    counted.close();
  }

  private long removals(String cache) {
    try {
      return (Long)
          ManagementFactory.getPlatformMBeanServer()
              .getAttribute(
                  new ObjectName(
                      "javax.cache:type=CacheStatistics,CacheManager=%s,Cache=%s"
                          .formatted(counted.server().uri().toString().replace(':', '.'), cache)),
                  "CacheRemovals");
    } catch (JMException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @CsvSource({"1, false", "3, false", "1, true"})
  void removals_exactAtOnce(int buckets, boolean near) {
    try (CacheManager manager =
        Managers.open(
            counted.server().uri(),
            STATISTICS,
            TEXTS,
            NO_KEY_STATISTICS,
            "stale-entries.delay=0s",
            "defaults.near.enabled=" + near,
            "buckets=" + buckets)) {
      Cache<String, String> orders = Managers.texts(manager, "orders");
      Cache<String, String> other = Managers.texts(manager, "orders2");
      other.putAll(entries(10, 10));
      orders.put("one", "1");
      orders.clear();
      long expected = 0;
      for (int round = 1; round <= 20; round++) {
        orders.putAll(entries(37 * round, 10));
        assertThat(orders.get("key1")).isNotNull();
        orders.removeAll();
        expected += 37L * round;
        assertThat(removals("orders")).isEqualTo(expected);
        assertThat(orders.get("key1")).isNull();
        assertThat(orders.iterator().hasNext()).isFalse();
      }
      assertThat(other).hasSize(10);
      assertThat(removals("orders2")).isZero();
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> jedis.keys("yc:{orders#*}:*:*").isEmpty());
    }
  }

  /** Many entries are gone at once, and the statistics know all of them in the end. */
  @Test
  void manyEntries() {
    try (CacheManager manager =
        Managers.open(
            counted.server().uri(),
            STATISTICS,
            TEXTS,
            NO_KEY_STATISTICS,
            PATIENT,
            "stale-entries.delay=10ms")) {
      Cache<String, String> orders = Managers.texts(manager, "orders");
      orders.put("one", "1");
      String generation = jedis.get("yc:{orders#0}");
      counted.populate("yc:{orders#0}:" + generation.substring(0, 12), many);

      long startNanos = System.nanoTime();
      orders.removeAll();
      Duration took = Duration.ofNanos(System.nanoTime() - startNanos);

      assertThat(took).isLessThan(BOUND);
      assertThat(orders.get("one")).isNull();
      System.out.printf("removeAll of %s entries: %s ms%n", many + 1, took.toMillis());
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> assertThat(removals("orders")).isEqualTo(many + 1));
      assertThat(jedis.dbSize()).isLessThan(10);
    }
  }

  /** A cache that nothing was written to since it was emptied costs one command, not a walk. */
  @Test
  void emptyCache_besideForeignKeys() {
    counted.populate("foreign", many);
    try (CacheManager manager =
        Managers.open(
            counted.server().uri(),
            STATISTICS,
            TEXTS,
            NO_KEY_STATISTICS,
            "stale-entries.delay=1h")) {
      Cache<String, String> orders = Managers.texts(manager, "orders");
      orders.removeAll();
      orders.removeAll();
      assertThat(orders.get("key")).isNull();
      assertThat(orders.remove("key")).isFalse();
      orders.removeAll();
      assertThat(counted.calls("scan")).isZero();

      orders.put("key", "value");
      orders.removeAll();
      assertThat(counted.calls("scan")).isPositive();
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> assertThat(removals("orders")).isOne());
      // The entry is found before the walk ends, whose pages are at most a second apart.
      AtomicLong before = new AtomicLong();
      Awaitility.await()
          .during(Duration.ofSeconds(3))
          .atMost(Duration.ofMinutes(2))
          .until(() -> before.getAndSet(counted.calls("scan")) == counted.calls("scan"));

      long scans = counted.calls("scan");
      orders.removeAll();
      assertThat(counted.calls("scan")).isEqualTo(scans);
      assertThat(jedis.dbSize()).isEqualTo(many + 2);
    }
  }

  /** Writers of another JVM take the mark of an empty cache away as well. */
  @Test
  void emptyCache_writtenElsewhere() {
    try (CacheManager one =
            Managers.open(counted.server().uri(), STATISTICS, TEXTS, NO_KEY_STATISTICS);
        CacheManager two = Managers.open(counted.server().uri(), TEXTS)) {
      Cache<String, String> here = Managers.texts(one, "orders");
      Cache<String, String> there = Managers.texts(two, "orders");
      long expected = 0;
      for (int round = 0; round < 50; round++) {
        here.removeAll();
        switch (round % 5) {
          case 0 -> there.put("key", "value");
          case 1 -> assertThat(there.putIfAbsent("key", "value")).isTrue();
          case 2 -> there.putAll(Map.of("key", "value"));
          case 3 ->
              there.invoke(
                  "key",
                  (entry, arguments) -> {
                    entry.setValue("value");
                    return "";
                  });
          default -> assertThat(there.getAndPut("key", "value")).isNull();
        }
        expected++;
        assertThat(here.get("key")).isEqualTo("value");
        here.removeAll();
        assertThat(removals("orders")).isEqualTo(expected);
      }
    }
  }
}
