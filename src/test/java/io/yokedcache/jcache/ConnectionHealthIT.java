package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.management.MBeanServer;
import javax.management.Notification;
import javax.management.openmbean.CompositeData;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** A server that dies, hangs and comes back, as the {@code Connection} MBean tells of it. */
final class ConnectionHealthIT {

  private static final String PASSWORD = "hard-to-guess";

  private final MBeanServer jmx = ManagementFactory.getPlatformMBeanServer();
  private final TestManagers managers = new TestManagers();

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  private CacheManager open(RedisServer server, String interval, String... more) {
    return managers.open(
        server.uri(),
        Stream.concat(Stream.of("yokedcache.health.interval", interval), Stream.of(more))
            .toArray(String[]::new));
  }

  private static int healthy(CacheManager manager) throws Exception {
    return CacheFigures.connection(manager, "Healthy").intValue();
  }

  private static void awaitHealthy(CacheManager manager, int healthy) {
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> healthy(manager) == healthy);
  }

  private static void awaitPing(CacheManager manager) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> CacheFigures.connection(manager, "PingMicros").doubleValue() > 0);
  }

  /** Background work, such as the question for the commands of the server, may take a moment. */
  private static void awaitNoneActive(CacheManager manager) {
    Awaitility.await()
        .alias("no connection is in use")
        .atMost(Duration.ofSeconds(20))
        .until(() -> CacheFigures.connection(manager, "PoolActive").intValue() == 0);
  }

  private List<Notification> subscribe(CacheManager manager) throws Exception {
    List<Notification> heard = new CopyOnWriteArrayList<>();
    jmx.addNotificationListener(
        CacheFigures.managerBean(manager, "Connection"),
        (sent, handback) -> heard.add(sent),
        sent -> !sent.getType().contains("circuit-breaker"),
        null);
    return heard;
  }

  private CompositeData snapshot(CacheManager manager) throws Exception {
    return (CompositeData)
        jmx.getAttribute(CacheFigures.managerBean(manager, "Snapshot"), "Connection");
  }

  @Test
  void ping_serverKilledAndStartedAgain() throws Exception {
    try (RedisServer server = RedisServer.start("--requirepass", PASSWORD)) {
      CacheManager manager = open(server, "100ms", "yokedcache.connection.password", PASSWORD);
      List<Notification> heard = subscribe(manager);
      awaitPing(manager);
      assertThat(healthy(manager)).isEqualTo(1);
      assertThat(snapshot(manager).get("healthy")).isEqualTo(true);
      assertThat((Long) snapshot(manager).get("pingNanos")).isPositive();

      server.kill();
      awaitHealthy(manager, 0);
      assertThat(snapshot(manager).get("healthy")).isEqualTo(false);
      server.restart();
      awaitHealthy(manager, 1);

      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> heard.size() == 2);
      assertThat(heard)
          .extracting(Notification::getType)
          .containsExactly("io.yokedcache.connection.lost", "io.yokedcache.connection.restored");
      assertThat(heard.get(0).getUserData())
          .asString()
          .contains("health check on redis://127.0.0.1:" + server.port())
          .doesNotContain(PASSWORD);
      assertThat(heard.get(0).getMessage()).doesNotContain(PASSWORD);
    }
  }

  @Test
  void ping_serverPaused() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      CacheManager manager =
          open(server, "100ms", "yokedcache.connection.command-timeout", "300ms");
      awaitPing(manager);
      server.pause();
      awaitHealthy(manager, 0);

      long startNanos = System.nanoTime();
      for (int i = 0; i < 100; i++) {
        assertThat(healthy(manager)).isEqualTo(0);
        assertThat(snapshot(manager).get("poolActive")).isInstanceOf(Integer.class);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
          .as("reading waits for nobody: 200 time-outs would be a minute")
          .isLessThan(Duration.ofSeconds(10));
      server.resume();
      awaitHealthy(manager, 1);
    }
  }

  /** No node accepts a change of a slot that it does not have. */
  @Test
  void change_refusedByMastersOfCluster_untilTheyAcceptChanges() throws Exception {
    try (RedisCluster cluster = RedisCluster.start(3, 0)) {
      CacheManager manager = managers.open(cluster.uri(), "yokedcache.health.interval", "100ms");
      Cache<String, String> cache = manager.createCache("refused", TestManagers.strings());
      cache.put("a", "1");
      configure(cluster, "min-replicas-to-write", "1");
      assertThatThrownBy(() -> cache.put("a", "2")).hasMessageContaining("NOREPLICAS");
      awaitHealthy(manager, 0);

      configure(cluster, "min-replicas-to-write", "0");

      awaitHealthy(manager, 1);
    }
  }

  private static void configure(RedisCluster cluster, String parameter, String value) {
    for (RedisCluster.Node node : cluster.nodes()) {
      try (Jedis jedis = node.open()) {
        jedis.configSet(parameter, value);
      }
    }
  }

  @Test
  void operation_losesItsConnection() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      CacheManager manager = open(server, "1h");
      List<Notification> heard = subscribe(manager);
      Cache<String, String> cache = manager.createCache("lost", TestManagers.strings());
      cache.put("a", "1");
      awaitPing(manager);
      server.kill();
      assertThat(healthy(manager)).as("nobody has noticed yet").isEqualTo(1);

      assertThatThrownBy(() -> cache.put("a", "2")).isInstanceOf(CacheException.class);

      assertThat(healthy(manager)).isEqualTo(0);
      server.restart();
      awaitHealthy(manager, 1);
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> heard.size() == 2);
      assertThat(heard.get(0).getUserData()).asString().contains("put on cache lost");
    }
  }

  @Test
  void reconnects_areConnectionsInPlaceOfFailedOnes() throws Exception {
    try (RedisServer server = RedisServer.start();
        Jedis killer = new Jedis("127.0.0.1", server.port())) {
      CacheManager manager = open(server, "1h", "yokedcache.connection.executor", "pooled");
      Cache<String, String> cache = manager.createCache("again", TestManagers.strings());
      awaitPing(manager);
      cache.put("a", "1");
      assertThat(CacheFigures.connection(manager, "Reconnects")).isEqualTo(0L);

      for (long kills = 1; kills <= 3; kills++) {
        killer.clientKill(ClientKillParams.clientKillParams().type(ClientType.NORMAL));
        assertThat(cache.get("a")).as("read again over another connection").isEqualTo("1");
        assertThat(CacheFigures.connection(manager, "Reconnects")).isEqualTo(kills);
      }
      assertThat(healthy(manager)).as("no operation failed").isEqualTo(1);
      assertThat(CacheFigures.connection(manager, "PoolIdle")).isEqualTo(1);
      awaitNoneActive(manager);
      assertThat(CacheFigures.connection(manager, "PoolSize")).isEqualTo(64);
      assertThat(snapshot(manager).get("reconnects")).isEqualTo(3L);
    }
  }

  /** The two shared connections count as connections, beside those of the pool. */
  @Test
  void sharedConnections_areMadeAnew() throws Exception {
    try (RedisServer server = RedisServer.start();
        Jedis killer = new Jedis("127.0.0.1", server.port())) {
      CacheManager manager = open(server, "1h");
      Cache<String, String> cache = manager.createCache("shared", TestManagers.strings());
      awaitPing(manager); // a ping that is killed would count as well
      cache.put("a", "1");
      for (long kills = 1; kills <= 3; kills++) {
        killer.clientKill(ClientKillParams.clientKillParams().type(ClientType.NORMAL));
        assertThat(cache.get("a")).as("read again over another connection").isEqualTo("1");
        assertThat(CacheFigures.connection(manager, "Reconnects")).isEqualTo(kills);
      }
      assertThat(CacheFigures.connection(manager, "PoolSize")).isEqualTo(64 + 2);
      awaitNoneActive(manager);
      assertThat(CacheFigures.connection(manager, "PoolIdle").intValue()).isPositive();
      assertThat(healthy(manager)).as("no operation failed").isEqualTo(1);
    }
  }

  /** Two managers of one URI and two class loaders have the same bean names. */
  @Test
  void beans_ofTheOtherManagerTakeThePlaceOfThoseThatGo() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      CacheManager first = open(server, "1h");
      CacheManager second = open(server, "1h", "yokedcache.connection.pool.size", "7");
      assertThat(CacheFigures.connection(first, "PoolSize")).isEqualTo(64 + 2);

      first.close();

      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(
              () ->
                  jmx.isRegistered(CacheFigures.managerBean(second, "Connection"))
                      && jmx.isRegistered(CacheFigures.managerBean(second, "Snapshot")));
      assertThat(CacheFigures.connection(second, "PoolSize")).isEqualTo(7 + 2);
      List<Notification> heard = subscribe(second);
      Cache<String, String> cache = second.createCache("inherited", TestManagers.strings());
      server.kill();
      assertThatThrownBy(() -> cache.put("a", "1")).isInstanceOf(CacheException.class);
      Awaitility.await().atMost(Duration.ofSeconds(10)).until(() -> heard.size() == 1);
      second.close();
      assertThat(jmx.isRegistered(CacheFigures.managerBean(second, "Connection"))).isFalse();
    }
  }
}
