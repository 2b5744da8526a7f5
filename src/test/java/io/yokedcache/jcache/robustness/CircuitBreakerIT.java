package io.yokedcache.jcache.robustness;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.management.JMException;
import javax.management.Notification;
import javax.management.ObjectName;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;

/**
 * The circuit breaker of a server that is killed, paused, busy, or closed to this user: when it
 * opens and closes, which thread asks the server while it is open, and the notifications.
 */
final class CircuitBreakerIT {

  private static final Duration BOUND = Duration.ofSeconds(20);
  private static final int THREADS = 16;
  private static final String REFUSED = "circuit breaker";

  private static final String[] SETTINGS = {
    "connection.connect-timeout=500ms",
    "connection.command-timeout=500ms",
    "connection.pool.wait=500ms",
    "health.interval=500ms"
  };

  private final RedisServer server =
      RedisServer.start("--enable-debug-command", "yes", "--save", "");

  @AfterEach
  void stop() {
    server.close();
  }

  private CacheManager open(String... more) {
    String[] settings = new String[SETTINGS.length + more.length];
    System.arraycopy(SETTINGS, 0, settings, 0, SETTINGS.length);
    System.arraycopy(more, 0, settings, SETTINGS.length, more.length);
    return Managers.open(server.uri(), settings);
  }

  private static int count(CacheManager manager, String attribute) {
    try {
      return ConnectionBean.of(manager, attribute).intValue();
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitOpen(CacheManager manager, boolean open) {
    Awaitility.await()
        .atMost(BOUND)
        .until(() -> count(manager, "CircuitBreakersOpen") == (open ? 1 : 0));
  }

  /** Makes calls until they are refused. */
  private static void openBy(CacheManager manager, Cache<String, String> cache) {
    Awaitility.await()
        .atMost(BOUND)
        .until(
            () -> {
              assertThatThrownBy(() -> cache.put("key", "key=1"))
                  .isInstanceOf(RedisUnavailableException.class);
              return count(manager, "CircuitBreakersOpen") == 1;
            });
  }

  private List<String> types(CacheManager manager) throws JMException {
    List<String> heard = new CopyOnWriteArrayList<>();
    ObjectName bean = ConnectionBean.name(manager);
    ManagementFactory.getPlatformMBeanServer()
        .addNotificationListener(
            bean,
            (Notification sent, Object handback) ->
                heard.add(sent.getType().substring("io.yokedcache.connection.".length())),
            null,
            null);
    return heard;
  }

  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void anyCall_serverKilledAndRestarted(String executor) throws JMException {
    try (CapturedLog log = CapturedLog.start();
        CacheManager manager = open("connection.executor=" + executor)) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      List<String> heard = types(manager);
      try (Load load = Load.start(THREADS, (thread, step) -> Checked.mixed(cache, thread, step))) {
        load.awaitSuccesses(500);
        server.kill();
        awaitOpen(manager, true);
        assertThatThrownBy(() -> cache.get("key"))
            .isInstanceOfSatisfying(
                RedisUnavailableException.class,
                e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE))
            .hasMessageContaining("get on cache orders on redis://127.0.0.1:" + server.port())
            .hasMessageContaining("nothing was sent")
            .hasMessageContaining("yokedcache.connection.circuit-breaker")
            .hasCauseInstanceOf(RedisUnavailableException.class);

        server.restart();
        awaitOpen(manager, false);
        load.awaitSuccesses(500);
        load.stop();
      }
      Awaitility.await().atMost(BOUND).until(() -> heard.size() == 4);
      assertThat(heard).containsSubsequence("lost", "restored");
      assertThat(heard).containsSubsequence("circuit-breaker.opened", "circuit-breaker.closed");
      assertThat(count(manager, "CircuitBreakerOpenings")).isEqualTo(1);
      assertThat(log.linesWith("NodeBreaker - The circuit breaker of")).hasSize(2);
    }
  }

