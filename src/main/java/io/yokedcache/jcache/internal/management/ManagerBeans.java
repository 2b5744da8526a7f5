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
   */
  public static ManagerBeans register(URI managerUri, Supplier<List<CacheSnapshot>> caches) {
    ManagerBeans beans = new ManagerBeans(managerUri);
    beans.registrar.register(
        MBeanRegistrar.Kind.SNAPSHOT,
        DescribedBean.of(new SnapshotBean(caches), SnapshotMXBean.class));
    return beans;
  }

  @Override
  public void close() {
    registrar.close();
  }

  private record SnapshotBean(Supplier<List<CacheSnapshot>> caches) implements SnapshotMXBean {

    @Override
    public long[] getBoundsNanos() {
      return TimerCells.bounds();
    }

    @Override
    public List<CacheSnapshot> getCaches() {
      return caches.get();
    }
  }
}
