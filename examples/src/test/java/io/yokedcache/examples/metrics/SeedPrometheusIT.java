package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.prometheus.MetricNames;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.configuration.MutableConfiguration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;

/**
 * What a scrape shows, figure by figure against the operations that the test made: all rows of the
 * documented table of metrics, and the documented sample of a scrape.
 */
final class SeedPrometheusIT {

  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("cache_gets_total", "counter"),
          Map.entry("cache_sets_total", "counter"),
          Map.entry("cache_deletes_total", "counter"),
          Map.entry("cache_hits_total", "counter"),
          Map.entry("cache_misses_total", "counter"),
          Map.entry("cache_hit_rate", "gauge"),
          Map.entry("cache_operation_duration_seconds", "histogram"),
          Map.entry("cache_invalidations_total", "counter"),
          Map.entry("cache_errors_total", "counter"),
          Map.entry("cache_uptime_seconds", "gauge"),
          Map.entry("cache_size_bytes", "gauge"),
          Map.entry("cache_keys_count", "gauge"));

  @TempDir private Path folder;

  private RedisCaches caches;
  private Cache<String, String> cache;

  @BeforeEach
  void start() throws IOException {
    caches = RedisCaches.start(folder);
    cache = createCache("users");
  }

  @AfterEach
  void stop() {
    caches.close();
  }

  private Cache<String, String> createCache(String name) {
    return caches
        .manager()
        .createCache(
            name, new MutableConfiguration<String, String>().setTypes(String.class, String.class));
  }

  private static Scrape scrape(PrometheusCollector collector)
      throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:" + collector.port() + "/metrics");
    return Scrape.parse(
        HttpClient.newHttpClient()
            .send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString())
            .body());
  }

  /** Scrapes until a count has counted the entries. */
  private static Scrape scrapeWith(PrometheusCollector collector, String series, double value) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> scrape(collector), scrape -> scrape.value(series) == value);
  }

  @Test
  void scrape_withoutCacheLabels_isTheDocumentedSample() throws Exception {
    CountedOperations counted = new CountedOperations(cache);
    int left = counted.runAll();
    try (PrometheusCollector collector =
        PrometheusCollector.builder()
            .registry(new PrometheusRegistry())
            .port(0)
            .cacheLabels(false)
            .names(MetricNames.PYTHON)
            .build()
            .start()) {
      Scrape scrape = scrapeWith(collector, "yokedcache_cache_keys_count", left);

      assertThat(scrape.value("yokedcache_cache_size_bytes")).isPositive();
      assertThat(scrape.text().lines())
          .contains(
              "# TYPE yokedcache_cache_gets_total counter",
              "yokedcache_cache_gets_total{result=\"hit\"} 1247.0",
              "yokedcache_cache_gets_total{result=\"miss\"} 153.0",
              "# TYPE yokedcache_cache_hit_rate gauge",
              "# TYPE yokedcache_cache_operation_duration_seconds histogram");
      assertThat(scrape.text())
          .contains(
              "# HELP yokedcache_cache_gets_total ",
              "# HELP yokedcache_cache_hit_rate ",
              "# HELP yokedcache_cache_operation_duration_seconds ",
              "yokedcache_cache_operation_duration_seconds_bucket{operation=\"get\",le=\"0.001\"} ",
              "yokedcache_cache_operation_duration_seconds_bucket{operation=\"get\",le=\"0.01\"} ");
      assertThat(scrape.value("yokedcache_cache_hit_rate")).isEqualTo(0.89, within(0.005));
      assertFigures(scrape, "yokedcache", "", "set", counted);
    }
  }

  @Test
  void scrape_byDefault_saysWhoseEachSeriesIs() throws Exception {
    CountedOperations users = new CountedOperations(cache);
    int left = users.runAll();
    CountedOperations orders = new CountedOperations(createCache("orders"));
    orders.put(3);
    orders.hit(9, 3);
    orders.miss(1);
    orders.clear();
    orders.removeAllKeys();
    orders.remove(0);
    orders.fail(1);
    try (PrometheusCollector collector =
        PrometheusCollector.builder()
            .registry(new PrometheusRegistry())
            .port(0)
            .namespace("myapp")
            .build()
            .start()) {
      String whose = "{cache=\"users\",cache_manager=\"" + caches.managerName() + "\"}";
      Scrape scrape = scrapeWith(collector, "myapp_cache_keys_count" + whose, left);

      String manager = "\",cache_manager=\"" + caches.managerName() + "\"";
      assertFigures(scrape, "myapp", "cache=\"users" + manager, "put", users);
      assertFigures(scrape, "myapp", "cache=\"orders" + manager, "put", orders);
    }
  }

  @Test
  void scrape_keyStatistics_isWhatRedisSays() throws Exception {
    for (int i = 0; i < 40; i++) {
      cache.put("entry-" + i, "x".repeat(10 * i));
    }
    try (Jedis redis = new Jedis("127.0.0.1", caches.port());
        PrometheusCollector collector =
            PrometheusCollector.builder()
                .registry(new PrometheusRegistry())
                .port(0)
                .cacheLabels(false)
                .build()
                .start()) {
      Set<String> keys = redis.keys("*entry-*");
      long bytes = keys.stream().mapToLong(redis::memoryUsage).sum();

      Scrape scrape = scrapeWith(collector, "yokedcache_cache_keys_count", 40);

      assertThat(keys).hasSize(40);
      assertThat(scrape.value("yokedcache_cache_entries")).isEqualTo(40);
      assertThat(scrape.value("yokedcache_cache_size_bytes")).isEqualTo((double) bytes);
      assertThat(scrape.value("yokedcache_cache_health")).isEqualTo(1);
    }
  }

  /**
   * Compares all that the seed's table has, and errors.
   *
   * @param put what the operation is called
   */
  private static void assertFigures(
      Scrape scrape, String namespace, String labels, String put, CountedOperations counted) {
    TYPES.forEach(
        (name, type) -> assertThat(scrape.types()).containsEntry(namespace + "_" + name, type));
    Map<String, Double> expected =
        Map.ofEntries(
            Map.entry(series("gets_total", labels, "result=\"hit\""), (double) counted.hits()),
            Map.entry(series("gets_total", labels, "result=\"miss\""), (double) counted.misses()),
            Map.entry(series("sets_total", labels), (double) counted.sets()),
            Map.entry(series("deletes_total", labels), (double) counted.deletes()),
            Map.entry(series("hits_total", labels), (double) counted.hits()),
            Map.entry(series("misses_total", labels), (double) counted.misses()),
            Map.entry(series("hit_rate", labels), counted.hitRate()),
            Map.entry(
                series("invalidations_total", labels, "type=\"clear\""), (double) counted.clears()),
            Map.entry(
                series("invalidations_total", labels, "type=\"removeAll\""),
                (double) counted.removalsOfAll()),
            Map.entry(
                series("errors_total", labels, "error_type=\"processor\",operation=\"invoke\""),
                (double) counted.errors()),
            Map.entry(
                series("operation_duration_seconds_count", labels, "operation=\"get\""),
                (double) counted.gets()),
            Map.entry(
                series("operation_duration_seconds_count", labels, "operation=\"" + put + "\""),
                (double) counted.sets()),
            Map.entry(
                series(
                    "operation_duration_seconds_bucket", labels, "operation=\"get\",le=\"+Inf\""),
                (double) counted.gets()));
    expected.forEach(
        (series, value) ->
            assertThat(scrape.samples()).containsEntry(namespace + "_cache_" + series, value));
    assertDurations(scrape, namespace + "_cache_", labels, counted);
  }

  /**
   * The test measures around the call, so a get that took 1 ms here took no longer there: each
   * bucket has at least as many.
   */
  private static void assertDurations(
      Scrape scrape, String prefix, String labels, CountedOperations counted) {
    double before = 0;
    for (String le : new String[] {"0.001", "0.01", "0.1", "1.0"}) {
      String series =
          series(
              "operation_duration_seconds_bucket", labels, "operation=\"get\",le=\"" + le + "\"");
      double inBucket = scrape.value(prefix + series);
      assertThat(inBucket)
          .as(series)
          .isBetween((double) counted.getsWithin(Double.parseDouble(le)), (double) counted.gets())
          .isGreaterThanOrEqualTo(before);
      before = inBucket;
    }
    assertThat(
            scrape.value(
                prefix + series("operation_duration_seconds_sum", labels, "operation=\"get\"")))
        .isGreaterThan(0)
        .isLessThanOrEqualTo(counted.getSeconds());
  }

  private static String series(String name, String labels, String... more) {
    String own = String.join(",", more);
    String all = labels + (labels.isEmpty() || own.isEmpty() ? "" : ",") + own;
    return all.isEmpty() ? name : name + "{" + all + "}";
  }
}
