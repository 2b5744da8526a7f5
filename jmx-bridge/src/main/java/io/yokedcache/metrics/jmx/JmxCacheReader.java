package io.yokedcache.metrics.jmx;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import javax.management.Attribute;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServerConnection;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;
import javax.management.ReflectionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the caches of one JVM from its MBeans: those that JSR-107 names, of any provider, and the
 * snapshot that YokedCache adds. A bean that vanishes while it is read is left out.
 *
 * <p>Thread-safe if the connection is, as those of the JDK are.
 */
public final class JmxCacheReader implements CacheSource {

  private static final Logger logger = LoggerFactory.getLogger(JmxCacheReader.class);

  private static final ObjectName STATISTICS = name("javax.cache:type=CacheStatistics,*");
  private static final ObjectName SNAPSHOTS = name("io.yokedcache:type=Snapshot,*");
  private static final List<String> STATISTICS_ATTRIBUTES =
      List.of(
          "CacheHits",
          "CacheMisses",
          "CachePuts",
          "CacheRemovals",
          "CacheEvictions",
          "AverageGetTime",
          "AveragePutTime",
          "AverageRemoveTime");

  private final MBeanServerConnection server;

  /** The names of a cache's beans, which lack the characters that object names reserve. */
  private record Key(String manager, String cache) {}

  /**
   * Creates a reader.
   *
   * @param server the MBean server, of this JVM or of another
   */
  public JmxCacheReader(MBeanServerConnection server) {
    this.server = requireNonNull(server, "server");
  }

  /**
   * Returns a reader of this JVM's caches.
   *
   * @return a new reader of the platform's MBean server
   */
  public static JmxCacheReader ofThisJvm() {
    return new JmxCacheReader(ManagementFactory.getPlatformMBeanServer());
  }

  @Override
  public CacheReadings read() throws IOException {
    Map<Key, CacheReading> caches = new LinkedHashMap<>();
    List<ConnectionReading> connections = new ArrayList<>();
    for (ObjectName name : new TreeSet<>(server.queryNames(SNAPSHOTS, null))) {
      readSnapshot(name, caches, connections);
    }
    for (ObjectName name : new TreeSet<>(server.queryNames(STATISTICS, null))) {
      readStatistics(name, caches);
    }
    return new CacheReadings(List.copyOf(caches.values()), connections);
  }

  private void readSnapshot(
      ObjectName name, Map<Key, CacheReading> caches, List<ConnectionReading> connections)
      throws IOException {
    Map<String, Object> attributes = attributes(name, SnapshotBean.ATTRIBUTES);
    if (attributes == null) {
      return;
    }
    SnapshotBean bean = new SnapshotBean(property(name, "CacheManager"), attributes);
    for (CacheReading cache : bean.caches()) {
      caches.putIfAbsent(new Key(cache.manager(), sanitized(cache.cache())), cache);
    }
    ConnectionReading connection = bean.connection();
    if (connection != null) {
      connections.add(connection);
    }
  }

  private void readStatistics(ObjectName name, Map<Key, CacheReading> caches) throws IOException {
    Key key = new Key(property(name, "CacheManager"), property(name, "Cache"));
    CacheReading known = caches.get(key);
    // Asking both beans would double the cost, and clear() sets only the JSR's back to 0, so that
    // figures of the two must not be mixed.
    if (known != null && !known.counters().isEmpty()) {
      return;
    }
    Map<String, Object> attributes = attributes(name, STATISTICS_ATTRIBUTES);
    if (attributes == null) {
      return;
    }
    StatisticsReading statistics = statistics(attributes);
    caches.put(
        key,
        known == null
            ? new CacheReading(
                key.manager(), key.cache(), statistics, List.of(), Map.of(), Map.of())
            : new CacheReading(
                known.manager(),
                known.cache(),
                statistics,
                known.operations(),
                Map.of(),
                known.gauges()));
  }

  private static StatisticsReading statistics(Map<String, Object> attributes) {
    return new StatisticsReading(
        whole(attributes.get("CacheHits")),
        whole(attributes.get("CacheMisses")),
        whole(attributes.get("CachePuts")),
        whole(attributes.get("CacheRemovals")),
        whole(attributes.get("CacheEvictions")),
        fraction(attributes.get("AverageGetTime")),
        fraction(attributes.get("AveragePutTime")),
        fraction(attributes.get("AverageRemoveTime")));
  }

  /** Reads attributes in one call; absent if the bean is gone or broken. */
  private @Nullable Map<String, Object> attributes(ObjectName name, List<String> wanted)
      throws IOException {
    try {
      Map<String, Object> attributes = new HashMap<>();
      for (Attribute attribute :
          server.getAttributes(name, wanted.toArray(String[]::new)).asList()) {
        if (attribute.getValue() != null) {
          attributes.put(attribute.getName(), attribute.getValue());
        }
      }
      return attributes;
    } catch (InstanceNotFoundException closedMeanwhile) {
      return null;
    } catch (ReflectionException e) {
      logger.debug("Cannot read MBean {}; it is left out", name, e);
      return null;
    }
  }

  private static @Nullable Long whole(@Nullable Object value) {
    return value instanceof Number number ? number.longValue() : null;
  }

  private static @Nullable Double fraction(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : null;
  }

  private static String property(ObjectName name, String key) {
    String value = name.getKeyProperty(key);
    if (value == null) {
      return "";
    }
    return value.startsWith("\"") ? ObjectName.unquote(value) : value;
  }

  /** The name as the provider puts it into object names. */
  private static String sanitized(String cache) {
    return cache.replaceAll("[,:=\n\r*?\"]", ".");
  }

  private static ObjectName name(String text) {
    try {
      return new ObjectName(text);
    } catch (MalformedObjectNameException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
