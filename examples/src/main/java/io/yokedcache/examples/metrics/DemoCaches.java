package io.yokedcache.examples.metrics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.FactoryBuilder.SingletonFactory;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.TouchedExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriter;

/**
 * The caches of {@link MetricsDemo}, one of each common kind.
 *
 * @param sessions by user; gone half a minute after they were last used
 * @param products by number; read through from a catalogue
 * @param prices by product; outdated after five seconds
 * @param orders by user; written through to a ledger
 */
record DemoCaches(
    Cache<Integer, String> sessions,
    Cache<Integer, String> products,
    Cache<Integer, Double> prices,
    Cache<Integer, Integer> orders) {

  /** The catalogue fails for each number that this one divides. */
  private static final int BROKEN = 97;

  static DemoCaches create(CacheManager manager) {
    Duration halfAMinute = new Duration(TimeUnit.SECONDS, 30);
    Duration fiveSeconds = new Duration(TimeUnit.SECONDS, 5);
    return new DemoCaches(
        manager.createCache(
            "sessions",
            configuration(String.class)
                .setExpiryPolicyFactory(TouchedExpiryPolicy.factoryOf(halfAMinute))),
        manager.createCache(
            "products",
            configuration(String.class)
                .setReadThrough(true)
                .setCacheLoaderFactory(new SingletonFactory<>(new Catalogue()))),
        manager.createCache(
            "prices",
            configuration(Double.class)
                .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(fiveSeconds))),
        manager.createCache(
            "orders",
            configuration(Integer.class)
                .setWriteThrough(true)
                .setCacheWriterFactory(new SingletonFactory<>(new Ledger()))));
  }

  private static <V> MutableConfiguration<Integer, V> configuration(Class<V> valueType) {
    return new MutableConfiguration<Integer, V>()
        .setTypes(Integer.class, valueType)
        .setStatisticsEnabled(true)
        .setManagementEnabled(true);
  }

  /** Stands for a slow service, which does not have everything. */
  private static final class Catalogue implements CacheLoader<Integer, String> {

    @Override
    public String load(Integer product) {
      if (product % BROKEN == BROKEN - 1) {
        throw new CacheLoaderException("The catalogue cannot read product " + product);
      }
      return "Product no. " + product + ", " + "x".repeat(product % 400);
    }

    @Override
    public Map<Integer, String> loadAll(Iterable<? extends Integer> products) {
      Map<Integer, String> found = new HashMap<>();
      products.forEach(product -> found.put(product, load(product)));
      return found;
    }
  }

  /** Stands for a database. */
  private static final class Ledger implements CacheWriter<Integer, Integer> {

    private final Map<Integer, Integer> rows = new ConcurrentHashMap<>();

    @Override
    public void write(Cache.Entry<? extends Integer, ? extends Integer> entry) {
      rows.put(entry.getKey(), entry.getValue());
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends Integer, ? extends Integer>> entries) {
      entries.forEach(this::write);
      entries.clear();
    }

    @Override
    public void delete(Object key) {
      rows.keySet().remove(key);
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      List<?> all = new ArrayList<>(keys);
      all.forEach(this::delete);
      keys.clear();
    }
  }
}
