package io.yokedcache.metrics.source;

import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerConnection;
import javax.management.MBeanServerDelegate;
import javax.management.MBeanServerNotification;
import javax.management.MalformedObjectNameException;
import javax.management.Notification;
import javax.management.NotificationListener;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The names of the MBeans of caches. A cache has twenty beans, and finding them costs more than
 * reading them. They are looked up again when the number of MBeans has changed, when a bean has
 * vanished, and after half a minute. The server of this JVM also notifies about beans that are
 * registered and unregistered. Thread-safe.
 */
final class BeanNames implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(BeanNames.class);

  private static final ObjectName STATISTICS = name("javax.cache:type=CacheStatistics,*");
  private static final ObjectName CONFIGURATIONS = name("javax.cache:type=CacheConfiguration,*");
  private static final ObjectName SNAPSHOTS = name("io.yokedcache:type=Snapshot,*");

  private static final Set<String> DOMAINS = Set.of("javax.cache", "io.yokedcache");

  private static final String RESERVED = ",:=\n\r*?\"";

  /** In case one bean of another JVM replaces another one, so that their number stays the same. */
  private static final long MAX_AGE_NANOS = Duration.ofSeconds(30).toNanos();

  /** A cache as the names of its beans have it, without the characters that these reserve. */
  record CacheKey(String manager, String cache) {}

  /**
   * The beans that were found.
   *
   * @param snapshots the beans of managers that have all of their caches
   * @param statistics the beans of JSR-107, one for each cache
   * @param configurations the other ones of JSR-107, one for each cache that is managed
   */
  record Found(
      List<ObjectName> snapshots,
      Map<ObjectName, CacheKey> statistics,
      Map<ObjectName, CacheKey> configurations,
      int beanCount,
      long changes,
      long foundNanos) {}

  private final MBeanServerConnection server;
  private final Listener listener;

  /** The number of known changes of names; each change makes the found names stale. */
  private final AtomicLong changes = new AtomicLong();

  private volatile @Nullable Found last;

  private BeanNames(MBeanServerConnection server) {
    this.server = server;
    this.listener = new Listener(server, this);
  }

  static BeanNames of(MBeanServerConnection server) {
    BeanNames names = new BeanNames(server);
    if (server instanceof MBeanServer ownServer) {
      try {
        ownServer.addNotificationListener(
            MBeanServerDelegate.DELEGATE_NAME, names.listener, null, null);
      } catch (JMException | RuntimeException noNotifications) {
        logger.debug("{} has no notifications; names are polled", ownServer, noNotifications);
      }
    }
    return names;
  }

  /** Forgets the names when a cache's bean comes or goes. Removes itself once they are garbage. */
  private static final class Listener implements NotificationListener {

    private final MBeanServerConnection server;
    private final WeakReference<BeanNames> names;

    Listener(MBeanServerConnection server, BeanNames names) {
      this.server = server;
      this.names = new WeakReference<>(names);
    }

    @Override
    public void handleNotification(Notification event, @Nullable Object handback) {
      BeanNames told = names.get();
      if (told == null) {
        remove();
      } else if (event instanceof MBeanServerNotification change
          && DOMAINS.contains(change.getMBeanName().getDomain())) {
        told.forget();
      }
    }

    private void remove() {
      try {
        server.removeNotificationListener(MBeanServerDelegate.DELEGATE_NAME, this);
      } catch (JMException | IOException removedAlready) {
        logger.debug("The listener is gone already", removedAlready);
      }
    }
  }

  /** Ends listening; names are polled from then on. May be called twice. */
  @Override
  public void close() {
    if (server instanceof MBeanServer) {
      listener.remove();
    }
  }

  Found find() throws IOException {
    int beanCount = server.getMBeanCount();
    Found known = last;
    if (known == null
        || !areStill(known)
        || known.beanCount != beanCount
        || System.nanoTime() - known.foundNanos > MAX_AGE_NANOS) {
      known = look(beanCount);
      last = known;
    }
    return known;
  }

  void forget() {
    changes.incrementAndGet();
  }

  boolean areStill(Found found) {
    return found.changes == changes.get();
  }

  private Found look(int beanCount) throws IOException {
    long nowNanos = System.nanoTime();
    long changesBefore = changes.get();
    return new Found(
        List.copyOf(new TreeSet<>(server.queryNames(SNAPSHOTS, null))),
        keys(STATISTICS),
        keys(CONFIGURATIONS),
        beanCount,
        changesBefore,
        nowNanos);
  }

  private Map<ObjectName, CacheKey> keys(ObjectName pattern) throws IOException {
    Map<ObjectName, CacheKey> keys = new LinkedHashMap<>();
    for (ObjectName name : new TreeSet<>(server.queryNames(pattern, null))) {
      keys.put(name, new CacheKey(manager(name), property(name, "Cache")));
    }
    return keys;
  }

  /** The same object for equal names: readings compare it thousands of times. */
  static String manager(ObjectName name) {
    return property(name, "CacheManager").intern();
  }

  private static String property(ObjectName name, String key) {
    String value = name.getKeyProperty(key);
    if (value == null) {
      return "";
    }
    return value.startsWith("\"") ? ObjectName.unquote(value) : value;
  }

  /** The name that a cache's beans have if the provider names them as YokedCache does. */
  static String sanitized(String cache) {
    // Nearly no name has one of them, and a search for each is far cheaper than the pattern.
    for (int i = 0; i < RESERVED.length(); i++) {
      if (cache.indexOf(RESERVED.charAt(i)) >= 0) {
        return cache.replaceAll("[" + RESERVED + "]", ".");
      }
    }
    return cache;
  }

  private static ObjectName name(String text) {
    try {
      return new ObjectName(text);
    } catch (MalformedObjectNameException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
