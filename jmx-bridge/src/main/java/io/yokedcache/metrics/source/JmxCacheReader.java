package io.yokedcache.metrics.source;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.source.BeanNames.CacheKey;
import io.yokedcache.metrics.source.CacheReading.StatisticsReading;
import java.io.IOException;
import java.io.InvalidClassException;
import java.io.NotSerializableException;
import java.io.WriteAbortedException;
import java.lang.management.ManagementFactory;
import java.rmi.ServerError;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.management.Attribute;
import javax.management.AttributeNotFoundException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the caches of one JVM from its MBeans: those that JSR-107 names, of any provider, and the
 * snapshot that YokedCache adds. A bean that vanishes while it is read is left out; a value that no
 * figure can have, or that cannot be read, costs its own series and nothing else.
 *
 * <p>Thread-safe if the connection is, as those of the JDK are.
 */
public final class JmxCacheReader implements CacheSource.Selective, AutoCloseable {

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
  private final Set<String> told = FigureCheck.nothingTold();

  /**
   * Creates a reader of an MBean server. A server of this JVM notifies the reader of beans that are
   * registered and unregistered, until the reader is closed or garbage; the server of another JVM
   * is asked with each reading.
   */
  public JmxCacheReader(MBeanServerConnection server) {
    this.server = requireNonNull(server, "server");
    this.names = BeanNames.of(server);
  }

  /** Returns a new reader of the platform's MBean server. */
  public static JmxCacheReader ofThisJvm() {
    return new JmxCacheReader(ManagementFactory.getPlatformMBeanServer());
  }

