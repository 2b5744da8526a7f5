package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.Duration;
import javax.cache.expiry.TouchedExpiryPolicy;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorResult;
import javax.cache.processor.MutableEntry;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code invokeAll} does what as many {@code invoke}s do, in a few round trips. */
@Timeout(120)
final class InvokeAllIT {

  private static RedisServer redis;
  private static RawEntries raw;

  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    raw = new RawEntries(redis);
  }

  @AfterAll
  static void stop() {
    raw.close();
    redis.close();
  }

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  private Cache<String, String> cache(MutableConfiguration<String, String> configuration) {
    return managers
        .open(redis.uri())
        .createCache(TestManagers.uniqueName("invoked"), configuration.setStatisticsEnabled(true));
  }

  /** Returns so many keys, in order. */
  static Set<String> keys(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> String.format(Locale.ROOT, "k%03d", i))
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Returns a processor that gives entries a value. */
  static EntryProcessor<String, String, String> writing(String value) {
    return (entry, arguments) -> {
      entry.setValue(value);
      return value;
    };
  }

  private static String read(MutableEntry<String, String> entry, Object... arguments) {
    return String.valueOf(entry.getValue());
  }

  private static String remove(MutableEntry<String, String> entry, Object... arguments) {
    entry.remove();
    return "removed";
  }

  /** Returns how many round trips some work with a cache takes. */
  static long roundTrips(Cache<?, ?> cache, Runnable work) throws Exception {
    CacheFigures figures = new CacheFigures(cache);
    long before = figures.count("network");
    work.run();
    return figures.count("network") - before;
  }

  @Test
  void roundTrips_ofManyKeys() throws Exception {
    Cache<String, String> cache =
        cache(
            TestManagers.strings()
                .setExpiryPolicyFactory(TouchedExpiryPolicy.factoryOf(Duration.ONE_HOUR)));
    cache.invoke("first", writing("1"));
    cache.invoke("first", writing("2"));
    Set<String> all = keys(250);

    assertThat(roundTrips(cache, () -> cache.invokeAll(all, (entry, arguments) -> "nothing")))
        .as("a read")
        .isEqualTo(1);
    assertThat(roundTrips(cache, () -> cache.invokeAll(all, writing("1"))))
        .as("a read and a write of new entries")
        .isEqualTo(2);
    assertThat(roundTrips(cache, () -> cache.invokeAll(all, writing("2"))))
        .as("a read and a write of entries")
        .isEqualTo(2);
    assertThat(roundTrips(cache, () -> cache.invokeAll(all, InvokeAllIT::read)))
        .as("a read and new times to live")
        .isEqualTo(2);
    assertThat(roundTrips(cache, () -> cache.invokeAll(all, InvokeAllIT::remove)))
        .as("a read and a removal")
        .isEqualTo(2);
    assertThat(cache.getAll(all)).isEmpty();
    assertThat(StatisticsDelta.of(cache)).isEqualTo(new StatisticsDelta(751, 751, 502, 250));
  }

  @Test
  void roundTrips_ofSeveralBatches() throws Exception {
    CacheManager manager = managers.open(redis.uri(), "yokedcache.defaults.batch-size", "100");
    Cache<String, String> cache =
        manager.createCache(
            TestManagers.uniqueName("batches"), TestManagers.strings().setStatisticsEnabled(true));
    cache.put("first", "1");

    assertThat(roundTrips(cache, () -> cache.invokeAll(keys(250), writing("1"))))
        .as("a read and a write for each hundred")
        .isEqualTo(6);
    assertThat(cache.getAll(keys(250))).hasSize(250);
  }

  @Test
  void roundTrips_scriptForgottenAndCleared() throws Exception {
    Cache<String, String> cache = cache(TestManagers.strings());
    cache.invokeAll(keys(250), writing("1"));
    raw.jedis().scriptFlush();

    assertThat(roundTrips(cache, () -> cache.invokeAll(keys(250), writing("2"))))
        .as("a read, a write in vain, the script, the rest")
        .isLessThanOrEqualTo(5);
    assertThat(cache.getAll(keys(250)).values()).hasSize(250).containsOnly("2");

    Cache<String, String> other =
        managers.open(redis.uri()).createCache(cache.getName(), TestManagers.strings());
    other.clear();
    assertThat(roundTrips(cache, () -> cache.invokeAll(keys(250), writing("3"))))
        .as("two reads and a write")
        .isLessThanOrEqualTo(4);
    assertThat(other.getAll(keys(250)).values()).hasSize(250).containsOnly("3");
  }

  @Test
  void averageTimes_areShares() throws Exception {
    Cache<String, String> cache = cache(TestManagers.strings());
    cache.invokeAll(keys(250), writing("1"));

    double averageMicros =
        ((Number)
                ManagementFactory.getPlatformMBeanServer()
                    .getAttribute(
                        new ObjectName(
                            "javax.cache:type=CacheStatistics,CacheManager=%s,Cache=%s"
                                .formatted(
                                    redis.uri().toString().replace(':', '.'), cache.getName())),
                        "AveragePutTime"))
            .doubleValue();
    long nanos = requireNonNull(new CacheFigures(cache).snapshot().get("invokeAll")).sumNanos();
    assertThat(averageMicros * 250 * 1_000).isPositive().isLessThanOrEqualTo(nanos * 1.001);
  }

  @Test
  void changedMeanwhile_runsAgainOnTheNewValue() throws Exception {
    Cache<String, String> cache = cache(TestManagers.strings());
    cache.invokeAll(keys(10), writing("1"));
    cache.invokeAll(keys(10), writing("2"));
    Cache<String, String> other =
        managers.open(redis.uri()).createCache(cache.getName(), TestManagers.strings());
    Map<String, Integer> runs = new ConcurrentHashMap<>();
    EntryProcessor<String, String, String> spoilt =
        (entry, arguments) -> {
          String key = entry.getKey();
          if (runs.merge(key, 1, Integer::sum) == 1 && key.compareTo("k006") > 0) {
            other.put(key, "other");
          }
          entry.setValue(entry.getValue() + "+");
          return entry.getValue();
        };

    Map<String, EntryProcessorResult<String>> results = new LinkedHashMap<>();
    long trips = roundTrips(cache, () -> results.putAll(cache.invokeAll(keys(10), spoilt)));

    assertThat(trips).as("once more for those that were changed").isEqualTo(4);
    for (String key : keys(10)) {
      boolean again = key.compareTo("k006") > 0;
      assertThat(runs).containsEntry(key, again ? 2 : 1);
      assertThat(cache.get(key)).isEqualTo(again ? "other+" : "2+");
      assertThat(requireNonNull(results.get(key)).get()).isEqualTo(again ? "other+" : "2+");
    }
  }

  @Test
  void increments_ofThreadsAndManagersAllCount() throws Exception {
    int threads = 3;
    int rounds = 15;
    String name = TestManagers.uniqueName("counters");
    MutableConfiguration<String, Integer> counters =
        new MutableConfiguration<String, Integer>().setTypes(String.class, Integer.class);
    List<Cache<String, Integer>> caches =
        List.of(
            managers.open(redis.uri()).createCache(name, counters),
            managers.open(redis.uri()).createCache(name, counters));
    List<Callable<Integer>> tasks = new ArrayList<>();
    for (Cache<String, Integer> cache : caches) {
      for (int i = 0; i < threads; i++) {
        tasks.add(() -> incrementAll(cache, rounds));
      }
    }
    ExecutorService pool = Executors.newFixedThreadPool(tasks.size());
    int failed = 0;
    try {
      for (Future<Integer> task : pool.invokeAll(tasks, 100, TimeUnit.SECONDS)) {
        failed += task.get();
      }
    } finally {
      pool.shutdownNow();
    }

    assertThat(failed).isZero();
    assertThat(caches.get(0).getAll(keys(40)).values())
        .hasSize(40)
        .containsOnly(caches.size() * threads * rounds);
  }

  private static int incrementAll(Cache<String, Integer> cache, int rounds) {
    int failed = 0;
    for (int i = 0; i < rounds; i++) {
      Map<String, EntryProcessorResult<Integer>> results =
          cache.invokeAll(
              keys(40),
              (entry, arguments) -> {
                entry.setValue(entry.exists() ? entry.getValue() + 1 : 1);
                return 1;
              });
      failed += 40 - results.size();
      for (EntryProcessorResult<Integer> result : results.values()) {
        failed += result.get() == 1 ? 0 : 1;
      }
    }
    return failed;
  }
}
