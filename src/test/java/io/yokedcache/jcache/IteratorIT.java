package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.cache.Cache;
import javax.cache.CacheManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Iteration finds what is there all the time exactly once, whatever others do. */
@Timeout(120)
final class IteratorIT {

  private static final int ENTRIES = 5_000;

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;
  private static CacheManager other;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    manager = managers.open(redis.uri());
    other = managers.open(redis.uri());
  }

  @AfterAll
  static void stop() {
    managers.close();
    redis.close();
  }

  @Test
  void iterate_whileOthersPutAndRemove() throws Exception {
    Cache<String, String> cache = create(manager, TestManagers.uniqueName("iterated"));
    Map<String, String> entries = entries(ENTRIES);
    cache.putAll(entries);
    Cache<String, String> noisy = create(other, cache.getName());

    List<String> seen = new ArrayList<>();
    runWhile(
        20_000,
        number -> {
          noisy.put("noise" + number, "n");
          noisy.put("key" + number % ENTRIES, "value");
          noisy.remove("noise" + (number - 50));
        },
        () -> {
          for (int round = 0; round < 3; round++) {
            seen.clear();
            for (Cache.Entry<String, String> entry : cache) {
              seen.add(entry.getKey());
              assertThat(entry.getValue())
                  .isEqualTo(entry.getKey().startsWith("key") ? "value" : "n");
            }
            assertThat(seen).doesNotHaveDuplicates();
            assertThat(seen).containsAll(entries.keySet());
          }
        });
  }

  @Test
  void iterate_whileOthersClear() throws Exception {
    Cache<String, String> cache = create(manager, TestManagers.uniqueName("iterated"));
    Cache<String, String> clearing = create(other, cache.getName());
    Map<String, String> entries = entries(100);

    // Bounded: what is cleared stays in Redis until it is deleted, and every scan goes through it.
    runWhile(
        300,
        number -> {
          clearing.putAll(entries);
          clearing.clear();
        },
        () -> {
          for (int round = 0; round < 10; round++) {
            Set<String> seen = new HashSet<>();
            for (Cache.Entry<String, String> entry : cache) {
              assertThat(entry.getValue()).isEqualTo("value");
              assertThat(seen.add(entry.getKey())).as("%s again", entry.getKey()).isTrue();
            }
            assertThat(entries.keySet()).containsAll(seen);
          }
        });

    clearing.clear();
    assertThat(cache.iterator().hasNext()).isFalse();
  }

  @Test
  void iterate_otherCachesBesideIt() {
    String name = TestManagers.uniqueName("shared");
    Cache<String, String> cache = create(manager, name);
    Cache<String, String> longer = create(manager, name + "0");
    Cache<String, String> marked = create(manager, name + "#0");
    cache.put("own", "1");
    longer.put("longer", "1");
    marked.put("marked", "1");

    assertThat(keys(cache)).containsExactly("own");
    assertThat(keys(longer)).containsExactly("longer");
    assertThat(keys(marked)).containsExactly("marked");
  }

  @Test
  void iterate_afterAnotherManagersClear() {
    Cache<String, String> cache = create(manager, TestManagers.uniqueName("cleared"));
    cache.putAll(entries(100));
    assertThat(keys(cache)).hasSize(100);
    Cache<String, String> clearing = create(other, cache.getName());

    clearing.clear();
    clearing.put("new", "value");

    assertThat(keys(cache)).containsExactly("new");
  }

  @Test
  void iterate_afterAnotherManagersDestroy() {
    Cache<String, String> cache = create(manager, TestManagers.uniqueName("destroyed"));
    cache.putAll(entries(100));

    other.destroyCache(cache.getName());
    assertThat(keys(cache)).isEmpty();
    cache.put("new", "value");

    assertThat(keys(cache)).containsExactly("new");
  }

  @Test
  void remove_someOfThem() {
    Cache<String, String> cache =
        manager.createCache(
            TestManagers.uniqueName("removed"), TestManagers.strings().setStatisticsEnabled(true));
    cache.putAll(entries(ENTRIES));
    StatisticsDelta before = StatisticsDelta.of(cache);

    int removed = 0;
    Iterator<Cache.Entry<String, String>> iterator = cache.iterator();
    while (iterator.hasNext()) {
      if (iterator.next().getKey().endsWith("7")) {
        iterator.remove();
        removed++;
      }
    }

    assertThat(removed).isEqualTo(ENTRIES / 10);
    assertThat(StatisticsDelta.of(cache).since(before))
        .isEqualTo(new StatisticsDelta(ENTRIES, 0, 0, removed));
    assertThat(keys(cache)).hasSize(ENTRIES - removed).noneMatch(key -> key.endsWith("7"));
  }

  @Test
  void remove_outOfTurn() {
    Cache<String, String> cache = create(manager, TestManagers.uniqueName("removed"));
    cache.put("k", "value");
    Iterator<Cache.Entry<String, String>> iterator = cache.iterator();

    assertThatThrownBy(iterator::remove).isInstanceOf(IllegalStateException.class);
    iterator.next();
    assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
    iterator.remove();
    assertThatThrownBy(iterator::remove).isInstanceOf(IllegalStateException.class);
    assertThat(cache.containsKey("k")).isFalse();
  }

  /** What another thread does, so many times at most, until it is told to stop. */
  private interface Noise {
    void make(int number);
  }

  private static void runWhile(int times, Noise noise, Runnable test) throws Exception {
    AtomicBoolean enough = new AtomicBoolean();
    ExecutorService executor = Executors.newSingleThreadExecutor();
    try {
      Future<?> running =
          executor.submit(
              () -> {
                for (int number = 0; number < times && !enough.get(); number++) {
                  noise.make(number);
                }
              });
      try {
        test.run();
      } finally {
        enough.set(true);
        running.get(60, TimeUnit.SECONDS);
      }
    } finally {
      executor.shutdownNow();
    }
  }

  private static Map<String, String> entries(int count) {
    Map<String, String> entries = new HashMap<>();
    for (int i = 0; i < count; i++) {
      entries.put("key" + i, "value");
    }
    return entries;
  }

  private static List<String> keys(Cache<String, String> cache) {
    List<String> keys = new ArrayList<>();
    cache.forEach(entry -> keys.add(entry.getKey()));
    return keys;
  }

  private static Cache<String, String> create(CacheManager in, String name) {
    return in.createCache(name, TestManagers.strings());
  }
}
