package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.KeySpace;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisCluster.Node;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;
import redis.clients.jedis.util.JedisClusterCRC16;

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

  /** The slots of the buckets in which the load has keys. */
  private static Set<Integer> slots() {
    Set<Integer> slots = new TreeSet<>();
    for (int key = 0; key < CoherenceLoad.KEYS; key++) {
      int bucket = KeySpace.bucketOf(Bytes.utf8("k" + key), 256);
      slots.add(JedisClusterCRC16.getSlot("{coherent#" + bucket + "}"));
    }
    return slots;
  }

  private static <T> T any(List<T> all) {
    return all.get(ThreadLocalRandom.current().nextInt(all.size()));
  }
}
