package io.yokedcache.jcache.spi;

import com.typesafe.config.Config;
import java.net.URI;

/** What an extension may know of the manager that it is started for. Immutable. */
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
   * Returns a group of settings, with the defaults of all {@code reference.conf} files below what
   * the application set. Keys that have no default were refused before. May have secrets: never log
   * it as a whole.
   *
   * @param name the group's name below {@code yokedcache}
   * @return the group
   * @throws javax.cache.CacheException if no {@code reference.conf} has that group
   */
  Config group(String name);
}
