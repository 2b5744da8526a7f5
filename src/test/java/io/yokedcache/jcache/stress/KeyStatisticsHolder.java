package io.yokedcache.jcache.stress;

import io.yokedcache.jcache.YokedCachingProvider;
import java.net.URI;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;

/** A JVM that counts entries as slowly as it may, until it is killed. */
final class KeyStatisticsHolder {

  private KeyStatisticsHolder() {}

  /** Arguments: URI of the server, and settings without their prefix as {@code name=value}. */
  public static void main(String[] args) throws InterruptedException {
    try (CacheManager manager = open(args)) {
      // Longer than any test waits.
      boolean asked = new CountDownLatch(1).await(3, TimeUnit.MINUTES);
      System.out.println(manager + " was not killed: " + asked);
    }
  }

  /** Opens a manager with one cache, called {@code orders}, that has statistics. */
  static CacheManager open(String... args) {
    Properties properties = new Properties();
    for (int i = 1; i < args.length; i++) {
      String[] setting = args[i].split("=", 2);
      properties.setProperty("yokedcache." + setting[0], setting[1]);
    }
    CacheManager manager =
        new YokedCachingProvider().getCacheManager(URI.create(args[0]), null, properties);
    manager.createCache(
        "orders",
        new MutableConfiguration<String, String>()
            .setTypes(String.class, String.class)
            .setStatisticsEnabled(true));
    return manager;
  }
}
