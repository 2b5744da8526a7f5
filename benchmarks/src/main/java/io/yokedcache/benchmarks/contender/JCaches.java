package io.yokedcache.benchmarks.contender;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;

/** Opens caches of one manager as targets. For one thread; the targets are for all. */
final class JCaches {

  private static final Duration TIME_TO_LIVE = new Duration(TimeUnit.MINUTES, 10);

  private final CacheManager manager;
  private final boolean statistics;
  private final Wrapping wrapping;
  private final Runnable afterwards;
  private final List<String> opened = new ArrayList<>();

  /** What a provider wants instead of a plain configuration. */
  interface Wrapping extends UnaryOperator<Configuration<String, byte[]>> {}

  /**
   * Creates the opener.
   *
   * @param statistics whether its caches keep statistics
   * @param wrapping makes of the plain configuration what the provider wants
   * @param afterwards what to do once the manager is closed
   */
  JCaches(CacheManager manager, boolean statistics, Wrapping wrapping, Runnable afterwards) {
    this.manager = manager;
    this.statistics = statistics;
    this.wrapping = wrapping;
    this.afterwards = afterwards;
  }

  Target open(String name) {
    MutableConfiguration<String, byte[]> plain =
        new MutableConfiguration<String, byte[]>()
            .setTypes(String.class, byte[].class)
            .setStatisticsEnabled(statistics);
    MutableConfiguration<String, byte[]> expiring =
        new MutableConfiguration<>(plain)
            .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(TIME_TO_LIVE));
    return new JCacheTarget(
        create(name, plain), create(name + "-expiring", expiring), this::open, this::close);
  }

  private Cache<String, byte[]> create(
      String name, MutableConfiguration<String, byte[]> configuration) {
    Cache<String, byte[]> cache = manager.createCache(name, wrapping.apply(configuration));
    opened.add(name);
    return cache;
  }

  private void close() {
    opened.forEach(manager::destroyCache);
    manager.close();
    afterwards.run();
  }
}
