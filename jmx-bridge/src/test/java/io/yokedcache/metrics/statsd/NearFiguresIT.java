package io.yokedcache.metrics.statsd;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.jcache.spi.OperationObserver;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.testing.ObservedManager;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import javax.cache.Cache;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The figures of a near cache, by every exit, against the operations that the test made. */
final class NearFiguresIT {

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final int KEYS = 10;

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final UdpReceiver tagged = UdpReceiver.start();
  private final UdpReceiver plain = UdpReceiver.start();

  @TempDir private Path folder;

  private ObservedManager manager;
  private Cache<String, String> users;
  private PrometheusCollector prometheus;

  NearFiguresIT() throws Exception {}

  @BeforeEach
  void start() throws Exception {
    Properties settings = new Properties();
    settings.setProperty("yokedcache.caches.\"user*\".near.enabled", "true");
    // As long as nothing is lost, a slow machine changes no figure.
    settings.setProperty("yokedcache.near.max-staleness", "1h");
    // The deletion of a stale entry is a change as well.
    settings.setProperty("yokedcache.stale-entries.enabled", "false");
    manager = ObservedManager.start(folder, (name, cache) -> new Unobserved(), settings);
    users = manager.cache("users");
    manager.cache("without").put("a", "1");
    prometheus =
        PrometheusCollector.builder().registry(new PrometheusRegistry()).port(0).build().start();
    warm(users, "1");
    server.invoke(bean("io.yokedcache:type=CacheExtendedStatistics", "users"), "reset", null, null);
  }

  /** Waits until changes are heard, and until all of them have been. */
  private <V> void warm(Cache<String, V> cache, V value) throws JMException {
    String name = cache.getName();
    cache.put("first", value);
    await().atMost(SOON).until(() -> cache.get("first") != null && near(name, "NearHits") > 0);
    // A change is heard behind all those before it; that of the first one may have been missed.
    long changes = near(name, "NearInvalidations");
    cache.put("first", value);
    await().atMost(SOON).until(() -> near(name, "NearInvalidations") > changes);
    long flushes = near(name, "NearFlushes");
    cache.clear();
    await().atMost(SOON).until(() -> near(name, "NearFlushes") > flushes);
  }

  @AfterEach
  void stop() throws Exception {
    prometheus.close();
    manager.close();
    tagged.close();
    plain.close();
  }

  private ObjectName bean(String type, String cache) throws JMException {
    return new ObjectName(type + ",CacheManager=" + manager.name() + ",Cache=" + cache);
  }

  private long near(String cache, String attribute) throws JMException {
    return (Long)
        server.getAttribute(bean("io.yokedcache:type=CacheExtendedStatistics", cache), attribute);
  }

  private long jsr(String attribute) throws JMException {
    return (Long) server.getAttribute(bean("javax.cache:type=CacheStatistics", "users"), attribute);
  }

