package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import javax.cache.CacheManager;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The servers of a deployment, as the {@code Connection} MBean shows them. */
final class ConnectionNodesIT {

  private static final Duration BOUND = Duration.ofSeconds(30);

  private final TestManagers managers = new TestManagers();

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  private record Node(String role, int slots, double pingMillis, boolean healthy) {}

  private static Map<String, Node> nodes(CacheManager manager) throws Exception {
    TabularData table =
        (TabularData)
            ManagementFactory.getPlatformMBeanServer()
                .getAttribute(CacheFigures.managerBean(manager, "Connection"), "Nodes");
    Map<String, Node> nodes = new TreeMap<>();
    for (Object each : (Collection<?>) table.values()) {
      CompositeData row = (CompositeData) each;
      nodes.put(
          (String) row.get("address"),
          new Node(
              (String) row.get("role"),
              (Integer) row.get("slots"),
              (Double) row.get("pingMillis"),
              (Boolean) row.get("healthy")));
    }
    return nodes;
  }

  private static Node node(Map<String, Node> nodes, RedisCluster.Node node) {
    return requireNonNull(nodes.get("127.0.0.1:" + node.port()), "node");
  }

  @Test
  void nodes_oneServer() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      CacheManager manager = managers.open(server.uri(), "yokedcache.health.interval", "100ms");
      String address = "127.0.0.1:" + server.port();

      Awaitility.await()
          .atMost(BOUND)
          .untilAsserted(
              () ->
                  assertThat(nodes(manager))
                      .hasEntrySatisfying(
                          address, node -> assertThat(node.pingMillis()).isPositive()));
      assertThat(nodes(manager))
          .hasSize(1)
          .hasEntrySatisfying(
              address,
              node ->
                  assertThat(node)
                      .returns("master", Node::role)
                      .returns(0, Node::slots)
                      .returns(true, Node::healthy));
    }
  }

  @Test
  void nodes_sentinel_presentMaster() throws Exception {
    try (RedisSentinel deployment = RedisSentinel.start(1)) {
      CacheManager manager = managers.open(deployment.uri(), "yokedcache.health.interval", "100ms");
      String before = "127.0.0.1:" + deployment.master().port();

      Awaitility.await()
          .atMost(BOUND)
          .untilAsserted(() -> assertThat(nodes(manager)).containsOnlyKeys(before));

      String after = "127.0.0.1:" + deployment.failOver().port();
      assertThat(after).isNotEqualTo(before);
      Awaitility.await()
          .atMost(BOUND)
          .untilAsserted(() -> assertThat(nodes(manager)).containsOnlyKeys(after));
    }
  }

  @Test
  void nodes_cluster_lostMasterIsUnhealthy() throws Exception {
    try (RedisCluster cluster = RedisCluster.start(2, 1)) {
      CacheManager manager = managers.open(cluster.uri(), "yokedcache.health.interval", "100ms");
      RedisCluster.Node lost = cluster.masters().get(0);
      RedisCluster.Node kept = cluster.masters().get(1);
      RedisCluster.Node replica = cluster.replicasOf(kept).get(0);

      Awaitility.await()
          .atMost(BOUND)
          .until(
              () -> {
                Map<String, Node> seen = nodes(manager);
                return seen.size() == 4
                    && node(seen, lost).pingMillis() > 0
                    && node(seen, kept).pingMillis() > 0;
              });
      Map<String, Node> whole = nodes(manager);
      assertThat(node(whole, lost).role()).isEqualTo("master");
      assertThat(node(whole, lost).slots() + node(whole, kept).slots()).isEqualTo(16_384);
      assertThat(node(whole, replica)).isEqualTo(new Node("replica", 0, -1, true));

      cluster.replicasOf(lost).forEach(RedisCluster.Node::kill); // no fail-over
      lost.kill();

      Awaitility.await().atMost(BOUND).until(() -> !node(nodes(manager), lost).healthy());
      assertThat(node(nodes(manager), lost).pingMillis()).as("the last answered").isPositive();
      assertThat(node(nodes(manager), kept).healthy()).isTrue();
    }
  }
}
