package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider;
import io.yokedcache.metrics.source.CacheSource.Selection;
import java.net.URI;
import java.util.List;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import org.ehcache.jsr107.EhcacheCachingProvider;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The MBeans of providers that know nothing of this bridge. */
final class OtherProvidersTest {

  @ParameterizedTest
  @ValueSource(classes = {CaffeineCachingProvider.class, EhcacheCachingProvider.class})
  void read_countsOfTheOperationsMade(Class<?> providerClass) throws Exception {
    String name = "cache-of-" + providerClass.getSimpleName();
    try (CachingProvider provider = Caching.getCachingProvider(providerClass.getName());
        CacheManager manager =
            provider.getCacheManager(provider.getDefaultURI(), getClass().getClassLoader())) {
      Cache<String, String> cache =
          manager.createCache(
              name,
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setManagementEnabled(true)
                  .setStatisticsEnabled(true));
      cache.put("a", "1");
      cache.put("b", "2");
      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(cache.get("b")).isEqualTo("2");
      assertThat(cache.get("absent")).isNull();
      assertThat(cache.remove("a")).isTrue();

      List<CacheReading> found =
          JmxCacheReader.ofThisJvm().read().caches().stream()
              .filter(reading -> reading.cache().equals(name))
              .toList();
      assertThat(found).hasSize(1);
      CacheReading reading = found.get(0);
      assertThat(reading.manager()).isEqualTo(sanitized(manager.getURI()));
      assertThat(reading.hits()).isEqualTo(2);
      assertThat(reading.misses()).isEqualTo(1);
      assertThat(reading.puts()).isEqualTo(2);
      assertThat(reading.removals()).isEqualTo(1);
      assertThat(reading.evictions()).isZero();
      assertThat(reading.hitRate()).isEqualTo(2.0 / 3);
      assertThat(reading.operations()).isEmpty();
      assertThat(reading.gauges()).isEmpty();

      List<ConfigurationReading> configurations =
          JmxCacheReader.ofThisJvm()
              .read(new Selection(/* operations= */ false, /* configurations= */ true, Set.of()))
              .configurations()
              .stream()
              .filter(each -> each.cache().equals(name))
              .toList();
      assertThat(configurations)
          .containsExactly(
              new ConfigurationReading(
                  reading.manager(),
                  name,
                  "java.lang.String",
                  "java.lang.String",
                  null,
                  true,
                  false,
                  false,
                  true));

      manager.destroyCache(name);
      assertThat(JmxCacheReader.ofThisJvm().read().caches())
          .noneMatch(other -> other.cache().equals(name));
    }
  }

  private static String sanitized(URI uri) {
    return uri.toString().replaceAll("[,:=\n]", ".");
  }
}
