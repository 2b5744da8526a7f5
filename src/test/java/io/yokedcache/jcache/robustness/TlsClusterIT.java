package io.yokedcache.jcache.robustness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Protocol;

/** A cluster that speaks TLS, and whose nodes announce the host names of their certificates. */
final class TlsClusterIT {

  private static final String NAME = "localhost";
  private static final int KEYS = 30;

  @TempDir private static Path folder;

  /** The ports for TLS by the other ports. */
  private static final Map<Integer, Integer> tlsPorts = new ConcurrentHashMap<>();

  private static TlsFiles authority;
  private static RedisCluster cluster;

  @BeforeAll
  static void start() throws Exception {
    authority = TlsFiles.create(folder, "authority");
    authority.issue("node", "DNS:" + NAME);
    authority.issue("other", "DNS:other.example");
    cluster = RedisCluster.start(3, 1, TlsClusterIT::options);
  }

  @AfterAll
  static void stop() {
    cluster.close();
  }

  /** The nodes use each other's addresses, which are not in their certificates. */
  private static List<String> options(int port) {
    int tlsPort = tlsPorts.computeIfAbsent(port, any -> RedisServer.freePort());
    return Stream.of(
            List.of("--tls-port", Integer.toString(tlsPort), "--tls-auth-clients", "no"),
            List.of("--tls-cert-file", authority.file("node.crt")),
            List.of("--tls-key-file", authority.file("node.key")),
            List.of("--tls-ca-cert-file", authority.file("authority.crt")),
            List.of("--tls-replication", "yes"),
            List.of("--cluster-announce-port", Integer.toString(tlsPort)),
            List.of("--cluster-announce-bus-port", Integer.toString(port + 10_000)),
            List.of("--cluster-announce-hostname", NAME),
            List.of("--cluster-preferred-endpoint-type", "hostname"))
        .flatMap(List::stream)
        .toList();
  }

  /** Opens a manager that knows one of the nodes. */
  private static CacheManager open(int node, String... settings) {
    int port = requireNonNull(tlsPorts.get(cluster.nodes().get(node).port()));
    URI uri = URI.create("rediss-cluster://" + NAME + ":" + port);
    String[] trust = {
      "connection.tls.certificates=" + authority.file("authority.crt"),
      "connection.connect-timeout=10s",
      "connection.command-timeout=30s"
    };
    return Managers.open(
        uri, Stream.concat(Stream.of(trust), Stream.of(settings)).toArray(String[]::new));
  }

  private static void set(RedisCluster.Node node, String... settings) {
    try (Jedis jedis = node.open()) {
      Object unused =
          jedis.sendCommand(
              Protocol.Command.CONFIG,
              Stream.concat(Stream.of("SET"), Stream.of(settings)).toArray(String[]::new));
    }
  }

  @Test
  void anyCall_nodesByTheirNames_slotsMove_mastersChange() throws Exception {
    try (CacheManager manager = open(0, "caches.names.near.enabled=true");
        CacheManager other = open(1)) {
      Cache<String, String> cache = Managers.texts(manager, "names");
      Cache<String, String> others = Managers.texts(other, "names");
      List<RedisCluster.Node> masters = cluster.masters();
      HeardChanges heard = HeardChanges.of(cache);
      others.put("event", "1");
      await()
          .atMost(RedisCluster.BOUND)
          .until(() -> heard.heard().contains("CREATED event=1/null"));
      try (Load load = Load.start(4, (thread, step) -> Checked.mixed(cache, thread, step))) {
        load.awaitSuccesses(500);
        for (int slot = 0; slot < 5; slot++) {
          cluster.moveSlot(slot, masters.get(0), masters.get(1));
        }
        load.awaitSuccesses(500);
        cluster.failOver(cluster.replicasOf(masters.get(1)).get(0));
        load.awaitSuccesses(500);
        RedisCluster.Node killed = masters.get(2);
        List<RedisCluster.Node> replicas = cluster.replicasOf(killed);
        killed.kill();
        RedisCluster.Node unused = cluster.awaitSuccessor(killed, replicas);
        load.awaitSuccesses(500);
        load.stop();
        // Puts that were under way when the master was killed.
        assertThat(load.causes())
            .allMatch(e -> e instanceof RedisUnavailableException lost && lost.isOutcomeUnknown());
      }
      others.put("event", "2");
      await().atMost(RedisCluster.BOUND).until(() -> "2".equals(cache.get("event")));
      await().atMost(RedisCluster.BOUND).until(() -> heard.heard().contains("UPDATED event=2/1"));
      masters.get(2).restart();
      cluster.awaitWell();
    }
  }

  @Test
  void anyCall_certificateOfAnotherName_onlyItsNodeFails() throws Exception {
    try (CacheManager manager = open(0, "connection.command-timeout=2s")) {
      RedisCluster.Node wrong = cluster.masters().get(1);
      set(
          wrong,
          "tls-cert-file",
          authority.file("other.crt"),
          "tls-key-file",
          authority.file("other.key"));
      Cache<String, String> cache = Managers.texts(manager, "certificates");
      assertThat(failures(cache))
          .isNotEmpty()
          .allMatch(message -> message.contains(NAME + ":" + tlsPorts.get(wrong.port())))
          .allMatch(message -> message.contains("the certificate of the server has another name"));
      set(
          wrong,
          "tls-cert-file",
          authority.file("node.crt"),
          "tls-key-file",
          authority.file("node.key"));
      await().atMost(RedisCluster.BOUND).until(() -> failures(cache).isEmpty());
    }
  }

  @Test
  void anyCall_nodesByTheirAddresses_messageTellsOfTheNames() throws Exception {
    cluster.nodes().forEach(node -> set(node, "cluster-preferred-endpoint-type", "ip"));
    try (CacheManager manager = open(0, "connection.command-timeout=2s")) {
      Cache<String, String> cache = Managers.texts(manager, "addresses");
      assertThat(failures(cache))
          .isNotEmpty()
          .allMatch(message -> message.contains("127.0.0.1"))
          .allMatch(message -> message.contains("cluster-announce-hostname"));
      cluster.nodes().forEach(node -> set(node, "cluster-preferred-endpoint-type", "hostname"));
      await().atMost(RedisCluster.BOUND).until(() -> failures(cache).isEmpty());
    }
  }

  /** The different failures of puts to all nodes. */
  private static Set<String> failures(Cache<String, String> cache) {
    Set<String> messages = new HashSet<>();
    for (int number = 0; number < KEYS; number++) {
      try {
        cache.put("key" + number, "1");
      } catch (RedisUnavailableException e) {
        messages.add(String.valueOf(e.getMessage()));
      }
    }
    return messages;
  }
}
