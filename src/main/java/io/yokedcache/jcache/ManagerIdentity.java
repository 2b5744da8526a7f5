package io.yokedcache.jcache;

import java.net.URI;
import java.util.Properties;

/**
 * The arguments by which a manager was requested; they identify it within its provider.
 *
 * @param uri the URI as given, which may hold credentials
 * @param classLoader where classes of keys and values are found
 * @param properties settings as given
 */
record ManagerIdentity(URI uri, ClassLoader classLoader, Properties properties) {

  /** Without the URI's credentials. */
  @Override
  public String toString() {
    return "ManagerIdentity[" + classLoader + "]";
  }
}
