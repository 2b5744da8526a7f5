package io.yokedcache.jcache.spi;

/**
 * An extension that lives as long as a cache manager. Implementations are found by {@link
 * java.util.ServiceLoader} in the manager's class loader, so they need a public constructor without
 * parameters and a line in {@code META-INF/services/io.yokedcache.jcache.spi.ManagerExtension}.
 *
 * <p>An extension has settings if its jar has a {@code reference.conf} with their defaults in a
 * group below {@code yokedcache}: {@link ManagerContext#group}.
 */
public interface ManagerExtension {

  /**
   * Starts for a manager that has no cache yet. Called once for each manager, perhaps by several
   * threads at once for different ones, and must return soon: the application waits for it.
   *
   * @param manager the manager
   * @return the started extension, which the manager closes; {@link StartedExtension#none()} for
   *     nothing
   * @throws RuntimeException if it cannot start; that is logged, and the manager works without it
   */
  StartedExtension start(ManagerContext manager);
}
