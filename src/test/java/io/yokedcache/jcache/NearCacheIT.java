package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.CreatedExpiryPolicy;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Copies of entries in the JVM: when they are used, and when they go. */
final class NearCacheIT {

  private static final Duration SOON = Duration.ofSeconds(10);

  private static RedisServer redis;

  private final TestManagers managers = new TestManagers();
  private final String name = TestManagers.uniqueName("near");
  private Cache<String, String> near;
  private Cache<String, String> other;
  private Jedis observer;

  @BeforeAll
  static void startRedis() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @BeforeEach
  void openCaches() {
    near = manager("yokedcache.defaults.near.enabled", "true").createCache(name, texts());
    other = manager().createCache(name, texts());
    observer = new Jedis("127.0.0.1", redis.port());
  }

  @AfterEach
  void close() {
    observer.close();
    managers.close();
  }

  private CacheManager manager(String... settings) {
    return managers.open(redis.uri(), settings);
  }

  private static MutableConfiguration<String, String> texts() {
    return TestManagers.strings();
  }

  /** How many commands the server has run that read an entry. */
  private long reads() {
    return observer
        .info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_mget:") || line.startsWith("cmdstat_get:"))
        .mapToLong(line -> Long.parseLong(line.replaceFirst("^[^:]*:calls=(\\d+),.*", "$1")))
        .sum();
  }

  /** Reads an entry until it comes from a copy. */
  private void awaitCopy(Cache<String, String> cache, String key) {
    await()
        .atMost(SOON)
        .until(
            () -> {
              cache.get(key);
              long before = reads();
              cache.get(key);
              return reads() == before;
            });
  }

  @Test
  void get_again_asksNobody() {
    near.put("a", "1");
    awaitCopy(near, "a");
    long before = reads();

    for (int i = 0; i < 1_000; i++) {
      assertThat(near.get("a")).isEqualTo("1");
    }
    // A ping or two of the health check may fall between, a thousand reads cannot.
    assertThat(reads() - before).isLessThan(10);
  }

  @Test
  void getAll_takesCopies_andReadsTheRest() {
    near.putAll(Map.of("a", "1", "b", "2", "c", "3"));
    awaitCopy(near, "a");

    assertThat(near.getAll(Set.of("a", "b", "c", "d")))
        .containsExactlyInAnyOrderEntriesOf(Map.of("a", "1", "b", "2", "c", "3"));
    long before = reads();
    assertThat(near.getAll(Set.of("a", "b", "c"))).hasSize(3);
    assertThat(reads()).isEqualTo(before);
  }

  @Test
  void ownWrites_areSeenAtOnce() {
    near.put("a", "0");
    awaitCopy(near, "a");
    for (int i = 1; i <= 500; i++) {
      near.put("a", "" + i);
      assertThat(near.get("a")).isEqualTo("" + i);
      assertThat(near.getAndPut("a", "x" + i)).isEqualTo("" + i);
      assertThat(near.get("a")).isEqualTo("x" + i);
      assertThat(near.replace("a", "x" + i, "y" + i)).isTrue();
      assertThat(near.get("a")).isEqualTo("y" + i);
      near.invoke(
          "a",
          (entry, arguments) -> {
            entry.setValue(entry.getValue() + "!");
            return null;
          });
      assertThat(near.get("a")).isEqualTo("y" + i + "!");
      assertThat(near.remove("a")).isTrue();
      assertThat(near.get("a")).isNull();
      assertThat(near.putIfAbsent("a", "z")).isTrue();
      assertThat(near.get("a")).isEqualTo("z");
    }
  }

  @Test
  void ownClear_isSeenAtOnce() {
    for (int i = 0; i < 100; i++) {
      near.put("a", "1");
      assertThat(near.get("a")).isEqualTo("1");
      near.clear();
      assertThat(near.get("a")).isNull();
    }
  }

  @Test
  void writesOfOthers_areHeard() {
    near.put("a", "0");
    awaitCopy(near, "a");

    other.put("a", "1");
    await().atMost(SOON).until(() -> "1".equals(near.get("a")));
    awaitCopy(near, "a");
    other.remove("a");
    await().atMost(SOON).until(() -> near.get("a") == null);
    near.put("a", "2");
    awaitCopy(near, "a");
    other.clear();
    await().atMost(SOON).until(() -> near.get("a") == null);
  }

  @Test
  void otherPrograms_areHeard_andFlushAll() {
    near.put("a", "0");
    awaitCopy(near, "a");
    String key = observer.keys("yc:{" + name + "#0}:*:a").iterator().next();
    observer.del(key);
    await().atMost(SOON).until(() -> near.get("a") == null);

    near.put("a", "1");
    awaitCopy(near, "a");
    observer.flushAll();
    await().atMost(SOON).until(() -> near.get("a") == null);
  }

