package io.yokedcache.jcache.internal.management;

import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import javax.cache.CacheException;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers one cache's MBeans in the platform's MBean server, under names that can hold any cache
 * name and any URI. Two managers with the same URI and different class loaders have the same names
 * by the JSR's rules; the first one's beans stay, and a warning says so.
 */
public final class MBeanRegistrar {

  private static final Logger logger = LoggerFactory.getLogger(MBeanRegistrar.class);

  /** The beans of a cache: JSR-107's two, and ours. */
  public enum Kind {
    CONFIGURATION("javax.cache", "CacheConfiguration"),
    STATISTICS("javax.cache", "CacheStatistics"),
    EXTENDED_STATISTICS("io.yokedcache", "CacheExtendedStatistics");

    private final String domain;
    private final String type;

    Kind(String domain, String type) {
      this.domain = domain;
      this.type = type;
    }
  }

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final String managerName;
  private final String cacheName;

  /** Which beans are ours to unregister; another manager's are not. */
  private final Set<Kind> registered = Collections.synchronizedSet(EnumSet.noneOf(Kind.class));

  public MBeanRegistrar(URI managerUri, String cacheName) {
    this.managerName = sanitize(managerUri.toString());
    this.cacheName = sanitize(cacheName);
  }

  /** The name of a bean, without the characters that have a meaning in names and patterns. */
  static String sanitize(String name) {
    return name.replaceAll("[,:=\n\r*?\"]", ".");
  }

  public void register(Kind kind, Object bean) {
    ObjectName name = name(kind);
    try {
      server.registerMBean(bean, name);
      registered.add(kind);
    } catch (InstanceAlreadyExistsException e) {
      logger.warn(
          "MBean {} belongs to another manager, or a cache of a similar name, and keeps showing that",
          name);
    } catch (JMException e) {
      throw new CacheException("Cannot register MBean " + name + ": " + e.getMessage(), e);
    }
  }

  public void unregister(Kind kind) {
    ObjectName name = name(kind);
    try {
      if (registered.remove(kind)) {
        server.unregisterMBean(name);
      }
    } catch (InstanceNotFoundException goneMeanwhile) {
      logger.debug("MBean {} is gone already", name);
    } catch (JMException e) {
      throw new CacheException("Cannot unregister MBean " + name + ": " + e.getMessage(), e);
    }
  }

  private ObjectName name(Kind kind) {
    try {
      return new ObjectName(
          kind.domain
              + ":type="
              + kind.type
              + ",CacheManager="
              + managerName
              + ",Cache="
              + cacheName);
    } catch (JMException e) {
      throw new CacheException("Cannot name the MBeans of cache " + cacheName, e);
    }
  }
}
