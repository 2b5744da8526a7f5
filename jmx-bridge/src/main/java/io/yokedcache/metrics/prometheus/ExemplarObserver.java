package io.yokedcache.metrics.prometheus;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.spi.OperationObserver;

/**
 * Reports each operation of one cache of YokedCache to a {@link PrometheusCollector}, so that its
 * histograms have exemplars: the trace that was current when the operation ended. For a {@code
 * ManagerExtension} of the application, which returns it from {@code observer}.
 *
 * <p>Thread-safe, and never waits. This class needs the provider on the class path; nothing else of
 * the Prometheus bridge does.
 */
public final class ExemplarObserver implements OperationObserver {

  private static final double NANOS_PER_SECOND = 1e9;

  private final OperationExemplars exemplars;
  private final String manager;
  private final String cache;

  private ExemplarObserver(OperationExemplars exemplars, String manager, String cache) {
    this.exemplars = exemplars;
    this.manager = requireNonNull(manager, "manager");
    this.cache = requireNonNull(cache, "cache");
  }

  /**
   * Returns an observer of a cache.
   *
   * @param collector one with a {@link PrometheusCollectorBuilder#spanContext span context}
   * @param manager the cache manager's name, as its MBeans have it
   * @param cache the cache's name
   * @return the observer, for the provider
   */
  public static ExemplarObserver of(PrometheusCollector collector, String manager, String cache) {
    return new ExemplarObserver(collector.operationExemplars(), manager, cache);
  }

  @Override
  public void completed(
      String operation, int hits, int misses, int puts, int removals, long durationNanos) {
    exemplars.record(manager, cache, operation, durationNanos / NANOS_PER_SECOND);
  }

  /** Phases have no histogram. */
  @Override
  public void counted(int hits, int misses, int puts, int removals) {}

  /** Failed operations are not timed. */
  @Override
  public void failed(String operation, String errorType) {}
}
