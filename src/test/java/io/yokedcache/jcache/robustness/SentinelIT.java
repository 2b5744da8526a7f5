package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.embedded.RedisProcess;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/** A manager whose master is replaced by real sentinels. */
final class SentinelIT {

  private static final int THREADS = 8;
  private static final int KEYS = 20;
  private static final Duration TIMEOUT = Duration.ofMillis(500);

  /** Asking the sentinels, two attempts to connect and to greet, and the reply. */
  private static final Duration BOUND = TIMEOUT.multipliedBy(10);

  private static final int ROUNDS = Integer.getInteger("sentinel.rounds", 1);

  private static final String RIGHTS =
      "-@all +auth +ping +client +hello +subscribe +sentinel|get-master-addr-by-name"
          + " +sentinel|master +sentinel|masters +sentinel|sentinels";

  private static final String[] SETTINGS = {
    "connection.connect-timeout=500ms", "connection.command-timeout=500ms"
  };

  @TempDir private static Path folder;

  /** Each thread writes its own keys, so that it knows the values that may be there. */
  private static final class Numbers implements Load.Step {

    private final Cache<String, String> cache;

    /** The last number that was written, perhaps without success, and the last acknowledged one. */
    private final AtomicIntegerArray tried = new AtomicIntegerArray(THREADS * KEYS);

    private final AtomicIntegerArray acknowledged = new AtomicIntegerArray(THREADS * KEYS);

    Numbers(Cache<String, String> cache) {
      this.cache = cache;
    }

    @Override
    public void run(int thread, int step) {
      int index = thread * KEYS + step % KEYS;
      String key = "key-" + index;
      if (step / KEYS % 2 == 0) {
        int number = tried.incrementAndGet(index);
        cache.put(key, key + "=" + number);
        acknowledged.set(index, number);
      } else {
        check(key, cache.get(key), acknowledged.get(index), tried.get(index));
      }
    }

    /** An entry may be lost, but it does not come back with an older value. */
    private static void check(String key, @Nullable String value, int from, int to) {
      if (value == null) {
        return;
      }
      Checked.check(key, value);
      int number = Integer.parseInt(value.substring(value.indexOf('=') + 1));
      if (number < from || number > to) {
        throw new AssertionError(key + " has " + number + ", written were " + from + " to " + to);
      }
    }
  }

