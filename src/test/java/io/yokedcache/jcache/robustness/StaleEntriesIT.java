package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.params.SetParams;
import redis.clients.jedis.resps.ScanResult;

/**
 * Clearing costs nothing, however many entries there are, and what it leaves behind is deleted. The
 * test on a cluster writes its entries by {@code putAll}; {@code -Dclear.entries=1000000} makes
 * them a million.
 */
final class StaleEntriesIT {

  private static final int MILLION = 1_000_000;
  private static final int CLUSTER_ENTRIES = Integer.getInteger("clear.entries", 20_000);
  private static final int BUCKETS = BucketSlots.BUCKETS;
  private static final String[] CLEAN_SOON = {
    "stale-entries.delay=200ms",
    "stale-entries.duty-cycle=0.5",
    "defaults.value-codec=string",
    // The server makes a million keys by one command, and answers no other client until then.
    "connection.command-timeout=60s"
  };

  private RedisServer server;
  private Jedis jedis;

  @BeforeEach
  void startServer() {
    server = RedisServer.start("--enable-debug-command", "yes");
    jedis = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000);
  }

  @AfterEach
  void stopServer() {
    jedis.close();
    server.close();
  }

  @Test
  void clear_millionEntriesBesideMillionForeignKeys() {
    populate("foreign", MILLION);
    try (CacheManager manager = Managers.open(server.uri(), CLEAN_SOON);
        CacheManager other = Managers.open(server.uri(), CLEAN_SOON)) {
      Cache<String, String> cache = Managers.texts(manager, "big");
      Cache<String, String> seenByOther = Managers.texts(other, "big");
      Cache<String, String> neighbour = Managers.texts(manager, "neighbour");
      populate(entryPrefix("neighbour"), 1_000);
      populate(entryPrefix("big"), 1_000);
      assertThat(seenByOther.get("999")).isEqualTo("value:999");
      final Duration thousand = timedClear(cache);
      String dead = entryPrefix("big");
      populate(dead, MILLION);
      assertThat(seenByOther.get("999999")).isEqualTo("value:999999");
      final Duration million = timedClear(cache);

      assertThat(seenByOther.get("999999")).isNull();
      assertThat(cache.get("0")).isNull();
      populate(entryPrefix("big"), 1_000);
      long startNanos = System.nanoTime();
      try (Jedis client = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000);
          Load pings = Load.start(1, (thread, step) -> client.ping())) {
        // The foreign keys, two generations with their descriptions, and perhaps the lease.
        Awaitility.await()
            .atMost(Duration.ofMinutes(5))
            .pollInterval(Duration.ofMillis(200))
            .until(() -> jedis.dbSize() <= MILLION + 2_000 + 4 + 1);
        pings.stop();
        System.out.printf(
            "clear of 1,000 entries: %d us, of 1,000,000: %d us; deleted in %d ms, worst ping %d ms%n",
            thousand.toNanos() / 1_000,
            million.toNanos() / 1_000,
            Duration.ofNanos(System.nanoTime() - startNanos).toMillis(),
            pings.worst().toMillis());
        assertThat(pings.causes()).isEmpty();
      }
      assertThat(million).isLessThan(Duration.ofMillis(500));
      assertThat(count("foreign:*")).isEqualTo(MILLION);
      assertThat(neighbour).hasSize(1_000);
      assertThat(seenByOther).hasSize(1_000);
      assertThat(cache.get("999")).isEqualTo("value:999");
    }
  }

  @Test
  void clear_onCluster() {
    try (RedisCluster cluster = RedisCluster.start(3, 0);
        CacheManager manager = Managers.open(cluster.uri(), CLEAN_SOON);
        CacheManager other = Managers.open(cluster.uri(), CLEAN_SOON)) {
      Cache<String, String> cache = Managers.texts(manager, "big");
      Cache<String, String> seenByOther = Managers.texts(other, "big");
      Cache<String, String> neighbour = Managers.texts(manager, "neighbour");
      fill(neighbour, 1_000, "kept");
      fill(cache, 1_000, "old");
      final Duration thousand = timedClear(cache);
      fill(cache, CLUSTER_ENTRIES, "old");
      assertThat(seenByOther.get("999")).isEqualTo("old");
      assertThat(keys(cluster)).isGreaterThanOrEqualTo(CLUSTER_ENTRIES + 1_000);
      final Duration all = timedClear(cache);

      assertThat(seenByOther.get("999")).isNull();
      assertThat(seenByOther.iterator()).isExhausted();
      fill(cache, 1_000, "new");
      long startNanos = System.nanoTime();
      // The entries of both caches, their generations with their descriptions, and the lease.
      Awaitility.await()
          .atMost(Duration.ofMinutes(5))
          .pollInterval(Duration.ofMillis(50))
          .until(() -> keys(cluster) <= 2_000 + 4 * BUCKETS + 1);
      System.out.printf(
          "cluster: clear of 1,000 entries: %d us, of %,d: %d us; deleted in %d ms%n",
          thousand.toNanos() / 1_000,
          CLUSTER_ENTRIES,
          all.toNanos() / 1_000,
          Duration.ofNanos(System.nanoTime() - startNanos).toMillis());
      assertThat(neighbour).hasSize(1_000);
      assertThat(seenByOther).hasSize(1_000).allMatch(entry -> "new".equals(entry.getValue()));
    }
  }

  private static void fill(Cache<String, String> cache, int count, String value) {
    for (int from = 0; from < count; from += 1_000) {
      Map<String, String> page = new HashMap<>();
      for (int i = from; i < Math.min(count, from + 1_000); i++) {
        page.put(String.valueOf(i), value);
      }
      cache.putAll(page);
    }
  }

  private static long keys(RedisCluster cluster) {
    return cluster.keyCounts().values().stream().mapToLong(Long::longValue).sum();
  }

  @Test
  void clear_anotherJvmCleans() {
    try (CacheManager manager = Managers.open(server.uri(), CLEAN_SOON)) {
      Cache<String, String> cache = Managers.texts(manager, "leased");
      populate(entryPrefix("leased"), 1_000);
      String lease = "yc:stale-entries-lease";
      jedis.set(lease, "another JVM", SetParams.setParams().px(60_000));

      cache.clear();

      Awaitility.await()
          .during(Duration.ofSeconds(1))
          .atMost(Duration.ofSeconds(5))
          .until(() -> jedis.dbSize() == 1_000 + 2 + 1);
      assertThat(jedis.get(lease)).isEqualTo("another JVM");
      jedis.del(lease);
      // Both keys of the generation stay; the lease is given back.
      Awaitility.await().atMost(Duration.ofMinutes(5)).until(() -> jedis.dbSize() == 2);
    }
  }

  @Test
  void clear_serverPausedWhileCleaning() {
    try (CacheManager manager =
        Managers.open(
            server.uri(),
            "stale-entries.delay=200ms",
            "stale-entries.page-size=10",
            "stale-entries.duty-cycle=0.2",
            "defaults.value-codec=string",
            "connection.command-timeout=300ms",
            "connection.connect-timeout=300ms")) {
      Cache<String, String> cache = Managers.texts(manager, "interrupted");
      populate(entryPrefix("interrupted"), 20_000); // some seconds of cleaning: time for the pause
      cache.clear();
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .pollInterval(Duration.ofMillis(5))
          .until(() -> jedis.dbSize() < 19_500);
      server.pause();
      Awaitility.await()
          .pollDelay(Duration.ofSeconds(1))
          .atMost(Duration.ofSeconds(5))
          .until(() -> true);
      server.resume();

      assertThat(jedis.dbSize()).as("not deleted yet").isGreaterThan(3);
      Awaitility.await().atMost(Duration.ofMinutes(5)).until(() -> jedis.dbSize() == 2);
    }
  }

  private Duration timedClear(Cache<String, String> cache) {
    long startNanos = System.nanoTime();
    cache.clear();
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  /** What an entry's name has before the colon and the key. */
  private String entryPrefix(String cacheName) {
    String generation = "yc:{" + cacheName + "#0}";
    return generation + ":" + jedis.get(generation).substring(0, 12);
  }

  /** Makes keys {@code prefix:0}, {@code prefix:1} and so on. */
  private void populate(String prefix, int count) {
    byte[] debug = "DEBUG".getBytes(StandardCharsets.US_ASCII);
    Object unused = jedis.sendCommand(() -> debug, "POPULATE", Integer.toString(count), prefix);
  }

  private int count(String pattern) {
    ScanParams params = new ScanParams().match(pattern).count(10_000);
    int count = 0;
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = jedis.scan(cursor, params);
      List<String> names = page.getResult();
      count += names.size();
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    return count;
  }
}
