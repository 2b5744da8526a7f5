package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Stale near entries while Redis is away, and after. {@code -Doutage.seconds} sets how long Redis
 * is away in the test under load.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class FailSafeIT {

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final Duration MAX_STALENESS = Duration.ofSeconds(2);
  private static final int OUTAGE_SECONDS = Integer.getInteger("outage.seconds", 2);
  private static final int READERS = 3;

  /** How Redis goes away and comes back. */
  enum Outage {
    /** It comes back without entries. */
    KILLED {
      @Override
      void begin(RedisServer redis) {
        redis.kill();
      }

      @Override
      void end(RedisServer redis) {
        redis.restart();
      }
    },
    /** It comes back with the entries that it had. */
    FROZEN {
      @Override
      void begin(RedisServer redis) {
        redis.pause();
      }

      @Override
      void end(RedisServer redis) {
        redis.resume();
      }
    };

    abstract void begin(RedisServer redis);

    abstract void end(RedisServer redis);
  }

  private final RedisServer redis = RedisServer.start();
  private final TestManagers managers = new TestManagers();

  @AfterEach
  void end() {
    managers.close();
    redis.close();
  }

  private Cache<String, String> open(
      String maxAge,
      String onFailure,
      Duration maxStaleness,
      MutableConfiguration<String, String> configuration) {
    return open(redis.uri(), maxAge, onFailure, maxStaleness, configuration);
  }

  private Cache<String, String> open(
      URI uri,
      String maxAge,
      String onFailure,
      Duration maxStaleness,
      MutableConfiguration<String, String> configuration) {
    CacheManager manager =
        managers.open(
            uri,
            "yokedcache.connection.command-timeout",
            "300ms",
            "yokedcache.near.max-staleness",
            maxStaleness.toMillis() + "ms",
            "yokedcache.defaults.near.enabled",
            "true",
            "yokedcache.defaults.fail-safe.max-age",
            maxAge,
            "yokedcache.defaults.on-failure",
            onFailure);
    return manager.createCache("orders", configuration.setStatisticsEnabled(true));
  }

  private Cache<String, String> open(String maxAge, String onFailure) {
    return open(maxAge, onFailure, Duration.ofSeconds(1), TestManagers.strings());
  }

  /** Has near entries of keys, each with the value {@code old}. */
  private static void fill(Cache<String, String> cache, List<String> keys) {
    CacheFigures figures = new CacheFigures(cache);
    keys.forEach(key -> cache.put(key, "old"));
    await()
        .atMost(BOUND)
        .until(
            () -> {
              long before = figures.extended("NearHits");
              keys.forEach(key -> assertThat(cache.get(key)).isEqualTo("old"));
              return figures.extended("NearHits") - before == keys.size();
            });
  }

  private static long staleHits(Cache<?, ?> cache) throws Exception {
    return new CacheFigures(cache).extended("NearStaleHits");
  }

  /** Reads a key until Redis is known to be away and the answer is a stale near entry. */
  private static void awaitStaleHit(Cache<String, String> cache, String key) {
    await()
        .atMost(BOUND)
        .ignoreExceptionsInstanceOf(CacheException.class)
        .until(
            () -> {
              long before = staleHits(cache);
              return "old".equals(cache.get(key)) && staleHits(cache) > before;
            });
  }

  @ParameterizedTest
  @EnumSource
  void redisIsAway_readsGetStaleEntries_butNoneThatThisJvmChanged(Outage outage) throws Exception {
    Cache<String, String> cache = open("10m", "throw");
    fill(cache, List.of("read", "changed", "removed"));

    outage.begin(redis);
    awaitStaleHit(cache, "read");
    assertThatThrownBy(() -> cache.put("changed", "new"))
        .isInstanceOf(RedisUnavailableException.class);
    assertThatThrownBy(() -> cache.remove("removed")).isInstanceOf(RedisUnavailableException.class);

    for (String key : List.of("changed", "removed", "unknown")) {
      assertThatThrownBy(() -> cache.get(key)).isInstanceOf(RedisUnavailableException.class);
    }
    assertThatThrownBy(() -> cache.getAll(Set.of("read", "changed")))
        .isInstanceOf(RedisUnavailableException.class);
    awaitStaleHit(cache, "read");

    outage.end(redis);
    CacheManager other = managers.open(redis.uri());
    Cache<String, String> others = other.createCache("orders", TestManagers.strings());
    await()
        .atMost(BOUND)
        .ignoreExceptionsInstanceOf(CacheException.class)
        .until(
            () -> {
              others.put("read", "new"); // until the JVM has removed what it changed before
              return "new".equals(cache.get("read"));
            });
    long staleHits = staleHits(cache);
    assertThat(cache.get("changed")).isNull();
    assertThat(cache.get("removed")).isNull();
    assertThat(staleHits(cache)).isEqualTo(staleHits);
  }

  @Test
  void entriesAreOlderThanTheLimit_readsFail() throws Exception {
    Cache<String, String> cache = open("3s", "throw");
    fill(cache, List.of("read"));

    redis.kill();

    awaitStaleHit(cache, "read");
    await()
        .atMost(BOUND)
        .untilAsserted(
            () ->
                assertThatThrownBy(() -> cache.get("read"))
                    .isInstanceOf(RedisUnavailableException.class));
    long staleHits = staleHits(cache);
    assertThatThrownBy(() -> cache.get("read")).isInstanceOf(RedisUnavailableException.class);
    assertThat(staleHits(cache)).isEqualTo(staleHits);
  }

  @Test
  void degrade_otherKeysAreMisses_andSoIsAllThatWasCleared() throws Exception {
    Cache<String, String> cache = open("10m", "degrade");
    fill(cache, List.of("read", "other"));

    redis.kill();

    awaitStaleHit(cache, "read");
    assertThat(cache.getAll(Set.of("read", "unknown"))).isEqualTo(Map.of("read", "old"));
    cache.clear();
    assertThat(cache.get("read")).isNull();
    assertThat(cache.get("other")).isNull();
  }

  @Test
  void readThrough_theLoaderComesFirst_andAStaleEntryIfItThrows() throws Exception {
    AtomicBoolean throwing = new AtomicBoolean();
    CacheLoader<String, String> loader =
        new CacheLoader<>() {
          @Override
          public String load(String key) {
            if (throwing.get()) {
              throw new CacheLoaderException("The database is away, too");
            }
            return "loaded";
          }

          @Override
          public Map<String, String> loadAll(Iterable<? extends String> keys) {
            Map<String, String> loaded = new ConcurrentHashMap<>();
            keys.forEach(key -> loaded.put(key, load(key)));
            return loaded;
          }
        };
    Cache<String, String> cache =
        open(
            "10m",
            "degrade",
            Duration.ofSeconds(1),
            TestManagers.strings().setReadThrough(true).setCacheLoaderFactory(() -> loader));
    fill(cache, List.of("read", "other", "loaded"));

    redis.kill();

    await().atMost(BOUND).until(() -> "loaded".equals(cache.get("loaded")));
    assertThat(staleHits(cache)).isZero();
    throwing.set(true);
    awaitStaleHit(cache, "read");
    assertThat(cache.getAll(Set.of("read", "other")))
        .isEqualTo(Map.of("read", "old", "other", "old"));
    // The loaded value was newer than the near entry, and could not be kept.
    assertThatThrownBy(() -> cache.get("loaded")).isInstanceOf(CacheLoaderException.class);
    assertThatThrownBy(() -> cache.getAll(Set.of("read", "loaded")))
        .isInstanceOf(CacheLoaderException.class);
  }

  @Test
  void function_comesFirst_andAStaleEntryIfItThrows() throws Exception {
    YokedCache<String, String> cache = (YokedCache<String, String>) open("10m", "degrade");
    fill(cache, List.of("read", "other"));

    redis.kill();
    awaitStaleHit(cache, "read");
    long staleHits = staleHits(cache);

    assertThat(cache.get("read", key -> "loaded")).isEqualTo("loaded");
    assertThat(staleHits(cache)).isEqualTo(staleHits);
    // The loaded value was newer than the near entry, and could not be kept.
    assertThat(cache.get("read")).isNull();
    await()
        .atMost(BOUND)
        .ignoreExceptionsInstanceOf(CacheException.class)
        .until(
            () ->
                "old"
                    .equals(
                        cache.get(
                            "other",
                            key -> {
                              throw new IllegalStateException("The database is away, too");
                            })));
    assertThat(staleHits(cache)).isGreaterThan(staleHits);
  }

  /** The replica of the killed master is held back until stale entries have answered. */
  @Test
  void onCluster_staleUntilTheFailOver_andNothingIsStaleAfterIt() throws Exception {
    try (RedisCluster cluster = RedisCluster.start(3, 1)) {
      Cache<String, String> cache =
          open(cluster.uri(), "10m", "degrade", Duration.ofSeconds(1), TestManagers.strings());
      RedisCluster.Node killed = cluster.masters().get(1);
      RedisCluster.Node replica = cluster.replicasOf(killed).get(0);
      Map<Boolean, List<String>> keys =
          IntStream.range(0, 30)
              .mapToObj(i -> "k" + i)
              .collect(Collectors.partitioningBy(key -> masterOf(cluster, key).equals(killed)));
      List<String> lost = requireNonNull(keys.get(true));
      List<String> kept = requireNonNull(keys.get(false));
      assertThat(lost).hasSizeGreaterThan(2);
      fill(cache, kept);
      fill(cache, lost);
      String removed = lost.get(1);

      replica.pause();
      killed.kill();

      awaitStaleHit(cache, lost.get(0));
      cache.remove(removed);
      assertThat(cache.get(removed)).isNull();
      assertThat(kept).allMatch(key -> "old".equals(cache.get(key)));

      replica.resume();
      assertThat(cluster.awaitSuccessor(killed, List.of(replica))).isEqualTo(replica);
      CacheManager other = managers.open(cluster.uri());
      Cache<String, String> others = other.createCache("orders", TestManagers.strings());
      List<String> changed = lost.subList(2, lost.size());
      await()
          .atMost(BOUND)
          .until(
              () -> {
                // Again: the repair after the fail-over may remove it once.
                changed.forEach(key -> others.put(key, "new"));
                return changed.stream().allMatch(key -> "new".equals(cache.get(key)));
              });
      long staleHits = staleHits(cache);
      assertThat(lost.subList(0, 2)).allMatch(key -> cache.get(key) == null);
      others.putAll(Map.of(lost.get(0), "new", removed, "new"));
      await()
          .atMost(BOUND)
          .until(() -> lost.stream().allMatch(key -> "new".equals(cache.get(key))));
      assertThat(staleHits(cache)).isEqualTo(staleHits);
    }
  }

  private static RedisCluster.Node masterOf(RedisCluster cluster, String key) {
    return cluster.masterOf(BucketSlots.ofKey("orders", key));
  }

  /** The frozen server is for long runs: its silence is noticed after seconds. */
  static Stream<Outage> outagesUnderLoad() {
    return OUTAGE_SECONDS > 2 ? Stream.of(Outage.values()) : Stream.of(Outage.KILLED);
  }

  /** Another JVM writes as soon as Redis is back. */
  @ParameterizedTest
  @MethodSource("outagesUnderLoad")
  void readersUnderLoad_nothingIsStaleOnceRedisIsBack(Outage outage) throws Exception {
    Cache<String, String> cache = open("10m", "degrade", MAX_STALENESS, TestManagers.strings());
    List<String> keys = IntStream.range(0, 50).mapToObj(i -> "key" + i).toList();
    fill(cache, keys);
    Cache<String, String> other =
        managers
            .open(
                redis.uri(),
                "yokedcache.connection.circuit-breaker.enabled",
                "false",
                "yokedcache.connection.command-timeout",
                "300ms")
            .createCache("orders", TestManagers.strings());
    Map<String, Long> writtenNanos = new ConcurrentHashMap<>();
    ConcurrentLinkedQueue<String> violations = new ConcurrentLinkedQueue<>();
    CountDownLatch stop = new CountDownLatch(1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      threads.add(
          new Thread(
              () -> {
                for (int n = 0; stop.getCount() > 0; n++) {
                  String key = keys.get(n % keys.size());
                  Long written = writtenNanos.get(key);
                  boolean isLate =
                      written != null && System.nanoTime() - written > MAX_STALENESS.toNanos();
                  String value = cache.get(key);
                  if (isLate && "old".equals(value)) {
                    violations.add(key);
                  }
                }
              },
              "reader-" + i));
    }
    threads.forEach(Thread::start);

    outage.begin(redis);
    awaitStaleHit(cache, "key0");
    await()
        .pollDelay(Duration.ofSeconds(OUTAGE_SECONDS))
        .atMost(BOUND.plusSeconds(OUTAGE_SECONDS))
        .until(() -> true);
    awaitStaleHit(cache, "key0");
    outage.end(redis);
    for (String key : keys) {
      await()
          .atMost(BOUND)
          .ignoreExceptionsInstanceOf(CacheException.class)
          .until(
              () -> {
                other.put(key, "new");
                writtenNanos.put(key, System.nanoTime());
                return true;
              });
    }
    await().atMost(BOUND).until(() -> keys.stream().allMatch(key -> "new".equals(cache.get(key))));
    long staleHits = staleHits(cache);
    long hits = new CacheFigures(cache).extended("NearHits");
    await().atMost(BOUND).until(() -> new CacheFigures(cache).extended("NearHits") > hits + 1_000);
    stop.countDown();
    for (Thread thread : threads) {
      thread.join(BOUND.toMillis());
      assertThat(thread.isAlive()).isFalse();
    }

    assertThat(violations).isEmpty();
    assertThat(staleHits(cache)).isEqualTo(staleHits);
  }
}
