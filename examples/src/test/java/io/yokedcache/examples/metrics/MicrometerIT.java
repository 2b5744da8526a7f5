package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.cache.JCacheMetrics;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.net.URI;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Micrometer's binder for JCache, which Spring Boot uses too, on our caches. */
final class MicrometerIT {

  private static final MutableConfiguration<String, String> CONFIGURATION =
      new MutableConfiguration<String, String>()
          .setTypes(String.class, String.class)
          .setStatisticsEnabled(true);

  @Test
  void monitor_readsWhatWasDone() {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = open(provider, redis)) {
      SimpleMeterRegistry registry = new SimpleMeterRegistry();
      Cache<String, String> users = manager.createCache("users", CONFIGURATION);
      Cache<String, String> orders = manager.createCache("orders", CONFIGURATION);
      JCacheMetrics.monitor(registry, users, Tags.of("team", "a"));
      JCacheMetrics.monitor(registry, orders, Tags.of("team", "b"));
      for (int i = 0; i < 50; i++) {
        users.put("k" + i, "v");
      }
      for (int i = 0; i < 80; i++) {
        users.get("k" + i);
      }
      users.getAll(Set.of("k1", "k2", "none"));
      users.removeAll(Set.of("k1", "k2", "none"));
      users.remove("k3");
      orders.putAll(Map.of("a", "1", "b", "2"));

      assertThat(count(registry, "users", "cache.gets", "result", "hit")).isEqualTo(52);
      assertThat(count(registry, "users", "cache.gets", "result", "miss")).isEqualTo(31);
      assertThat(count(registry, "users", "cache.puts")).isEqualTo(50);
      assertThat(removals(registry, "users")).isEqualTo(3);
      assertThat(count(registry, "users", "cache.evictions")).isZero();
      assertThat(count(registry, "orders", "cache.puts")).isEqualTo(2);
      assertThat(count(registry, "orders", "cache.gets", "result", "hit")).isZero();
    }
  }

  /** Micrometer itself refuses what no unquoted object name can have: {@code : , = "} and lines. */
  @ParameterizedTest
  @ValueSource(strings = {"com.acme.User", "a b", "user's", "café/ü/日本", "50%", "[x]{y}", "a;b|c"})
  void monitor_specialNames_areFound(String name) {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = open(provider, redis)) {
      SimpleMeterRegistry registry = new SimpleMeterRegistry();
      Cache<String, String> cache = manager.createCache(name, CONFIGURATION);
      JCacheMetrics.monitor(registry, cache);
      cache.put("a", "1");
      cache.get("a");

      assertThat(count(registry, name, "cache.gets", "result", "hit")).isEqualTo(1);
      assertThat(count(registry, name, "cache.puts")).isEqualTo(1);
    }
  }

  /** To JMX these are patterns, which no bean's name can be: there is nothing to read. */
  @ParameterizedTest
  @ValueSource(strings = {"a*b", "what?"})
  void monitor_patterns_readNothingAndDoNotThrow(String name) {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = open(provider, redis)) {
      SimpleMeterRegistry registry = new SimpleMeterRegistry();
      Cache<String, String> cache = manager.createCache(name, CONFIGURATION);
      JCacheMetrics.monitor(registry, cache);
      cache.put("a", "1");

      assertThat(count(registry, name, "cache.puts")).isZero();
    }
  }

  private static CacheManager open(CachingProvider provider, EmbeddedRedis redis) {
    return provider.getCacheManager(URI.create("redis://127.0.0.1:" + redis.port()), null);
  }

  private static double count(
      SimpleMeterRegistry registry, String cache, String meter, String... tags) {
    FunctionCounter counter = registry.get(meter).tag("cache", cache).tags(tags).functionCounter();
    return counter.count();
  }

  /** Which Micrometer shows as a gauge. */
  private static double removals(SimpleMeterRegistry registry, String cache) {
    return registry.get("cache.removals").tag("cache", cache).gauge().value();
  }
}
