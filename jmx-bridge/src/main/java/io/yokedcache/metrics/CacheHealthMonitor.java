package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.JmxCacheReader;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks at intervals whether the caches' store answers, and reports that and the caches' figures:
 * gauges {@code cache.health} (1 or 0), {@code cache.hit_rate}, {@code cache.size_bytes}, {@code
 * cache.keys_count} and {@code cache.uptime_seconds}, the timing {@code
 * cache.health_check_duration} and the counter {@code cache.health_check_errors}. A figure that is
 * not measured is not reported.
 *
 * <p>With a probe, the duration is that of the probe. Without a probe, the managers report their
 * health and the round trip of their last {@code PING}; other providers do not, and then neither is
 * reported.
 *
 * <p>The gauges are for collectors that do not read MBeans. {@link #withoutGauges} is for outputs
 * that read MBeans, which have the gauges of each cache and manager already.
 *
 * <p>Thread-safe. Its threads are daemons. A check that hangs is reported as an error at each
 * interval, and no second one is begun.
 */
public final class CacheHealthMonitor implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(CacheHealthMonitor.class);

  private static final double NANOS_PER_SECOND = 1e9;

  private final CacheMetrics metrics;
  private final Duration interval;
  private final CacheSource source;
  private final @Nullable Callable<Boolean> probe;
  private final boolean hasGauges;
  private final Map<String, String> tags;

  /** Made here, and closed with this monitor; absent if the caller has made the source. */
  private final @Nullable JmxCacheReader ownReader;

  /** A figure of a cache that collectors show until it is removed. */
  private record Gauge(String metric, Map<String, String> tags) {}

  /** Guarded by this. */
  private final Set<Gauge> shown = new HashSet<>();

  private @Nullable ScheduledThreadPoolExecutor threads;
  private @Nullable Future<?> running;

  /**
   * Creates a monitor of this JVM's caches, which are healthy if all their managers say so.
   *
   * @param metrics where the figures go
   * @param interval the time from check to check; a minute suits most
   */
  public CacheHealthMonitor(CacheMetrics metrics, Duration interval) {
    this(metrics, interval, JmxCacheReader.ofThisJvm());
  }

  private CacheHealthMonitor(CacheMetrics metrics, Duration interval, JmxCacheReader ownReader) {
    this(metrics, interval, ownReader, /* probe= */ null, /* tags= */ null, ownReader);
  }

  /**
   * Creates a monitor.
   *
   * @param metrics where the figures go
   * @param interval the time from check to check
   * @param source where the caches' figures come from
   * @param probe returns whether the caches are healthy, for example by a get; without a probe they
   *     are healthy if all managers that report their health are, and unknown if none reports it
   * @throws IllegalArgumentException if the interval is not positive
   */
  public CacheHealthMonitor(
      CacheMetrics metrics,
      Duration interval,
      CacheSource source,
      @Nullable Callable<Boolean> probe) {
    this(metrics, interval, source, probe, /* tags= */ null, /* ownReader= */ null);
  }

  private CacheHealthMonitor(
      CacheMetrics metrics,
      Duration interval,
      CacheSource source,
      @Nullable Callable<Boolean> probe,
      @Nullable Map<String, String> tags,
      @Nullable JmxCacheReader ownReader) {
    this.metrics = requireNonNull(metrics, "metrics");
    this.interval = requireNonNull(interval, "interval");
    this.source = requireNonNull(source, "source");
    this.probe = probe;
    this.hasGauges = tags == null;
    this.tags = tags == null ? Map.of() : Map.copyOf(tags);
    this.ownReader = ownReader;
    if (interval.isZero() || interval.isNegative()) {
      throw new IllegalArgumentException("The interval " + interval + " must be positive");
    }
  }

  /**
   * Returns a monitor that reports the duration and the errors of its checks only.
   *
   * @param metrics where they go
   * @param interval the time from check to check
   * @param source reports the health of the managers
   * @param tags of the durations and errors; may be empty
   * @throws IllegalArgumentException if the interval is not positive
   */
  public static CacheHealthMonitor withoutGauges(
      CacheMetrics metrics, Duration interval, CacheSource source, Map<String, String> tags) {
    return new CacheHealthMonitor(
        metrics, interval, source, /* probe= */ null, tags, /* ownReader= */ null);
  }

  /**
   * Begins to check, at once and then at intervals; without effect if it has begun already.
   *
   * @return this monitor
   */
  @SuppressWarnings("FutureReturnValueIgnored") // it ends with the threads
  public synchronized CacheHealthMonitor start() {
    if (threads == null) {
      ThreadFactory daemons =
          task -> {
            Thread thread = new Thread(task, "yokedcache-health");
            thread.setDaemon(true);
            return thread;
          };
      // One to watch the clock, one that a check may block.
      ScheduledThreadPoolExecutor started = new ScheduledThreadPoolExecutor(2, daemons);
      threads = started;
      started.scheduleWithFixedDelay(
          () -> tick(started), 0, interval.toNanos(), TimeUnit.NANOSECONDS);
    }
    return this;
  }

  /** Ends the checks; {@link #start()} starts them again. May be called twice. */
  public synchronized void stop() {
    if (threads != null) {
      threads.shutdownNow();
      threads = null;
      running = null;
      metrics.removeGauge("cache.health", Map.of());
      shown.forEach(gauge -> metrics.removeGauge(gauge.metric(), gauge.tags()));
      shown.clear();
    }
  }

  /** Stops for good, and releases all resources. May be called twice. */
  @Override
  public void close() {
    stop();
    if (ownReader != null) {
      ownReader.close();
    }
  }

  private void tick(ScheduledThreadPoolExecutor mine) {
    try {
      checkAgain(mine);
    } catch (Throwable e) {
      // It would end the schedule: without memory for another thread, for instance.
      logger.debug("No health check could begin", e);
    }
  }

  private synchronized void checkAgain(ScheduledThreadPoolExecutor mine) {
    if (threads != mine) {
      return;
    }
    if (running != null && !running.isDone()) {
      reportFailure();
      show(List.of());
      logger.debug("The last health check is still running after {}", interval);
      return;
    }
    running = mine.submit(this::check);
  }

  private void check() {
    CacheReadings readings;
    Boolean isHealthy;
    Double seconds;
    try {
      readings = source.read();
      if (probe == null) {
        isHealthy = health(readings);
        seconds = longestPingSeconds(readings);
      } else {
        long startNanos = System.nanoTime();
        isHealthy = Boolean.TRUE.equals(probe.call());
        seconds = (System.nanoTime() - startNanos) / NANOS_PER_SECOND;
      }
    } catch (Throwable e) { // a probe may throw anything; the next check runs in any case
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      reportFailure();
      show(List.of());
      logger.debug("Health check failed", e);
      return;
    }
    if (isHealthy != null && hasGauges && !Thread.currentThread().isInterrupted()) {
      metrics.gauge("cache.health", isHealthy ? 1 : 0);
    }
    if (seconds != null) {
      metrics.timing("cache.health_check_duration", seconds, tags);
    }
    if (Boolean.FALSE.equals(isHealthy) && !hasGauges) {
      metrics.increment("cache.health_check_errors", tags);
    }
    if (hasGauges) {
      show(Boolean.TRUE.equals(isHealthy) ? readings.caches() : List.of());
    }
  }

  /** Reports these caches, and removes the gauges of other caches. */
  private synchronized void show(List<CacheReading> caches) {
    if (Thread.currentThread().isInterrupted()) {
      return; // stopped, which has removed all gauges
    }
    Set<Gauge> before = Set.copyOf(shown);
    shown.clear();
    caches.forEach(this::report);
    before.stream()
        .filter(gauge -> !shown.contains(gauge))
        .forEach(gauge -> metrics.removeGauge(gauge.metric(), gauge.tags()));
  }

  private void reportFailure() {
    if (hasGauges) {
      metrics.gauge("cache.health", 0);
    }
    metrics.increment("cache.health_check_errors", tags);
  }

  /** Whether all managers that report their health are healthy; absent if none reports it. */
  private static @Nullable Boolean health(CacheReadings readings) {
    return readings.connections().stream()
        .map(ConnectionReading::healthy)
        .filter(Objects::nonNull)
        .reduce(Boolean::logicalAnd)
        .orElse(null);
  }

  private static @Nullable Double longestPingSeconds(CacheReadings readings) {
    return readings.connections().stream()
        .map(ConnectionReading::pingNanos)
        .filter(Objects::nonNull)
        .max(Long::compare)
        .map(nanos -> nanos / NANOS_PER_SECOND)
        .orElse(null);
  }

  private void report(CacheReading cache) {
    Map<String, String> names = Map.of("cache", cache.cache(), "cache_manager", cache.manager());
    gauge("cache.hit_rate", cache.hitRate(), names);
    gauge("cache.size_bytes", cache.gauges().get("sizeBytes"), names);
    gauge("cache.keys_count", cache.gauges().get("keysCount"), names);
    gauge("cache.uptime_seconds", cache.gauges().get("uptimeSeconds"), names);
  }

  private void gauge(String metric, @Nullable Double value, Map<String, String> names) {
    if (value != null) {
      shown.add(new Gauge(metric, names));
      metrics.sendOfCaches(List.of(collector -> collector.gauge(metric, value, names)));
    }
  }
}
