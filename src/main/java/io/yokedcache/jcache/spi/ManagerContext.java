package io.yokedcache.jcache.spi;

import com.typesafe.config.Config;
import java.net.URI;

/** The manager that an extension is started for. Immutable. */
public interface ManagerContext {

  /**
   * Returns the manager's URI.
   *
   * @return without credentials and options
   */
  URI uri();

  /**
   * Returns the manager's name in MBeans.
   *
   * @return the value of their key {@code CacheManager}
   */
  String managerName();

  /**
   * Returns a group of settings, with the defaults of {@code reference.conf} for keys that the
   * application did not set. Keys without a default are rejected before. The group may contain
   * secrets: never log it as a whole.
   *
   * @param name the group's name below {@code yokedcache}
   * @return the group
   * @throws javax.cache.CacheException if no {@code reference.conf} has that group
   */
  Config group(String name);
}
