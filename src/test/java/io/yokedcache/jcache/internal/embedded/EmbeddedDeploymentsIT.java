package io.yokedcache.jcache.internal.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.settings.Settings;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;

/** Private clusters and Sentinel deployments: formed, locked, replaced, and gone with their JVM. */
final class EmbeddedDeploymentsIT {

  private static final Duration BOUND = Duration.ofSeconds(30);

  @Test
  void cluster_formedLockedAndAliveWithoutAMaster() {
    Members.Formed cluster = EmbeddedCluster.start(RedisBinaries.ofThisMachine(), 3, 1);
    EmbeddedServers servers = new EmbeddedServers(wanted -> cluster);
    Settings.Embedded wanted = new Settings.Embedded(Settings.Deployment.Kind.CLUSTER, 3, 1);
    RedisProcess master = cluster.processes().get(0);
    RedisProcess replica = cluster.processes().get(3);
    try (EmbeddedServers.Lease lease = servers.acquire(wanted);
        Jedis node = open(lease, 0)) {
      assertThat(lease.deployment().nodes()).hasSize(6);
      assertThat(node.clusterInfo()).contains("cluster_state:ok", "cluster_slots_assigned:16384");
      assertThat(node.set("{06S}key", "value")).as("slot 0").isEqualTo("OK");
      for (Runnable call :
          List.<Runnable>of(
              () -> node.clusterMeet("127.0.0.1", 1),
              () -> node.clusterForget("0".repeat(40)),
              () -> node.configSet("dir", "/tmp"),
              () -> node.replicaof("127.0.0.1", 1))) {
        assertThatThrownBy(call::run).hasMessageContaining("NOPERM");
      }
      assertThat(node.waitReplicas(1, BOUND.toMillis())).isEqualTo(1);

      kill(master);

      try (Jedis other = open(lease, 3)) {
        await().atMost(BOUND).until(() -> other.info("replication").contains("role:master"));
        await().atMost(BOUND).until(() -> other.clusterInfo().contains("cluster_state:ok"));
        assertThat(other.get("{06S}key")).isEqualTo("value");
      }
      assertThat(cluster.isAlive()).isTrue();
      kill(replica);
      assertThat(cluster.isAlive()).isFalse();
    }
    assertThat(cluster.processes()).noneMatch(RedisProcess::isAlive);
  }

  @Test
  void sentinel_masterKilled_namesAnother() {
    EmbeddedServers servers = new EmbeddedServers();
    Settings.Embedded wanted = new Settings.Embedded(Settings.Deployment.Kind.SENTINEL, 1, 1);
    try (EmbeddedServers.Lease lease = servers.acquire(wanted);
        Jedis sentinel = open(lease, 1)) {
      assertThat(lease.deployment().nodes()).hasSize(3);
      String name = Objects.requireNonNull(lease.deployment().masterName());
      List<String> before = sentinel.sentinelGetMasterAddrByName(name);
      try (Jedis master = new Jedis("127.0.0.1", Integer.parseInt(before.get(1)))) {
        master.auth(lease.password());
        assertThat(master.set("key", "value")).isEqualTo("OK");
        assertThat(master.waitReplicas(1, BOUND.toMillis())).isEqualTo(1);
        assertThatThrownBy(() -> master.replicaof("127.0.0.1", 1)).hasMessageContaining("NOPERM");
        kill(pidOf(master));
      }

      await().atMost(BOUND).until(() -> !sentinel.sentinelGetMasterAddrByName(name).equals(before));
      int port = Integer.parseInt(sentinel.sentinelGetMasterAddrByName(name).get(1));
      try (Jedis master = new Jedis("127.0.0.1", port)) {
        master.auth(lease.password());
        await().atMost(BOUND).until(() -> "OK".equals(trySet(master)));
        assertThat(master.get("key")).isEqualTo("value");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"cluster, 6", "sentinel, 5"})
  void jvmKilled_endsAllServersAndRemovesTheirFiles(
      String kind, int processes, @TempDir Path temporary) throws Exception {
    Path folderWithoutServer = Files.createDirectory(temporary.resolve("bin"));
    Path childTemporary = Files.createDirectory(temporary.resolve("tmp"));
    ProcessBuilder builder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + childTemporary,
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                EmbeddedRedisChild.class.getName(),
                kind)
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("PATH", folderWithoutServer.toString());
    Process child = builder.start();
    try (BufferedReader output = child.inputReader(StandardCharsets.UTF_8)) {
      List<ProcessHandle> servers =
          Stream.of(Objects.requireNonNull(output.readLine(), "no output").split(" ", -1))
              .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
              .toList();
      assertThat(servers).hasSize(processes);
      List<ProcessHandle> all =
          servers.stream()
              .flatMap(server -> Stream.concat(Stream.of(server), server.descendants()))
              .toList();
      assertThat(all).as("a server and its watcher each").hasSize(2 * processes);

      child.destroyForcibly();

      await().atMost(BOUND).until(() -> all.stream().allMatch(EmbeddedDeploymentsIT::hasEnded));
      await().atMost(BOUND).until(() -> filesIn(childTemporary).isEmpty());
    } finally {
      child.destroyForcibly();
    }
  }

  private static Jedis open(EmbeddedServers.Lease lease, int node) {
    Jedis jedis = new Jedis("127.0.0.1", lease.deployment().nodes().get(node).port());
    jedis.auth(lease.password());
    return jedis;
  }

  /** A new master refuses writes until it has been told that it is one. */
  private static String trySet(Jedis master) {
    try {
      return master.set("other", "value");
    } catch (JedisDataException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static long pidOf(Jedis server) {
    return server
        .info("server")
        .lines()
        .filter(line -> line.startsWith("process_id:"))
        .mapToLong(line -> Long.parseLong(line.substring("process_id:".length())))
        .findFirst()
        .orElseThrow();
  }

  private static void kill(RedisProcess server) {
    kill(server.pid());
    await().atMost(BOUND).until(() -> !server.isAlive());
  }

  private static void kill(long pid) {
    ProcessHandle.of(pid).orElseThrow().destroyForcibly();
  }

  /** A process whose parent has not asked for its exit code yet has ended all the same. */
  private static boolean hasEnded(ProcessHandle process) {
    return !process.isAlive() || process.info().command().isEmpty();
  }

  private static List<String> filesIn(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(Path::toString).toList();
    }
  }
}
