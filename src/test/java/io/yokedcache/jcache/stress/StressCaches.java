package io.yokedcache.jcache.stress;

import java.net.URI;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;

/**
 * The caches that all JVMs share, opened through the plain JCache API.
 *
 * @param manager this JVM's manager
 * @param values what the operations under test work on
 * @param barrier where the JVMs meet
 */
record StressCaches(CacheManager manager, Cache<String, Long> values, Cache<String, Long> barrier)
    implements AutoCloseable {

  /** Opens the caches of {@code workload} on the server at {@code uri}. */
  static StressCaches open(String uri, Workload workload) {
    CacheManager manager = Caching.getCachingProvider().getCacheManager(URI.create(uri), null);
    String name = "stress-" + workload;
    return new StressCaches(manager, create(manager, name), create(manager, name + "-barrier"));
  }

  private static Cache<String, Long> create(CacheManager manager, String name) {
    return manager.createCache(
        name, new MutableConfiguration<String, Long>().setTypes(String.class, Long.class));
  }

  @Override
  public void close() {
    manager.close();
  }
}
