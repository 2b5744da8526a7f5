package io.yokedcache.jcache.internal.management;

import java.net.URI;
import java.util.List;
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
   */
  public static ManagerBeans register(
      URI managerUri, Supplier<List<CacheSnapshot>> caches, Supplier<List<CacheSnapshot>> figures) {
    ManagerBeans beans = new ManagerBeans(managerUri);
    beans.registrar.register(
        MBeanRegistrar.Kind.SNAPSHOT,
        DescribedBean.of(new SnapshotBean(caches, figures), SnapshotMXBean.class));
    return beans;
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
      Supplier<List<CacheSnapshot>> caches, Supplier<List<CacheSnapshot>> figures)
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
      return new CacheFigures(figures.get());
    }
  }
}
