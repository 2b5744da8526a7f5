package io.yokedcache.benchmarks;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;

/**
 * The JVM that {@link Scrape} reads: many caches of one provider. It ends when its commands end.
 * Commands: {@code use} uses each cache once more.
 */
final class ScrapedMain {

  private ScrapedMain() {}

  /**
   * Runs until the standard input ends.
   *
   * @param args the class of the provider, the URI of the manager or {@code default}, how many
   *     caches, and whether they have the MBean of their configuration
   */
  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    try (CachingProvider provider = Caching.getCachingProvider(args[0]);
        BufferedReader commands =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      CacheManager manager =
          args[1].equals("default")
              ? provider.getCacheManager()
              : provider.getCacheManager(URI.create(args[1]), /* classLoader= */ null);
      create(manager, Integer.parseInt(args[2]), Boolean.parseBoolean(args[3]));
      answers.println("ready");
      while (commands.readLine() != null) {
        use(manager);
        answers.println("ready");
      }
    }
  }

  private static void create(CacheManager manager, int count, boolean management) {
    for (int i = 0; i < count; i++) {
      manager.createCache(
          "cache-" + i,
          new MutableConfiguration<String, String>()
              .setTypes(String.class, String.class)
              .setStatisticsEnabled(true)
              .setManagementEnabled(management));
    }
  }

  private static void use(CacheManager manager) {
    for (String name : manager.getCacheNames()) {
      Cache<String, String> cache = manager.getCache(name, String.class, String.class);
      cache.put("key", "value");
      if (!"value".equals(cache.get("key")) || cache.get("another") != null) {
        throw new IllegalStateException("Cache " + name + " does not keep what it is given");
      }
    }
  }
}
