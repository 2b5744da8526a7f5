package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.Cache;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;

/** How many events wait for their listener, and which threads may tell of changes. */
final class EventDeliveryIT {

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static RedisServer redis;

  private final TestManagers managers = new TestManagers();
  private final String name = TestManagers.uniqueName("delivery");

  @BeforeAll
  static void startRedis() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @AfterEach
  void close() {
    managers.close();
  }

  @Test
  void put_interruptedThread_isHeard() {
    Cache<String, String> cache =
        managers.open(redis.uri()).createCache(name, TestManagers.strings());
    RecordingListener<String, String> listener = new RecordingListener<>();
    cache.registerCacheEntryListener(listener.configuration(false, /* isSynchronous= */ false));
    AtomicInteger made = new AtomicInteger();
    for (int i = 0; i < 200; i++) {
      Thread.currentThread().interrupt();
      try {
        cache.put("k" + i, "v");
        made.incrementAndGet();
      } finally {
        boolean unused = Thread.interrupted();
      }
    }

    await().atMost(PATIENCE).until(() -> listener.heard().size() == made.get());
    assertThat(made).hasValue(200);
  }

  /** Who may publish on the channel can send anything; a slow listener must not end the JVM. */
  @Test
  void forgedEvents_areBoundedByBytes() throws Exception {
    Cache<String, String> cache =
        managers
            .open(
                redis.uri(),
                "yokedcache.events.queue-bytes",
                "4 MiB",
                "yokedcache.defaults.value-codec",
                "string")
            .createCache(name, TestManagers.strings());
    CountDownLatch gate = new CountDownLatch(1);
    CountDownLatch begun = new CountDownLatch(1);
    AtomicInteger heard = new AtomicInteger();
    CacheEntryCreatedListener<String, String> slow =
        events -> {
          begun.countDown();
          awaitIt(gate);
          events.forEach(event -> heard.incrementAndGet());
        };
    cache.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(() -> slow, null, false, false));
    CacheFigures figures = new CacheFigures(cache);
    try (Jedis attacker = new Jedis("127.0.0.1", redis.port())) {
      byte[] channel = ("yc:{" + name + "}:events").getBytes(StandardCharsets.US_ASCII);
      attacker.publish(channel, forged(1 << 20));
      awaitIt(begun);
      for (int i = 1; i < 400; i++) {
        attacker.publish(channel, forged(1 << 20));
        // One is with the listener, and three and a bit of the rest have room. The server ends a
        // subscriber that is 32 MB behind.
        int dropped = Math.max(0, i - 3);
        if (i % 10 == 9) {
          await().atMost(PATIENCE).until(() -> figures.extended("DroppedEvents") == dropped);
        }
      }
    }
    assertThat(figures.extended("DroppedEvents")).isEqualTo(396);
    gate.countDown();
    await().atMost(PATIENCE).until(() -> heard.get() == 4);

    cache.put("k", "v");
    await().atMost(PATIENCE).until(() -> heard.get() == 5);
  }

  private static byte[] forged(int valueBytes) {
    ByteBuffer message = ByteBuffer.allocate(2 + 8 + 4 + 1 + 4 + valueBytes);
    message.put((byte) 1).put((byte) 1).putLong(42).putInt(1).put((byte) 'k').putInt(-1);
    return message.array();
  }

  private static void awaitIt(CountDownLatch latch) {
    try {
      if (!latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IllegalStateException("Nothing happened");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
