package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.BucketSlots;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.IntStream;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.integration.CacheLoader;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.params.SetParams;

/**
 * Entries that are older than {@code refresh-after}. Redis knows the age of an entry by the time to
 * live that is left, so a test makes an entry old by a shorter one.
 */
@Timeout(120)
final class RefreshAheadIT {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration OLD = Duration.ofMinutes(20);

  private static RedisServer redis;

  private final TestManagers managers = new TestManagers();
  private final String name = TestManagers.uniqueName("refresh");
  private final Source source = new Source();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private RawEntries raw;

  @BeforeAll
  static void startRedis() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @BeforeEach
  void openRaw() {
    raw = new RawEntries(redis);
  }

  @AfterEach
  void close() {
    source.gate.release(1_000);
    managers.close();
    raw.close();
    threads.shutdownNow();
  }

  private Cache<String, String> open(String... settings) {
    return manager(redis.uri(), "1h", settings).createCache(name, configuration());
  }

  private CacheManager manager(URI uri, @Nullable String timeToLive, String... settings) {
    return manager(managers, uri, timeToLive, settings);
  }

  private static CacheManager manager(
      TestManagers managers, URI uri, @Nullable String timeToLive, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of("yokedcache.defaults.refresh-after", "30m"));
    if (timeToLive != null) {
      all.addAll(List.of("yokedcache.defaults.time-to-live", timeToLive));
    }
    return managers.open(uri, all.toArray(String[]::new));
  }

  private MutableConfiguration<String, String> configuration() {
    return TestManagers.strings()
        .setStatisticsEnabled(true)
        .setReadThrough(true)
        .setCacheLoaderFactory(() -> source);
  }

  /** Puts an entry that is old. */
  private void putOld(Cache<String, String> cache, String key) {
    cache.put(key, "old " + key);
    raw.setTimeToLiveMillis(name, key, OLD.toMillis());
  }

  private String lease(String key) {
    return "yc:{" + name + "#0}:lease-of-refresh:" + key;
  }

  private void awaitLoadsOf(String... keys) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(source.asked).containsExactlyInAnyOrder(keys));
  }

  /** Lets loads go on, and waits until the refresh of a key has ended. */
  private void finish(String key) {
    source.gate.release(100);
    await().atMost(PATIENCE).until(() -> !raw.jedis().exists(lease(key)));
  }

  @Test
  void get_oldEntry_isReturnedAtOnceAndLoadedOnceForAll() throws Exception {
    Cache<String, String> one = open();
    // Another URI, so that the MBeans of both managers have their own names.
    Cache<String, String> two =
        manager(URI.create(redis.uri() + "/0"), "1h").createCache(name, configuration());
    putOld(one, "k");
    List<Future<String>> reads = new ArrayList<>();
    for (Cache<String, String> cache : List.of(one, two, one, two, one, two)) {
      reads.add(threads.submit(() -> cache.get("k")));
    }
    for (Future<String> read : reads) {
      assertThat(read.get(20, TimeUnit.SECONDS)).as("while the load waits").isEqualTo("old k");
    }
    awaitLoadsOf("k");
    for (int i = 0; i < 100; i++) {
      assertThat(one.get("k")).isEqualTo("old k");
      assertThat(two.get("k")).isEqualTo("old k");
    }

    finish("k");

    for (int i = 0; i < 100; i++) {
      assertThat(one.get("k")).isEqualTo("new k");
      assertThat(two.get("k")).isEqualTo("new k");
    }
    assertThat(raw.timeToLiveMillis(name, "k")).isGreaterThan(Duration.ofMinutes(50).toMillis());
    assertThat(source.asked).containsExactly("k");
    CacheFigures first = new CacheFigures(one);
    CacheFigures second = new CacheFigures(two);
    assertThat(first.extended("Refreshes") + second.extended("Refreshes")).isEqualTo(1);
    assertThat(first.extended("RefreshFailures") + second.extended("RefreshFailures")).isZero();
    assertThat(first.count("put") + second.count("put")).as("by the test").isEqualTo(1);
  }

  @Test
  void onCluster_oldEntriesOfAllMasters_areLoadedOnceForAll() {
    try (RedisCluster cluster = RedisCluster.start(3, 0);
        TestManagers nodes = new TestManagers()) {
      List<Cache<String, String>> caches = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        caches.add(manager(nodes, cluster.uri(), "1h").createCache("refreshed", configuration()));
      }
      List<String> keys = IntStream.range(0, 30).mapToObj(i -> "k" + i).toList();
      assertThat(keys.stream().map(key -> masterOf(cluster, key)).distinct()).hasSize(3);
      YokedCache<String, String> first = (YokedCache<String, String>) caches.get(0);
      keys.forEach(key -> first.put(key, "old " + key, OLD));

      for (Cache<String, String> cache : caches) {
        assertThat(keys)
            .as("while loads wait")
            .allMatch(key -> cache.get(key).equals("old " + key));
      }
      source.gate.release(1_000);

      for (Cache<String, String> cache : caches) {
        await()
            .atMost(PATIENCE)
            .until(() -> keys.stream().allMatch(key -> cache.get(key).equals("new " + key)));
      }
      assertThat(source.asked).containsExactlyInAnyOrderElementsOf(keys);
    }
  }

  private static RedisCluster.Node masterOf(RedisCluster cluster, String key) {
    return cluster.masterOf(BucketSlots.ofKey("refreshed", key));
  }

  @Test
  void get_youngEntry_isNotLoaded() throws Exception {
    Cache<String, String> cache = open();
    putOld(cache, "old");
    cache.put("k", "young");

    assertThat(cache.get("k")).isEqualTo("young");
    assertThat(cache.get("old")).isEqualTo("old old"); // refreshed after a refresh of k
    awaitLoadsOf("old");
    finish("old");

    assertThat(source.asked).containsExactly("old");
    assertThat(raw.jedis().exists(lease("k"))).isFalse();
  }

  @Test
  void get_entryWithoutTimeToLive_isNeverOld() {
    Cache<String, String> cache = open();
    putOld(cache, "old");
    ((YokedCache<String, String>) cache).put("k", "eternal", YokedCache.ETERNAL);

    assertThat(cache.getAll(Set.of("k", "old"))).containsEntry("k", "eternal");
    awaitLoadsOf("old");
    finish("old");

    assertThat(cache.get("k")).isEqualTo("eternal");
    assertThat(source.asked).containsExactly("old");
    assertThat(raw.timeToLiveMillis(name, "k")).isEqualTo(-1);
  }

  @Test
  void getAll_oldEntries_areLoadedTogether() {
    Cache<String, String> cache = open();
    putOld(cache, "a");
    putOld(cache, "b");
    cache.put("c", "young");

    assertThat(cache.getAll(Set.of("a", "b", "c")))
        .containsExactlyInAnyOrderEntriesOf(Map.of("a", "old a", "b", "old b", "c", "young"));
    awaitLoadsOf("a", "b");
    finish("a");
    finish("b");

    assertThat(cache.getAll(Set.of("a", "b", "c")))
        .containsExactlyInAnyOrderEntriesOf(Map.of("a", "new a", "b", "new b", "c", "young"));
    assertThat(source.calls).containsExactly("loadAll");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void put_duringRefresh_wins(boolean byOtherJvm) throws Exception {
    Cache<String, String> cache = open();
    Cache<String, String> other = byOtherJvm ? open() : cache;
    putOld(cache, "k");
    assertThat(cache.get("k")).isEqualTo("old k");
    awaitLoadsOf("k");

    other.put("k", "put");
    finish("k");

    assertThat(cache.get("k")).isEqualTo("put");
    assertThat(new CacheFigures(cache).extended("Refreshes")).isZero();
  }

  @Test
  void put_ofTheSameValueByThisJvmDuringRefresh_wins() {
    Cache<String, String> cache = open();
    putOld(cache, "k");
    assertThat(cache.get("k")).isEqualTo("old k");
    awaitLoadsOf("k");

    cache.put("k", "between");
    cache.put("k", "old k");
    finish("k");

    assertThat(cache.get("k")).isEqualTo("old k");
  }

  @ParameterizedTest
  @ValueSource(strings = {"remove", "remove by another JVM", "clear by another JVM"})
  void removal_duringRefresh_stays(String removal) {
    Cache<String, String> cache = open();
    Cache<String, String> other = removal.equals("remove") ? cache : open();
    putOld(cache, "k");
    assertThat(cache.get("k")).isEqualTo("old k");
    awaitLoadsOf("k");

    if (removal.startsWith("clear")) {
      other.clear();
    } else {
      other.remove("k");
    }
    finish("k");

    assertThat(cache.containsKey("k")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void loaderFails_entryStaysAndTheNextAttemptWaits(boolean byError) throws Exception {
    Cache<String, String> cache = open();
    Cache<String, String> other = open();
    putOld(cache, "k");
    source.values =
        key -> {
          if (byError) {
            throw new NoClassDefFoundError("of the test");
          }
          throw new IllegalStateException("of the test");
        };
    source.gate.release(100);

    assertThat(cache.get("k")).isEqualTo("old k");
    CacheFigures figures = new CacheFigures(cache);
    await().atMost(PATIENCE).until(() -> figures.extended("RefreshFailures") == 1);

    assertThat(raw.jedis().pttl(lease("k"))).as("kept for a while").isPositive();
    for (int i = 0; i < 100; i++) {
      assertThat(cache.get("k")).isEqualTo("old k");
      assertThat(other.get("k")).isEqualTo("old k");
    }
    assertThat(source.asked).containsExactly("k");
    assertThat(figures.extended("Refreshes")).isZero();
  }

  @Test
  void loaderFails_leaseIsOver_nextAttemptSucceeds() {
    Cache<String, String> cache = open("yokedcache.defaults.load-lease", "300ms");
    putOld(cache, "k");
    source.values =
        key -> {
          source.values = good -> "new " + good;
          throw new IllegalStateException("of the test");
        };
    source.gate.release(100);

    await().atMost(PATIENCE).until(() -> cache.get("k").equals("new k"));

    assertThat(source.asked).containsExactly("k", "k");
  }

  @Test
  void leaseOfAnotherJvm_isRespected() {
    Cache<String, String> cache = open();
    putOld(cache, "k");
    putOld(cache, "l");
    raw.jedis().set(lease("k"), "another JVM", SetParams.setParams().px(60_000));

    assertThat(cache.get("k")).isEqualTo("old k");
    assertThat(cache.get("l")).isEqualTo("old l");
    awaitLoadsOf("l");
    raw.jedis().del(lease("k"));

    await()
        .atMost(PATIENCE)
        .until(() -> cache.get("k").equals("old k") && source.asked.contains("k"));
  }

  @Test
  void loaderFindsNothing_entryIsRemoved() {
    Cache<String, String> cache = open();
    RecordingListener<String, String> listener = new RecordingListener<>();
    cache.registerCacheEntryListener(listener.configuration(true, true));
    putOld(cache, "k");
    listener.forget();
    source.values = key -> null;

    assertThat(cache.get("k")).isEqualTo("old k");
    awaitLoadsOf("k");
    finish("k");

    assertThat(cache.containsKey("k")).isFalse();
    assertThat(listener.texts()).hasSize(1).first().asString().startsWith("REMOVED k");
  }

  @Test
  void refresh_isAnUpdateForListenersOfAllJvms() {
    Cache<String, String> cache = open();
    Cache<String, String> other = open();
    RecordingListener<String, String> here = new RecordingListener<>();
    RecordingListener<String, String> there = new RecordingListener<>();
    cache.registerCacheEntryListener(here.configuration(true, true));
    other.registerCacheEntryListener(there.configuration(true, false));
    putOld(cache, "k");
    await().atMost(PATIENCE).until(() -> there.heard().size() == 1);
    here.forget();
    there.forget();

    assertThat(cache.get("k")).isEqualTo("old k");
    awaitLoadsOf("k");
    finish("k");

    assertThat(here.texts()).containsExactly("UPDATED k=new k/old k");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(there.texts()).containsExactly("UPDATED k=new k/old k"));
  }

  @Test
  void nearEntry_becomesOld_isRefreshed() throws Exception {
    Cache<String, String> cache = open("yokedcache.defaults.near.enabled", "true");
    CacheFigures figures = new CacheFigures(cache);
    putOld(cache, "k");
    raw.setTimeToLiveMillis(name, "k", Duration.ofMinutes(30).toMillis() + 1_500);
    await()
        .atMost(PATIENCE)
        .until(() -> cache.get("k").equals("old k") && figures.extended("NearHits") > 0);
    long misses = figures.extended("NearMisses");

    await().atMost(PATIENCE).until(() -> cache.get("k").equals("old k") && !source.asked.isEmpty());

    assertThat(figures.extended("NearMisses")).as("the near entry told it").isEqualTo(misses);
    finish("k");
    await().atMost(PATIENCE).until(() -> cache.get("k").equals("new k"));
    assertThat(source.asked).containsExactly("k");
  }

  @Test
  void createdExpiry_refreshRenewsTheTimeToLive() {
    Cache<String, String> cache =
        manager(redis.uri(), /* timeToLive= */ null)
            .createCache(
                name,
                configuration()
                    .setExpiryPolicyFactory(
                        CreatedExpiryPolicy.factoryOf(javax.cache.expiry.Duration.ONE_HOUR)));
    putOld(cache, "k");

    assertThat(cache.get("k")).isEqualTo("old k");
    awaitLoadsOf("k");
    finish("k");

    assertThat(cache.get("k")).isEqualTo("new k");
    assertThat(raw.timeToLiveMillis(name, "k")).isGreaterThan(Duration.ofMinutes(50).toMillis());
  }

  @Test
  void redisGoesAwayDuringRefresh_laterRefreshesWork() throws Exception {
    try (RedisServer server = RedisServer.start()) {
      Cache<String, String> cache =
          manager(server.uri(), "1h", "yokedcache.defaults.load-lease", "300ms")
              .createCache(name, configuration());
      CacheFigures figures = new CacheFigures(cache);
      makeOldAt(server, cache);
      assertThat(cache.get("k")).isEqualTo("old k");
      awaitLoadsOf("k");

      server.kill();
      source.gate.release(1);
      await().atMost(PATIENCE).until(() -> figures.extended("RefreshFailures") == 1);
      server.restart();

      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(
              () -> {
                makeOldAt(server, cache);
                return true;
              });
      source.gate.release(100);
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> "new k".equals(cache.get("k")) && figures.extended("Refreshes") == 1);
    }
  }

  @Test
  void tooManyRefreshes_areLeftOut_andDroppedAtClose() throws Exception {
    Cache<String, String> cache =
        open("yokedcache.defaults.load-timeout", "100ms", "yokedcache.defaults.load-lease", "1m");
    Map<String, String> entries = new LinkedHashMap<>();
    for (int i = 0; i < 1_010; i++) {
      entries.put("k" + i, "old");
    }
    cache.putAll(entries);
    try (Pipeline pipeline = raw.jedis().pipelined()) {
      raw.find(name, "k").forEach(entry -> pipeline.pexpire(entry, OLD.toMillis()));
    }

    entries.keySet().forEach(key -> assertThat(cache.get(key)).isEqualTo("old"));

    awaitLoadsOf("k0", "k1", "k2", "k3"); // by four threads, and a thousand wait
    assertThat(new CacheFigures(cache).extended("SkippedRefreshes")).isEqualTo(6);
    cache.close(); // does not wait for the loader for longer than load-timeout
    finish("k0");
    finish("k1");
    finish("k2");
    finish("k3");
    assertThat(source.asked).hasSize(4);
  }

  private void makeOldAt(RedisServer server, Cache<String, String> cache) {
    try (RawEntries entries = new RawEntries(server)) {
      cache.put("k", "old k");
      entries.setTimeToLiveMillis(name, "k", OLD.toMillis());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"statistics true", "time-to-live 30m", "time-to-idle 1h"})
  void ageIsNotKnown_creationFails(String setting) {
    String[] parts = setting.split(" ", 2);
    CacheManager manager =
        manager(redis.uri(), /* timeToLive= */ null, "yokedcache.defaults." + parts[0], parts[1]);

    assertThatThrownBy(() -> manager.createCache(name, configuration()))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("refresh-after")
        .hasMessageContaining("Set time-to-live");
    assertThat(manager.createCache(name, configuration().setReadThrough(false))).isNotNull();
  }

  /** The origin of the values, which notes what it is asked for and waits for the test. */
  private static final class Source implements CacheLoader<String, String> {

    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final Semaphore gate = new Semaphore(0);
    private volatile Function<String, @Nullable String> values = key -> "new " + key;

    @Override
    public @Nullable String load(String key) {
      calls.add("load");
      return value(key);
    }

    private @Nullable String value(String key) {
      asked.add(key);
      try {
        assertThat(gate.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      return values.apply(key);
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      calls.add("loadAll");
      Map<String, String> all = new HashMap<>();
      List<String> wanted = new ArrayList<>();
      keys.forEach(wanted::add);
      asked.addAll(wanted.subList(1, wanted.size()));
      for (String key : wanted) {
        String value = key.equals(wanted.get(0)) ? value(key) : values.apply(key);
        if (value != null) {
          all.put(key, value);
        }
      }
      return all;
    }
  }
}
