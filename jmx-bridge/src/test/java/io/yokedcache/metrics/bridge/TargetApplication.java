package io.yokedcache.metrics.bridge;

import java.io.IOException;
import java.util.logging.LogManager;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;

/** An application that knows nothing of the bridge: it makes a cache and uses it. */
public final class TargetApplication {

  private TargetApplication() {}

  /** A log manager that has to be chosen before anybody logs. */
  public static final class OwnLogManager extends LogManager {
    /** Called by the JDK. */
    public OwnLogManager() {}
  }

  /**
   * Two hits, one miss, two puts and one removal, and again for each byte that comes in.
   *
   * @param arguments the provider's class
   */
  public static void main(String[] arguments) throws IOException {
    System.setProperty("java.util.logging.manager", OwnLogManager.class.getName());
    CachingProvider provider = Caching.getCachingProvider(arguments[0]);
    try (CacheManager manager =
        provider.getCacheManager(
            provider.getDefaultURI(), TargetApplication.class.getClassLoader())) {
      Cache<String, String> cache =
          manager.createCache(
              "orders", new MutableConfiguration<String, String>().setStatisticsEnabled(true));
      String ready = "ready";
      do {
        cache.put("a", "1");
        cache.put("b", "2");
        System.out.println(cache.get("a") + cache.get("b") + cache.get("absent"));
        cache.remove("a");
        System.out.println(ready);
        ready = "ready again";
      } while (System.in.read() >= 0);
      System.out.println("log manager: " + LogManager.getLogManager().getClass().getSimpleName());
    }
  }
}
