package io.yokedcache.jcache.robustness;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Set;
import javax.cache.CacheManager;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** What a manager's {@code Connection} MBean shows. */
public final class ConnectionBean {

  private static final MBeanServer SERVER = ManagementFactory.getPlatformMBeanServer();

  private ConnectionBean() {}

  /** Reads one attribute; no two open managers of a test have the same first server. */
  public static Number of(CacheManager manager, String attribute) throws JMException {
    return (Number) SERVER.getAttribute(name(manager), attribute);
  }

  /** The name of the bean. */
  static ObjectName name(CacheManager manager) throws JMException {
    String uri = manager.getURI().toString();
    String port = uri.replaceAll("[^:]*://[^:]*:(\\d+).*", "$1");
    String server = uri.replaceAll("[^:]*:(//[^:,/]*):(\\d+).*", "$1.$2");
    Set<ObjectName> all =
        SERVER.queryNames(new ObjectName("io.yokedcache:type=Connection,*"), null);
    for (String part : List.of(server, port)) { // the name has no credentials
      for (ObjectName name : all) {
        if (name.getCanonicalName().contains(part)) {
          return name;
        }
      }
    }
    throw new IllegalStateException("No bean of " + manager.getURI());
  }
}