  @Test
  void copies_expireWithTheirEntries() {
    MutableConfiguration<String, String> brief =
        texts()
            .setExpiryPolicyFactory(
                CreatedExpiryPolicy.factoryOf(
                    new javax.cache.expiry.Duration(TimeUnit.MILLISECONDS, 300)));
    Cache<String, String> cache =
        manager("yokedcache.defaults.near.enabled", "true").createCache(name + "-brief", brief);
    for (int i = 0; i < 5; i++) {
      long beforeTheWrite = System.nanoTime();
      cache.put("a", "1");
      await().pollInterval(Duration.ofMillis(5)).atMost(SOON).until(() -> cache.get("a") == null);
      // The clock of Redis has steps of a millisecond.
      assertThat(Duration.ofNanos(System.nanoTime() - beforeTheWrite))
          .isGreaterThan(Duration.ofMillis(298));
    }
  }

  @Test
  void entryThatLivesForCenturies_hasACopy() {
    MutableConfiguration<String, String> centuries =
        texts()
            .setExpiryPolicyFactory(
                CreatedExpiryPolicy.factoryOf(
                    new javax.cache.expiry.Duration(TimeUnit.DAYS, 500L * 366)));
    Cache<String, String> cache =
        manager("yokedcache.defaults.near.enabled", "true")
            .createCache(name + "-centuries", centuries);
    cache.put("a", "1");
    awaitCopy(cache, "a");
    assertThat(cache.get("a")).isEqualTo("1");
  }

  @Test
  void connectionLost_copiesAreNotUsed_untilItIsBack() {
    near.put("a", "0");
    awaitCopy(near, "a");
    for (int i = 1; i <= 20; i++) {
      observer.clientKill(ClientKillParams.clientKillParams().type(ClientType.PUBSUB));
      String value = "" + i;
      other.put("a", value);
      await().atMost(SOON).until(() -> value.equals(near.get("a")));
    }
    awaitCopy(near, "a");
  }

  @Test
  void documentedRights_areEnough() throws Exception {
    Path page = Path.of("..", "docs", "operations.md");
    String text = Files.readString(Files.exists(page) ? page : Path.of("docs", "operations.md"));
    List<String> rights = new ArrayList<>(List.of("on", ">secret", "-@all", "resetchannels"));
    for (String list : List.of("`(~yc:\\* &yc:[^`]*)`", "`(\\+get \\+set [^`]*)`")) {
      Matcher found = Pattern.compile(list).matcher(text);
      assertThat(found.find()).isTrue();
      rights.addAll(List.of(found.group(1).split(" ")));
    }
    observer.aclSetUser("limited", rights.toArray(new String[0]));
    Cache<String, String> cache =
        manager(
                "yokedcache.defaults.near.enabled",
                "true",
                "yokedcache.connection.user",
                "limited",
                "yokedcache.connection.password",
                "secret")
            .createCache(name + "-limited", texts());
    cache.put("a", "1");
    awaitCopy(cache, "a");
    assertThat(cache.get("a")).isEqualTo("1");
  }

  /** A key that is found by its bytes, and a value of which each reader gets its own. */
  record Id(String shop, int number) implements Serializable {}

  /** A value that nobody can change. */
  record Price(String currency, long cents) implements Serializable {}

  private <K, V> Cache<K, V> nearCache(String purpose, Class<K> keys, Class<V> values) {
    return manager("yokedcache.defaults.near.enabled", "true")
        .createCache(name + purpose, new MutableConfiguration<K, V>().setTypes(keys, values));
  }

  /** Reads until two reads in a row cost the server nothing, and returns what they gave. */
  private <K, V> List<V> copiesOf(Cache<K, V> cache, K key) {
    List<V> values = new ArrayList<>();
    await()
        .atMost(SOON)
        .until(
            () -> {
              values.clear();
              cache.get(key);
              long before = reads();
              values.add(cache.get(key));
              values.add(cache.getAll(Set.of(key)).get(key));
              values.add(cache.get(key));
              return reads() == before;
            });
    return values;
  }

  @Test
  void immutableValues_areShared() {
    Cache<String, Price> prices = nearCache("-prices", String.class, Price.class);
    Price price = new Price("EUR", 995);
    prices.put("a", price);

    List<Price> copies = copiesOf(prices, "a");

    assertThat(copies)
        .allSatisfy(copy -> assertThat(copy).isEqualTo(price).isSameAs(copies.get(0)));
  }

  @Test
  void otherValues_areEachReadersOwn() {
    Cache<Long, byte[]> arrays = nearCache("-arrays", Long.class, byte[].class);
    arrays.put(7L, new byte[] {1, 2});
    for (byte[] copy : copiesOf(arrays, 7L)) {
      assertThat(copy).containsExactly(1, 2);
      copy[0] = 9;
    }
    assertThat(copiesOf(arrays, 7L)).allMatch(copy -> Arrays.equals(copy, new byte[] {1, 2}));

    Cache<UUID, long[]> numbers = nearCache("-numbers", UUID.class, long[].class);
    UUID id = UUID.randomUUID();
    numbers.put(id, new long[] {3});
    copiesOf(numbers, id).forEach(copy -> copy[0] = 9);
    assertThat(copiesOf(numbers, id)).allMatch(copy -> Arrays.equals(copy, new long[] {3}));
  }

