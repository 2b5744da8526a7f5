package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisDeployment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.EventType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A synchronous listener hears the versions of each key in the order in which they came. */
final class ListenerOrderIT {

  private static RedisDeployment redis;
  private static TestManagers managers;
  private static CacheManager manager;

  @BeforeAll
  static void start() {
    redis = RedisDeployment.start();
    managers = new TestManagers();
    manager = managers.open(redis.uri());
  }

  @AfterAll
  static void stop() {
    managers.close();
    redis.close();
  }

  /** Each update's old value is the new value of the one heard before. */
  @Test
  void order_eightThreads() throws Exception {
    RecordingListener<String, Integer> listener = new RecordingListener<>();
    Cache<String, Integer> cache =
        manager.createCache(
            TestManagers.uniqueName("order"),
            new MutableConfiguration<String, Integer>()
                .setTypes(String.class, Integer.class)
                .addCacheEntryListenerConfiguration(listener.configuration(true, true)));
    int threads = 8;
    int rounds = 150;
    AtomicInteger values = new AtomicInteger();
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        futures.add(executor.submit(() -> change(cache, values, rounds)));
      }
      for (Future<?> future : futures) {
        future.get(120, TimeUnit.SECONDS);
      }
    } finally {
      executor.shutdownNow();
    }

    assertThat(listener.heard()).hasSizeGreaterThan(threads * rounds / 2);
    Map<Object, Object> current = new HashMap<>();
    for (HeardEvent event : listener.heard()) {
      Object before = current.get(event.key());
      assertThat(event.type() == EventType.CREATED).as("%s", event).isEqualTo(before == null);
      assertThat(event.oldValue()).as("%s", event).isEqualTo(before);
      if (event.type() == EventType.REMOVED) {
        current.remove(event.key());
      } else {
        current.put(event.key(), event.value());
      }
    }
    for (String key : List.of("a", "b", "c")) {
      assertThat(cache.get(key)).isEqualTo(current.get(key));
    }
  }

  private static void change(Cache<String, Integer> cache, AtomicInteger values, int rounds) {
    for (int i = 0; i < rounds; i++) {
      int value = values.incrementAndGet();
      String key = List.of("a", "b", "c").get(value % 3);
      switch (value % 7) {
        case 0 -> cache.remove(key);
        case 1 -> cache.getAndPut(key, value);
        case 2 -> cache.replace(key, value);
        case 3 -> cache.putIfAbsent(key, value);
        case 4 ->
            cache.invoke(
                key,
                (entry, arguments) -> {
                  entry.setValue(value);
                  return value;
                });
        default -> cache.put(key, value);
      }
    }
  }
}