  /** Ends listening to the MBean server, which is not closed. May be called twice. */
  @Override
  public void close() {
    names.close();
  }

  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    BeanNames.Found found = names.find();
    CacheReadings readings = new Reading(wanted).of(found);
    // A bean that vanished may have made place for another one since its name was found.
    return names.areStill(found) ? readings : new Reading(wanted).of(names.find());
  }

  /** One reading, in one thread. */
  private final class Reading {

    private final Selection wanted;
    private final FigureCheck check = new FigureCheck(told);
    private final Map<CacheKey, CacheReading> caches = new LinkedHashMap<>();
    private final Map<CacheKey, ConfigurationReading> configurations = new LinkedHashMap<>();
    private final List<ConnectionReading> connections = new ArrayList<>();

    /**
     * The caches of snapshots whose other beans have another name: {@code a:b} and {@code a,b}
     * share one there, so that the owner of this bean is ambiguous.
     */
    private final Set<CacheKey> renamed = new HashSet<>();

    private Reading(Selection wanted) {
      this.wanted = wanted;
    }

    private CacheReadings of(BeanNames.Found found) throws IOException {
      for (ObjectName name : found.snapshots()) {
        SnapshotBean bean = snapshot(name);
        if (bean != null) {
          addSnapshot(bean);
        }
      }
      for (Map.Entry<ObjectName, CacheKey> bean : found.statistics().entrySet()) {
        addStatistics(bean.getKey(), bean.getValue());
      }
      if (wanted.configurations()) {
        for (Map.Entry<ObjectName, CacheKey> bean : found.configurations().entrySet()) {
          addConfiguration(bean.getKey(), bean.getValue());
        }
      }
      return new CacheReadings(
          List.copyOf(caches.values()),
          connections,
          List.copyOf(configurations.values()),
          check.refused());
    }

    private void addSnapshot(SnapshotBean bean) {
      for (CacheReading cache : bean.caches()) {
        caches.putIfAbsent(keyInSnapshot(cache.manager(), cache.cache()), cache);
      }
      ConnectionReading connection = bean.connection();
      if (connection != null) {
        connections.add(connection);
      }
      for (ConfigurationReading each : bean.configurations()) {
        configurations.put(keyInSnapshot(each.manager(), each.cache()), each);
      }
    }

    private CacheKey keyInSnapshot(String manager, String cache) {
      CacheKey key = new CacheKey(manager, cache);
      String inNames = BeanNames.sanitized(cache);
      if (!inNames.equals(cache)) {
        renamed.add(new CacheKey(manager, inNames));
      }
      return key;
    }

    private boolean isInSnapshot(CacheKey key) {
      CacheReading known = caches.get(key);
      return (known != null && known.statistics() == null) || renamed.contains(key);
    }

    private @Nullable SnapshotBean snapshot(ObjectName name) throws IOException {
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
      return bean;
    }

    private @Nullable SnapshotBean bean(ObjectName name, Selection selection) throws IOException {
      Map<String, Object> attributes = attributes(name, SnapshotBean.attributes(selection));
      return attributes == null ? null : new SnapshotBean(name, attributes, check);
    }

    /** Reads some counters and gauges; absent if the bean is gone or cannot be invoked. */
    private @Nullable CompositeData figures(ObjectName name, Set<String> figures)
        throws IOException {
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
      } catch (JMException | RuntimeException | IOException notPossible) {
        throwIfOfConnection(notPossible);
        logger.debug("MBean {} does not select figures; all are read", name, notPossible);
        return null;
      }
    }

    private void addStatistics(ObjectName name, CacheKey key) throws IOException {
      // Asking both beans would double the cost, and clear() sets only this one back to 0, so that
      // figures of the two must not be mixed.
      if (caches.containsKey(key) || renamed.contains(key)) {
        return;
      }
      Map<String, Object> attributes = attributes(name, STATISTICS_ATTRIBUTES);
      if (attributes != null) {
        caches.put(
            key,
            new CacheReading(
                key.manager(),
                key.cache(),
                statistics(name, attributes),
                List.of(),
                Map.of(),
                Map.of()));
      }
    }

    private StatisticsReading statistics(ObjectName name, Map<String, Object> attributes) {
      return new StatisticsReading(
          count(name, attributes, "CacheHits"),
          count(name, attributes, "CacheMisses"),
          count(name, attributes, "CachePuts"),
          count(name, attributes, "CacheRemovals"),
          count(name, attributes, "CacheEvictions"),
          level(name, attributes, "AverageGetTime"),
          level(name, attributes, "AveragePutTime"),
          level(name, attributes, "AverageRemoveTime"));
    }

    private @Nullable Long count(
        ObjectName name, Map<String, Object> attributes, String attribute) {
      return check.count(name, attribute, attributes.get(attribute));
    }

    private @Nullable Double level(
        ObjectName name, Map<String, Object> attributes, String attribute) {
      return check.level(name, attribute, attributes.get(attribute));
    }

    private void addConfiguration(ObjectName name, CacheKey key) throws IOException {
      if (configurations.containsKey(key) || isInSnapshot(key)) {
        return;
      }
      Map<String, Object> attributes = attributes(name, CONFIGURATION_ATTRIBUTES);
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

    /**
     * Reads attributes in one call, or one by one if the call fails: an attribute that throws, or
     * whose class is unknown here, does not affect the others.
     *
     * @return the attributes that exist; absent if the bean is gone
     */
    private @Nullable Map<String, Object> attributes(ObjectName name, List<String> attributeNames)
        throws IOException {
      try {
        Map<String, Object> attributes = new HashMap<>();
        for (Attribute attribute :
            server.getAttributes(name, attributeNames.toArray(String[]::new)).asList()) {
          if (attribute.getValue() != null) {
            attributes.put(attribute.getName(), attribute.getValue());
          }
        }
        return attributes;
      } catch (InstanceNotFoundException closedMeanwhile) {
        names.forget();
        return null;
      } catch (JMException | RuntimeException | IOException spoilt) {
        throwIfOfConnection(spoilt);
        logger.debug("Cannot read the attributes of MBean {} together", name, spoilt);
      }
      Map<String, Object> attributes = new HashMap<>();
      for (String attribute : attributeNames) {
        try {
          Object value = server.getAttribute(name, attribute);
          if (value != null) {
            attributes.put(attribute, value);
          }
        } catch (InstanceNotFoundException closedMeanwhile) {
          names.forget();
          return null;
        } catch (AttributeNotFoundException notMeasured) {
          logger.debug("MBean {} has no {}", name, attribute);
        } catch (JMException | RuntimeException | IOException unreadable) {
          throwIfOfConnection(unreadable);
          check.refuse(name, attribute, "reading it failed: " + unreadable);
        }
      }
      return attributes;
    }
  }

  /**
   * Throws failures to reach the JVM. Exceptions of a bean, and values of unknown classes, concern
   * the bean alone.
   */
  private static void throwIfOfConnection(Exception failure) throws IOException {
    if (!(failure instanceof IOException io) || io instanceof ServerError) {
      return;
    }
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof ClassNotFoundException
          || cause instanceof InvalidClassException
          || cause instanceof NotSerializableException
          || cause instanceof WriteAbortedException) {
        return;
      }
    }
    throw io;
  }

  private static @Nullable String text(@Nullable Object value) {
    return value instanceof String text ? text : null;
  }

  private static @Nullable Boolean flag(@Nullable Object value) {
    return value instanceof Boolean flag ? flag : null;
  }
}
