package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import javax.cache.CacheException;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/**
 * Several managers put, read and invalidate entries with tags while connections are killed. A get
 * that begins after an invalidation returned never finds an entry whose put returned before the
 * invalidation began. {@code -Dtags.invalidations}, {@code -Dtags.entries} and {@code -Dtags.tags}
 * prolong and enlarge it.
 */
@Timeout(600)
final class TagsStressIT {

  private static final int INVALIDATIONS = Integer.getInteger("tags.invalidations", 300);
  private static final int ENTRIES = Integer.getInteger("tags.entries", 100);
  private static final int TAGS = Integer.getInteger("tags.tags", 10);
  private static final int MANAGERS = 4;
  private static final int MAX_PUTS = 1 << 22;

  /**
   * How many puts there are for each invalidation. An invalidation removes about a fifth of the
   * entries, so with one put for each nearly no get would find any.
   */
  private static final int PUTS_PER_INVALIDATION = 10;

  private final AtomicLong clock = new AtomicLong();

  /** For each put the time at which it had returned, or 0. */
  private final AtomicLongArray returned = new AtomicLongArray(MAX_PUTS);

  /** For each tag the time at which the last invalidation that has returned began. */
  private final AtomicLongArray invalidated = new AtomicLongArray(TAGS);

  private final AtomicInteger puts = new AtomicInteger();
  private final LongAdder hits = new LongAdder();
  private final LongAdder invalidations = new LongAdder();
  private final LongAdder stale = new LongAdder();
  private final AtomicBoolean isOver = new AtomicBoolean();

  /** Large values are read in another way. */
  @ParameterizedTest
  @ValueSource(ints = {0, 8_192})
  void invalidated_isNeverServed(int valueLength) throws Exception {
    ScheduledExecutorService killer = Executors.newSingleThreadScheduledExecutor();
    ExecutorService threads = Executors.newCachedThreadPool();
    try (RedisServer server = RedisServer.start("--save", "");
        Jedis admin = new Jedis("127.0.0.1", server.port());
        TestManagers managers = new TestManagers()) {
      List<Future<?>> running = new ArrayList<>();
      String name = TestManagers.uniqueName("stress");
      for (int i = 0; i < MANAGERS; i++) {
        YokedCache<Integer, String> cache =
            (YokedCache<Integer, String>)
                managers
                    .open(server.uri(), "yokedcache.defaults.tags", "true")
                    .createCache(
                        name,
                        new MutableConfiguration<Integer, String>()
                            .setTypes(Integer.class, String.class));
        String padding = " ".repeat(valueLength);
        running.add(threads.submit(() -> repeat(() -> put(cache, padding))));
        running.add(threads.submit(() -> repeat(() -> get(cache))));
        running.add(threads.submit(() -> repeat(() -> invalidateAfterPuts(cache, padding))));
      }
      var unused =
          killer.scheduleWithFixedDelay(() -> kill(admin), 100, 100, TimeUnit.MILLISECONDS);

      await()
          .atMost(Duration.ofSeconds(500))
          .until(
              () ->
                  (invalidations.sum() >= INVALIDATIONS && hits.sum() >= INVALIDATIONS)
                      || running.stream().anyMatch(Future::isDone));

      isOver.set(true);
      for (Future<?> each : running) {
        assertEnded(each);
      }
      assertThat(stale.sum()).isZero();
      assertThat(hits.sum()).isGreaterThanOrEqualTo(INVALIDATIONS);
    } finally {
      isOver.set(true);
      killer.shutdownNow();
      threads.shutdownNow();
    }
  }

  private static void assertEnded(Future<?> thread) throws Exception {
    try {
      thread.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }

  private static void kill(Jedis admin) {
    admin.clientKill(ClientKillParams.clientKillParams().type(ClientType.NORMAL));
  }

  private void repeat(Runnable operation) {
    while (!isOver.get() && puts.get() < MAX_PUTS - MANAGERS) {
      try {
        operation.run();
      } catch (CacheException killed) {
        // the connection was killed: the outcome is unknown
      }
    }
  }

  private static int tag(int key, int which) {
    return (which == 0 ? key : key / TAGS) % TAGS;
  }

  private static String name(int tag) {
    return "tag-" + tag;
  }

  private void put(YokedCache<Integer, String> cache, String padding) {
    int key = ThreadLocalRandom.current().nextInt(ENTRIES);
    int number = puts.incrementAndGet();
    cache.put(key, number + padding, Tags.of(name(tag(key, 0)), name(tag(key, 1))));
    returned.set(number, clock.incrementAndGet());
  }

  private void get(YokedCache<Integer, String> cache) {
    int key = ThreadLocalRandom.current().nextInt(ENTRIES);
    long before = Math.max(invalidated.get(tag(key, 0)), invalidated.get(tag(key, 1)));
    String value = cache.get(key);
    if (value != null) {
      hits.increment();
      long put = returned.get(Integer.parseInt(value.strip()));
      if (put != 0 && put < before) {
        stale.increment();
      }
    }
  }

  private void invalidateAfterPuts(YokedCache<Integer, String> cache, String padding) {
    for (int i = 0; i < PUTS_PER_INVALIDATION; i++) {
      put(cache, padding);
    }
    invalidate(cache);
  }

  private void invalidate(YokedCache<Integer, String> cache) {
    int tag = ThreadLocalRandom.current().nextInt(TAGS);
    long begun = clock.incrementAndGet();
    cache.invalidateTags(name(tag));
    invalidated.accumulateAndGet(tag, begun, Math::max);
    invalidations.increment();
  }
}
