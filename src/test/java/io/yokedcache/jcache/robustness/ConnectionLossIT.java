package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.CuttingProxy;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** The server lives, and connections, scripts and threads are lost. */
final class ConnectionLossIT {

  private static final int KILLS = 80;
  private static final int MAX_KILLS = 5_000;

  private static RedisServer server;

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @Test
  void get_connectionsKilled() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis killer = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "killed-reads");
      for (int i = 0; i < 500; i++) {
        Checked.put(cache);
      }
      try (Load load = Load.start(8, (thread, step) -> Checked.get(cache))) {
        for (int i = 0; i < KILLS; i++) {
          load.awaitCallOfEachThread();
          assertThat(kill(killer)).as("connections of the load").isPositive();
        }
        load.stop();
        System.out.printf(
            "CLIENT KILL: %d kills, %d gets succeeded, %d failed%n",
            KILLS, load.successes(), load.failures().size());
        assertThat(load.causes()).isEmpty();
      }
    }
  }

  /** Such as a proxy whose server has just restarted, or CLIENT KILL at the wrong moment. */
  @ParameterizedTest
  @ValueSource(strings = {"pipelined", "pooled"})
  void get_newConnectionsCut(String executor) {
    try (CuttingProxy proxy = CuttingProxy.start(server.port(), Long.MAX_VALUE / 4);
        CacheManager manager =
            Managers.open(
                URI.create("redis://127.0.0.1:" + proxy.port()),
                "connection.executor=" + executor);
        Jedis killer = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "cut-" + executor);
      cache.put("key", "key=1");

      proxy.cutNext(2);
      kill(killer);
      assertThat(cache.get("key")).isEqualTo("key=1");
      assertThat(proxy.cuts()).isEqualTo(2);
    }
  }

  @Test
  void iterator_idleConnectionsKilled() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis killer = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "killed-iterations");
      for (int i = 0; i < 100; i++) {
        cache.put("key-" + i, "key-" + i + "=1");
      }
      AtomicInteger seen = new AtomicInteger();
      kill(killer);
      cache.forEach(
          entry -> {
            Checked.check(entry.getKey(), entry.getValue());
            kill(killer);
            seen.incrementAndGet();
          });
      assertThat(seen).hasValue(100);
    }
  }

  @Test
  void put_idleConnectionsKilled() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis killer = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "killed-put");
      cache.put("key", "key=1");
      kill(killer);
      // The outcome of a write is not known, so it is not made again; but only one call fails.
      assertThatThrownBy(() -> cache.put("key", "key=2"))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("put on cache killed-put on redis://127.0.0.1:" + server.port())
          .hasMessageContaining("may or may not");
      cache.put("key", "key=3");
      assertThat(cache.get("key")).isEqualTo("key=3");
    }
  }

  @Test
  void anyCall_connectionsKilled() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis killer = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "killed");
      try (Load load = Load.start(8, (thread, step) -> Checked.mixed(cache, thread, step))) {
        int kills = 0;
        while (kills < KILLS || load.successes() < 1_000 || load.failures().isEmpty()) {
          load.awaitCallOfEachThread();
          kill(killer);
          kills++;
          assertThat(kills).as("kills, none of which a call has met").isLessThan(MAX_KILLS);
        }
        load.stop();
        System.out.printf(
            "CLIENT KILL: %d kills, %d calls succeeded, %d failed%n",
            kills, load.successes(), load.failures().size());
        assertThat(load.causes())
            .filteredOn(e -> !(e instanceof CacheException))
            .as("wrong replies and other exceptions")
            .isEmpty();
        assertThat(load.causes())
            .filteredOn(e -> !String.valueOf(e.getMessage()).contains("on cache killed on redis:"))
            .isEmpty();
      }
    }
  }

  @Test
  void anyCall_scriptsFlushed() {
    try (CacheManager manager = Managers.open(server.uri());
        Jedis flusher = jedis()) {
      Cache<String, String> cache = Managers.texts(manager, "flushed");
      try (Load load = Load.start(8, (thread, step) -> Checked.mixed(cache, thread, step))) {
        for (int i = 0; i < 100; i++) {
          flusher.scriptFlush();
          load.awaitCallOfEachThread();
        }
        load.stop();
        assertThat(load.causes()).isEmpty();
      }
    }
  }

  @Test
  void anyCall_threadsInterrupted() {
    try (CacheManager manager =
        Managers.open(server.uri(), "connection.pool.size=2", "connection.pool.wait=1s")) {
      Cache<String, String> cache = Managers.texts(manager, "interrupted");
      AtomicInteger lost = new AtomicInteger();
      AtomicInteger noticed = new AtomicInteger();
      Load.Step step =
          (thread, number) -> {
            try {
              Checked.mixed(cache, thread, number);
            } catch (CacheException e) {
              if (String.valueOf(e.getMessage()).contains("interrupted")) {
                (Thread.currentThread().isInterrupted() ? noticed : lost).incrementAndGet();
                return;
              }
              throw e;
            } finally {
              if (Thread.interrupted()) {
                noticed.incrementAndGet();
              }
            }
          };
      try (Load load = Load.start(8, step)) {
        for (int i = 0; i < 500; i++) {
          load.threads().forEach(Thread::interrupt);
          load.awaitSuccesses(5);
        }
        load.stop();
        assertThat(load.causes()).isEmpty();
        assertThat(lost).hasValue(0);
        assertThat(noticed.get()).isPositive();
      }
      cache.put("key", "key=1");
      assertThat(cache.get("key")).isEqualTo("key=1");
    }
  }

  @Test
  void get_interruptedWhileWaitingForConnection() throws Exception {
    try (RedisServer own = RedisServer.start();
        CacheManager paused =
            Managers.open(
                own.uri(),
                "connection.executor=pooled",
                "connection.pool.size=1",
                "connection.pool.wait=20s",
                "connection.command-timeout=20s")) {
      Cache<String, String> cache = Managers.texts(paused, "waiting");
      cache.put("key", "key=1");
      own.pause();
      Thread holder = new Thread(() -> Checked.check("key", cache.get("key")));
      holder.start();
      AtomicReference<Throwable> thrown = new AtomicReference<>();
      AtomicInteger flagged = new AtomicInteger();
      Thread waiter =
          new Thread(
              () -> {
                try {
                  cache.get("key");
                } catch (RuntimeException e) {
                  thrown.set(e);
                }
                flagged.set(Thread.currentThread().isInterrupted() ? 1 : 0);
              });
      await(() -> inSocket(holder));
      waiter.start();
      await(() -> waiter.getState() == Thread.State.TIMED_WAITING);

      waiter.interrupt();
      waiter.join(200); // it would have gone at once

      assertThat(waiter.isAlive()).as("operations cannot be interrupted").isTrue();
      own.resume();
      holder.join(TimeUnit.SECONDS.toMillis(10));
      waiter.join(TimeUnit.SECONDS.toMillis(10));
      assertThat(thrown.get()).isNull();
      assertThat(flagged).as("interrupt flag").hasValue(1);
      assertThat(cache.get("key")).isEqualTo("key=1");
    }
  }

  @Test
  void anyCall_managerClosed() {
    CacheManager manager = Managers.open(server.uri());
    Cache<String, String> cache = Managers.texts(manager, "closed");
    try (Load load = Load.start(8, (thread, step) -> Checked.mixed(cache, thread, step))) {
      load.awaitSuccesses(500);
      assertThat(load.causes()).isEmpty();
      manager.close();
      load.awaitCallOfEachThread(); // perhaps of one that began before
      load.awaitCallOfEachThread();
      load.stop();
      assertThat(load.causes())
          .hasSizeGreaterThanOrEqualTo(8)
          .filteredOn(
              e ->
                  !(e instanceof IllegalStateException)
                      && !(e instanceof CacheException
                          && String.valueOf(e.getMessage()).contains("closed")))
          .isEmpty();
    }
  }

  private static boolean inSocket(Thread thread) {
    for (StackTraceElement frame : thread.getStackTrace()) {
      if (frame.getMethodName().equals("read")) {
        return true;
      }
    }
    return false;
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(10)).until(condition);
  }

  /** Kills all connections but its own, and returns how many there were. */
  private static long kill(Jedis killer) {
    return killer.clientKill(ClientKillParams.clientKillParams().type(ClientType.NORMAL));
  }

  private static Jedis jedis() {
    return new Jedis("127.0.0.1", server.port());
  }
}
