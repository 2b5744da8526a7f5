package io.yokedcache.jcache.internal.jmx;

import static io.yokedcache.jcache.internal.jmx.OpenData.LONG_BY_NAME;

import io.yokedcache.jcache.internal.jmx.CacheFigure.Baseline;
import io.yokedcache.jcache.internal.jmx.CacheFigure.Reading;
import io.yokedcache.jcache.internal.jmx.CacheSnapshot.OperationSnapshot;
import io.yokedcache.jcache.internal.jmx.MBeanRegistrar.Kind;
import io.yokedcache.jcache.internal.jmx.OpenData.Item;
import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.KeyStatistics;
import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.metrics.TimerReading;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.OperationBeans;
import java.net.URI;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.cache.configuration.CompleteConfiguration;
import javax.management.MBeanNotificationInfo;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The MBeans of one cache, and its part of the manager's snapshot. Registered and unregistered by
 * one thread at a time; read by any.
 */
public final class CacheBeans implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(CacheBeans.class);

  private static final String RESET = "io.yokedcache.statistics.reset";
  private static final MBeanNotificationInfo[] NOTIFICATIONS =
      Stream.concat(
              LimitWatch.infos().stream(),
              Stream.of(Notifications.info(RESET, "The statistics of this cache were reset")))
          .toArray(MBeanNotificationInfo[]::new);

  private final MBeanRegistrar registrar;
  private final String cacheName;
  private final Sources sources;
  private final CacheStatistics statistics;
  private final StatisticsBean statisticsBean;
  private final OperationBeans operationBeans;
  private final OperationBeanLimit operationBeanLimit;
  private final Notifications notifications = new Notifications(NOTIFICATIONS);

  /** The counters at the last reset, replaced as a whole. */
  private volatile Baseline baseline = Baseline.NONE;

  /** The registered beans of operations; made when the first one is registered. */
  private Map<Operation, OperationBean> operations = Map.of();

  private boolean showsStatistics;

  /** The number of registered beans that count for the limit. */
  private int taken;

  /** Whether {@code showOperations} was called. */
  private boolean operationsRequested;

  /**
   * Creates the beans without registering any.
   *
   * @param operationBeans the operations that have an MBean while statistics are shown
   * @param operationBeanLimit the number of these MBeans, shared by the caches of a manager
   */
  public CacheBeans(
      URI managerUri,
      String cacheName,
      Sources sources,
      OperationBeans operationBeans,
      OperationBeanLimit operationBeanLimit) {
    this.registrar = new MBeanRegistrar(managerUri, cacheName);
    this.cacheName = cacheName;
    this.sources = sources;
    this.statistics = sources.statistics();
    this.statisticsBean = new StatisticsBean(statistics);
    this.operationBeans = operationBeans;
    this.operationBeanLimit = operationBeanLimit;
  }

  /** Made when a client first reads them. */
  private static final class Extended {

    static final BeanType<CacheBeans> ALL = extended(attribute -> true);
    static final BeanType<CacheBeans> WITHOUT_NEAR =
        extended(attribute -> !attribute.startsWith("Near"));

    private Extended() {}
  }

  private static BeanType<CacheBeans> extended(Predicate<String> isListed) {
    List<Item<CacheBeans>> attributes = new ArrayList<>();
    for (CacheFigure figure : CacheFigure.values()) {
      if (!figure.attribute().isEmpty()) {
        attributes.add(figure.item(beans -> new Reading(beans.baseline, beans.sources)));
      }
    }
    attributes.add(
        Item.of(
            "UndecodableByReason",
            LONG_BY_NAME,
            "Keys and values that could not be decoded, or were not allowed to be, by reason",
            beans -> OpenData.table(LONG_BY_NAME, beans.sources.undecodableByReason().get())));
    return new BeanType<>(
        "Figures of a cache in this JVM beyond JSR-107's statistics",
        attributes,
        isListed,
        List.of(
            new BeanType.Action<>(
                "learnedTypes",
                "Classes that may be read back because this JVM put objects of them into the cache",
                List.of(),
                String[].class.getName(),
                (beans, none) -> beans.sources.learnedTypes().get().toArray(String[]::new)),
            BeanType.Action.ofVoid(
                "reset",
                "Sets the attributes of this bean and of the operations back; metrics are"
                    + " unaffected",
                CacheBeans::reset),
            BeanType.Action.ofVoid(
                "showOperations",
                "Registers the MBeans of this cache's operations, whatever the settings say",
                CacheBeans::showOperations)),
        NOTIFICATIONS);
  }

  /** Registers the bean that is there also without statistics. */
  public void register() {
    Supplier<BeanType<CacheBeans>> type =
        sources.near().get() == null ? () -> Extended.WITHOUT_NEAR : () -> Extended.ALL;
    registrar.register(Kind.EXTENDED_STATISTICS, BeanType.emitter(type, this, notifications));
    if (operationBeans == OperationBeans.USED) {
      statistics.tellOfFirstUse(this::showUsed);
    }
  }

  private void reset() {
    synchronized (this) {
      operations.values().forEach(OperationBean::reset);
    }
    baseline = Baseline.of(sources);
    notifications.send(RESET, "Statistics of the cache were reset", /* userData= */ null);
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
      registrar.register(operation, bean.bean());
    }
  }

  private boolean mayShowOneMore() {
    if (operationsRequested || operationBeans == OperationBeans.ALL) {
      return true;
    }
    boolean may = operationBeanLimit.take();
    if (may) {
      taken++;
    }
    return may;
  }

  private synchronized void showOperations() {
    operationsRequested = true;
    statistics.tellOfFirstUse(this::showUsed);
    if (showsStatistics) {
      showThoseInUse();
    }
  }

  private void showThoseInUse() {
    boolean showsUsed = operationsRequested || operationBeans == OperationBeans.USED;
    for (Operation operation : Operation.values()) {
      if (operationBeans == OperationBeans.ALL || (showsUsed && statistics.isUsed(operation))) {
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

  /** Registers or unregisters JSR-107's statistics and the beans of operations. */
  public synchronized void showStatistics(boolean shown) {
    if (shown == showsStatistics) {
      return;
    }
    showsStatistics = shown;
    if (shown) {
      registrar.register(Kind.STATISTICS, statisticsBean);
      showThoseInUse();
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

  /** Returns a task that compares the figures since its last run with limits, and notifies. */
  public Runnable watch(Settings.Alerts limits) {
    return new LimitWatch(cacheName, limits, statistics, sources.keys(), notifications);
  }

  /** Reads all figures. */
  public CacheSnapshot snapshot() {
    return snapshot(usedOperations());
  }

  /** Reads only the operations. */
  public CacheSnapshot operations() {
    return new CacheSnapshot(cacheName, usedOperations(), Map.of(), Map.of());
  }

  /** Reads all figures but the operations, which cost most to read. */
  public CacheSnapshot figures() {
    return snapshot(List.of());
  }

  private List<OperationSnapshot> usedOperations() {
    List<OperationSnapshot> used = new ArrayList<>();
    for (Operation operation : Operation.values()) {
      TimerReading durations = statistics.read(operation);
      Map<String, Long> errors = new HashMap<>();
      statistics.errors(operation).forEach((error, count) -> errors.put(error.label(), count));
      if (durations.count() > 0 || !errors.isEmpty()) {
        used.add(new OperationSnapshot(operation.label(), durations, errors));
      }
    }
    return used;
  }

  private CacheSnapshot snapshot(List<OperationSnapshot> used) {
    Reading reading = new Reading(Baseline.NONE, sources);
    Map<String, Long> counters = new HashMap<>();
    Map<String, Double> gauges = new HashMap<>();
    for (CacheFigure figure : CacheFigure.values()) {
      figure.addTo(counters, gauges, reading);
    }
    sources
        .undecodableByReason()
        .get()
        .forEach((reason, count) -> counters.put("undecodable." + reason, count));
    return new CacheSnapshot(cacheName, used, counters, gauges);
  }

  /** Unregisters all. */
  @Override
  public synchronized void close() {
    showsStatistics = false; // operations that are first used from now on are not shown
    operationBeanLimit.giveBack(taken);
    taken = 0;
    registrar.close();
  }

  /**
   * Where the figures of a cache come from. All suppliers read memory, never Redis.
   *
   * @param undecodableByReason number of keys and values that could not be decoded, by reason
   * @param learnedTypes classes that were learned from use, sorted
   * @param droppedEvents number of events that were dropped
   * @param outages how operations went on without Redis
   * @param keys the entries in Redis, or {@code null} if unknown
   * @param near the near cache, or {@code null} if there is none
   * @param compression the compressed values, or {@code null} if the cache does not compress
   * @param replicaReads the reads from replicas, or {@code null} if all reads go to the masters
   */
  public record Sources(
      CacheStatistics statistics,
      Supplier<Map<String, Long>> undecodableByReason,
      Supplier<List<String>> learnedTypes,
      LongSupplier droppedEvents,
      Supplier<OutageStatistics> outages,
      Supplier<@Nullable KeyStatistics> keys,
      Supplier<@Nullable NearCacheStatistics> near,
      Supplier<@Nullable Compression> compression,
      Supplier<@Nullable ReplicaReads> replicaReads) {}

  /**
   * The values that a cache compressed.
   *
   * @param values their number
   * @param savedBytes by how many bytes they became shorter
   */
  public record Compression(long values, long savedBytes) {}

  /**
   * The entries that a cache looked for on replicas.
   *
   * @param served entries that a replica had
   * @param fallbacks entries that the master was asked for instead
   */
  public record ReplicaReads(long served, long fallbacks) {}
}
