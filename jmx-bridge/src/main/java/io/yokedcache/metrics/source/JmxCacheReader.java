package io.yokedcache.metrics.source;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.source.BeanNames.CacheKey;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.Attribute;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.ReflectionException;
import javax.management.openmbean.CompositeData;
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

  private static final List<String> CONFIGURATION_ATTRIBUTES =
      List.of(
          "KeyType",
          "ValueType",
          "StoreByValue",
          "ReadThrough",
          "WriteThrough",
          "StatisticsEnabled");

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
    return read(Selection.ALL);
  }

  /**
   * Reads counters and gauges only.
   *
   * @return the figures of this moment, without operations
   * @throws IOException if the MBean server cannot be reached
   */
  @Override
  public CacheReadings readFigures() throws IOException {
    return read(Selection.FIGURES);
  }

  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    BeanNames.Found found = names.find();
    CacheReadings readings = read(found, wanted);
    // A bean that vanished may have made place for another one since its name was found.
    return names.areKnown() ? readings : read(names.find(), wanted);
  }

  private CacheReadings read(BeanNames.Found found, Selection wanted) throws IOException {
    Map<CacheKey, CacheReading> caches = new LinkedHashMap<>();
    Set<CacheKey> complete = new HashSet<>();
    List<ConnectionReading> connections = new ArrayList<>();
    Map<CacheKey, ConfigurationReading> configurations = new LinkedHashMap<>();
    for (ObjectName name : found.snapshots()) {
      SnapshotBean bean = snapshot(name, wanted);
      if (bean == null) {
        continue;
      }
      for (CacheReading cache : bean.caches()) {
        CacheKey key = BeanNames.key(cache.manager(), cache.cache());
        caches.putIfAbsent(key, cache);
        // Asking both beans would double the cost, and clear() sets only the JSR's back to 0, so
        // that figures of the two must not be mixed.
        if (bean.hasFigures() || !cache.counters().isEmpty()) {
          complete.add(key);
        }
      }
      ConnectionReading connection = bean.connection();
      if (connection != null) {
        connections.add(connection);
      }
      bean.configurations()
          .forEach(each -> configurations.put(BeanNames.key(each.manager(), each.cache()), each));
    }
    for (Map.Entry<ObjectName, CacheKey> bean : found.statistics().entrySet()) {
      if (!complete.contains(bean.getValue())) {
        readStatistics(bean.getKey(), bean.getValue(), caches);
      }
    }
    if (wanted.configurations()) {
      readConfigurations(found, configurations);
    }
    return new CacheReadings(
        List.copyOf(caches.values()), connections, List.copyOf(configurations.values()));
  }

  private @Nullable SnapshotBean snapshot(ObjectName name, Selection wanted) throws IOException {
    SnapshotBean bean = bean(name, wanted);
    Set<String> figures = wanted.figures();
    if (bean != null && !wanted.operations() && figures != null) {
      CompositeData selected = figures(name, figures);
      if (selected != null) {
        bean.setFigures(selected);
      } else {
        bean = bean(name, new Selection(false, wanted.configurations(), null));
      }
    }
    // Older versions of the provider show figures together with operations only.
    return bean == null || wanted.operations() || bean.hasFigures()
        ? bean
        : bean(name, new Selection(true, wanted.configurations(), null));
  }

  private @Nullable SnapshotBean bean(ObjectName name, Selection wanted) throws IOException {
    Map<String, Object> attributes = attributes(name, SnapshotBean.attributes(wanted));
    return attributes == null ? null : new SnapshotBean(BeanNames.manager(name), attributes);
  }

  /**
   * Reads some counters and gauges; absent if the bean is gone, of an older version, or if its JVM
   * lets the user read attributes only.
   */
  private @Nullable CompositeData figures(ObjectName name, Set<String> figures) throws IOException {
    try {
      Object columns =
          server.invoke(
              name,
              "figures",
              new Object[] {figures.toArray(String[]::new)},
              new String[] {String[].class.getName()});
      return columns instanceof CompositeData data ? data : null;
    } catch (InstanceNotFoundException closedMeanwhile) {
      names.forget();
      return null;
    } catch (JMException | RuntimeException notPossible) {
      logger.debug("MBean {} does not select figures; all are read", name, notPossible);
      return null;
    }
  }

  private void readConfigurations(
      BeanNames.Found found, Map<CacheKey, ConfigurationReading> configurations)
      throws IOException {
    for (Map.Entry<ObjectName, CacheKey> bean : found.configurations().entrySet()) {
      CacheKey key = bean.getValue();
      Map<String, Object> attributes =
          configurations.containsKey(key)
              ? null
              : attributes(bean.getKey(), CONFIGURATION_ATTRIBUTES);
      if (attributes != null) {
        configurations.put(
            key,
            new ConfigurationReading(
                key.manager(),
                key.cache(),
                text(attributes.get("KeyType")),
                text(attributes.get("ValueType")),
                /* codec= */ null,
                flag(attributes.get("StoreByValue")),
                flag(attributes.get("ReadThrough")),
                flag(attributes.get("WriteThrough")),
                flag(attributes.get("StatisticsEnabled"))));
      }
    }
  }

  private void readStatistics(ObjectName name, CacheKey key, Map<CacheKey, CacheReading> caches)
      throws IOException {
    CacheReading known = caches.get(key);
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

  private static @Nullable String text(@Nullable Object value) {
    return value instanceof String text ? text : null;
  }

  private static @Nullable Boolean flag(@Nullable Object value) {
    return value instanceof Boolean flag ? flag : null;
  }

  private static @Nullable Long whole(@Nullable Object value) {
    return value instanceof Number number ? number.longValue() : null;
  }

  private static @Nullable Double fraction(@Nullable Object value) {
    return value instanceof Number number ? number.doubleValue() : null;
  }
}
