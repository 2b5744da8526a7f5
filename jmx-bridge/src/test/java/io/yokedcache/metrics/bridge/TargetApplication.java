package io.yokedcache.metrics.bridge;

import java.lang.management.ManagementFactory;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.logging.LogManager;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.management.CacheStatisticsMXBean;
import javax.cache.spi.CachingProvider;
import javax.management.ObjectName;

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
  public static void main(String[] arguments) throws Exception {
    System.setProperty("java.util.logging.manager", OwnLogManager.class.getName());
    if (Boolean.getBoolean("hostile")) {
      ManagementFactory.getPlatformMBeanServer()
          .registerMBean(
              Proxy.newProxyInstance(
                  TargetApplication.class.getClassLoader(),
                  new Class<?>[] {CacheStatisticsMXBean.class},
                  TargetApplication::hostile),
              new ObjectName("javax.cache:type=CacheStatistics,CacheManager=other,Cache=bad"));
    }
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

  /** Figures of a bean that is not the provider's: impossible, unreadable, and right ones. */
  private static Object hostile(Object bean, Method method, Object[] arguments) {
    return switch (method.getName()) {
      case "getCacheHits" -> -1L;
      case "getCacheMisses" -> 5L;
      case "getCacheEvictions" -> throw new IllegalStateException("not today");
      case "hashCode" -> 1;
      case "equals" -> bean == arguments[0];
      default -> method.getReturnType() == float.class ? Float.NaN : (Object) 0L;
    };
  }
}
