package io.yokedcache.jcache.robustness;

import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.management.JMException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Uses caches with credentials, right and wrong, in every way that there is to give them, and
 * prints everything that can be seen from outside. It gets them by environment variables, which
 * nobody prints.
 */
final class CredentialsChild {

  private static final String SHORT = "?command-timeout=300ms&connect-timeout=300ms";
  private static final String QUICKLY = "connection.command-timeout=300ms";

  private CredentialsChild() {}

  /** Arguments: port of the server, of one that asks for nothing, and a configuration file. */
  public static void main(String[] args) throws Exception {
    String userInfo = variable("TEST_USER_INFO");
    String user = "connection.user=" + variable("TEST_USER");
    String password = "connection.password=" + variable("TEST_PASSWORD");
    URI plain = URI.create("redis://127.0.0.1:" + args[0]);
    use(Managers.open(URI.create("redis://" + userInfo + "@127.0.0.1:" + args[0])));
    use(Managers.open(plain, user, password));
    use(Managers.open(URI.create("file:" + args[2])));
    // Refused: wrong user, no user, a server that has no users, and none at all.
    use(Managers.open(plain, "connection.user=nobody", password, QUICKLY));
    use(Managers.open(plain, password, QUICKLY));
    use(Managers.open(URI.create("redis://" + userInfo + "@127.0.0.1:" + args[1] + SHORT)));
    use(Managers.open(URI.create("redis://" + userInfo + "@127.0.0.1:1" + SHORT)));
    use(Managers.open(URI.create("rediss://" + userInfo + "@127.0.0.1:" + args[0] + SHORT)));
    // Not even understood.
    malformed("redis://" + userInfo + "@127.0.0.1:notaport");
    malformed("redis://" + userInfo + "@");
    malformed("redis://" + userInfo + "@127.0.0.1:1/nodatabase");
    malformed("redis://" + userInfo + "@127.0.0.1:1?password=" + userInfo);
    malformed("other://" + userInfo + "@127.0.0.1:1");
    try {
      use(Managers.open(plain, user, password, "connection.pool.size=many"));
    } catch (RuntimeException e) {
      print(e);
    }
  }

  private static void malformed(String uri) {
    try {
      use(Managers.open(URI.create(uri)));
      System.out.println("WRONG: accepted");
    } catch (RuntimeException e) {
      print(e);
    }
  }

  private static void use(CacheManager manager) {
    try (manager) {
      Cache<String, String> cache =
          manager.createCache(
              "orders",
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setStatisticsEnabled(true)
                  .setManagementEnabled(true)
                  .addCacheEntryListenerConfiguration(listener()));
      show(manager, cache);
      cache.put("key", "key=1");
      System.out.println("WORKS: " + cache.get("key"));
      Thread.getAllStackTraces().keySet().forEach(System.out::println);
    } catch (RuntimeException e) {
      print(e);
    }
  }

  @SuppressWarnings("unchecked") // a class literal has no type arguments
  private static void show(CacheManager manager, Cache<String, String> cache) {
    System.out.println(manager + " " + manager.getURI() + " " + manager.getCachingProvider());
    System.out.println(manager.getCachingProvider().getDefaultURI());
    System.out.println(cache + " " + cache.getName() + " " + cache.getCacheManager());
    System.out.println(cache.getConfiguration(Configuration.class));
    System.out.println(manager.getClassLoader());
    MBeanServer beans = ManagementFactory.getPlatformMBeanServer();
    try {
      for (String domain : new String[] {"javax.cache", "io.yokedcache"}) {
        for (ObjectName name : beans.queryNames(new ObjectName(domain + ":*"), null)) {
          System.out.println(name);
          for (MBeanAttributeInfo attribute : beans.getMBeanInfo(name).getAttributes()) {
            System.out.println(attribute + " " + beans.getAttribute(name, attribute.getName()));
          }
        }
      }
    } catch (JMException e) {
      throw new IllegalStateException(e);
    }
  }

  // The stack trace, with causes and what is suppressed, is what goes to logs.
  @SuppressWarnings("CatchAndPrintStackTrace")
  private static void print(Throwable failure) {
    System.out.println("FAILS: " + failure);
    failure.printStackTrace(System.out);
  }

  private static String variable(String name) {
    String value = System.getenv(name);
    if (value == null) {
      throw new IllegalStateException("no " + name);
    }
    return value;
  }

  private static CacheEntryListenerConfiguration<String, String> listener() {
    return new MutableCacheEntryListenerConfiguration<>(
        FactoryBuilder.factoryOf(new Listener()), null, true, true);
  }

  /** Makes the manager open its connection for subscriptions. */
  static final class Listener implements CacheEntryCreatedListener<String, String>, Serializable {

    private static final long serialVersionUID = 1L;
    private static final Map<String, String> SEEN = new ConcurrentHashMap<>();

    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      events.forEach(event -> SEEN.put(event.getKey(), event.getValue()));
    }
  }
}
