package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.robustness.Load.Failure;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/**
 * The server is absent, killed, restarted, paused: every call ends in time, with an exception that
 * says what is wrong, and the same cache object works as soon as the server does.
 */
final class OutageIT {

  private static final int THREADS = 16;
  private static final int POOL_SIZE = 12;

  /** The connections that all threads share, beside those of the pool. */
  private static final int SHARED = 2;

  /** The time-outs, each of them. */
  private static final Duration TIMEOUT = Duration.ofMillis(500);

  /** Pool, connection, reply; and as much again as a busy machine may need. */
  private static final Duration BOUND = TIMEOUT.multipliedBy(3).plusSeconds(2);

  /** For what comes in the end, however busy the machine is. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String[] SETTINGS = {
    "connection.connect-timeout=500ms",
    "connection.command-timeout=500ms",
    "connection.pool.wait=500ms",
    "connection.pool.size=" + POOL_SIZE
  };

  private RedisServer server;

  @BeforeEach
  void startServer() {
    server = RedisServer.start();
  }

  @AfterEach
  void stopServer() {
    server.close();
  }

  @Test
  void createCache_serverAbsent() {
    int port = RedisServer.freePort();
    URI uri = URI.create("redis://127.0.0.1:" + port);
    try (CacheManager manager = Managers.open(uri, SETTINGS)) {
      long startNanos = System.nanoTime();
      Cache<String, String> cache = Managers.texts(manager, "orders");
      assertThatThrownBy(() -> cache.get("key"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("open on cache orders")
          .hasMessageContaining("Connection refused")
          .hasMessageContaining("127.0.0.1:" + port);
      assertThatThrownBy(() -> cache.put("key", "key=1"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("127.0.0.1:" + port)
          .hasMessageContaining("cache orders");
      assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(BOUND);

      try (RedisServer late = RedisServer.startOn(port)) {
        cache.put("key", "key=1");
        assertThat(late.isAlive()).isTrue();
        assertThat(cache.get("key")).isEqualTo("key=1");
      }
    }
  }

  @Test
  void anyCall_serverKilledAndRestarted() {
    try (CacheManager manager = Managers.open(server.uri(), SETTINGS)) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      try (Load load = Load.start(THREADS, (thread, step) -> Checked.mixed(cache, thread, step))) {
        load.awaitSuccesses(2_000);
        long threadsBefore = liveThreads();
        assertThat(load.causes()).isEmpty();

        server.kill();
        load.goOnFor(Duration.ofSeconds(2));
        Awaitility.await("calls fail")
            .atMost(PATIENCE)
            .until(() -> load.failures().size() > THREADS);
        server.restart();
        long restartedNanos = System.nanoTime();
        load.awaitSuccesses(2_000);
        load.stop();

        assertFailuresSayWhatIsWrong(load);
        assertThat(load.worst()).isLessThan(BOUND);
        List<Failure> late =
            load.failures().stream()
                .filter(f -> f.startNanos() - restartedNanos > 0)
                // The circuit breaker closes with the next PING.
                .filter(f -> !String.valueOf(f.cause().getMessage()).contains("circuit breaker"))
                .toList();
        System.out.printf(
            "kill: %d calls succeeded, %d failed, %d of them after the restart, worst %d ms%n",
            load.successes(), load.failures().size(), late.size(), load.worst().toMillis());
        assertThat(late).as("failures after the restart").hasSizeLessThanOrEqualTo(THREADS);
        Awaitility.await("threads end")
            .atMost(PATIENCE)
            .until(() -> liveThreads() <= threadsBefore);
        awaitFewConnections();
      }
    }
  }

  @Test
  void anyCall_serverPaused() {
    try (CacheManager manager = Managers.open(server.uri(), SETTINGS)) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      try (Load load = Load.start(THREADS, (thread, step) -> Checked.mixed(cache, thread, step))) {
        for (int i = 0; i < 3; i++) {
          load.awaitSuccesses(1_000);
          int failuresBefore = load.failures().size();
          server.pause();
          load.goOnFor(TIMEOUT.multipliedBy(3));
          Awaitility.await("calls fail")
              .atMost(PATIENCE)
              .until(() -> load.failures().size() > failuresBefore);
          server.resume();
        }
        load.awaitSuccesses(2_000);
        load.stop();

        System.out.printf(
            "pause: %d calls succeeded, %d failed, worst %d ms%n",
            load.successes(), load.failures().size(), load.worst().toMillis());
        assertFailuresSayWhatIsWrong(load);
        assertThat(load.worst()).isLessThan(BOUND);
        awaitFewConnections();
      }
    }
  }

  @Test
  void get_serverPaused() {
    try (CacheManager manager = Managers.open(server.uri(), SETTINGS)) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      cache.put("key", "key=1");
      server.pause();

      long startNanos = System.nanoTime();
      assertThatThrownBy(() -> cache.get("key"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("get on cache orders")
          .hasMessageContaining("127.0.0.1:" + server.port())
          .hasMessageContaining("yokedcache.connection.command-timeout (500 ms)");
      Duration took = Duration.ofNanos(System.nanoTime() - startNanos);
      assertThatThrownBy(() -> cache.get("key"))
          .as("the handshake of a new connection gets no reply either")
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("command-timeout");

      assertThat(took).isBetween(TIMEOUT, TIMEOUT.plusSeconds(2));
      server.resume();
      assertThat(cache.get("key")).isEqualTo("key=1");
    }
  }

  @Test
  void put_serverPausedAndValueLarge() {
    try (CacheManager manager = Managers.open(server.uri(), SETTINGS)) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      String large = "x".repeat(32 << 20);
      cache.put("key", "key=1");
      server.pause();

      long startNanos = System.nanoTime();
      // More than fits into the buffers of the sockets, so that the write itself blocks.
      Load.Step put = (thread, step) -> cache.put("key", large);
      try (Load load = Load.start(1, put)) {
        Awaitility.await().atMost(PATIENCE).until(() -> !load.causes().isEmpty());
        assertThat(Duration.ofNanos(System.nanoTime() - startNanos)).isLessThan(BOUND);
        server.resume();
      }
    } finally {
      server.resume();
    }
  }

  @Test
  void anyCall_poolExhausted() throws Exception {
    try (CacheManager manager =
        Managers.open(
            server.uri(),
            "connection.executor=pooled",
            "connection.pool.size=1",
            "connection.pool.wait=200ms",
            "connection.command-timeout=3s")) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      cache.put("key", "key=1");
      server.pause();
      // Of three calls one has the connection, until the server goes on, and the others wait.
      Load.Step call = (thread, step) -> Checked.check("key", cache.get("key"));
      try (Load load = Load.start(3, call)) {
        Awaitility.await("calls fail").atMost(PATIENCE).until(() -> !load.causes().isEmpty());
        server.resume();
        load.awaitSuccesses(10);
        load.stop();
        assertThat(load.causes())
            .allSatisfy(
                cause ->
                    assertThat(cause)
                        .isInstanceOf(CacheException.class)
                        .hasMessageContaining("get on cache orders")
                        .hasMessageContaining("127.0.0.1:" + server.port())
                        .hasMessageContaining("yokedcache.connection.pool.size"));
      }
    }
  }

  private void assertFailuresSayWhatIsWrong(Load load) {
    String where = " on cache orders on redis://127.0.0.1:" + server.port();
    assertThat(load.causes())
        .filteredOn(cause -> !String.valueOf(cause.getMessage()).contains(where))
        .isEmpty();
    assertThat(load.causes()).filteredOn(e -> !(e instanceof CacheException)).isEmpty();
  }

  private static long liveThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("yokedcache"))
        .filter(thread -> !thread.getName().startsWith("yokedcache-redis-output"))
        .count();
  }

  /** The server needs a moment to notice connections that were closed while it was paused. */
  private void awaitFewConnections() {
    try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(jedis.clientList().lines().count())
                      .as("connections, among them this one")
                      .isLessThanOrEqualTo(POOL_SIZE + SHARED + 1));
    }
  }
}
