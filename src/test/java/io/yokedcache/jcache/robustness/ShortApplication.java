package io.yokedcache.jcache.robustness;

import java.math.BigDecimal;
import java.net.URI;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.spi.CachingProvider;

/** An application that uses much of the provider and ends, in a class loader of its own. */
public final class ShortApplication implements Callable<Integer> {

  /** Returns how many entries it has found again. */
  @Override
  public Integer call() throws Exception {
    int found = 0;
    Properties settings = new Properties();
    settings.setProperty(
        "yokedcache.connection.executor", System.getProperty("short-application.executor"));
    settings.setProperty("yokedcache.caches.near.near.enabled", "true");
    URI uri = URI.create(System.getProperty("short-application.uri"));
    try (CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = provider.getCacheManager(uri, null, settings)) {
      for (String name : List.of("near", "far")) {
        Cache<Object, Object> cache =
            manager.createCache(
                name,
                new MutableConfiguration<>().setStatisticsEnabled(true).setManagementEnabled(true));
        CountDownLatch heard = new CountDownLatch(1);
        CacheEntryCreatedListener<Object, Object> listener = events -> heard.countDown();
        cache.registerCacheEntryListener(
            new MutableCacheEntryListenerConfiguration<>(
                new FactoryBuilder.SingletonFactory<>(listener), null, true, false));
        for (Object value :
            List.of("text", 7, UUID.randomUUID(), BigDecimal.ONE, List.of(1, "2"), new byte[100])) {
          cache.put(value.getClass().getName(), value);
          cache.get(value.getClass().getName());
          found += cache.get(value.getClass().getName()) != null ? 1 : 0;
        }
        cache.put(new BigDecimal("1.5"), "key of the JDK");
        cache.put("large", "x".repeat(100_000));
        cache.invoke(
            "counter",
            (entry, arguments) -> {
              entry.setValue(1);
              return null;
            });
        found += heard.await(10, TimeUnit.SECONDS) ? 1 : 0;
      }
    }
    return found;
  }
}
