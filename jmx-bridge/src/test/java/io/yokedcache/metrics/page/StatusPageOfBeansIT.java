package io.yokedcache.metrics.page;

import static io.yokedcache.metrics.page.Json.at;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.metrics.source.JmxCacheReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import javax.cache.management.CacheStatisticsMXBean;
import javax.cache.spi.CachingProvider;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardMBean;
import org.junit.jupiter.api.Test;

/** The page of the MBeans of real caches, and of a bean whose figures cannot be true. */
final class StatusPageOfBeansIT {

  private static final List<String> NAMES = List.of("a:b", "a.b", "a,b");

  /** A loader that always fails. */
  public static final class FailingLoader implements CacheLoader<String, String> {
    @Override
    public String load(String key) {
      throw new IllegalStateException("no " + key);
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      throw new IllegalStateException("none");
    }
  }

  /** A foreign bean: hits that cannot be, and an attribute that cannot be read. */
  private static final class Hostile implements CacheStatisticsMXBean {
    @Override
    public void clear() {}

    @Override
    public long getCacheHits() {
      return -1;
    }

    @Override
    public float getCacheHitPercentage() {
      return Float.NaN;
    }

    @Override
    public long getCacheMisses() {
      return 5;
    }

    @Override
    public float getCacheMissPercentage() {
      return -1e30f;
    }

    @Override
    public long getCacheGets() {
      return Long.MIN_VALUE;
    }

    @Override
    public long getCachePuts() {
      return 3;
    }

    @Override
    public long getCacheRemovals() {
      return Long.MAX_VALUE;
    }

    @Override
    public long getCacheEvictions() {
      throw new IllegalStateException("not today");
    }

    @Override
    public float getAverageGetTime() {
      return Float.NEGATIVE_INFINITY;
    }

    @Override
    public float getAveragePutTime() {
      return -1;
    }

    @Override
    public float getAverageRemoveTime() {
      return Float.NaN;
    }
  }

  private static void fill(CacheManager manager) {
    for (int i = 0; i < NAMES.size(); i++) {
      Cache<String, String> cache = manager.createCache(NAMES.get(i), configuration());
      for (int j = 0; j <= i; j++) {
        cache.put("key", "value");
      }
    }
    Cache<String, String> failing =
        manager.createCache(
            "failing",
            configuration()
                .setReadThrough(true)
                .setCacheLoaderFactory(FactoryBuilder.factoryOf(FailingLoader.class)));
    for (String key : List.of("x", "y")) {
      assertThatThrownBy(() -> failing.get(key)).isInstanceOf(CacheException.class);
    }
  }

  private static MutableConfiguration<String, String> configuration() {
    return new MutableConfiguration<String, String>()
        .setTypes(String.class, String.class)
        .setStatisticsEnabled(true);
  }

  @Test
  void data_hasEachFigureOnce_andABadBeanCostsItsOwnOnly() throws Exception {
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    ObjectName hostile =
        new ObjectName("javax.cache:type=CacheStatistics,CacheManager=hostile,Cache=bad");
    beans.registerMBean(
        new StandardMBean(new Hostile(), CacheStatisticsMXBean.class, true), hostile);
    try (CachingProvider provider =
            Caching.getCachingProvider("io.yokedcache.jcache.YokedCachingProvider");
        CacheManager manager = provider.getCacheManager(URI.create("embedded:redis"), null);
        PageServer server = PageServer.of(JmxCacheReader.ofThisJvm())) {
      fill(manager);

      Object data =
          Json.parse(
              new String(server.send("GET", "api/data.json").body(), StandardCharsets.UTF_8));

      assertThat(at(data, "targets", 0, "up")).isEqualTo(true);
      List<?> columns = Json.list(data, "columns");
      Map<String, Object> puts = new TreeMap<>();
      for (Object row : Json.list(data, "rows")) {
        String cache = String.valueOf(at(row, columns.indexOf("cache")));
        puts.put(cache, at(row, columns.indexOf("puts")));
        if (cache.equals("failing")) {
          assertThat(at(row, columns.indexOf("errors"))).as("failed gets").isEqualTo(2.0);
        }
        if (cache.equals("bad")) {
          assertThat(at(row, columns.indexOf("hits"))).isNull();
          assertThat(at(row, columns.indexOf("evictions"))).isNull();
          assertThat(at(row, columns.indexOf("misses"))).isEqualTo(5.0);
        }
      }
      assertThat(puts)
          .containsEntry("a:b", 1.0)
          .containsEntry("a.b", 2.0)
          .containsEntry("a,b", 3.0)
          .containsEntry("bad", 3.0)
          .containsKey("failing");
    } finally {
      beans.unregisterMBean(hostile);
    }
  }
}
