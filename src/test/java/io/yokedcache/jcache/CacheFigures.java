package io.yokedcache.jcache;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;

/** What our MBeans show of a cache and of its manager, read as any JMX client reads it. */
final class CacheFigures {

  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

  private final String managerName;
  private final String cacheName;

  CacheFigures(Cache<?, ?> cache) {
    this.managerName = nameOf(cache.getCacheManager());
    this.cacheName = cache.getName();
  }

  private static String nameOf(CacheManager manager) {
    return manager.getURI().toString().replace(':', '.');
  }

  /** Returns the name of a manager's bean. */
  static ObjectName managerBean(CacheManager manager, String type) throws JMException {
    return new ObjectName("io.yokedcache:type=" + type + ",CacheManager=" + nameOf(manager));
  }

  /** Reads an attribute of a manager's {@code Connection} bean. */
  static Number connection(CacheManager manager, String attribute) throws JMException {
    return (Number) SERVER.getAttribute(managerBean(manager, "Connection"), attribute);
  }

  /** Reads an attribute of the bean of one operation. */
  Number operation(String operation, String attribute) throws JMException {
    return (Number)
        SERVER.getAttribute(
            new ObjectName(
                "io.yokedcache:type=CacheOperation,CacheManager=%s,Cache=%s,operation=%s"
                    .formatted(managerName, cacheName, operation)),
            attribute);
  }

  /** Reads the errors of all operations together. */
  long errors() throws JMException {
    return extended("Errors");
  }

  /** Reads an attribute of {@code CacheExtendedStatistics} that is a number. */
  long extended(String attribute) throws JMException {
    return ((Number) SERVER.getAttribute(extendedBean(), attribute)).longValue();
  }

  private ObjectName extendedBean() throws JMException {
    return new ObjectName(
        "io.yokedcache:type=CacheExtendedStatistics,CacheManager=%s,Cache=%s"
            .formatted(managerName, cacheName));
  }

  /** Reads the snapshot's operations by name. */
  Map<String, CompositeData> snapshot() throws JMException {
    Map<String, CompositeData> operations = new TreeMap<>();
    CompositeData[] caches =
        (CompositeData[])
            SERVER.getAttribute(
                new ObjectName("io.yokedcache:type=Snapshot,CacheManager=" + managerName),
                "Caches");
    for (CompositeData cache : caches) {
      if (cache.get("cache").equals(cacheName)) {
        for (CompositeData operation : (CompositeData[]) cache.get("operations")) {
          operations.put((String) operation.get("operation"), operation);
        }
      }
    }
    return operations;
  }

  /** Reads how often an operation is in the snapshot, 0 if it is not. */
  long count(String operation) throws JMException {
    CompositeData found = snapshot().get(operation);
    return found == null ? 0 : (Long) found.get("count");
  }

  /** Reads the snapshot's errors as {@code operation!type}. */
  Map<String, Long> errorsByType() throws JMException {
    Map<String, Long> errors = new TreeMap<>();
    for (Map.Entry<String, CompositeData> operation : snapshot().entrySet()) {
      for (Object row : ((TabularData) operation.getValue().get("errors")).values()) {
        CompositeData error = (CompositeData) row;
        errors.put(operation.getKey() + "!" + error.get("key"), (Long) error.get("value"));
      }
    }
    return errors;
  }

  /** Reads how many keys and values could not be decoded, by reason. */
  Map<String, Long> undecodableByReason() throws JMException {
    Map<String, Long> reasons = new TreeMap<>();
    TabularData table = (TabularData) SERVER.getAttribute(extendedBean(), "UndecodableByReason");
    for (Object row : table.values()) {
      CompositeData entry = (CompositeData) row;
      reasons.put((String) entry.get("key"), (Long) entry.get("value"));
    }
    return reasons;
  }
}
