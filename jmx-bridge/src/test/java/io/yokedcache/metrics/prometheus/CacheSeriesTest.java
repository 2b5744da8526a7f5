package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.SnapshotFixture;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import io.yokedcache.metrics.source.SnapshotFixture.OperationData;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.Test;

/** The series of caches, to the letter, on a real scrape. */
final class CacheSeriesTest {

  private static final long[] BOUNDS = {500_000, 1_000_000, 5_000_000, 10_000_000};

  private static CacheData users() {
    return new CacheData(
        "users",
        List.of(
            new OperationData("get", 2_500_000_000L, Map.of("timeout", 4L), 1000, 24, 300, 65, 11),
            new OperationData("put", 0, Map.of(), 0, 0, 0, 0, 0),
            new OperationData("network", 1_000_000_000L, Map.of(), 10, 0, 0, 0, 0)),
        Map.ofEntries(
            Map.entry("hits", 1247L),
            Map.entry("misses", 153L),
            Map.entry("puts", 310L),
            Map.entry("removals", 12L),
            Map.entry("expirations", 5L),
            Map.entry("invalidations.clear", 2L),
            Map.entry("invalidations.tag", 7L)),
        Map.of("sizeBytes", 1048576.0, "keysCount", 1500.0, "uptimeSeconds", 60.5));
  }

  private static CacheData orders() {
    return new CacheData(
        "orders",
        List.of(new OperationData("get", 500_000_000L, Map.of("timeout", 1L), 1, 1, 1, 1, 1)),
        Map.of("hits", 53L, "misses", 47L, "puts", 1L),
        Map.of("sizeBytes", 24.0, "keysCount", 1.0, "uptimeSeconds", 7.0));
  }

  private static PrometheusCollectorBuilder builder() {
    return PrometheusCollector.builder().registry(new PrometheusRegistry()).port(0);
  }

