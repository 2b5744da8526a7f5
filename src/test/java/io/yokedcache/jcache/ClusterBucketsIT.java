package io.yokedcache.jcache;

import static io.yokedcache.jcache.InvokeAllIT.keys;
import static io.yokedcache.jcache.InvokeAllIT.roundTrips;
import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/**
 * A cache over the default number of buckets on three masters: its bulk operations, its iterator,
 * its statistics and the deletion of its stale entries, also while slots move. {@code
 * -Dcluster.seconds} prolongs it.
 */
@Timeout(300)
final class ClusterBucketsIT {

  private static final int BUCKETS = BucketSlots.BUCKETS;
  private static final int MASTERS = 3;
  private static final int ENTRIES = 2_000;
  private static final Set<String> KEYS = keys(100);

  private static RedisCluster cluster;

  private final Duration moving = Duration.ofSeconds(Integer.getInteger("cluster.seconds", 4));
  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void start() {
    cluster = RedisCluster.start(MASTERS, 0);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void closeManagers() {
    managers.close();
    for (RedisCluster.Node node : cluster.masters()) {
      try (Jedis jedis = node.open()) {
        jedis.flushAll();
      }
    }
  }

  private Cache<String, String> cache(String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of("yokedcache.buckets", Integer.toString(BUCKETS)));
    return managers
        .open(cluster.uri(), all.toArray(String[]::new))
        .createCache(
            TestManagers.uniqueName("spread"), TestManagers.strings().setStatisticsEnabled(true));
  }

  private static Map<String, String> entries(int count, String value) {
    return IntStream.range(0, count)
        .boxed()
        .collect(Collectors.toMap(i -> "key" + i, i -> value + i, (a, b) -> a, LinkedHashMap::new));
  }

  private static Map<String, String> entries(String value) {
    return KEYS.stream().collect(Collectors.toMap(key -> key, key -> key + value));
  }

  @Test
  void invalidateMatching_visitsAllMasters() {
    YokedCache<String, String> cache = (YokedCache<String, String>) cache();
    cache.putAll(entries(ENTRIES, "v"));

    assertThat(cache.invalidateMatching("key1*")).isEqualTo(1_111);

    assertThat(cache).hasSize(ENTRIES - 1_111).noneMatch(e -> e.getKey().startsWith("key1"));
  }

  @Test
  void invalidateTags_oneRoundTrip() throws Exception {
    YokedCache<String, String> cache =
        (YokedCache<String, String>) cache("yokedcache.defaults.tags", "true");
    for (String key : KEYS) {
      cache.put(key, "v", Tags.of("all", key));
    }
    assertThat(cache.getAll(KEYS)).hasSize(KEYS.size());
    assertThat(cache).hasSize(KEYS.size());
    String one = KEYS.iterator().next();

    cache.invalidateTags(one);
    assertThat(cache.getAll(KEYS)).hasSize(KEYS.size() - 1).doesNotContainKey(one);
    // The figure counts one round trip for each master.
    assertThat(roundTrips(cache, () -> cache.invalidateTags("all"))).isLessThanOrEqualTo(MASTERS);

    assertThat(cache.getAll(KEYS)).isEmpty();
    assertThat(cache).isEmpty();
  }

