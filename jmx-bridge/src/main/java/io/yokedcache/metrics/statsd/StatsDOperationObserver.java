package io.yokedcache.metrics.statsd;

import io.yokedcache.jcache.spi.OperationObserver;
import io.yokedcache.metrics.CacheEvents;
import io.yokedcache.metrics.MetricsCollector;
import java.util.Map;

/**
 * Sends each operation of one cache of YokedCache to StatsD as it happens:
 *
 * <pre>
 * myapp.cache.gets:1|c|#result:hit
 * myapp.cache.operation_duration:0.002|h|#operation:get
 * myapp.cache.sets:1|c
 * myapp.cache.operation_duration:0.005|h|#operation:put
 * </pre>
 *
 * <p>Also {@code deletes} and {@code errors}. Counts and durations are sampled by the collector's
 * rate, all lines of an operation together; errors are always sent. Figures that no single
 * operation has (levels, invalidations, evictions), and hits and misses under those names, come
 * from a {@link StatsDReporter} in the mode {@link StatsDMode#REALTIME}, which omits what is sent
 * here.
 *
 * <p>Thread-safe. Never waits: what the collector's queue has no room for is dropped, and counted
 * in {@link StatsDCollector#statistics()}. This class needs the provider on the class path; nothing
 * else of the StatsD bridge does.
 */
public final class StatsDOperationObserver implements OperationObserver {

  private final StatsDCollector collector;
  private final CacheEvents events;

  private StatsDOperationObserver(StatsDCollector collector, Map<String, String> tags) {
    this.collector = collector;
    this.events = CacheEvents.withTags(tags, collector.operationNames());
  }

  /**
   * Returns an observer whose series have the tags {@code cache_manager} and {@code cache}, like
   * the series of a reporter.
   *
   * @param collector where to send to; it is not closed here
   * @param manager the cache manager's name, as its MBeans have it
   */
  public static StatsDOperationObserver of(
      StatsDCollector collector, String manager, String cache) {
    collector.noteObserved(manager, cache);
    return new StatsDOperationObserver(collector, Map.of("cache_manager", manager, "cache", cache));
  }

  /**
   * Returns an observer of one cache whose series have no tags that say so: all caches add up to
   * one. For a reporter with {@code cacheTags(false)}, which goes on reporting the operations of
   * caches that have no observer.
   *
   * @param collector where to send to; it is not closed here
   * @param manager the cache manager's name, as its MBeans have it
   */
  public static StatsDOperationObserver withoutCacheTags(
      StatsDCollector collector, String manager, String cache) {
    collector.noteObserved(manager, cache);
    return new StatsDOperationObserver(collector, Map.of());
  }

  @Override
  public void completed(
      String operation, int hits, int misses, int puts, int removals, long durationNanos) {
    // Before anything else is done, and once for all lines of the operation.
    if (collector.isSampled()) {
      MetricsCollector sampled = collector.sampled();
      events.counted(sampled, hits, misses, puts, removals);
      events.timed(sampled, operation, durationNanos);
    }
  }

  @Override
  public void counted(int hits, int misses, int puts, int removals) {
    if (collector.isSampled()) {
      events.counted(collector.sampled(), hits, misses, puts, removals);
    }
  }

  /** Never sampled: a single error matters, and the full queue ends a flood. */
  @Override
  public void failed(String operation, String errorType) {
    events.failed(collector.unsampled(), operation, errorType);
  }
}