  private static List<Throwable> wrong(Load load) {
    return load.causes().stream()
        .filter(cause -> !(cause instanceof RedisUnavailableException))
        .toList();
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void masterKilled_underLoad(String executor) {
    try (RedisSentinel servers = RedisSentinel.start(1);
        CacheManager manager =
            Managers.open(
                servers.uri(), SETTINGS[0], SETTINGS[1], "connection.executor=" + executor)) {
      Cache<String, String> cache = Managers.texts(manager, "killed");
      try (Load load = Load.start(THREADS, new Numbers(cache))) {
        for (int round = 0; round < ROUNDS; round++) {
          load.awaitSuccesses(1_000);
          RedisServer killed = servers.killMaster();
          servers.awaitOtherMaster(killed);
          long switched = System.nanoTime();
          // Calls that began before the switch may fail for their time-outs.
          Awaitility.await()
              .atMost(RedisSentinel.BOUND)
              .pollInterval(Duration.ofMillis(10))
              .until(() -> cachesWork(cache));
          long failures = load.failures().size();
          load.awaitSuccesses(1_000);
          System.out.printf(
              "%s: %d calls failed, right again %d ms after the switch, longest %d ms%n",
              executor,
              failures,
              Duration.ofNanos(System.nanoTime() - switched).toMillis(),
              load.worst().toMillis());
          killed.restart();
          servers.awaitReplicas();
        }
        load.stop();
        assertThat(wrong(load)).isEmpty();
        assertThat(load.worst()).isLessThan(BOUND);
      }
    }
  }

  private static boolean cachesWork(Cache<String, String> cache) {
    try {
      cache.put("probe", "1");
      return "1".equals(cache.get("probe"));
    } catch (RedisUnavailableException e) {
      return false;
    }
  }

  /** The former master is frozen, comes back and becomes a replica: connections to it live. */
  @Test
  void masterPaused_comesBackAsReplica() {
    try (RedisSentinel servers = RedisSentinel.start(1);
        CacheManager manager = Managers.open(servers.uri(), SETTINGS)) {
      Cache<String, String> cache = Managers.texts(manager, "paused");
      cache.put("a", "1");
      RedisServer former = servers.master();
      former.pause();
      RedisServer present = servers.awaitOtherMaster(former);
      former.resume();

      Awaitility.await().atMost(RedisSentinel.BOUND).until(() -> cachesWork(cache));
      try (Load load = Load.start(THREADS, new Numbers(cache))) {
        servers.awaitReplicas(); // the former master has become a replica
        load.awaitSuccesses(1_000);
        load.stop();
        assertThat(load.causes()).isEmpty();
      }
      try (Jedis jedis = servers.open(present)) {
        assertThat(jedis.keys("yc:{paused#0}:*:*probe")).hasSize(1);
      }
    }
  }

  /** The JVM is stopped by its garbage collector, say, and hears of the switch afterwards. */
  @Test
  void jvmStoppedDuringSwitch() throws Exception {
    try (RedisSentinel servers = RedisSentinel.start(1);
        PausedChild.Jvm child = PausedChild.Jvm.start(servers.uri())) {
      child.pause();
      RedisServer present = servers.failOver();
      child.resume();
      try (Jedis jedis = servers.open(present)) {
        Awaitility.await()
            .atMost(RedisSentinel.BOUND)
            .until(() -> jedis.clientList().contains(" name=yokedcache"));
      }
      List<String> output = child.end();

      // Each of its threads may have been in a change whose connection was lost.
      String last = output.get(output.size() - 1);
      assertThat(last).as(String.join("\n", output)).contains(" calls, failures: ");
      assertThat(Integer.parseInt(last.substring(last.lastIndexOf(' ') + 1)))
          .as(String.join("\n", output))
          .isLessThanOrEqualTo(PausedChild.THREADS);
      assertThat(output).noneMatch(line -> line.contains("wrong"));
    }
  }

  /** Near caches and listeners move to the new master. */
  @Test
  void subscriptions_failOver() {
    try (RedisSentinel servers = RedisSentinel.start(1);
        CacheManager manager =
            Managers.open(servers.uri(), SETTINGS[0], SETTINGS[1], "defaults.near.enabled=true");
        CacheManager other = Managers.open(servers.uri(), SETTINGS)) {
      Cache<String, String> cache = Managers.texts(manager, "followed");
      Cache<String, String> writer = Managers.texts(other, "followed");
      HeardChanges heard = HeardChanges.of(cache);
      cache.put("a", "1");
      Awaitility.await().atMost(RedisSentinel.BOUND).until(() -> "1".equals(cache.get("a")));

      RedisServer present = servers.failOver();
      Awaitility.await()
          .atMost(RedisSentinel.BOUND)
          .until(() -> subscribers(servers, present) == 2);
      Awaitility.await().atMost(RedisSentinel.BOUND).until(() -> cachesWork(writer));
      writer.put("a", "2");
      writer.put("a", "3");

      Awaitility.await()
          .atMost(RedisSentinel.BOUND)
          .until(() -> heard.heard().stream().anyMatch(event -> event.contains("a=3/")));
      // The bound of staleness, near.max-staleness, is a second.
      Awaitility.await().atMost(RedisSentinel.BOUND).until(() -> "3".equals(cache.get("a")));
      writer.put("a", "4");
      Awaitility.await().atMost(RedisSentinel.BOUND).until(() -> "4".equals(cache.get("a")));
    }
  }

  /** Connections of listeners and near caches. */
  private static long subscribers(RedisSentinel servers, RedisServer server) {
    try (Jedis jedis = servers.open(server)) {
      return jedis
          .clientList()
          .lines()
          .filter(line -> line.contains(" name=yokedcache"))
          .filter(line -> !line.contains(" sub=0 "))
          .count();
    }
  }

  /** A sentinel's user, as documented. */
  @Test
  void sentinelsWithPassword() throws Exception {
    try (RedisSentinel servers =
            RedisSentinel.start(
                1,
                3,
                List.of("--requirepass", "of-servers"),
                List.of(
                    "requirepass of-sentinels",
                    "sentinel sentinel-pass of-sentinels",
                    "user app on >of-app resetchannels &+switch-master &+promoted-slave " + RIGHTS,
                    "user deaf on >of-app resetchannels " + RIGHTS));
        CapturedLog log = CapturedLog.start()) {
      URI uri = URI.create(servers.uri().toString().replace("://", "://:of-servers@"));
      try (CacheManager manager = Managers.open(uri)) {
        assertThatThrownBy(() -> Managers.texts(manager, "locked").put("a", "1"))
            .hasMessageContaining("connection.sentinel.user and password")
            .hasMessageNotContaining("of-servers")
            .asInstanceOf(InstanceOfAssertFactories.type(RedisUnavailableException.class))
            .returns(Kind.ACCESS_DENIED, RedisUnavailableException::kind);
      }
      try (CacheManager manager = Managers.open(uri, "connection.sentinel.password=wrong")) {
        assertThatThrownBy(() -> Managers.texts(manager, "locked").put("a", "1"))
            .hasMessageContaining("WRONGPASS")
            .hasMessageNotContaining("of-servers");
      }
      try (CacheManager manager = Managers.open(uri, "connection.sentinel.password=of-sentinels")) {
        assertThat(cachesWork(Managers.texts(manager, "locked"))).isTrue();
      }
      try (CacheManager manager = open(uri, "app")) {
        Cache<String, String> cache = Managers.texts(manager, "locked");
        assertThat(cachesWork(cache)).isTrue();
        Awaitility.await().atMost(RedisSentinel.BOUND).until(() -> subscribed(servers));
        servers.failOver();
        Awaitility.await().atMost(RedisSentinel.BOUND).until(() -> cachesWork(cache));
      }
      assertThat(log.linesWith("refuses SUBSCRIBE")).isEmpty();
      try (CacheManager manager = open(uri, "deaf")) {
        assertThat(cachesWork(Managers.texts(manager, "locked"))).isTrue();
        Awaitility.await()
            .atMost(RedisSentinel.BOUND)
            .until(() -> log.linesWith("refuses SUBSCRIBE").size() == 1);
      }
    }
  }

  private static CacheManager open(URI uri, String sentinelUser) {
    return Managers.open(
        uri, "connection.sentinel.user=" + sentinelUser, "connection.sentinel.password=of-app");
  }

  /** Whether somebody hears of another master. */
  private static boolean subscribed(RedisSentinel servers) {
    for (int port : servers.sentinelPorts()) {
      try (Jedis jedis = servers.openSentinel(port)) {
        if (jedis
            .clientList()
            .lines()
            .anyMatch(line -> line.contains(" sub=2 ") && line.contains(" user=app"))) {
          return true;
        }
      }
    }
    return false;
  }

  /** A sentinel that accepts connections and answers nothing costs its share of the time-out. */
  @Test
  void sentinelPaused_nextOneIsAsked() throws Exception {
    try (RedisSentinel servers = RedisSentinel.start(0)) {
      RedisProcess first = servers.sentinels().get(0);
      signal("STOP", first);
      // All sentinels together may take that long; after it, the operation fails.
      try (CacheManager manager = Managers.open(servers.uri(), "connection.connect-timeout=10s")) {
        Cache<String, String> cache = Managers.texts(manager, "unanswered");
        cache.put("a", "1");
        assertThat(cache.get("a")).isEqualTo("1");
      } finally {
        signal("CONT", first);
      }
    }
  }

  private static void signal(String name, RedisProcess process) throws Exception {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor(10, TimeUnit.SECONDS)).isTrue();
    assertThat(kill.exitValue()).isZero();
  }

