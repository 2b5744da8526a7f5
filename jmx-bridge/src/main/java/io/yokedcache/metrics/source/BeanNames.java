package io.yokedcache.metrics.source;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import javax.management.MBeanServerConnection;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * The names of the MBeans that tell of caches. With twenty beans to a cache, looking for them costs
 * more than reading them; so they are looked for again only when the number of MBeans is another
 * one, when one has vanished, or after half a minute. Thread-safe.
 */
final class BeanNames {

  private static final ObjectName STATISTICS = name("javax.cache:type=CacheStatistics,*");
  private static final ObjectName CONFIGURATIONS = name("javax.cache:type=CacheConfiguration,*");
  private static final ObjectName SNAPSHOTS = name("io.yokedcache:type=Snapshot,*");

  private static final String RESERVED = ",:=\n\r*?\"";

  /** In case one bean replaces another one, so that their number stays what it was. */
  private static final long MAX_AGE_NANOS = Duration.ofSeconds(30).toNanos();

  /** A cache as the names of its beans have it, without the characters that these reserve. */
  record CacheKey(String manager, String cache) {}

  /**
   * What was found.
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
      long foundNanos) {}

  private final MBeanServerConnection server;
  private volatile @Nullable Found last;

  BeanNames(MBeanServerConnection server) {
    this.server = server;
  }

  Found find() throws IOException {
    int beanCount = server.getMBeanCount();
    Found known = last;
    if (known == null
        || known.beanCount != beanCount
        || System.nanoTime() - known.foundNanos > MAX_AGE_NANOS) {
      known = look(beanCount);
      last = known;
    }
    return known;
  }

  /** Looks again next time. */
  void forget() {
    last = null;
  }

  /** Whether what was found last is still believed to be there. */
  boolean areKnown() {
    return last != null;
  }

  private Found look(int beanCount) throws IOException {
    long nowNanos = System.nanoTime();
    return new Found(
        List.copyOf(new TreeSet<>(server.queryNames(SNAPSHOTS, null))),
        keys(STATISTICS),
        keys(CONFIGURATIONS),
        beanCount,
        nowNanos);
  }

  private Map<ObjectName, CacheKey> keys(ObjectName pattern) throws IOException {
    Map<ObjectName, CacheKey> keys = new LinkedHashMap<>();
    for (ObjectName name : new TreeSet<>(server.queryNames(pattern, null))) {
      keys.put(name, new CacheKey(property(name, "CacheManager"), property(name, "Cache")));
    }
    return keys;
  }

  static String manager(ObjectName name) {
    return property(name, "CacheManager");
  }

  private static String property(ObjectName name, String key) {
    String value = name.getKeyProperty(key);
    if (value == null) {
      return "";
    }
    return value.startsWith("\"") ? ObjectName.unquote(value) : value;
  }

  /** The key that a cache's beans have if the provider names them as YokedCache does. */
  static CacheKey key(String manager, String cache) {
    return new CacheKey(manager, sanitized(cache));
  }

  private static String sanitized(String cache) {
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