  /** The series of near caches on a real scrape; the values of {@code users} by their label. */
  private Map<String, Double> scrape() throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + prometheus.port() + "/metrics");
    return HttpClient.newHttpClient()
        .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
        .body()
        .lines()
        .filter(line -> line.matches("yokedcache_cache_(near_.*|invalidations.*type=\"near\".*)"))
        .collect(
            Collectors.toMap(
                line ->
                    line.replaceFirst("} .*", "}")
                        .replace("cache=\"users\",cache_manager=\"" + manager.name() + "\"", ""),
                line -> Double.valueOf(line.replaceFirst(".*} ", ""))));
  }

  private static double value(Map<String, Double> scrape, String series) {
    return requireNonNull(scrape.get(series), series);
  }

  /** 26 hits and 14 misses of copies, 37 and 3 of the cache; 11 changes; 10 copies in the end. */
  private void use() throws Exception {
    for (int i = 0; i < KEYS; i++) {
      users.put("k" + i, "1");
    }
    awaitChanges(KEYS);
    for (int time = 0; time < 3; time++) {
      for (int i = 0; i < KEYS; i++) {
        assertThat(users.get("k" + i)).isEqualTo("1");
      }
      if (time > 0) {
        assertThat(users.get("absent")).isNull();
      }
    }
    assertThat(users.getAll(Set.of("k0", "k1", "k2", "k3", "k4", "absent"))).hasSize(5);
    users.put("k0", "2");
    awaitChanges(KEYS + 1);
    assertThat(users.get("k0")).isEqualTo("2");
    assertThat(users.get("k0")).isEqualTo("2");
  }

  /** Redis tells of a change a little later than it answers who made it. */
  private void awaitChanges(long count) {
    await().atMost(SOON).until(() -> near("users", "NearInvalidations") == count);
  }

  @Test
  void figures_areThoseOfTheOperationsMade_byEveryExit() throws Exception {
    Map<String, Double> before = scrape();
    long hits = jsr("CacheHits");
    long misses = jsr("CacheMisses");
    try (StatsDCollector tags = statsd(tagged, /* useTags= */ true);
        StatsDCollector names = statsd(plain, /* useTags= */ false);
        StatsDReporter toTagged = reporter(tags);
        StatsDReporter toPlain = reporter(names)) {
      toTagged.report();
      toPlain.report();
      use();
      toTagged.report();
      toPlain.report();
    }

    assertThat(jsr("CacheHits") - hits).isEqualTo(37);
    assertThat(jsr("CacheMisses") - misses).isEqualTo(3);
    assertThat(near("users", "NearHits")).isEqualTo(26);
    assertThat(near("users", "NearMisses")).isEqualTo(14);
    assertThat(near("users", "NearEntries")).isEqualTo(KEYS);
    assertThat(near("users", "NearDroppedFills")).isZero();
    assertThat(near("users", "NearFlushes")).isZero();
    assertThat(near("without", "NearHits")).isEqualTo(-1);
    assertThat(scrape())
        .containsOnlyKeys(before.keySet())
        .containsEntry(
            "yokedcache_cache_near_gets_total{,result=\"hit\"}",
            value(before, "yokedcache_cache_near_gets_total{,result=\"hit\"}") + 26)
        .containsEntry(
            "yokedcache_cache_near_gets_total{,result=\"miss\"}",
            value(before, "yokedcache_cache_near_gets_total{,result=\"miss\"}") + 14)
        .containsEntry(
            "yokedcache_cache_invalidations_total{,type=\"near\"}",
            value(before, "yokedcache_cache_invalidations_total{,type=\"near\"}") + 11)
        .containsEntry("yokedcache_cache_near_entries{}", 10.0)
        .containsEntry("yokedcache_cache_near_stale_hits_total{}", 0.0)
        .hasSize(5);
    String tag = "[|]#cache:users,cache_manager:[^,]*";
    awaitSum(tagged, "p[.]near_gets:(\\d+)[|]c" + tag + ",result:hit", 26);
    awaitSum(tagged, "p[.]near_gets:(\\d+)[|]c" + tag + ",result:miss", 14);
    awaitSum(tagged, "p[.]invalidations:(\\d+)[|]c" + tag + ",type:near", 11);
    assertThat(tagged.lines())
        .filteredOn(line -> line.matches("p[.]near_entries:.*[|]g" + tag))
        .last()
        .asString()
        .startsWith("p.near_entries:10|");
    awaitSum(plain, "p[.].*[.]users[.]near_gets[.]hit:(\\d+)[|]c", 26);
    awaitSum(plain, "p[.].*[.]users[.]near_gets[.]miss:(\\d+)[|]c", 14);
    awaitSum(plain, "p[.].*[.]users[.]invalidations[.]near:(\\d+)[|]c", 11);
    assertThat(plain.lines())
        .filteredOn(line -> line.contains(".users.near_entries:"))
        .last()
        .asString()
        .endsWith(".users.near_entries:10|g");
  }

  /** Each reader decodes or clones its own value. */
  @Test
  void hitsOfMutableValues_countOnce() throws Exception {
    Cache<String, long[]> numbers = manager.cacheOf("users-numbers", long[].class);
    Cache<String, byte[]> arrays = manager.cacheOf("users-arrays", byte[].class);
    // The last one first: when its changes are heard, the connection is replaced no more.
    assertHitsCountOnce(arrays, new byte[] {1});
    assertHitsCountOnce(numbers, new long[] {1});
  }

  private <V> void assertHitsCountOnce(Cache<String, V> cache, V value) throws Exception {
    warm(cache, value);
    String name = cache.getName();
    long changes = near(name, "NearInvalidations");
    cache.put("a", value);
    await().atMost(SOON).until(() -> near(name, "NearInvalidations") == changes + 1);
    assertThat(cache.get("a")).isEqualTo(value);
    long hits = near(name, "NearHits");
    long misses = near(name, "NearMisses");
    for (int i = 0; i < 5; i++) {
      assertThat(cache.get("a")).isEqualTo(value);
      assertThat(cache.getAll(Set.of("a"))).hasSize(1);
    }
    assertThat(near(name, "NearHits") - hits).isEqualTo(10);
    assertThat(near(name, "NearMisses") - misses).isZero();
  }

  @Test
  void clear_dropsAllCopies_andMetricsGoOn() throws Exception {
    use();
    double before = value(scrape(), "yokedcache_cache_near_gets_total{,result=\"hit\"}");
    users.clear();

    assertThat(near("users", "NearEntries")).isZero();
    assertThat(near("users", "NearFlushes")).isPositive();
    assertThat(users.get("k0")).isNull();
    server.invoke(bean("io.yokedcache:type=CacheExtendedStatistics", "users"), "reset", null, null);
    assertThat(near("users", "NearHits")).isZero();
    assertThat(scrape()).containsEntry("yokedcache_cache_near_gets_total{,result=\"hit\"}", before);
  }

  private static StatsDCollector statsd(UdpReceiver receiver, boolean useTags) {
    return StatsDCollector.builder()
        .host("127.0.0.1")
        .port(receiver.port())
        .prefix("p")
        .timeout(SOON)
        .useTags(useTags)
        .build();
  }

  private static StatsDReporter reporter(StatsDCollector collector) {
    return StatsDReporter.builder(JmxCacheReader.ofThisJvm(), collector)
        .interval(Duration.ofHours(1))
        .sendHistory(false)
        .start();
  }

  /** The values of all lines of that form. */
  private static void awaitSum(UdpReceiver receiver, String form, long expected) {
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(
                        receiver.lines().stream()
                            .filter(line -> line.matches(form))
                            .mapToLong(line -> Long.parseLong(line.replaceFirst(form, "$1")))
                            .sum())
                    .as(form)
                    .isEqualTo(expected));
  }

  /** Hears of operations, which these figures are no matter of. */
  private static final class Unobserved implements OperationObserver {

    @Override
    public void completed(
        String operation, int hits, int misses, int puts, int removals, long durationNanos) {}

    @Override
    public void counted(int hits, int misses, int puts, int removals) {}

    @Override
    public void failed(String operation, String errorType) {}
  }
}
