package io.yokedcache.examples;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryListener;
import javax.cache.event.CacheEntryUpdatedListener;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.processor.MutableEntry;
import javax.cache.spi.CachingProvider;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * JCache in one page: a typed cache with expiry, an atomic update, a listener, and statistics.
 *
 * <p>Argument: the URI of the server, {@code redis://localhost:6379} for example; without it a
 * private one is started.
 */
public final class QuickStart {

  private static final String CACHE = "quick-start";

  private QuickStart() {}

  /**
   * Runs the example.
   *
   * @param args the server's URI, or nothing
   * @throws JMException if the statistics cannot be read
   */
  public static void main(String[] args) throws JMException {
    run(URI.create(args.length == 0 ? "embedded:redis" : args[0]), System.out);
  }

  static void run(URI uri, PrintStream out) throws JMException {
    try (CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = provider.getCacheManager(uri, null)) {
      MutableConfiguration<String, Integer> configuration =
          new MutableConfiguration<String, Integer>()
              .setTypes(String.class, Integer.class)
              .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(Duration.ONE_HOUR))
              .setStatisticsEnabled(true);
      try (Cache<String, Integer> stock = manager.createCache(CACHE, configuration)) {
        stock.clear();
        listen(stock, out);

        stock.put("pencil", 10);
        out.println("pencil: " + stock.get("pencil") + ", eraser: " + stock.get("eraser"));

        int left = stock.invoke("pencil", (entry, arguments) -> take(entry, 3));
        out.println("left after an atomic sale of three: " + left);

        out.println(statistics());
      }
    }
  }

  /** Runs inside {@code invoke}: no other thread or JVM can change the entry in between. */
  private static int take(MutableEntry<String, Integer> entry, int pieces) {
    int left = entry.getValue() - pieces;
    entry.setValue(left);
    return left;
  }

  private static void listen(Cache<String, Integer> stock, PrintStream out) {
    CacheEntryCreatedListener<String, Integer> created =
        events -> events.forEach(event -> out.println("created: " + event.getKey()));
    CacheEntryUpdatedListener<String, Integer> updated =
        events ->
            events.forEach(
                event ->
                    out.println(
                        "updated: "
                            + event.getKey()
                            + " from "
                            + event.getOldValue()
                            + " to "
                            + event.getValue()));
    register(stock, created);
    register(stock, updated);
  }

  private static void register(
      Cache<String, Integer> stock, CacheEntryListener<String, Integer> listener) {
    stock.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(
            () -> listener,
            /* filterFactory= */ null,
            /* isOldValueRequired= */ true,
            /* isSynchronous= */ true));
  }

  private static String statistics() throws JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName pattern = new ObjectName("javax.cache:type=CacheStatistics,Cache=" + CACHE + ",*");
    ObjectName bean = server.queryNames(pattern, null).iterator().next();
    return bean
        + "\n  hits "
        + server.getAttribute(bean, "CacheHits")
        + ", misses "
        + server.getAttribute(bean, "CacheMisses")
        + ", puts "
        + server.getAttribute(bean, "CachePuts");
  }
}
