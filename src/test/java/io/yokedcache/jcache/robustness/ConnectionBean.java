package io.yokedcache.jcache.robustness;

import java.lang.management.ManagementFactory;
import javax.cache.CacheManager;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** What a manager's {@code Connection} MBean shows. */
final class ConnectionBean {

  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

  private ConnectionBean() {}

  /** Reads one attribute; no two open managers of a test have the same first server. */
  static Number of(CacheManager manager, String attribute) throws JMException {
    return (Number) SERVER.getAttribute(name(manager), attribute);
  }

  /** The name of the bean. */
  static ObjectName name(CacheManager manager) throws JMException {
    String port = manager.getURI().toString().replaceAll("[^:]*://[^:]*:(\\d+).*", "$1");
    for (ObjectName name :
        SERVER.queryNames(new ObjectName("io.yokedcache:type=Connection,*"), null)) {
      if (name.getCanonicalName().contains(port)) {
        return name;
      }
    }
    throw new IllegalStateException("No bean of " + manager.getURI());
  }
}
