package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisCluster.Node;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import javax.cache.Cache;
import javax.cache.CacheException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Near caches on a cluster of three masters, while slots move and connections die. */
final class NearClusterIT {

  private static RedisCluster cluster;

  private final CoherenceLoad load = new CoherenceLoad();

  @BeforeAll
  static void start() {
    cluster = RedisCluster.start(3, 1);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  @AfterEach
  void close() {
    load.close();
  }

  @Test
  void clears() throws Exception {
    load.run(
        cluster.uri(),
        () -> {
          load.anyCache().clear();
          CoherenceLoad.pause(50);
        });
  }

  @Test
  void trackingConnectionsKilled() throws Exception {
    List<Node> masters = cluster.masters();
    load.run(
        cluster.uri(),
        () -> {
          try (Jedis killer = any(masters).open()) {
            killer.clientKill(ClientKillParams.clientKillParams().type(ClientType.PUBSUB));
          }
          CoherenceLoad.pause(ThreadLocalRandom.current().nextInt(1, 200));
        });
  }

  /** Each slot of the cache goes to another master, is open for a while on the way, and so on. */
  @Test
  void slotsMoved() throws Exception {
    List<Node> masters = cluster.masters();
    List<Integer> slots = List.copyOf(slots());
    load.run(
        cluster.uri(),
        () -> {
          int slot = any(slots);
          Node from = cluster.masterOf(slot);
          Node to = any(masters);
          if (to != from) {
            cluster.beginMove(slot, from, to);
            while (cluster.moveKeys(slot, from, to, /* count= */ 1) > 0) {
              CoherenceLoad.pause(1);
            }
            cluster.endMove(slot, from, to);
          }
        });
  }

  /** The replica takes the place of its master without the loss of a change. */
  @Test
  void mastersReplacedInGoodOrder() throws Exception {
    load.run(
        cluster.uri(),
        () -> {
          cluster.failOver(any(cluster.replicasOf(any(cluster.masters()))));
          CoherenceLoad.pause(200);
        });
  }

  /** The cluster is down for every operation, so that near entries alone can answer. */
  @Test
  void masterKilled_onlyNearEntriesOfItsKeysAreNotUsed() {
    try (RedisCluster brittle = RedisCluster.start(3, 0);
        TestManagers managers = new TestManagers()) {
      Cache<String, String> cache =
          managers
              .open(
                  brittle.uri(),
                  "yokedcache.defaults.near.enabled",
                  "true",
                  "yokedcache.near.max-staleness",
                  "300ms",
                  "yokedcache.connection.command-timeout",
                  "500ms")
              .createCache("brittle", TestManagers.strings());
      Map<Node, List<String>> keys = new HashMap<>();
      for (int i = 0; i < CoherenceLoad.KEYS; i++) {
        cache.put("k" + i, "value");
        Node master = brittle.masterOf(BucketSlots.ofKey("brittle", "k" + i));
        keys.computeIfAbsent(master, node -> new ArrayList<>()).add("k" + i);
      }
      Node killed = brittle.masters().get(1);
      List<String> lost = requireNonNull(keys.remove(killed));
      List<String> kept = keys.values().stream().flatMap(List::stream).toList();
      assertThat(lost).isNotEmpty();
      assertThat(keys).hasSize(2);
      // Reads until near entries answer: no master executes a command.
      await().atMost(RedisCluster.BOUND).until(() -> answersAll(cache, brittle));

      killed.kill();
      brittle.masters().forEach(NearClusterIT::awaitDown);

      await()
          .atMost(RedisCluster.BOUND)
          .until(() -> lost.stream().noneMatch(key -> isAnswered(cache, key)));
      assertThat(kept).allMatch(key -> isAnswered(cache, key));

      killed.restart();
      brittle.awaitState();
      await()
          .atMost(RedisCluster.BOUND)
          .until(() -> isAnswered(cache, kept.get(0)) && putIfUp(cache, lost.get(0)));
      assertThat(cache.get(lost.get(0))).isEqualTo("again");
    }
  }

  private static boolean answersAll(Cache<String, String> cache, RedisCluster cluster) {
    for (int i = 0; i < CoherenceLoad.KEYS; i++) {
      cache.get("k" + i);
    }
    long before = reads(cluster);
    for (int i = 0; i < CoherenceLoad.KEYS; i++) {
      cache.get("k" + i);
    }
    return reads(cluster) == before;
  }

  /** The number of commands that the masters have run to read entries. */
  private static long reads(RedisCluster cluster) {
    return cluster.masters().stream()
        .flatMap(master -> master.info("commandstats").lines())
        .filter(line -> line.startsWith("cmdstat_mget:"))
        .mapToLong(line -> Long.parseLong(line.replaceFirst("^[^:]*:calls=(\\d+),.*", "$1")))
        .sum();
  }

  private static void awaitDown(Node node) {
    await()
        .atMost(RedisCluster.BOUND)
        .until(
            () -> {
              try (Jedis jedis = node.open()) {
                return jedis.clusterInfo().contains("cluster_state:fail");
              }
            });
  }

  private static boolean isAnswered(Cache<String, String> cache, String key) {
    try {
      return "value".equals(cache.get(key));
    } catch (CacheException down) {
      return false;
    }
  }

  private static boolean putIfUp(Cache<String, String> cache, String key) {
    try {
      cache.put(key, "again");
      return true;
    } catch (CacheException down) {
      return false;
    }
  }

  /** The slots of the buckets in which the load has keys. */
  private static Set<Integer> slots() {
    Set<Integer> slots = new TreeSet<>();
    for (int key = 0; key < CoherenceLoad.KEYS; key++) {
      slots.add(BucketSlots.ofKey("coherent", "k" + key));
    }
    return slots;
  }

  private static <T> T any(List<T> all) {
    return all.get(ThreadLocalRandom.current().nextInt(all.size()));
  }
}