  @Test
  void everyKindOfKey_isFoundAndHeard() {
    Cache<Object, String> cache = nearCache("-keys", Object.class, String.class);
    Cache<Object, String> others =
        manager()
            .createCache(
                name + "-keys",
                new MutableConfiguration<Object, String>().setTypes(Object.class, String.class));
    for (Object key :
        List.of("text", "#L1", "\ud800", 1, 1L, new UUID(1, 2), new Id("a", 1), List.of("a", 1L))) {
      cache.put(key, "0");
      assertThat(copiesOf(cache, key)).as("%s", key).containsOnly("0");
      cache.put(key, "1");
      assertThat(cache.get(key)).as("%s", key).isEqualTo("1");
      assertThat(copiesOf(cache, key)).as("%s", key).containsOnly("1");
      others.put(key, "2");
      await().atMost(SOON).until(() -> "2".equals(cache.get(key)));
      assertThat(copiesOf(cache, key)).as("%s", key).containsOnly("2");
      others.remove(key);
      await().atMost(SOON).until(() -> cache.get(key) == null);
    }
  }

  /** A listener of another JVM renews its lease in the generation's key, again and again. */
  @Test
  void leasesOfListenersElsewhere_dropNoCopies() throws Exception {
    Cache<String, String> cache = counted("-leases");
    Cache<String, String> listening =
        manager("yokedcache.events.lease", "1s").createCache(cache.getName(), texts());
    CacheFigures figures = new CacheFigures(cache);
    cache.put("a", "1");
    awaitCopy(cache, "a");
    long flushes = figures.extended("NearFlushes");

    listening.registerCacheEntryListener(
        new RecordingListener<String, String>().configuration(false, false));
    List<String> generations = new ArrayList<>();
    await()
        .atMost(SOON)
        .until(
            () -> {
              assertThat(cache.get("a")).isEqualTo("1");
              String generation = observer.get("yc:{" + cache.getName() + "#0}");
              if (!generations.contains(generation)) {
                generations.add(generation);
              }
              return generations.size() > 3;
            });

    awaitCopy(cache, "a");
    assertThat(figures.extended("NearFlushes")).isEqualTo(flushes);
    assertThat(figures.extended("NearEntries")).isEqualTo(1);
    other(cache).clear();
    await().atMost(SOON).until(() -> cache.get("a") == null);
    assertThat(figures.extended("NearFlushes")).isEqualTo(flushes);
    cache.put("a", "2");
    awaitCopy(cache, "a");
    assertThat(figures.extended("NearFlushes")).isEqualTo(flushes + 1);
  }

  @Test
  void deletionOfStaleEntries_dropsNoCopies() throws Exception {
    Cache<String, String> cache = counted("-cleaned");
    CacheFigures figures = new CacheFigures(cache);
    for (int i = 0; i < 1_000; i++) {
      cache.put("a" + i, "1");
    }
    cache.clear();
    Set<String> dead = observer.keys("yc:{" + cache.getName() + "#0}:*:*");
    for (int i = 0; i < 100; i++) {
      cache.put("a" + i, "2");
    }
    awaitCopy(cache, "a1");
    Cache<String, String> others = other(cache);
    others.put("fence", "1");
    await().atMost(SOON).until(() -> "1".equals(cache.get("fence")));
    awaitCopy(cache, "fence");
    long before = figures.extended("NearInvalidations");

    assertThat(observer.unlink(dead.toArray(new String[0]))).isEqualTo(1_000);
    others.put("fence", "2");
    await().atMost(SOON).until(() -> "2".equals(cache.get("fence")));

    long reads = reads();
    assertThat(cache.get("a1")).isEqualTo("2");
    assertThat(reads()).isEqualTo(reads);
    assertThat(figures.extended("NearInvalidations") - before).isEqualTo(1);
  }

  private Cache<String, String> counted(String purpose) {
    return manager(
            "yokedcache.defaults.near.enabled", "true", "yokedcache.defaults.statistics", "true")
        .createCache(name + purpose, texts());
  }

  private Cache<String, String> other(Cache<String, String> cache) {
    return manager().createCache(cache.getName(), texts());
  }

  @Test
  void policyThatRenewsOnAccess_hasNoCopies() {
    MutableConfiguration<String, String> touched =
        texts()
            .setExpiryPolicyFactory(
                AccessedExpiryPolicy.factoryOf(javax.cache.expiry.Duration.ONE_MINUTE));
    Cache<String, String> cache =
        manager("yokedcache.defaults.near.enabled", "true").createCache(name + "-touched", touched);
    cache.put("a", "1");
    long before = reads();
    for (int i = 0; i < 10; i++) {
      assertThat(cache.get("a")).isEqualTo("1");
    }
    assertThat(reads() - before).isGreaterThanOrEqualTo(10);
  }
}
