package io.yokedcache.jcache.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisAskDataException;
import redis.clients.jedis.exceptions.JedisMovedDataException;
import redis.clients.jedis.util.JedisClusterCRC16;

/** The deployments that other tests rely on do what they say. */
final class FixturesIT {

  @Test
  void cluster_slotsNodesAndFailOvers() {
    try (RedisCluster cluster = RedisCluster.start(2, 1)) {
      RedisCluster.Node first = cluster.nodes().get(0);
      RedisCluster.Node second = cluster.nodes().get(1);
      int slot = JedisClusterCRC16.getSlot("{k2}");
      assertThat(cluster.masters()).containsExactly(first, second);
      assertThat(cluster.masterOf(slot)).isEqualTo(first);
      try (Jedis jedis = first.open()) {
        jedis.set("{k2}a", "1");
        jedis.set("{k2}b", "2");

        cluster.beginMove(slot, first, second);
        assertThat(cluster.moveKeys(slot, first, second, 1)).isEqualTo(1);
        assertThatThrownBy(() -> jedis.get("{k2}c")).isInstanceOf(JedisAskDataException.class);
        assertThat(cluster.moveKeys(slot, first, second, 9)).isEqualTo(1);
        cluster.endMove(slot, first, second);

        assertThatThrownBy(() -> jedis.get("{k2}a")).isInstanceOf(JedisMovedDataException.class);
      }
      assertThat(cluster.keyCounts()).containsEntry(first, 0L).containsEntry(second, 2L);
      cluster.moveSlot(slot, second, first);
      assertThat(cluster.masterOf(slot)).isEqualTo(first);

      RedisCluster.Node added = cluster.addMaster();
      cluster.moveSlot(slot, first, added);
      assertThat(cluster.keyCounts()).containsEntry(added, 2L);
      cluster.moveSlot(slot, added, first);
      cluster.remove(added);
      assertThat(cluster.nodes()).hasSize(4);

      RedisCluster.Node replica = cluster.replicasOf(first).get(0);
      cluster.failOver(replica);
      assertThat(cluster.masterOf(slot)).isEqualTo(replica);

      String id = first.id();
      first.restart();
      cluster.awaitWell();
      assertThat(cluster.replicasOf(replica)).containsExactly(first);
      try (Jedis jedis = first.open()) {
        assertThat(jedis.clusterMyId()).isEqualTo(id);
        assertThat(jedis.dbSize()).isEqualTo(2);
      }
    }
  }

  @Test
  void cluster_masterKilled_replicaFollowsAndTheDeadComesBack() {
    try (RedisCluster cluster = RedisCluster.start(3, 1, "--requirepass", "secret")) {
      RedisCluster.Node master = cluster.nodes().get(0);
      List<RedisCluster.Node> replicas = cluster.replicasOf(master);

      master.kill();

      RedisCluster.Node successor = cluster.awaitSuccessor(master, replicas);
      assertThat(replicas).containsExactly(successor);
      assertThat(cluster.masters()).hasSize(3).contains(successor);
      master.restart();
      cluster.awaitWell();
      assertThat(cluster.replicasOf(successor)).containsExactly(master);
    }
  }

  /** Redis gives a fail-over up whose master does not answer for five seconds. */
  @Test
  void cluster_failOverThatRedisGivesUp_isRepeated() throws Exception {
    try (RedisCluster cluster = RedisCluster.start(3, 1, "--cluster-node-timeout", "60000")) {
      RedisCluster.Node master = cluster.nodes().get(0);
      RedisCluster.Node replica = cluster.replicasOf(master).get(0);
      master.pause();
      CompletableFuture<Void> failOver =
          CompletableFuture.runAsync(() -> cluster.failOver(replica));
      await()
          .alias("a second attempt")
          .atMost(RedisCluster.BOUND)
          .until(() -> replica.info("commandstats").contains("cluster|failover:calls=2"));
      master.resume();
      failOver.get(RedisCluster.BOUND.toSeconds(), TimeUnit.SECONDS);
      assertThat(cluster.masterOf(0)).isEqualTo(replica);
    }
  }

  @Test
  void sentinel_failOvers() {
    try (RedisSentinel deployment =
        RedisSentinel.start(
            1, 1, List.of("--requirepass", "secret"), List.of("requirepass other"))) {
      RedisServer first = deployment.master();
      assertThat(first).isSameAs(deployment.servers().get(0));
      assertThat(deployment.replicas()).hasSize(1);
      RedisServer second = deployment.failOver();
      assertThat(second).isSameAs(deployment.servers().get(1));
      deployment.awaitReplicas();
      assertThat(deployment.killMaster()).isSameAs(second);
      assertThat(deployment.awaitOtherMaster(second)).isSameAs(first);
      assertThat(deployment.uri().toString())
          .isEqualTo(
              "redis-sentinel://127.0.0.1:" + deployment.sentinelPorts().get(0) + "/mymaster");
    }
  }
}