  /** The kernel still connects: only the greeting of each connection gets no answer. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void anyCall_serverPaused_nobodyOfTheApplicationAsks(String executor) {
    try (CacheManager manager = open("connection.executor=" + executor)) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      try (Load load = Load.start(THREADS, (thread, step) -> Checked.mixed(cache, thread, step))) {
        load.awaitSuccesses(500);
        server.pause();
        awaitOpen(manager, true);
        int before = load.failures().size();
        // Many more than threads that wait for a time-out could make.
        Awaitility.await().atMost(BOUND).until(() -> load.failures().size() > before + 2_000);
        // A thread may have two: its call that was under way, and one whose key was being settled.
        assertThat(load.causes().subList(before, before + 2_000))
            .as("calls that were under way, or waited for a removal that was")
            .filteredOn(cause -> !String.valueOf(cause.getMessage()).contains(REFUSED))
            .hasSizeLessThanOrEqualTo(2 * THREADS);
        Awaitility.await()
            .atMost(BOUND)
            .until(() -> load.threads().stream().noneMatch(CircuitBreakerIT::isConnecting));
        server.resume();
        awaitOpen(manager, false);
        load.awaitSuccesses(500);
        load.stop();
        assertThat(load.causes())
            .allSatisfy(cause -> assertThat(cause).isInstanceOf(RedisUnavailableException.class));
      }
    }
  }

  private static boolean isConnecting(Thread thread) {
    return Stream.of(thread.getStackTrace())
        .anyMatch(frame -> frame.getClassName().endsWith(".JedisConnections"));
  }

  @Test
  void anyCall_serverSleepsForLongerThanTheTimeout() {
    try (CacheManager manager = open()) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      try (Load load = Load.start(THREADS, (thread, step) -> Checked.mixed(cache, thread, step))) {
        load.awaitSuccesses(500);
        try (Jedis jedis = new Jedis("127.0.0.1", server.port(), /* timeout= */ 20_000)) {
          Object unused = jedis.sendCommand(() -> "DEBUG".getBytes(US_ASCII), "SLEEP", "2");
        }
        load.awaitSuccesses(500);
        load.stop();
      }
      assertThat(count(manager, "CircuitBreakerOpenings")).isEqualTo(1);
      assertThat(count(manager, "CircuitBreakersOpen")).isZero();
    }
  }

  /** The server is there: waiting mends nothing, and each call tells the reason. */
  @Test
  void anyCall_loginRefused_staysClosed() {
    try (CacheManager manager =
        Managers.open(URI.create("redis://nobody:wrong@127.0.0.1:" + server.port()), SETTINGS)) {
      for (int i = 0; i < 20; i++) {
        assertThatThrownBy(() -> Managers.texts(manager, "orders"))
            .isInstanceOfSatisfying(
                RedisUnavailableException.class,
                e -> assertThat(e.kind()).isEqualTo(Kind.ACCESS_DENIED));
      }
      assertThat(count(manager, "CircuitBreakerOpenings")).isZero();
    }
  }

  /** A server that comes back with another password tells so, instead of staying away. */
  @Test
  void anyCall_loginRefusedAfterARestart_closes() {
    RedisServer locked = RedisServer.start("--requirepass", "first");
    try (CacheManager manager =
        Managers.open(URI.create("redis://:first@127.0.0.1:" + locked.port()), SETTINGS)) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      cache.put("key", "key=1");
      locked.kill();
      openBy(manager, cache);
      locked = RedisServer.startOn(locked.port(), "--requirepass", "second");

      awaitOpen(manager, false);
      assertThatThrownBy(() -> cache.get("key"))
          .isInstanceOfSatisfying(
              RedisUnavailableException.class,
              e -> assertThat(e.kind()).isEqualTo(Kind.ACCESS_DENIED));
    } finally {
      locked.close();
    }
  }

  @Test
  void close_whileOpen_endsTheProbe() {
    CacheManager manager = open();
    Cache<String, String> cache = Managers.texts(manager, "orders");
    cache.put("key", "key=1");
    server.kill();
    openBy(manager, cache);

    manager.close();

    assertThatThrownBy(() -> cache.get("key")).isInstanceOf(IllegalStateException.class);
    Awaitility.await()
        .atMost(BOUND)
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().equals("yokedcache-probe")));
  }

  @Test
  void anyCall_switchedOff_staysClosed() {
    try (CacheManager manager = open("connection.circuit-breaker.enabled=false")) {
      Cache<String, String> cache = Managers.texts(manager, "orders");
      cache.put("key", "key=1");
      server.kill();
      for (int i = 0; i < 50; i++) {
        assertThatThrownBy(() -> cache.get("key"))
            .isInstanceOf(RedisUnavailableException.class)
            .hasMessageNotContaining(REFUSED);
      }
      server.restart();
      assertThat(cache.get("key")).isNull();
    }
  }
}
