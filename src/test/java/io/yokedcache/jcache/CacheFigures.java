package io.yokedcache.jcache;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
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

  /** An operation as the snapshot has it. */
  record Operation(long count, long sumNanos, Map<String, Long> errors) {}

  /** Reads the snapshot's operations by name. */
  Map<String, Operation> snapshot() throws JMException {
    return operations(managerName).getOrDefault(cacheName, Map.of());
  }

  /** Reads the operations of all caches of a manager, by cache and name. */
  static Map<String, Map<String, Operation>> operations(String managerName) throws JMException {
    CompositeData data = snapshot(managerName, "Operations");
    String[] caches = (String[]) data.get("caches");
    String[] names = (String[]) data.get("operations");
    long[] sums = (long[]) data.get("sumsNanos");
    long[] lengths = (long[]) data.get("cellCounts");
    long[] cells = (long[]) data.get("cells");
    long[] errorRows = (long[]) data.get("errorRows");
    Map<String, Map<String, Operation>> operations = new TreeMap<>();
    int cell = 0;
    for (int row = 0; row < caches.length; row++) {
      int end = cell + (int) lengths[row];
      Map<String, Long> errors = new TreeMap<>();
      for (int error = 0; error < errorRows.length; error++) {
        if (errorRows[error] == row) {
          errors.put(
              ((String[]) data.get("errorTypes"))[error],
              ((long[]) data.get("errorCounts"))[error]);
        }
      }
      operations
          .computeIfAbsent(caches[row], key -> new TreeMap<>())
          .put(
              names[row],
              new Operation(
                  LongStream.of(cells).skip(cell).limit(end - cell).sum(), sums[row], errors));
      cell = end;
    }
    return operations;
  }

  /** Reads an attribute of a manager's snapshot. */
  static CompositeData snapshot(String managerName, String attribute) throws JMException {
    return (CompositeData)
        SERVER.getAttribute(
            new ObjectName("io.yokedcache:type=Snapshot,CacheManager=" + managerName), attribute);
  }

  /** Reads how often an operation is in the snapshot, 0 if it is not. */
  long count(String operation) throws JMException {
    Operation found = snapshot().get(operation);
    return found == null ? 0 : found.count();
  }

  /** Reads the snapshot's errors as {@code operation!type}. */
  Map<String, Long> errorsByType() throws JMException {
    Map<String, Long> errors = new TreeMap<>();
    snapshot()
        .forEach(
            (name, operation) ->
                operation.errors().forEach((type, count) -> errors.put(name + "!" + type, count)));
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
