package io.yokedcache.metrics.jmx;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.jmx.BeanNames.CacheKey;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.management.Attribute;
import javax.management.InstanceNotFoundException;
import javax.management.MBeanServerConnection;
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
  private final BeanNames names;

  /**
   * Creates a reader.
   *
   * @param server the MBean server, of this JVM or of another
   */
  public JmxCacheReader(MBeanServerConnection server) {
    this.server = requireNonNull(server, "server");
    this.names = new BeanNames(server);
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
    return read(SnapshotBean.ALL);
  }

  /**
   * Reads counters and gauges only.
   *
   * @return the figures of this moment, without operations
   * @throws IOException if the MBean server cannot be reached
   */
  @Override
  public CacheReadings readFigures() throws IOException {
    return read(SnapshotBean.FIGURES);
  }

  private CacheReadings read(List<String> snapshotAttributes) throws IOException {
    BeanNames.Found found = names.find();
    CacheReadings readings = read(found, snapshotAttributes);
    // A bean that vanished may have made place for another one since its name was found.
    return names.areKnown() ? readings : read(names.find(), snapshotAttributes);
  }

  private CacheReadings read(BeanNames.Found found, List<String> snapshotAttributes)
      throws IOException {
    Map<CacheKey, CacheReading> caches = new LinkedHashMap<>();
    List<ConnectionReading> connections = new ArrayList<>();
    for (ObjectName name : found.snapshots()) {
      readSnapshot(name, snapshotAttributes, caches, connections);
    }
    for (Map.Entry<ObjectName, CacheKey> bean : found.statistics().entrySet()) {
      readStatistics(bean.getKey(), bean.getValue(), caches);
    }
    return new CacheReadings(List.copyOf(caches.values()), connections);
  }

  private void readSnapshot(
      ObjectName name,
      List<String> wanted,
      Map<CacheKey, CacheReading> caches,
      List<ConnectionReading> connections)
      throws IOException {
    SnapshotBean bean = snapshot(name, wanted);
    if (bean != null && bean.lacks(wanted)) {
      bean = snapshot(name, SnapshotBean.ALL);
    }
    if (bean == null) {
      return;
    }
    for (CacheReading cache : bean.caches()) {
      caches.putIfAbsent(BeanNames.key(cache.manager(), cache.cache()), cache);
    }
    ConnectionReading connection = bean.connection();
    if (connection != null) {
      connections.add(connection);
    }
  }

  private @Nullable SnapshotBean snapshot(ObjectName name, List<String> wanted) throws IOException {
    Map<String, Object> attributes = attributes(name, wanted);
    return attributes == null ? null : new SnapshotBean(BeanNames.manager(name), attributes);
  }

  private void readStatistics(ObjectName name, CacheKey key, Map<CacheKey, CacheReading> caches)
      throws IOException {
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
      names.forget();
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
}
