package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.jmx.MBeanRegistrar.Kind;
import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.CacheStatistics.Sums;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.TimerReading;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.cache.configuration.CompleteConfiguration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The MBeans of one cache, and its part of the manager's snapshot. Registered and unregistered by
 * one thread at a time; read by any.
 */
public final class CacheBeans implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(CacheBeans.class);

  private final MBeanRegistrar registrar;
  private final String cacheName;
  private final CacheStatistics statistics;
  private final Supplier<CacheSize> size;
  private final Supplier<NearFigures> near;
  private final StatisticsBean statisticsBean;
  private final OperationsShown operationsShown;
  private final OperationBeanLimit operationBeanLimit;

  /** Those that are shown, by their operations; made when they are first shown. */
  private Map<Operation, OperationBean> operations = Map.of();

  private final ExtendedStatisticsBean extended;
  private final Notifications notifications = ExtendedStatisticsBean.notifications();
  private boolean showsStatistics;

  /** How many of the shown operations count for the limit. */
  private int taken;

  /** Whether somebody asked for the operations of this cache. */
  private boolean operationsAskedFor;

  /**
   * Creates them; none is registered yet.
   *
   * @param codec what is known of its codecs
   * @param droppedEvents how many events were dropped so far
   * @param size the size of the cache in Redis; never talks to it
   * @param near what its copies in this JVM are good for
   * @param operationsShown which operations have an MBean while statistics are shown
   * @param operationBeanLimit how many of these there may be, where not all are wanted
   */
  public CacheBeans(
      URI managerUri,
      String cacheName,
      CacheStatistics statistics,
      CodecFigures codec,
      LongSupplier droppedEvents,
      Supplier<CacheSize> size,
      Supplier<NearFigures> near,
      OperationsShown operationsShown,
      OperationBeanLimit operationBeanLimit) {
    this.registrar = new MBeanRegistrar(managerUri, cacheName);
    this.cacheName = cacheName;
    this.statistics = statistics;
    this.size = size;
    this.near = near;
    this.statisticsBean = new StatisticsBean(statistics);
    this.operationsShown = operationsShown;
    this.operationBeanLimit = operationBeanLimit;
    this.extended =
        new ExtendedStatisticsBean(
            statistics,
            codec,
            droppedEvents,
            this::resetOperations,
            this::showOperations,
            size,
            near,
            notifications);
  }

  /** Registers what is there also without statistics. */
  public void register() {
    registrar.register(
        Kind.EXTENDED_STATISTICS,
        near.get().equals(NearFigures.NONE)
            ? DescribedEmitter.of(
                extended, ExtendedStatisticsMXBean.class, notifications, CacheBeans::isNotOfNear)
            : DescribedEmitter.of(extended, ExtendedStatisticsMXBean.class, notifications));
    if (operationsShown == OperationsShown.USED) {
      statistics.tellOfFirstUse(this::showUsed);
    }
  }

  private static boolean isNotOfNear(String attribute) {
    return !attribute.startsWith("Near");
  }

  /** Called within the first use of an operation, which must not fail because of it. */
  private void showUsed(Operation operation) {
    try {
      synchronized (this) {
        if (showsStatistics) {
          show(operation);
        }
      }
    } catch (RuntimeException e) {
      logger.debug("The MBean of operation {} cannot be registered", operation.label(), e);
    }
  }

  private synchronized void show(Operation operation) {
    if (!operations.containsKey(operation) && mayShowOneMore()) {
      OperationBean bean = new OperationBean(statistics, operation);
      if (operations.isEmpty()) {
        operations = new EnumMap<>(Operation.class);
      }
      operations.put(operation, bean);
      registrar.register(operation, DescribedBean.of(bean, OperationMXBean.class));
    }
  }

  private boolean mayShowOneMore() {
    if (operationsAskedFor || operationsShown == OperationsShown.ALL) {
      return true;
    }
    boolean may = operationBeanLimit.take();
    if (may) {
      taken++;
    }
    return may;
  }

  /** Shows the operations that were used and will be, whatever the settings say. */
  private synchronized void showOperations() {
    operationsAskedFor = true;
    statistics.tellOfFirstUse(this::showUsed);
    if (showsStatistics) {
      showThoseUsed();
    }
  }

  private void showThoseUsed() {
    for (Operation operation : Operation.values()) {
      if (operationsShown.shows(statistics.isUsed(operation))
          || (operationsAskedFor && statistics.isUsed(operation))) {
        show(operation);
      }
    }
  }

  private void hideOperations() {
    registrar.unregister(Kind.OPERATION);
    operations = Map.of();
    operationBeanLimit.giveBack(taken);
    taken = 0;
  }

  private synchronized void resetOperations() {
    operations.values().forEach(OperationBean::reset);
  }

  /** Registers or unregisters the statistics of JSR-107 and those by operation. */
  public synchronized void showStatistics(boolean shown) {
    if (shown == showsStatistics) {
      return;
    }
    showsStatistics = shown;
    if (shown) {
      registrar.register(Kind.STATISTICS, statisticsBean);
      showThoseUsed();
    } else {
      registrar.unregister(Kind.STATISTICS);
      hideOperations();
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
  public synchronized void close() {
    showsStatistics = false; // whatever is used for the first time now is not shown any more
    operationBeanLimit.giveBack(taken);
    taken = 0;
    registrar.close();
  }
}