  @Test
  void sentinelsWithTls() throws Exception {
    TlsFiles authority = TlsFiles.create(folder, "authority");
    authority.issue("server", "DNS:localhost,IP:127.0.0.1");
    int tlsPort = RedisServer.freePort();
    try (RedisSentinel servers =
            RedisSentinel.start(
                0,
                1,
                List.of(),
                List.of(
                    "tls-port " + tlsPort,
                    "tls-auth-clients no",
                    "tls-cert-file " + authority.file("server.crt"),
                    "tls-key-file " + authority.file("server.key"),
                    "tls-ca-cert-file " + authority.file("authority.crt")));
        CacheManager manager =
            Managers.open(
                URI.create("redis-sentinel://localhost:" + tlsPort + "/mymaster"),
                "connection.sentinel.tls=true",
                "connection.tls.trust-store=" + authority.trustStore(),
                "connection.tls.trust-store-password=" + TlsFiles.STORE_PASSWORD);
        CacheManager clear =
            Managers.open(URI.create("redis-sentinel://localhost:" + tlsPort + "/mymaster"))) {
      assertThat(cachesWork(Managers.texts(manager, "secured"))).isTrue();
      assertThatThrownBy(() -> Managers.texts(clear, "clear").put("a", "1"))
          .hasMessageContaining("localhost:" + tlsPort + " cannot be asked")
          .hasMessageContaining("Check")
          .hasMessageNotContaining(":" + servers.master().port());
    }
  }
}
