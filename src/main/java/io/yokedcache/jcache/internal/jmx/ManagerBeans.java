package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.jmx.MBeanRegistrar.Kind;
import io.yokedcache.jcache.internal.metrics.TimerCells;
import java.net.URI;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The MBeans of one manager, from creation until close. */
public final class ManagerBeans implements AutoCloseable {

  private final MBeanRegistrar registrar;

  private ManagerBeans(URI managerUri) {
    this.registrar = MBeanRegistrar.ofManager(managerUri);
  }

  /**
   * Registers them.
   *
   * @param caches reads the caches whose statistics are enabled; called by any thread
   * @param figures the same, without their operations
   * @param configurations reads how all open caches are configured; called by any thread
   * @param connection reads how the manager is connected; called by any thread
   * @param news what the manager's connection has to tell
   * @throws javax.cache.CacheException if that is not possible; none is registered then
   */
  public static ManagerBeans register(
      URI managerUri,
      Supplier<List<CacheSnapshot>> caches,
      Supplier<List<CacheSnapshot>> figures,
      Supplier<List<CacheDescription>> configurations,
      Supplier<ConnectionSnapshot> connection,
      ConnectionNews news) {
    ManagerBeans beans = new ManagerBeans(managerUri);
    try {
      beans.registrar.register(
          Kind.SNAPSHOT,
          DescribedBean.of(
              new SnapshotBean(caches, figures, configurations, connection),
              SnapshotMXBean.class,
              ManagerBeans::isListed));
      beans.registrar.register(
          Kind.CONNECTION,
          DescribedEmitter.of(
              new ConnectionBean(connection), ConnectionMXBean.class, news.notifications()));
    } catch (Throwable e) {
      beans.close();
      throw e;
    }
    return beans;
  }

  /**
   * Not the histograms: they cost most to read, and who asks every bean for all that it lists can
   * rarely use them.
   */
  private static boolean isListed(String attribute) {
    return !attribute.equals("Caches");
  }

  /** What the names of all beans of this manager call it. */
  public String managerName() {
    return registrar.managerName();
  }

  @Override
  public void close() {
    registrar.close();
  }

  private record SnapshotBean(
      Supplier<List<CacheSnapshot>> caches,
      Supplier<List<CacheSnapshot>> figures,
      Supplier<List<CacheDescription>> configurations,
      Supplier<ConnectionSnapshot> connection)
      implements SnapshotMXBean {

    @Override
    public long[] getBoundsNanos() {
      return TimerCells.bounds();
    }

    @Override
    public List<CacheSnapshot> getCaches() {
      return caches.get();
    }

    @Override
    public CacheFigures getFigures() {
      return CacheFigures.of(figures.get());
    }

    @Override
    public CacheFigures figures(String[] names) {
      return CacheFigures.of(figures.get(), Set.copyOf(List.of(names)));
    }

    @Override
    public CacheConfigurations getConfigurations() {
      return new CacheConfigurations(configurations.get());
    }

    @Override
    public ConnectionSnapshot getConnection() {
      return connection.get();
    }
  }
}
