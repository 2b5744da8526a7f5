package io.yokedcache.jcache.robustness;

import io.yokedcache.jcache.YokedCachingProvider;
import java.net.URI;
import java.util.Properties;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;

/** Opens managers that share nothing but the server, as applications in several JVMs do. */
final class Managers {

  private Managers() {}

  /**
   * Opens a manager of a provider of its own.
   *
   * @param settings settings without the prefix {@code yokedcache.}, as {@code name=value}
   */
  static CacheManager open(URI uri, String... settings) {
    Properties properties = new Properties();
    for (String setting : settings) {
      int equals = setting.indexOf('=');
      properties.setProperty(
          "yokedcache." + setting.substring(0, equals), setting.substring(equals + 1));
    }
    return new YokedCachingProvider().getCacheManager(uri, null, properties);
  }

  /** Creates a cache of texts. */
  static Cache<String, String> texts(CacheManager manager, String name) {
    return manager.createCache(
        name, new MutableConfiguration<String, String>().setTypes(String.class, String.class));
  }
}
