package io.yokedcache.jcache;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import io.yokedcache.jcache.internal.codec.wrap.ValueWrapper;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.event.EventDispatcher;
import io.yokedcache.jcache.internal.event.Registration;
import io.yokedcache.jcache.internal.jmx.CacheBeans;
import io.yokedcache.jcache.internal.jmx.CacheSnapshot;
import io.yokedcache.jcache.internal.jmx.ManagerBeans.CacheDescription;
import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.KeyStatistics;
import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.RemoteEventMessage;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import org.jspecify.annotations.Nullable;

/**
 * Everything about a cache but its entries: open or closed, which listeners, which MBeans, whether
 * to count. Its state changes under this object's monitor.
 */
final class CacheLifecycle<K, V> {

  private static final double MILLIS_PER_SECOND = 1_000;
  private static final double NANOS_PER_SECOND = 1e9;

  private final YokedCacheManager manager;
  private final CacheDefinition<K, V> definition;
  private final EventDispatcher<K, V> events;
  private final CacheBeans beans;
  private final BackgroundLoads loads;
  private final CacheStatistics statistics = new CacheStatistics();
  private final StatisticsRecorder enabledRecorder;
  private final long createdNanos = System.nanoTime();

  /** Written under this object's monitor, so that nothing begins that {@link #close} misses. */
  private volatile boolean closed;

  /** Where operations are counted; replaced when statistics are switched on or off. */
  private volatile StatisticsRecorder recorder = StatisticsRecorder.disabled();

  /** Compares figures with limits, or {@code null} where there are none. */
  private volatile @Nullable ScheduledFuture<?> watch;

  private final KeyLocks locks;
  private final RemoteEvents<K, V> remote;

  /** The subscription as last requested from the store; guarded by this object's monitor. */
  private boolean listening;

  private boolean listeningForOldValues;
  private boolean listeningForExpirations;

  CacheLifecycle(
      YokedCacheManager manager,
      CacheDefinition<K, V> definition,
      EventDispatcher<K, V> events,
      KeyLocks locks) {
    this.manager = manager;
    this.definition = definition;
    this.events = events;
    this.locks = locks;
    this.remote =
        new RemoteEvents<>(
            definition.backend().entries(),
            definition.codec(),
            locks,
            events,
            definition.backend().ordersExpirations());
    this.beans =
        new CacheBeans(
            manager.getURI(),
            definition.name(),
            new CacheBeans.Sources(
                statistics,
                definition.codec()::undecodableByReason,
                definition.codec()::learnedTypes,
                events::droppedCount,
                this::outages,
                this::keyStatistics,
                this::nearStatistics,
                this::compression,
                this::replicaReads),
            manager.settings().operationBeans(),
            manager.operationBeanLimit());
    this.enabledRecorder =
        StatisticsRecorder.observed(statistics, manager.observers(definition.name()));
    this.loads =
        new BackgroundLoads(
            definition.name(),
            manager.resources().loadThreads(),
            manager.resources().refreshes(),
            definition.settings().loadTimeout());
    if (definition.refreshAge() != null) {
      statistics.refreshAhead();
    }
  }

  /** Starts statistics, management and listeners as configured. */
  synchronized void start() {
    beans.register();
    enableStatistics(definition.configuration().isStatisticsEnabled());
    enableManagement(definition.configuration().isManagementEnabled());
    watchLimits();
    for (CacheEntryListenerConfiguration<K, V> listener :
        definition.configuration().getCacheEntryListenerConfigurations()) {
      events.add(new Registration<>(listener));
    }
    listen();
  }

  private void watchLimits() {
    Settings.Alerts limits = definition.settings().alerts();
    if (limits.any()) {
      long millis = limits.interval().toMillis();
      watch =
          manager
              .resources()
              .statistics()
              .scheduleWithFixedDelay(beans.watch(limits), millis, millis, TimeUnit.MILLISECONDS);
    }
  }

  YokedCacheManager manager() {
    return manager;
  }

  BackgroundLoads backgroundLoads() {
    return loads;
  }

  StatisticsRecorder statistics() {
    return recorder;
  }

  boolean isStatisticsEnabled() {
    return recorder == enabledRecorder;
  }

  /** The operations of the cache so far, or {@code null} while statistics are disabled. */
  @Nullable CacheSnapshot operations() {
    return isStatisticsEnabled() ? beans.operations() : null;
  }

  /** All that was measured of the cache so far, also while statistics are disabled. */
  CacheSnapshot measured() {
    return beans.snapshot();
  }

  /** The counters and gauges of the cache, or {@code null} while statistics are disabled. */
  @Nullable CacheSnapshot figures() {
    return isStatisticsEnabled() ? beans.figures() : null;
  }

  /** How the cache is configured now. */
  CacheDescription description() {
    YokedCacheConfiguration<K, V> configuration = definition.configuration();
    Codec<V> ownCodec = configuration.getValueCodec();
    return new CacheDescription(
        definition.name(),
        configuration.getKeyType().getName(),
        configuration.getValueType().getName(),
        ownCodec == null ? definition.settings().valueCodec() : ownCodec.id(),
        configuration.isStoreByValue(),
        configuration.isReadThrough(),
        configuration.isWriteThrough(),
        isStatisticsEnabled());
  }

  /** Returns the last count of the entries in Redis, or null if there is none; never waits. */
  @Nullable KeyStatistics keyStatistics() {
    KeyStatistics keys = manager.resources().backend().keyStatistics().of(definition.name());
    double seconds = (System.nanoTime() - createdNanos) / NANOS_PER_SECOND;
    // A count that began before the cache was created does not include its first entries.
    return keys == null || (keys.keys() == 0 && keys.ageMillis() / MILLIS_PER_SECOND > seconds)
        ? null
        : keys;
  }

