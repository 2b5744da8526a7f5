package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/**
 * {@code clear()} with {@code fail-over.wait-replicas}.
 *
 * <p>{@code -Dclear.rounds} sets the number of masters that are killed.
 */
final class AcknowledgedClearIT {

  private static final int ROUNDS = Integer.getInteger("clear.rounds", 1);
  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final String GENERATION = "yc:{c#0}";

  @TempDir Path folder;

  private static CacheManager open(URI uri, String timeout, String... more) {
    String[] settings = new String[more.length + 4];
    settings[0] = "fail-over.recent-changes=0";
    settings[1] = "fail-over.wait-replicas=1";
    settings[2] = "fail-over.wait-timeout=" + timeout;
    settings[3] = "connection.command-timeout=60s";
    System.arraycopy(more, 0, settings, 4, more.length);
    return Managers.open(uri, settings);
  }

  private RedisServer startMaster() {
    return startServer("master");
  }

  private RedisServer startReplicaOf(RedisServer master) {
    return startServer("replica", "--replicaof", "127.0.0.1", String.valueOf(master.port()));
  }

  /** A server that may write the files of a replication. */
  private RedisServer startServer(String name, String... more) {
    List<String> options = new ArrayList<>(List.of(more));
    Collections.addAll(options, "--dir", folder.toString(), "--dbfilename", name + ".rdb");
    Collections.addAll(options, "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0");
    return RedisServer.start(options.toArray(String[]::new));
  }

  private static void awaitReplica(RedisServer master) {
    await()
        .atMost(BOUND)
        .until(
            () -> {
              try (Jedis jedis = new Jedis(master.uri())) {
                jedis.set("written", "");
                return jedis.waitReplicas(1, 1_000) == 1;
              }
            });
  }

  private static String generation(RedisServer server) {
    try (Jedis jedis = new Jedis(server.uri())) {
      return String.valueOf(jedis.get(GENERATION));
    }
  }

  @Test
  void clear_isAtTheReplica_whenItReturns() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      ExecutorService thread = Executors.newSingleThreadExecutor();
      try (RedisServer master = startMaster();
          RedisServer replica = startReplicaOf(master);
          CacheManager manager = open(master.uri(), "50s")) {
        Cache<String, String> cache = Managers.texts(manager, "c");
        cache.put("a", "old");
        awaitReplica(master);
        String old = generation(replica);
        assertThat(old).isEqualTo(generation(master));

        replica.pause();
        CompletableFuture<Void> clear = CompletableFuture.runAsync(cache::clear, thread);
        await().atMost(BOUND).until(() -> !generation(master).equals(old));
        String cleared = generation(master);
        assertThat(clear).as("while the replica cannot acknowledge it").isNotDone();
        replica.resume();
        clear.get(BOUND.toSeconds(), TimeUnit.SECONDS);
        master.kill();

        assertThat(generation(replica)).isEqualTo(cleared);
      } finally {
        thread.shutdownNow();
      }
    }
  }

  @Test
  void clear_replicaPaused_orWaitRefused_failsAfterItWasMade() throws Exception {
    try (RedisServer master = startMaster();
        RedisServer replica = startReplicaOf(master);
        CacheManager manager = open(master.uri(), "100ms")) {
      Cache<String, String> cache = Managers.texts(manager, "c");
      awaitReplica(master);

      replica.pause();
      cache.put("a", "old");
      assertThatExceptionOfType(CacheException.class)
          .isThrownBy(cache::clear)
          .withMessageContainingAll(
              "The clear of cache c on " + master.uri(),
              " was made, but of the 1 replicas of fail-over.wait-replicas 0 acknowledged it within 100 ms");
      assertThat(cache.get("a")).isNull();
      cache.put("a", "old");
      assertThatExceptionOfType(CacheException.class).isThrownBy(cache::removeAll);
      assertThat(cache.get("a")).isNull();
      assertThat(ConnectionBean.of(manager, "UnacknowledgedClears")).isEqualTo(2L);

      try (Jedis jedis = new Jedis(master.uri())) {
        jedis.aclSetUser("default", "-wait");
      }
      assertThatExceptionOfType(CacheException.class)
          .isThrownBy(cache::clear)
          .withMessageContaining("Allow the user of yokedcache.connection that command: +wait");
      assertThat(ConnectionBean.of(manager, "UnacknowledgedClears")).isEqualTo(3L);
    }
  }

  @Test
  void clear_noReplica_cacheDegrades_isCounted() throws Exception {
    try (RedisServer master = startMaster();
        CacheManager manager = open(master.uri(), "100ms", "defaults.on-failure=degrade")) {
      Cache<String, String> cache = Managers.texts(manager, "c");
      cache.put("a", "old");

      assertThatNoException().isThrownBy(cache::clear);

      assertThat(cache.get("a")).isNull();
      assertThat(ConnectionBean.of(manager, "UnacknowledgedClears")).isEqualTo(1L);
    }
  }

  @Test
  void clear_onCluster_waitsForTheReplicasOfEachMaster() {
    try (RedisCluster cluster = RedisCluster.start(3, 1);
        CacheManager manager = open(cluster.uri(), "50s");
        CacheManager impatient = open(cluster.uri(), "100ms", "namespace=other")) {
      Cache<String, String> cache = Managers.texts(manager, "c");
      Cache<String, String> other = Managers.texts(impatient, "c");
      assertThatNoException().isThrownBy(cache::clear);

      RedisCluster.Node paused = cluster.replicasOf(cluster.masters().get(1)).get(0);
      paused.pause();
      assertThatExceptionOfType(CacheException.class)
          .isThrownBy(other::clear)
          .withMessageContaining("0 acknowledged it");
      paused.resume();

      assertThatNoException().isThrownBy(cache::clear);
    }
  }

  @Test
  void clear_throughSentinel_survivesTheMaster() {
    try (RedisSentinel sentinel = RedisSentinel.start(1);
        CacheManager manager = open(sentinel.uri(), "50s");
        CacheManager impatient = open(sentinel.uri(), "100ms", "namespace=other")) {
      Cache<String, String> cache = Managers.texts(manager, "c");
      Cache<String, String> other = Managers.texts(impatient, "c");
      cache.put("a", "old");
      RedisServer master = sentinel.master();
      RedisServer replica = sentinel.replicas().get(0);
      awaitReplica(master);
      assertThat(generation(replica)).isEqualTo(generation(master));

      replica.pause();
      assertThatExceptionOfType(CacheException.class)
          .isThrownBy(other::clear)
          .withMessageContaining("0 acknowledged it");
      replica.resume();
      assertThatNoException().isThrownBy(cache::clear);
      RedisServer killed = sentinel.killMaster();

      assertThat(sentinel.awaitOtherMaster(killed)).isEqualTo(replica);
      await().atMost(BOUND).ignoreExceptions().until(() -> cache.get("a") == null);
      cache.put("a", "new");
      assertThat(cache.get("a")).isEqualTo("new");
    }
  }
}
