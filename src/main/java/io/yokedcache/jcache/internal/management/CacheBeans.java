package io.yokedcache.jcache.internal.management;

import io.yokedcache.jcache.internal.management.CacheStatistics.Sums;
import io.yokedcache.jcache.internal.management.MBeanRegistrar.Kind;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.cache.configuration.CompleteConfiguration;

/**
 * The MBeans of one cache, and its part of the manager's snapshot. Registered and unregistered by
 * one thread at a time; read by any.
 */
public final class CacheBeans implements AutoCloseable {

  private final MBeanRegistrar registrar;
  private final String cacheName;
  private final CacheStatistics statistics;
  private final Supplier<CacheSize> size;
  private final Supplier<NearFigures> near;
  private final StatisticsBean statisticsBean;
  private final List<OperationBean> operations;
  private final ExtendedStatisticsBean extended;
  private final Notifications notifications = ExtendedStatisticsBean.notifications();
  private boolean showsStatistics;

  /**
   * Creates them; none is registered yet.
   *
   * @param codec what is known of its codecs
   * @param droppedEvents how many events were dropped so far
   * @param size the size of the cache in Redis; never talks to it
   * @param near what its copies in this JVM are good for
   */
  public CacheBeans(
      URI managerUri,
      String cacheName,
      CacheStatistics statistics,
      CodecFigures codec,
      LongSupplier droppedEvents,
      Supplier<CacheSize> size,
      Supplier<NearFigures> near) {
    this.registrar = new MBeanRegistrar(managerUri, cacheName);
    this.cacheName = cacheName;
    this.statistics = statistics;
    this.size = size;
    this.near = near;
    this.statisticsBean = new StatisticsBean(statistics);
    this.operations =
        Arrays.stream(Operation.values())
            .map(operation -> new OperationBean(statistics, operation))
            .toList();
    this.extended =
        new ExtendedStatisticsBean(
            statistics, codec, droppedEvents, operations, size, near, notifications);
  }

  /** Registers what is there also without statistics. */
  public void register() {
    registrar.register(
        Kind.EXTENDED_STATISTICS,
        DescribedEmitter.of(extended, ExtendedStatisticsMXBean.class, notifications));
  }

  /** Registers or unregisters the statistics of JSR-107 and those by operation. */
  public void showStatistics(boolean shown) {
    if (shown == showsStatistics) {
      return;
    }
    showsStatistics = shown;
    if (shown) {
      registrar.register(Kind.STATISTICS, statisticsBean);
      for (OperationBean bean : operations) {
        registrar.register(bean.operation(), DescribedBean.of(bean, OperationMXBean.class));
      }
    } else {
      registrar.unregister(Kind.STATISTICS);
      registrar.unregister(Kind.OPERATION);
    }
  }

  /** Registers the configuration as it is now, or unregisters it. */
  public void showConfiguration(CompleteConfiguration<?, ?> configuration, boolean shown) {
    registrar.unregister(Kind.CONFIGURATION);
    if (shown) {
      registrar.register(Kind.CONFIGURATION, new ConfigurationBean(configuration));
    }
  }

  /** What compares the figures since it ran last with limits, and notifies of what it finds. */
  public Runnable watch(Limits limits) {
    return new LimitWatch(cacheName, limits, statistics, size, notifications);
  }

  /** Everything that is measured, as it is now. */
  public CacheSnapshot snapshot() {
    return snapshot(usedOperations());
  }

  /** Everything but the operations, which cost most to read. */
  public CacheSnapshot figures() {
    return snapshot(List.of());
  }

  private List<OperationSnapshot> usedOperations() {
    List<OperationSnapshot> used = new ArrayList<>();
    for (Operation operation : Operation.values()) {
      TimerReading reading = statistics.read(operation);
      Map<String, Long> errors = new HashMap<>();
      statistics.errors(operation).forEach((error, count) -> errors.put(error.label(), count));
      if (reading.count() > 0 || !errors.isEmpty()) {
        used.add(new OperationSnapshot(operation.label(), reading, errors));
      }
    }
    return used;
  }

  private CacheSnapshot snapshot(List<OperationSnapshot> used) {
    Sums sums = statistics.sums();
    Map<String, Double> gauges = new HashMap<>();
    gauges.put("uptimeSeconds", statistics.uptimeSeconds());
    if (sums.hits() + sums.misses() > 0) {
      gauges.put("hitRate", sums.hitRate());
    }
    size.get().addTo(gauges);
    Map<String, Long> counters = counters(sums);
    near.get().addTo(counters, gauges);
    return new CacheSnapshot(cacheName, used, counters, gauges);
  }

  private Map<String, Long> counters(Sums sums) {
    Map<String, Long> counters = new HashMap<>();
    counters.put("hits", sums.hits());
    counters.put("misses", sums.misses());
    counters.put("puts", sums.puts());
    counters.put("removals", sums.removals());
    counters.put("loads", statistics.read(Operation.LOAD).count());
    counters.put("loadFailures", statistics.errorCount(Operation.LOAD));
    counters.put("writes", statistics.read(Operation.WRITE).count());
    counters.put("invalidations.clear", statistics.read(Operation.CLEAR).count());
    counters.put("invalidations.removeAll", statistics.read(Operation.REMOVE_ALL).count());
    counters.put("undecodable", extended.getUndecodableEntries());
    extended
        .getUndecodableByReason()
        .forEach((reason, count) -> counters.put("undecodable." + reason, count));
    counters.put("droppedEvents", extended.getDroppedEvents());
    if (statistics.hearsExpirations()) {
      counters.put("expirations", statistics.expirations());
    }
    return counters;
  }

  /** Unregisters all. */
  @Override
  public void close() {
    registrar.close();
  }
}