  /** Counts a value that another JVM loaded while a reader of this one waited. */
  void countAwaitedLoad() {
    if (isStatisticsEnabled()) {
      statistics.awaitedLoad();
    }
  }

  /** Counts keys whose refresh ended. */
  void countRefreshes(CacheStatistics.Refresh result, int keys) {
    if (isStatisticsEnabled()) {
      statistics.refreshed(result, keys);
    }
  }

  /** How many entries the cache was given here while statistics were on. */
  long writes() {
    return statistics.writes();
  }

  /** How operations went on without Redis. */
  OutageStatistics outages() {
    return definition.backend().entries().outages();
  }

  /** The near cache, or {@code null} if there is none. */
  @Nullable NearCacheStatistics nearStatistics() {
    NearCache<V> near = definition.near();
    return near == null ? null : near.read();
  }

  private CacheBeans.@Nullable Compression compression() {
    ValueWrapper wrapper = definition.codec().wrapper();
    return wrapper.compresses()
        ? new CacheBeans.Compression(wrapper.compressedValues(), wrapper.savedBytes())
        : null;
  }

  private CacheBeans.@Nullable ReplicaReads replicaReads() {
    EntryStore entries = definition.backend().entries();
    return entries.readsReplicas()
        ? new CacheBeans.ReplicaReads(entries.replicaReads(), entries.replicaFallbacks())
        : null;
  }

  boolean isClosed() {
    return closed;
  }

  void ensureOpen() {
    if (closed) {
      throw new IllegalStateException("Cache " + definition.name() + " is closed");
    }
  }

  synchronized void enableStatistics(boolean enabled) {
    ensureOpen();
    beans.showStatistics(enabled);
    recorder = enabled ? enabledRecorder : StatisticsRecorder.disabled();
    definition.phases().recordTo(enabled ? statistics : null);
    NearCache<V> near = definition.near();
    if (near != null) {
      near.count(enabled);
    }
    definition.configuration().setStatisticsEnabled(enabled);
    if (enabled) {
      manager.startKeyStatistics();
    }
  }

  synchronized void enableManagement(boolean enabled) {
    ensureOpen();
    beans.showConfiguration(definition.configuration(), enabled);
    definition.configuration().setManagementEnabled(enabled);
  }

  /**
   * Registers a listener. Its factory is called without the monitor: code of the application may
   * take long and call anything.
   */
  void register(CacheEntryListenerConfiguration<K, V> listener) {
    ensureUnknown(listener);
    Registration<K, V> created = new Registration<>(listener);
    try {
      add(listener, created);
    } catch (Throwable e) { // closed or registered concurrently
      Closing.closeAfter(e, created.closeables());
      throw e;
    }
  }

  private synchronized void ensureUnknown(CacheEntryListenerConfiguration<K, V> listener) {
    for (CacheEntryListenerConfiguration<K, V> known :
        definition.configuration().getCacheEntryListenerConfigurations()) {
      if (known.equals(listener)) {
        throw new IllegalArgumentException(
            "The listener is registered with cache %s already".formatted(definition.name()));
      }
    }
  }

  private synchronized void add(
      CacheEntryListenerConfiguration<K, V> listener, Registration<K, V> created) {
    ensureOpen();
    // Throws IllegalArgumentException if it is registered already, as the JSR asks for.
    definition.configuration().addCacheEntryListenerConfiguration(listener);
    events.add(created);
    try {
      listen();
    } catch (Throwable e) {
      List<Closeable> unused = events.deregister(listener);
      definition.configuration().removeCacheEntryListenerConfiguration(listener);
      throw e;
    }
  }

  void deregister(CacheEntryListenerConfiguration<K, V> listener) {
    Closing.closeApplication("cache " + definition.name(), remove(listener));
  }

  private synchronized List<Closeable> remove(CacheEntryListenerConfiguration<K, V> listener) {
    ensureOpen();
    definition.configuration().removeCacheEntryListenerConfiguration(listener);
    List<Closeable> closeables = events.deregister(listener);
    listen();
    return closeables;
  }

  /** Subscribes to the events of other JVMs for as long as listeners here want them. */
  private void listen() {
    boolean wanted = events.wantsEvents();
    locks.remember(wanted);
    boolean oldValues = events.wantsOldValues();
    boolean expirations = events.wantsExpirations() && manager.settings().events().expired();
    if (!wanted) {
      definition.backend().unlisten();
    } else if (!listening
        || oldValues != listeningForOldValues
        || expirations != listeningForExpirations) {
      if (expirations) {
        statistics.hearExpirations();
      }
      definition.backend().listen(oldValues, expirations, this::onRemoteChange, locks::noteHeard);
    }
    listening = wanted;
    listeningForOldValues = oldValues;
    listeningForExpirations = expirations;
  }

  private void onRemoteChange(RemoteEventMessage message) {
    if (message.change() == Change.EXPIRED) {
      statistics.expired();
    }
    remote.accept(message);
  }

  /** Closes the cache and everything that belongs to it, but leaves its entries in Redis. */
  void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
    }
    List<AutoCloseable> all = new ArrayList<>();
    all.add(loads); // before the events, since a load that ends may still make some
    ScheduledFuture<?> watched = watch;
    if (watched != null) {
      all.add(() -> watched.cancel(/* mayInterruptIfRunning= */ false));
    }
    all.add(definition.backend()::close);
    all.add(beans);
    // Only now may another cache of that name have beans.
    all.add(() -> manager.forget(definition.name(), this));
    all.add(this::closeApplication);
    Closing.closeAll(all);
  }

  private void closeApplication() {
    List<Closeable> closeables = new ArrayList<>(events.close());
    closeables.addAll(definition.application().closeables());
    Closing.closeApplication("cache " + definition.name(), closeables);
  }
}
