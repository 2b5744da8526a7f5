package io.yokedcache.metrics.bridge;

import io.yokedcache.jcache.spi.ManagerContext;
import io.yokedcache.jcache.spi.ManagerExtension;
import io.yokedcache.jcache.spi.OperationObserver;
import io.yokedcache.jcache.spi.StartedExtension;
import io.yokedcache.metrics.CacheEvents;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.statsd.StatsDOperationObserver;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the bridge with YokedCache's managers, as the group {@code metrics} of their settings asks
 * for. Found by name; no application needs to know it. Managers with equal settings share a bridge.
 */
public final class BridgeExtension implements ManagerExtension {

  private static final Logger logger = LoggerFactory.getLogger(BridgeExtension.class);

  /** Called by {@link java.util.ServiceLoader}. */
  public BridgeExtension() {}

  @Override
  public StartedExtension start(ManagerContext manager) {
    try {
      MetricsSettings settings = MetricsSettings.of(manager.group("metrics"));
      if (!settings.isEnabled()) {
        return new Started(null, manager.managerName(), true);
      }
      if (!settings.targets().isEmpty()) {
        logger.warn(
            "yokedcache.metrics.targets has no effect in the settings of cache manager {}: use the"
                + " stand-alone process for other JVMs",
            manager.uri());
      }
      return new Started(
          SharedBridge.acquire(settings),
          manager.managerName(),
          settings.statsd().daemon().cacheTags());
    } catch (IOException | MetricsConfigurationException e) {
      // The reason is in the message; a trace would only hide it.
      logger.error(
          "Cache manager {} has no metrics; its caches are not affected: {}",
          manager.uri(),
          e.getMessage());
      logger.debug("Where it failed", e);
      return new Started(null, manager.managerName(), true);
    }
  }

  /** A manager's use of a bridge, which is absent if the settings enable none. */
  private record Started(@Nullable SharedBridge bridge, String managerName, boolean cacheTags)
      implements StartedExtension {

    @Override
    public OperationObserver observer(String cacheName) {
      CacheEvents events = CacheEvents.of(managerName, cacheName);
      StatsDCollector operations = bridge == null ? null : bridge.bridge().operations();
      return new Observer(events, operations == null ? null : statsd(operations, cacheName));
    }

    private OperationObserver statsd(StatsDCollector collector, String cacheName) {
      return cacheTags
          ? StatsDOperationObserver.of(collector, managerName, cacheName)
          : StatsDOperationObserver.withoutCacheTags(collector, managerName, cacheName);
    }

    @Override
    public void close() {
      if (bridge != null) {
        bridge.release();
      }
    }
  }

  /** Passes events to collectors, and to StatsD in the mode realtime. */
  private record Observer(CacheEvents events, @Nullable OperationObserver statsd)
      implements OperationObserver {

    @Override
    public void completed(
        String operation, int hits, int misses, int puts, int removals, long durationNanos) {
      events.completed(operation, hits, misses, puts, removals, durationNanos);
      if (statsd != null) {
        statsd.completed(operation, hits, misses, puts, removals, durationNanos);
      }
    }

    @Override
    public void counted(int hits, int misses, int puts, int removals) {
      events.counted(hits, misses, puts, removals);
      if (statsd != null) {
        statsd.counted(hits, misses, puts, removals);
      }
    }

    @Override
    public void failed(String operation, String errorType) {
      events.failed(operation, errorType);
      if (statsd != null) {
        statsd.failed(operation, errorType);
      }
    }
  }
}
