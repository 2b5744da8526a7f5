package io.yokedcache.jcache.robustness;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.testing.CuttingProxy;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** One address behind which another server, or the same one with other data, answers later. */
final class ReplacedServerIT {

  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final List<String> KINDS = List.of("removed", "changed", "kept");
  private static final int KEYS = 30;

  private static CacheManager open(int port, String... settings) {
    return Managers.open(URI.create("redis://127.0.0.1:" + port), settings);
  }

  /** Calls until a server answers. */
  private static <T> @Nullable T call(Callable<@Nullable T> call) {
    List<@Nullable T> result = new ArrayList<>();
    Awaitility.await("an answer")
        .atMost(BOUND)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(10))
        .ignoreExceptionsInstanceOf(RedisUnavailableException.class)
        .until(() -> result.add(call.call()));
    return result.get(0);
  }

  /** Without the repair, the removed entries and the old values come back: the tests notice. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void restart_fromOlderSnapshot(String executor, @TempDir Path folder) {
    String[] persistence = {"--dir", folder.toString(), "--dbfilename", "dump.rdb"};
    try (RedisServer server = RedisServer.start(persistence)) {
      restartsFromOlderSnapshot(
          server.uri(),
          URI.create("redis://localhost:" + server.port()),
          executor,
          () -> new Jedis(server.uri()),
          () -> {
            server.kill();
            server.restart();
          });
    }
  }

  /** The sentinels name the same server, since it comes back before they miss it. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void restart_ofMasterOfSentinels_fromOlderSnapshot(String executor) {
    try (RedisSentinel servers = RedisSentinel.start(0)) {
      RedisServer master = servers.master();
      restartsFromOlderSnapshot(
          servers.uri(),
          URI.create(servers.uri().toString().replaceFirst("//[^,]*,", "//")),
          executor,
          () -> servers.open(master),
          () -> {
            master.kill();
            master.restart();
          });
    }
  }

  /** No other node can take its place, and the slots stay where they are. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void restart_ofMasterOfCluster_fromOlderSnapshot(String executor) {
    try (RedisCluster cluster = RedisCluster.start(3, 0)) {
      RedisCluster.Node master = cluster.nodes().get(1);
      restartsFromOlderSnapshot(
          cluster.uri(),
          URI.create(cluster.uri().toString().replaceFirst("//[^,]*,", "//")),
          executor,
          master::open,
          () -> {
            master.kill();
            master.restart();
          });
    }
  }

  private static void restartsFromOlderSnapshot(
      URI uri, URI otherUri, String executor, Supplier<Jedis> server, Runnable restart) {
    try (CacheManager manager = Managers.open(uri, "connection.executor=" + executor);
        CacheManager careless = Managers.open(otherUri, "fail-over.recent-changes=0")) {
      Cache<String, String> cache = Managers.texts(manager, "restored");
      Cache<String, String> without = Managers.texts(careless, "careless");
      for (Cache<String, String> filled : List.of(cache, without)) {
        try (CacheManager other = Managers.open(uri, "fail-over.recent-changes=0")) {
          Cache<String, String> others = Managers.texts(other, filled.getName());
          KINDS.forEach(kind -> others.putAll(keys(kind)));
        }
      }
      try (Jedis jedis = server.get()) {
        jedis.save();
      }
      for (Cache<String, String> changed : List.of(cache, without)) {
        changed.removeAll(keys("removed").keySet());
        keys("changed").keySet().forEach(key -> changed.put(key, "new"));
      }
      restart.run();

      for (String kind : KINDS) {
        Map<String, String> found = call(() -> cache.getAll(keys(kind).keySet()));
        assertThat(found).as(kind).doesNotContainValue(kind.equals("kept") ? "new" : "old");
        assertThat(call(() -> without.getAll(keys(kind).keySet()))).as(kind).containsValue("old");
      }
      assertThat(call(() -> cache.getAll(keys("kept").keySet()))).isEqualTo(keys("kept"));
    }
  }

  /** Enough keys for every master of a cluster, with their first value. */
  private static Map<String, String> keys(String kind) {
    return IntStream.range(0, KEYS)
        .boxed()
        .collect(Collectors.toMap(number -> kind + number, number -> "old"));
  }

  /** The cache is destroyed again, whatever its codecs and types are. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void restart_fromSnapshotWithDestroyedCache(boolean wasOpen, @TempDir Path folder) {
    try (RedisServer server =
            RedisServer.start("--dir", folder.toString(), "--dbfilename", "dump.rdb");
        CacheManager manager = open(server.port());
        CacheManager other =
            Managers.open(
                URI.create("redis://localhost:" + server.port()), "fail-over.recent-changes=0")) {
      Cache<String, String> kept = Managers.texts(manager, "kept");
      Cache<String, String> others = Managers.texts(other, "destroyed");
      others.put("a", "old");
      if (wasOpen) {
        Managers.texts(manager, "destroyed").put("b", "old");
      }
      try (Jedis jedis = new Jedis(server.uri())) {
        jedis.save();
      }
      manager.destroyCache("destroyed");
      assertThat(others.containsKey("a")).isFalse();
      server.kill();
      server.restart();

      call(() -> kept.getAndPut("a", "1"));
      assertThat(call(() -> others.getAll(Set.of("a", "b")))).isEmpty();
    }
  }

  /** Nothing was lost: the repair removes what was changed a short time ago, and nothing else. */
  @Test
  void restart_withEverything(@TempDir Path folder) throws Exception {
    try (RedisServer server =
            RedisServer.start(
                "--dir", folder.toString(), "--appendonly", "yes", "--appendfsync", "always");
        CacheManager manager = open(server.port());
        CacheManager other = Managers.open(URI.create("redis://localhost:" + server.port()))) {
      Cache<String, String> cache = Managers.texts(manager, "complete");
      Managers.texts(other, "complete").putAll(Map.of("a", "1", "b", "1"));
      cache.put("a", "2");
      server.restart();

      assertThat(call(() -> cache.get("b"))).isEqualTo("1");
      assertThat(cache.get("a")).isNull();
      assertThat(ConnectionBean.of(manager, "FailOverClears").longValue()).isZero();
    }
  }

  /** The entries of recent changes are missing until they can be removed; others are served. */
  @Test
  void restart_thenChangesAreRefused(@TempDir Path folder) {
    String[] options = {
      "--dir", folder.toString(), "--appendonly", "yes", "--min-replicas-to-write", "1"
    };
    try (RedisServer server = RedisServer.start(options);
        CacheManager manager = open(server.port());
        CacheManager other = Managers.open(URI.create("redis://localhost:" + server.port()))) {
      acceptChanges(server);
      Cache<String, String> cache = Managers.texts(manager, "refusing");
      Managers.texts(other, "refusing").putAll(Map.of("changed", "1", "kept", "1"));
      cache.put("changed", "2");
      server.restart();

      assertThat(call(() -> cache.get("kept"))).isEqualTo("1");
      assertThat(cache.get("changed")).isNull();
      assertThat(cache.getAll(Set.of("changed", "kept"))).containsOnlyKeys("kept");
      acceptChanges(server);
      assertThat(call(() -> cache.getAndPut("changed", "3"))).isNull();
      assertThat(cache.get("changed")).isEqualTo("3");
    }
  }

  private static void acceptChanges(RedisServer server) {
    try (Jedis jedis = new Jedis(server.uri())) {
      jedis.configSet("min-replicas-to-write", "0");
    }
  }

  @Test
  void restart_withNothing() throws Exception {
    try (RedisServer server = RedisServer.start();
        CacheManager manager = open(server.port(), "fail-over.recent-changes=1")) {
      Cache<String, String> cache = Managers.texts(manager, "empty");
      cache.putAll(Map.of("a", "1", "b", "1"));
      server.restart();

      assertThat(call(() -> cache.getAndPut("a", "2"))).isNull();
      assertThat(cache.get("a")).isEqualTo("2");
      assertThat(ConnectionBean.of(manager, "FailOvers").longValue()).isEqualTo(1);
      assertThat(ConnectionBean.of(manager, "FailOverClears").longValue()).isZero();
    }
  }

  /** Both servers go on as masters. The old connections are not used any more. */
  @Test
  void address_leadsAwayAndBack() throws Exception {
    try (RedisServer one = RedisServer.start();
        RedisServer two = RedisServer.start();
        CuttingProxy name = CuttingProxy.start(one.port(), Long.MAX_VALUE / 4);
        CacheManager manager = open(name.port(), "defaults.near.enabled=true")) {
      Cache<String, String> cache = Managers.texts(manager, "back");
      cache.putAll(Map.of("a", "first", "b", "first"));
      name.leadTo(two.port());
      name.cutAll();
      Awaitility.await("the second server")
          .atMost(BOUND)
          .ignoreExceptionsInstanceOf(RedisUnavailableException.class)
          .until(() -> cache.getAndPut("a", "second") == null);
      cache.put("b", "second");
      cache.remove("b");
      name.leadTo(one.port());
      name.cutAll();

      assertThat(call(() -> cache.get("a"))).isNotEqualTo("first");
      Awaitility.await("the first server").atMost(BOUND).until(() -> cache.get("a") == null);
      assertThat(cache.get("b")).isNull();
      assertThat(ConnectionBean.of(manager, "FailOvers").longValue()).isEqualTo(2);
    }
  }

  /** The server gets the data of another one by replication, while connections stay open. */
  @Test
  void server_getsOlderDataInPlace(@TempDir Path folder) {
    try (RedisServer server =
            RedisServer.start("--enable-debug-command", "yes", "--dir", folder.toString());
        CacheManager manager = open(server.port(), "health.interval=1s");
        CacheManager other = Managers.open(URI.create("redis://localhost:" + server.port()));
        Jedis jedis = new Jedis(server.uri())) {
      Cache<String, String> cache = Managers.texts(manager, "in-place");
      Managers.texts(other, "in-place").putAll(Map.of("changed", "old", "kept", "old"));
      jedis.save();
      cache.put("changed", "new");

      // As REPLICAOF and back, but no connection meets a replica, which would replace it.
      debug(jedis, "RELOAD", "NOSAVE");
      debug(jedis, "CHANGE-REPL-ID");

      Awaitility.await().atMost(BOUND).until(() -> call(() -> cache.get("changed")) == null);
      assertThat(cache.get("kept")).isEqualTo("old");
    }
  }

  private static void debug(Jedis jedis, String... arguments) {
    Object unused = jedis.sendCommand(() -> "DEBUG".getBytes(US_ASCII), arguments);
  }

  /** A name with the addresses of two masters: it is told once, and operations go on. */
  @Test
  void address_leadsToSeveralMastersInTurn() {
    try (RedisServer one = RedisServer.start();
        RedisServer two = RedisServer.start();
        CuttingProxy name = CuttingProxy.start(one.port(), Long.MAX_VALUE / 4);
        CapturedLog log = CapturedLog.start();
        CacheManager manager = open(name.port(), "connection.command-timeout=500ms")) {
      name.alternate(one.port(), two.port());
      Cache<String, String> cache = Managers.texts(manager, "turns");

      Awaitility.await("the warning")
          .atMost(BOUND)
          .pollInterval(Duration.ofMillis(1))
          .ignoreExceptionsInstanceOf(RedisUnavailableException.class)
          .until(
              () -> {
                cache.put("a", "1");
                name.cutAll();
                return log.linesWith("several masters in turn").size() == 1;
              });
      call(() -> cache.getAndPut("a", "2"));
      assertThat(log.linesWith("several masters in turn")).hasSize(1);
    }
  }

  @Test
  void info_refused() {
    try (RedisServer server = RedisServer.start();
        CapturedLog log = CapturedLog.start()) {
      try (Jedis jedis = new Jedis(server.uri())) {
        jedis.aclSetUser("default", "-info");
      }
      try (CacheManager manager = open(server.port())) {
        Cache<String, String> cache = Managers.texts(manager, "refused");
        cache.put("a", "1");
        assertThat(cache.get("a")).isEqualTo("1");
      }
      assertThat(log.linesWith("+info")).hasSize(1);
    }
  }
}