  /** The node may execute the changes when it thaws, behind their settlement or before it. */
  @ParameterizedTest
  @ValueSource(strings = {"throw", "degrade"})
  void changes_nodeFrozen_areMadeGood(String onFailure) {
    Cache<String, String> cache =
        cache(
            "yokedcache.defaults.on-failure",
            onFailure,
            "yokedcache.connection.command-timeout",
            "200ms",
            "yokedcache.connection.connect-timeout",
            "200ms",
            "yokedcache.health.interval",
            "100ms");
    Map<String, String> old = entries("old");
    cache.putAll(old);
    RedisCluster.Node frozen = cluster.masters().get(0);
    frozen.pause();
    try {
      int number = 0;
      for (String key : KEYS) {
        try {
          if (number++ % 2 == 0) {
            cache.put(key, "new");
          } else {
            cache.remove(key);
          }
        } catch (RedisUnavailableException away) {
          // only with on-failure = throw
        }
      }
      assertThat(OutageFigures.of(cache).owedKeys()).isPositive();
    } finally {
      frozen.resume();
    }
    cluster.awaitWell();

    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () -> {
              try {
                KEYS.forEach(
                    key -> assertThat(cache.get(key)).isNotEqualTo(requireNonNull(old.get(key))));
                return OutageFigures.owesNothing(cache);
              } catch (RedisUnavailableException away) {
                return false;
              }
            });
    assertThat(OutageFigures.of(cache).settled()).isPositive();
    KEYS.forEach(key -> cache.put(key, "newer"));
    assertThat(cache.getAll(KEYS).values()).hasSize(KEYS.size()).containsOnly("newer");
  }

  /** One pipeline for each node. */
  @Test
  void bulkOperations() throws Exception {
    Cache<String, String> cache = cache();
    cache.putAll(entries("0"));
    cache.clear(); // now the servers know the scripts
    cache.putAll(entries("1"));

    assertThat(roundTrips(cache, () -> cache.putAll(entries("2")))).isEqualTo(MASTERS);
    assertThat(roundTrips(cache, () -> assertThat(cache.getAll(KEYS)).isEqualTo(entries("2"))))
        .isEqualTo(MASTERS);
    assertThat(roundTrips(cache, () -> cache.removeAll(KEYS))).isEqualTo(MASTERS);
    cache.putAll(entries("3"));
    assertThat(roundTrips(cache, cache::clear)).isEqualTo(MASTERS);
    assertThat(roundTrips(cache, () -> assertThat(cache.getAll(KEYS)).isEmpty()))
        .isEqualTo(MASTERS);
    for (RedisCluster.Node master : cluster.masters()) {
      try (Jedis jedis = master.open()) {
        jedis.scriptFlush();
      }
    }
    assertThat(roundTrips(cache, () -> cache.putAll(entries("4"))))
        .as("the text of the script to each node")
        .isEqualTo(2 * MASTERS);
    assertThat(cache.getAll(KEYS)).isEqualTo(entries("4"));
  }

  @Test
  void iteratorAndRemoveAll_whileSlotsMove() throws Exception {
    Cache<String, String> cache = cache("yokedcache.defaults.batch-size", "100");
    Map<String, String> all = entries(ENTRIES, "v");
    cache.putAll(all);
    StatisticsDelta before = StatisticsDelta.of(cache);
    assertThat(before.removals()).isZero();
    long removed = 0;
    AtomicInteger moves = new AtomicInteger();
    Moves mover = new Moves(cache.getName(), moves);
    try {
      long endNanos = System.nanoTime() + moving.toNanos();
      int round = 0;
      while (System.nanoTime() - endNanos < 0 || moves.get() < 20) {
        List<String> found = new ArrayList<>();
        cache.forEach(
            entry -> {
              assertThat(entry.getValue()).isEqualTo(all.get(entry.getKey()));
              found.add(entry.getKey());
            });
        assertThat(found)
            .as("round %s", round)
            .doesNotHaveDuplicates()
            .containsExactlyInAnyOrderElementsOf(all.keySet());
        if (round++ % 5 == 4) {
          cache.removeAll();
          removed += ENTRIES;
          long expected = removed;
          Awaitility.await()
              .atMost(Duration.ofSeconds(30))
              .untilAsserted(
                  () -> assertThat(StatisticsDelta.of(cache).removals()).isEqualTo(expected));
          assertThat(cache.iterator().hasNext()).isFalse();
          cache.putAll(all);
        }
      }
      System.out.printf("%s iterations of %s entries, %s slots moved%n", round, ENTRIES, moves);
    } finally {
      mover.end();
    }
    assertThat(cache.getAll(all.keySet())).isEqualTo(all);
  }

  /** Two hundred operations are under way at a time; all redirects are followed. */
  @Test
  void asynchronousOperations_whileSlotsMove() throws Exception {
    YokedCache<String, String> cache = (YokedCache<String, String>) cache();
    AtomicInteger moves = new AtomicInteger();
    Moves mover = new Moves(cache.getName(), moves);
    try {
      for (int round = 0; round < 10 || moves.get() < 20; round++) {
        Map<String, String> expected = entries(200, "round " + round + " of ");
        each(expected.keySet(), key -> cache.putAsync(key, requireNonNull(expected.get(key))));
        assertThat(cache.getAllAsync(expected.keySet()).get(30, SECONDS)).isEqualTo(expected);
        assertThat(each(expected.keySet(), cache::getAsync))
            .containsExactlyElementsOf(expected.values());
        assertThat(each(expected.keySet(), cache::removeAsync)).containsOnly(true);
        assertThat(cache.getAllAsync(expected.keySet()).get(30, SECONDS)).isEmpty();
      }
    } finally {
      mover.end();
    }
  }

  /** The results of an operation on each key, which begin together. */
  private static <T extends @Nullable Object> List<T> each(
      Set<String> keys, Function<String, CompletableFuture<T>> operation) throws Exception {
    List<CompletableFuture<T>> futures = keys.stream().map(operation).toList();
    List<T> results = new ArrayList<>();
    for (CompletableFuture<T> future : futures) {
      results.add(future.get(30, SECONDS));
    }
    return results;
  }

  @Test
  void statisticsAndStaleEntries() throws Exception {
    Cache<String, String> cache =
        cache(
            "yokedcache.stale-entries.delay", "10ms",
            "yokedcache.key-statistics.interval", "1s");
    cache.putAll(entries(ENTRIES, "v"));
    CacheFigures figures = new CacheFigures(cache);
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(figures.extended("KeysCount")).isEqualTo(ENTRIES));
    assertThat(figures.extended("SizeBytes")).isGreaterThan(ENTRIES * 50L);

    cache.clear();
    cache.putAll(entries(10, "w"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(names(cache.getName())).hasSize(10));
    assertThat(cache.getAll(entries(10, "w").keySet())).isEqualTo(entries(10, "w"));
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(figures.extended("KeysCount")).isEqualTo(10));
  }

  /** The names of the entries of a cache on all nodes. */
  private static List<String> names(String cache) {
    List<String> names = new ArrayList<>();
    for (RedisCluster.Node master : cluster.masters()) {
      try (Jedis jedis = master.open()) {
        names.addAll(jedis.keys("yc:{" + cache + "#*}:????????????:*"));
      }
    }
    return names;
  }

  /** Moves slots of a cache's buckets to other masters and back until it is ended. */
  private static final class Moves {

    private final AtomicBoolean stopped = new AtomicBoolean();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final Thread thread;

    Moves(String cache, AtomicInteger moves) {
      List<Integer> slots = BucketSlots.ofCache(cache).stream().distinct().toList();
      this.thread =
          new Thread(
              () -> {
                try {
                  while (!stopped.get()) {
                    move(slots, moves);
                  }
                } catch (Throwable e) {
                  failure.set(e);
                }
              },
              "moves");
      thread.start();
    }

    private void move(List<Integer> slots, AtomicInteger moves) {
      for (int slot : slots) {
        RedisCluster.Node from = cluster.masterOf(slot);
        List<RedisCluster.Node> masters = cluster.masters();
        RedisCluster.Node to = masters.get((masters.indexOf(from) + 1) % masters.size());
        cluster.moveSlot(slot, from, to);
        cluster.moveSlot(slot, to, from);
        moves.addAndGet(2);
        if (stopped.get()) {
          return;
        }
      }
    }

    void end() throws InterruptedException {
      stopped.set(true);
      thread.join();
      assertThat(failure.get()).isNull();
    }
  }
}