  @Test
  void scrape_sumOverCaches_seedsSeries() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users());
        PrometheusCollector collector = builder().cacheLabels(false).build().start()) {
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("yokedcache_cache_gets_total"))
          .containsExactly(
              "# HELP yokedcache_cache_gets_total Number of entries asked for, by whether they were"
                  + " found",
              "# TYPE yokedcache_cache_gets_total counter",
              "yokedcache_cache_gets_total{result=\"hit\"} 1247.0",
              "yokedcache_cache_gets_total{result=\"miss\"} 153.0");
      assertThat(scraper.lines("yokedcache_cache_hit_rate"))
          .endsWith("yokedcache_cache_hit_rate 0.8907142857142857");
      assertThat(scraper.lines("yokedcache_cache_operation_duration_seconds"))
          .containsExactly(
              "# HELP yokedcache_cache_operation_duration_seconds Duration of the operations of a"
                  + " cache",
              "# TYPE yokedcache_cache_operation_duration_seconds histogram",
              bucket("get", "5.0E-4", 1000),
              bucket("get", "0.001", 1024),
              bucket("get", "0.005", 1324),
              bucket("get", "0.01", 1389),
              bucket("get", "+Inf", 1400),
              "yokedcache_cache_operation_duration_seconds_count{operation=\"get\"} 1400",
              "yokedcache_cache_operation_duration_seconds_sum{operation=\"get\"} 2.5");
      assertThat(fixture.manager()).isNotEmpty();
    }
  }

  @Test
  void scrape_pythonNames_putIsSet() throws Exception {
    CacheData cache =
        new CacheData(
            "users",
            List.of(
                new OperationData("put", 5_000_000, Map.of("timeout", 2L), 3, 0, 0, 0, 0),
                new OperationData("putAll", 0, Map.of(), 1, 0, 0, 0, 0)),
            Map.of(),
            Map.of());
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(cache);
        PrometheusCollector collector =
            builder().cacheLabels(false).names(MetricNames.PYTHON).build().start()) {
      assertThat(new Scraper(collector.port()).get("/metrics").body().lines())
          .contains(
              bucket("set", "5.0E-4", 3),
              "yokedcache_cache_operation_duration_seconds_count{operation=\"set\"} 3",
              "yokedcache_cache_operation_duration_seconds_count{operation=\"putAll\"} 1",
              "yokedcache_cache_errors_total{error_type=\"timeout\",operation=\"set\"} 2.0")
          .noneMatch(line -> line.contains("operation=\"put\""));
      assertThat(fixture.manager()).isNotEmpty();
    }
  }

  @Test
  void scrape_equalSeriesOfABean_theFirstStays() throws Exception {
    CacheData cache =
        new CacheData(
            "users",
            List.of(
                new OperationData("get", 5_000_000, Map.of("timeout", 2L), 3, 0, 0, 0, 0),
                new OperationData("get", 7_000_000, Map.of("timeout", 9L), 8, 0, 0, 0, 0)),
            Map.of("hits", 1L),
            Map.of());
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(cache);
        PrometheusCollector collector = builder().build().start()) {
      String labels =
          "{cache=\"users\",cache_manager=\"" + fixture.manager() + "\",%soperation=\"get\"} ";
      assertThat(new Scraper(collector.port()).get("/metrics").body().lines())
          .contains(
              "yokedcache_cache_operation_duration_seconds_count" + labels.formatted("") + 3,
              "yokedcache_cache_errors_total" + labels.formatted("error_type=\"timeout\",") + 2.0)
          .noneMatch(line -> line.endsWith(" 8") || line.endsWith(" 9.0"));
    }
  }

  @Test
  void scrape_configurations_ofAllCaches() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users());
        PrometheusCollector collector = builder().build().start()) {
      Scraper scraper = new Scraper(collector.port());
      String manager = "\",cache_manager=\"" + fixture.manager() + "\"";
      String more =
          ",codec=\"json\",key_type=\"java.lang.String\",read_through=\"false\",store_by=\"value\","
              + "value_type=\"com.acme.User\",write_through=\"false\"} 1.0";
      // An info of older client libraries is 1, without decimals.
      List<String> infos =
          scraper.lines("yokedcache_cache_info").stream()
              .map(line -> line.endsWith("} 1") ? line + ".0" : line)
              .toList();
      assertThat(infos)
          .contains(
              "# TYPE yokedcache_cache_info gauge",
              "yokedcache_cache_info{cache=\"users" + manager + more,
              "yokedcache_cache_info{cache=\"uncounted" + manager + more);
      assertThat(scraper.lines("yokedcache_cache_statistics_enabled"))
          .contains(
              "yokedcache_cache_statistics_enabled{cache=\"users" + manager + "} 1.0",
              "yokedcache_cache_statistics_enabled{cache=\"uncounted" + manager + "} 0.0");
    }
  }

  @Test
  void scrape_twoFamilies_readsOnlyTheirFigures() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users());
        PrometheusCollector collector = builder().build().start()) {
      String page =
          new Scraper(collector.port())
              .get(
                  "/metrics?name%5B%5D=yokedcache_cache_gets_total"
                      + "&name%5B%5D=yokedcache_cache_hit_rate")
              .body();
      String labels = "{cache=\"users\",cache_manager=\"" + fixture.manager() + "\"";
      assertThat(page.lines().filter(line -> !line.startsWith("#")))
          .filteredOn(line -> line.contains(fixture.manager()))
          .containsExactlyInAnyOrder(
              "yokedcache_cache_gets_total" + labels + ",result=\"hit\"} 1247.0",
              "yokedcache_cache_gets_total" + labels + ",result=\"miss\"} 153.0",
              "yokedcache_cache_hit_rate" + labels + "} 0.8907142857142857");
      assertThat(fixture.selections()).containsExactly(Set.of("hits", "misses", "hitRate"));
      assertThat(fixture.bulkReads()).isZero();
    }
  }

  private static String bucket(String operation, String le, long count) {
    return "yokedcache_cache_operation_duration_seconds_bucket{operation=\""
        + operation
        + "\",le=\""
        + le
        + "\"} "
        + count;
  }

  @Test
  void scrape_seedsTable_everyMetricWithItsType() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users());
        PrometheusCollector collector = builder().build().start()) {
      String page = new Scraper(collector.port()).get("/metrics").body();
      String labels = "{cache=\"users\",cache_manager=\"" + fixture.manager() + "\"";
      assertThat(page.lines())
          .contains(
              "# TYPE yokedcache_cache_gets_total counter",
              "yokedcache_cache_gets_total" + labels + ",result=\"hit\"} 1247.0",
              "# TYPE yokedcache_cache_sets_total counter",
              "yokedcache_cache_sets_total" + labels + "} 310.0",
              "# TYPE yokedcache_cache_deletes_total counter",
              "yokedcache_cache_deletes_total" + labels + "} 12.0",
              "# TYPE yokedcache_cache_hits_total counter",
              "yokedcache_cache_hits_total" + labels + "} 1247.0",
              "# TYPE yokedcache_cache_misses_total counter",
              "yokedcache_cache_misses_total" + labels + "} 153.0",
              "# TYPE yokedcache_cache_hit_rate gauge",
              "# TYPE yokedcache_cache_size_bytes gauge",
              "yokedcache_cache_size_bytes" + labels + "} 1048576.0",
              "# TYPE yokedcache_cache_keys_count gauge",
              "yokedcache_cache_keys_count" + labels + "} 1500.0",
              "yokedcache_cache_entries" + labels + "} 1500.0",
              "yokedcache_cache_uptime_seconds" + labels + "} 60.5",
              "# TYPE yokedcache_cache_operation_duration_seconds histogram",
              "# TYPE yokedcache_cache_invalidations_total counter",
              "yokedcache_cache_invalidations_total" + labels + ",type=\"clear\"} 2.0",
              "yokedcache_cache_invalidations_total" + labels + ",type=\"tag\"} 7.0",
              "yokedcache_cache_expirations_total" + labels + "} 5.0",
              "yokedcache_cache_errors_total"
                  + labels
                  + ",error_type=\"timeout\",operation=\"get\"} 4.0",
              "yokedcache_cache_phase_duration_seconds_count" + labels + ",phase=\"network\"} 10",
              "yokedcache_cache_health{cache_manager=\"" + fixture.manager() + "\"} 1.0",
              "yokedcache_cache_ping_seconds{cache_manager=\"" + fixture.manager() + "\"} 2.5E-4",
              "yokedcache_cache_reconnects_total{cache_manager=\"" + fixture.manager() + "\"} 3.0",
              "yokedcache_cache_connections{cache_manager=\""
                  + fixture.manager()
                  + "\",state=\"idle\"} 5.0",
              "yokedcache_bridge_jmx_target_up 1.0",
              "yokedcache_bridge_errors_total 0.0",
              "yokedcache_bridge_dropped_caches 0.0",
              "yokedcache_bridge_dropped_samples_total 0.0");
      // Not measured by the fixture, and so not there; neither is an operation that never ran.
      assertThat(page)
          .doesNotContain("evictions", "key_statistics_age", "undecodable", "operation=\"put\"")
          .doesNotContain("operation=\"network\"");
    }
  }

  @Test
  void scrape_twoCaches_labelsTellThemApartOrAddThemUp() throws Exception {
    try (SnapshotFixture one = new SnapshotFixture(BOUNDS).with(users());
        SnapshotFixture two = new SnapshotFixture(BOUNDS).with(users()).with(orders());
        PrometheusCollector apart = builder().build().start();
        PrometheusCollector sum = builder().cacheLabels(false).build().start()) {
      assertThat(new Scraper(apart.port()).lines("yokedcache_cache_sets_total{"))
          .containsExactlyInAnyOrder(
              sets("users", one, "310.0"), sets("users", two, "310.0"), sets("orders", two, "1.0"));
      Scraper scraper = new Scraper(sum.port());
      assertThat(scraper.lines("yokedcache_cache_"))
          .contains(
              "yokedcache_cache_sets_total 621.0",
              "yokedcache_cache_hit_rate " + (2.0 * 1247 + 53) / (2.0 * 1400 + 100),
              "yokedcache_cache_size_bytes 2097176.0",
              "yokedcache_cache_uptime_seconds 60.5",
              "yokedcache_cache_health 1.0",
              "yokedcache_cache_reconnects_total 6.0",
              "yokedcache_cache_errors_total{error_type=\"timeout\",operation=\"get\"} 9.0",
              bucket("get", "0.01", 2 * 1389 + 4),
              "yokedcache_cache_operation_duration_seconds_sum{operation=\"get\"} 5.5");
    }
  }

  private static String sets(String cache, SnapshotFixture fixture, String value) {
    return "yokedcache_cache_sets_total{cache=\""
        + cache
        + "\",cache_manager=\""
        + fixture.manager()
        + "\"} "
        + value;
  }

  @Test
  void scrape_namespaceSubsystemAndConstantLabels() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users());
        PrometheusCollector collector =
            builder()
                .namespace("myapp_cache")
                .subsystem("backend")
                .labels(Map.of("environment", "production", "service", "api"))
                .build()
                .start()) {
      assertThat(new Scraper(collector.port()).lines("myapp_cache_backend_cache_sets_total{"))
          .containsExactly(
              "myapp_cache_backend_cache_sets_total{cache=\"users\",cache_manager=\""
                  + fixture.manager()
                  + "\",environment=\"production\",service=\"api\"} 310.0");
    }
  }

  @Test
  void scrape_filteredByName_onlyThose() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users());
        PrometheusCollector collector = builder().build().start()) {
      String page =
          new Scraper(collector.port())
              .get(
                  "/metrics?name[]=yokedcache_cache_gets_total&name[]=yokedcache_cache_hit_rate"
                      .replace("[", "%5B")
                      .replace("]", "%5D"))
              .body();
      assertThat(page.lines().filter(line -> line.startsWith("# TYPE")))
          .containsExactly(
              "# TYPE yokedcache_cache_gets_total counter",
              "# TYPE yokedcache_cache_hit_rate gauge");
      assertThat(page).contains(fixture.manager());
      assertThat(fixture.bulkReads()).isZero();
    }
  }

  @Test
  void scrape_filteredSeries_othersAreNotRead() throws Exception {
    SeriesFilter filter =
        new SeriesFilter(
            List.of("cache.*", "yokedcache_bridge_jmx_*"),
            List.of("cache_*_duration_seconds", "cache.errors.total", "cache_in*"));
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users());
        PrometheusCollector collector = builder().series(filter).build().start()) {
      String page = new Scraper(collector.port()).get("/metrics").body();
      assertThat(page)
          .contains(fixture.manager(), "yokedcache_cache_gets_total{", "bridge_jmx_target_up 1.0")
          .doesNotContain("_duration", "_errors_", "invalidations", "cache_info", "dropped");
      assertThat(fixture.bulkReads()).isZero();
    }
  }

  @Test
  void scrape_otherProvider_countsOfTheOperationsMade() throws Exception {
    try (CachingProvider provider =
            Caching.getCachingProvider(CaffeineCachingProvider.class.getName());
        CacheManager manager =
            provider.getCacheManager(provider.getDefaultURI(), getClass().getClassLoader());
        PrometheusCollector collector = builder().cacheLabels(false).build().start()) {
      Cache<String, String> cache =
          manager.createCache(
              "c", new MutableConfiguration<String, String>().setStatisticsEnabled(true));
      cache.put("a", "1");
      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(cache.get("b")).isNull();
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("yokedcache_cache_"))
          .contains(
              "yokedcache_cache_gets_total{result=\"hit\"} 1.0",
              "yokedcache_cache_gets_total{result=\"miss\"} 1.0",
              "yokedcache_cache_hit_rate 0.5",
              "yokedcache_cache_sets_total 1.0",
              "yokedcache_cache_deletes_total 0.0",
              "yokedcache_cache_evictions_total 0.0")
          .noneMatch(line -> line.contains("size_bytes") || line.contains("duration"));
    }
  }

  @Test
  void scrape_targets_oneDown() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users());
        PrometheusCollector collector =
            builder()
                .target("up", JmxCacheReader.ofThisJvm())
                .target(
                    "down",
                    () -> {
                      throw new IOException("connection refused");
                    })
                .build()
                .start()) {
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("yokedcache_bridge_jmx_target_up{"))
          .containsExactly(
              "yokedcache_bridge_jmx_target_up{target=\"down\"} 0.0",
              "yokedcache_bridge_jmx_target_up{target=\"up\"} 1.0");
      assertThat(scraper.lines("yokedcache_bridge_errors_total{target=\"down\""))
          .containsExactly("yokedcache_bridge_errors_total{target=\"down\"} 2.0");
      assertThat(scraper.lines("yokedcache_cache_sets_total{"))
          .containsExactly(
              "yokedcache_cache_sets_total{cache=\"users\",cache_manager=\""
                  + fixture.manager()
                  + "\",target=\"up\"} 310.0");
    }
  }

  @Test
  void scrape_moreCachesThanTheLimit() throws Exception {
    try (SnapshotFixture fixture = new SnapshotFixture(BOUNDS).with(users()).with(orders());
        PrometheusCollector collector = builder().maxCaches(1).build().start();
        PrometheusCollector sum = builder().maxCaches(1).cacheLabels(false).build().start()) {
      assertThat(new Scraper(sum.port()).get("/metrics").body())
          .contains("yokedcache_cache_sets_total 311.0\n", "yokedcache_bridge_dropped_caches 0.0");
      Scraper scraper = new Scraper(collector.port());
      assertThat(scraper.lines("yokedcache_cache_sets_total{"))
          .containsExactly(sets("users", fixture, "310.0"));
      assertThat(scraper.lines("yokedcache_bridge_dropped_caches"))
          .endsWith("yokedcache_bridge_dropped_caches 1.0");
    }
  }
}
