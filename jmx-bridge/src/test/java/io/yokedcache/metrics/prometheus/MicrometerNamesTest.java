package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.cache.JCacheMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.source.SnapshotFixture;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import java.util.List;
import java.util.Map;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.Test;

/** Compared with what a real Micrometer shows of the same beans. */
final class MicrometerNamesTest {

  private static PrometheusCollectorBuilder builder() {
    return PrometheusCollector.builder()
        .registry(new PrometheusRegistry())
        .port(0)
        .names(MetricNames.MICROMETER);
  }

  @Test
  void scrape_caffeineCache_sameSeriesAsMicrometer() throws Exception {
    PrometheusMeterRegistry micrometer = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    try (CachingProvider provider =
            Caching.getCachingProvider(CaffeineCachingProvider.class.getName());
        CacheManager manager =
            provider.getCacheManager(provider.getDefaultURI(), getClass().getClassLoader());
        PrometheusCollector collector = builder().build().start()) {
      Cache<String, String> cache =
          manager.createCache(
              "orders", new MutableConfiguration<String, String>().setStatisticsEnabled(true));
      cache.put("a", "1");
      cache.put("b", "2");
      cache.get("a");
      cache.get("a");
      cache.get("x");
      cache.remove("b");
      // Spring Boot adds the manager's name in this way.
      String managerName = manager.getURI().toString().replaceAll("[,:=\n]", ".");
      JCacheMetrics.monitor(
          micrometer,
          cache,
          Tags.of("cache.manager", managerName),
          /* registerCacheRemovalsAsFunctionCounter= */ true);
      List<String> theirs = series(micrometer.scrape());
      assertThat(theirs).hasSizeGreaterThanOrEqualTo(5);
      assertThat(series(new Scraper(collector.port()).get("/metrics").body())).containsAll(theirs);
    } finally {
      micrometer.close();
    }
  }

  /** All lines of metrics that begin as Micrometer's do, with types but without help. */
  private static List<String> series(String page) {
    return page.lines()
        .filter(line -> line.startsWith("cache_") || line.startsWith("# TYPE cache_"))
        .map(line -> line.replaceFirst("\\.0$", ""))
        .sorted()
        .toList();
  }

  @Test
  void scrape_snapshot_sizeAndTheOthersUnderTheirOwnNames() throws Exception {
    try (SnapshotFixture fixture =
            new SnapshotFixture(1_000)
                .with(
                    new CacheData(
                        "users", List.of(), Map.of("hits", 7L), Map.of("keysCount", 1500.0)));
        PrometheusCollector collector = builder().namespace("app").build().start()) {
      String labels = "{cache=\"users\",cache_manager=\"" + fixture.manager() + "\"";
      assertThat(new Scraper(collector.port()).get("/metrics").body().lines())
          .contains(
              "# TYPE cache_size gauge",
              "cache_size" + labels + "} 1500.0",
              "cache_gets_total" + labels + ",result=\"hit\"} 7.0",
              "app_cache_hits_total" + labels + "} 7.0",
              "app_bridge_jmx_target_up 1.0");
    }
  }
}
