package io.yokedcache.jcache.internal.management;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import javax.cache.CacheException;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Registers the MBeans of one cache, or of one manager, in the platform's MBean server, under names
 * that can hold any cache name and any URI. Two managers with the same URI and different class
 * loaders have the same names by the JSR's rules; the first one's beans stay, and a warning says
 * so.
 */
public final class MBeanRegistrar implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(MBeanRegistrar.class);

  /** The beans: JSR-107's two of each cache, ours of each cache, and ours of each manager. */
  public enum Kind {
    CONFIGURATION("javax.cache", "CacheConfiguration"),
    STATISTICS("javax.cache", "CacheStatistics"),
    EXTENDED_STATISTICS("io.yokedcache", "CacheExtendedStatistics"),
    OPERATION("io.yokedcache", "CacheOperation"),
    SNAPSHOT("io.yokedcache", "Snapshot"),
    CONNECTION("io.yokedcache", "Connection");

    private final String domain;
    private final String type;

    Kind(String domain, String type) {
      this.domain = domain;
      this.type = type;
    }
  }

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final String managerName;
  private final @Nullable String cacheName;

  /** Which beans are ours to unregister; another manager's are not. */
  private final Map<ObjectName, Kind> registered = new ConcurrentHashMap<>();

  public MBeanRegistrar(URI managerUri, String cacheName) {
    this(sanitize(managerUri.toString()), sanitize(cacheName));
  }

  private MBeanRegistrar(String managerName, @Nullable String cacheName) {
    this.managerName = managerName;
    this.cacheName = cacheName;
  }

  /** The registrar of what belongs to a manager and not to one of its caches. */
  static MBeanRegistrar ofManager(URI managerUri) {
    return new MBeanRegistrar(sanitize(managerUri.toString()), null);
  }

  /** What the names of the beans call the manager. */
  String managerName() {
    return managerName;
  }

  /** The name of a bean, without the characters that have a meaning in names and patterns. */
  static String sanitize(String name) {
    return name.replaceAll("[,:=\n\r*?\"]", ".");
  }

  public void register(Kind kind, Object bean) {
    register(kind, name(kind, /* operation= */ null), bean);
  }

  /** Registers what belongs to one operation of the cache. */
  void register(Operation operation, Object bean) {
    register(Kind.OPERATION, name(Kind.OPERATION, operation), bean);
  }

  private void register(Kind kind, ObjectName name, Object bean) {
    try {
      server.registerMBean(bean, name);
      registered.put(name, kind);
    } catch (InstanceAlreadyExistsException e) {
      // The beans by operation share the fate of the cache's statistics: one warning is enough.
      logger
          .atLevel(kind == Kind.OPERATION ? Level.DEBUG : Level.WARN)
          .log(
              "MBean {} belongs to another manager, or a cache of a similar name, and keeps showing that",
              name);
    } catch (JMException e) {
      throw new CacheException("Cannot register MBean " + name + ": " + e.getMessage(), e);
    }
  }

  /** Unregisters all beans of a kind that this object registered. */
  public void unregister(Kind kind) {
    List<ObjectName> names = new ArrayList<>();
    registered.forEach(
        (name, itsKind) -> {
          if (itsKind == kind) {
            names.add(name);
          }
        });
    unregister(names);
  }

  /** Unregisters all beans that this object registered. */
  @Override
  public void close() {
    unregister(List.copyOf(registered.keySet()));
  }

  /** Unregisters them all, also if one cannot be, and throws the first failure. */
  private void unregister(List<ObjectName> names) {
    CacheException failure = null;
    for (ObjectName name : names) {
      try {
        if (registered.remove(name) != null) {
          server.unregisterMBean(name);
        }
      } catch (InstanceNotFoundException goneMeanwhile) {
        logger.debug("MBean {} is gone already", name);
      } catch (JMException e) {
        CacheException unregisterable =
            new CacheException("Cannot unregister MBean " + name + ": " + e.getMessage(), e);
        if (failure == null) {
          failure = unregisterable;
        } else {
          failure.addSuppressed(unregisterable);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private ObjectName name(Kind kind, @Nullable Operation operation) {
    String name =
        kind.domain
            + ":type="
            + kind.type
            + ",CacheManager="
            + managerName
            + (cacheName == null ? "" : ",Cache=" + cacheName)
            + (operation == null ? "" : ",operation=" + operation.label());
    try {
      return new ObjectName(name);
    } catch (JMException e) {
      throw new CacheException("Cannot name the MBean " + name, e);
    }
  }
}
