package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** Connections of the pool, which large values use, that die while nobody uses them. */
final class PoolIT {

  private static final String LARGE = "x".repeat(100_000);
  private static final int THREADS = 6;

  /**
   * How many puts must succeed where the stack has room for them, as it grows from call to call.
   */
  private static final int ENOUGH_PUTS = 100;

  /** Has several connections made, and all of them idle. */
  private static void fillPool(CacheManager manager, Cache<String, String> cache) {
    Awaitility.await("puts that need several connections at a time")
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              putAtOnce(cache);
              return ConnectionBean.of(manager, "PoolActive").intValue() == 0
                  && ConnectionBean.of(manager, "PoolIdle").intValue() > 2;
            });
  }

  private static void putAtOnce(Cache<String, String> cache) throws InterruptedException {
    CountDownLatch begin = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      String key = "key-" + i;
      Thread thread =
          new Thread(
              () -> {
                try {
                  if (begin.await(10, TimeUnit.SECONDS)) {
                    for (int j = 0; j < 20; j++) {
                      cache.put(key, LARGE);
                    }
                  }
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      thread.start();
      threads.add(thread);
    }
    begin.countDown();
    for (Thread thread : threads) {
      thread.join(TimeUnit.SECONDS.toMillis(20));
    }
  }

  @Test
  void largePut_serverStartedAgain() throws Exception {
    try (RedisServer server = RedisServer.start();
        CacheManager manager = Managers.open(server.uri(), "health.interval=1h")) {
      Cache<String, String> cache = Managers.texts(manager, "restarted");
      fillPool(manager, cache);
      for (int round = 1; round <= 3; round++) {
        server.kill();
        server.restart();
        Awaitility.await().pollDelay(Duration.ofMillis(100)).until(server::isAlive);
        cache.put("key-" + round, LARGE);
        assertThat(cache.get("key-" + round)).isEqualTo(LARGE);
      }
    }
  }

  @Test
  void largePut_serverClosesIdleConnections() throws Exception {
    try (RedisServer server = RedisServer.start("--timeout", "1");
        CacheManager manager =
            Managers.open(server.uri(), "connection.keep-alive=0s", "health.interval=1h")) {
      Cache<String, String> cache = Managers.texts(manager, "idle");
      for (int round = 1; round <= 3; round++) {
        fillPool(manager, cache);
        awaitNoClients(server);
        cache.put("key", LARGE);
        awaitNoClients(server);
        assertThat(cache.get("key")).isEqualTo(LARGE);
      }
    }
  }

  private static void awaitNoClients(RedisServer server) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
                return jedis.clientList().lines().count() == 1;
              }
            });
  }

  @Test
  void keepAlive_serverWouldCloseIdleConnections() throws Exception {
    try (RedisServer server = RedisServer.start("--timeout", "2");
        CacheManager manager =
            Managers.open(
                server.uri(),
                "connection.keep-alive=500ms",
                "connection.executor=pooled",
                "health.interval=1h")) {
      Cache<String, String> cache = Managers.texts(manager, "kept");
      fillPool(manager, cache);
      long idle = ConnectionBean.of(manager, "PoolIdle").longValue();
      try (Jedis jedis = new Jedis("127.0.0.1", server.port())) {
        Awaitility.await()
            .atMost(Duration.ofSeconds(20))
            .until(() -> oldestSeconds(jedis.clientList()) >= 5);
        assertThat(jedis.clientList().lines().filter(line -> line.contains("name=yokedcache")))
            .hasSize((int) idle);
      }
      cache.put("key", LARGE);
      assertThat(ConnectionBean.of(manager, "Reconnects")).isEqualTo(0L);
    }
  }

  private static int oldestSeconds(String clients) {
    return Pattern.compile(" age=(\\d+) ")
        .matcher(clients)
        .results()
        .mapToInt(age -> Integer.parseInt(age.group(1)))
        .max()
        .orElse(0);
  }

  @Test
  void largePut_stackEnds() throws Exception {
    try (RedisServer server = RedisServer.start();
        CacheManager manager = Managers.open(server.uri(), "connection.pool.size=2")) {
      Cache<String, String> cache = Managers.texts(manager, "deep");
      cache.put("key", LARGE);
      AtomicInteger overflows = new AtomicInteger();
      AtomicInteger successes = new AtomicInteger();
      Thread deep =
          new Thread(
              null,
              () -> putAtTheEnd(cache, overflows, successes),
              "deep",
              /* stackSize= */ 512 << 10);
      deep.setDaemon(true);
      deep.start();
      deep.join(TimeUnit.SECONDS.toMillis(60));

      assertThat(deep.isAlive()).as("a put waits for ever").isFalse();
      assertThat(overflows.get()).as("puts without enough stack").isPositive();
      assertThat(successes.get()).as("puts with enough stack").isEqualTo(ENOUGH_PUTS);
      // Background work, such as a health check, may take a moment.
      Awaitility.await("no connection is in use")
          .atMost(Duration.ofSeconds(20))
          .until(() -> ConnectionBean.of(manager, "PoolActive").intValue() == 0);
      cache.put("key", LARGE + "1");
      assertThat(cache.get("key")).isEqualTo(LARGE + "1");
    }
  }

  /** Goes down until the stack ends, and puts on the way back, until there is enough room. */
  @SuppressWarnings("InfiniteRecursion") // that is what it is for
  private static void putAtTheEnd(
      Cache<String, String> cache, AtomicInteger overflows, AtomicInteger successes) {
    try {
      putAtTheEnd(cache, overflows, successes);
    } catch (StackOverflowError end) {
      // here it ends
    }
    if (successes.get() < ENOUGH_PUTS) {
      try {
        cache.put("key", LARGE);
        successes.incrementAndGet();
      } catch (StackOverflowError tooDeep) {
        overflows.incrementAndGet();
      }
    }
  }

  @Test
  void largePut_serverHangs_backgroundIsBusy() throws Exception {
    try (RedisServer server = RedisServer.start();
        CacheManager manager =
            Managers.open(
                server.uri(),
                "connection.command-timeout=500ms",
                "serialization.max-bytes=67108864",
                "events.lease=3s",
                "events.announce=1ms")) {
      for (int i = 0; i < 30; i++) {
        Managers.texts(manager, "listening-" + i)
            .registerCacheEntryListener(
                new MutableCacheEntryListenerConfiguration<String, String>(
                    () -> (CacheEntryCreatedListener<String, String>) events -> {},
                    null,
                    /* isOldValueRequired= */ false,
                    /* isSynchronous= */ false));
      }
      Cache<String, String> cache = Managers.texts(manager, "hung");
      cache.put("key", LARGE);
      String huge = "x".repeat(20 << 20);
      server.pause();
      try {
        for (int i = 0; i < 3; i++) {
          long startNanos = System.nanoTime();
          assertThatThrownBy(() -> cache.put("key", huge))
              .isInstanceOf(RedisUnavailableException.class);
          assertThat(Duration.ofNanos(System.nanoTime() - startNanos))
              .isLessThan(Duration.ofSeconds(5));
        }
      } finally {
        server.resume();
      }
    }
  }

  /** The server accepts one connection and then turns everybody away, in words of its own. */
  @Test
  void connect_tooManyClients() {
    try (RedisServer server = RedisServer.start("--maxclients", "1");
        Jedis only = new Jedis("127.0.0.1", server.port())) {
      assertThat(only.ping()).isEqualTo("PONG");
      for (String executor : List.of("pooled", "pipelined")) {
        try (CacheManager manager =
            Managers.open(server.uri(), "connection.executor=" + executor)) {
          Cache<String, String> cache = Managers.texts(manager, "turned-away");
          for (int i = 0; i < 50; i++) {
            assertThatThrownBy(() -> cache.get("key"))
                .as(executor)
                .hasMessageContaining("max number of clients reached")
                .hasMessageContaining("maxclients")
                .asInstanceOf(InstanceOfAssertFactories.type(RedisUnavailableException.class))
                .returns(Kind.REFUSED, RedisUnavailableException::kind);
          }
        }
      }
    }
  }

  @Test
  void get_failedReadsChangeNothing() {
    try (RedisServer server = RedisServer.start()) {
      for (String executor : List.of("pooled", "pipelined")) {
        try (CacheManager manager =
            Managers.open(
                server.uri(),
                "connection.executor=" + executor,
                "connection.command-timeout=200ms")) {
          Cache<String, String> cache = Managers.texts(manager, "asked");
          cache.put("key", LARGE);
          server.pause();
          try {
            Stream.<Runnable>of(
                    () -> cache.get("key"),
                    () -> cache.containsKey("key"),
                    () -> cache.iterator().forEachRemaining(entry -> {}))
                .forEach(
                    read ->
                        assertThatThrownBy(read::run)
                            .as(executor)
                            .isInstanceOf(RedisUnavailableException.class)
                            .hasMessageNotContaining("may or may not"));
          } finally {
            server.resume();
          }
        }
      }
    }
  }
}
