package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.JmxCacheReader;
import java.time.Duration;
import java.util.Map;
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
 * <p>Thread-safe. Its threads are daemons. A check that hangs is reported as an error at each
 * interval, and no second one is begun.
 */
public final class CacheHealthMonitor implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(CacheHealthMonitor.class);

  private final CacheMetrics metrics;
  private final Duration interval;
  private final CacheSource source;
  private final @Nullable Callable<Boolean> probe;
  private @Nullable ScheduledThreadPoolExecutor threads;
  private @Nullable Future<?> running;

  /**
   * Creates a monitor of this JVM's caches, which are healthy if all their managers say so.
   *
   * @param metrics where the figures go
   * @param interval the time from check to check; a minute suits most
   */
  public CacheHealthMonitor(CacheMetrics metrics, Duration interval) {
    this(metrics, interval, JmxCacheReader.ofThisJvm(), null);
  }

  /**
   * Creates a monitor.
   *
   * @param metrics where the figures go
   * @param interval the time from check to check
   * @param source where the caches' figures come from
   * @param probe tells whether the caches are healthy, for instance by a get; if absent, they are
   *     if every manager that tells its health is
   * @throws IllegalArgumentException if the interval is not positive
   */
  public CacheHealthMonitor(
      CacheMetrics metrics,
      Duration interval,
      CacheSource source,
      @Nullable Callable<Boolean> probe) {
    this.metrics = requireNonNull(metrics, "metrics");
    this.interval = requireNonNull(interval, "interval");
    this.source = requireNonNull(source, "source");
    this.probe = probe;
    if (interval.isZero() || interval.isNegative()) {
      throw new IllegalArgumentException("The interval " + interval + " must be positive");
    }
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

  /** Ends the checks; {@link #start()} begins anew. May be called twice. */
  public synchronized void stop() {
    if (threads != null) {
      threads.shutdownNow();
      threads = null;
      running = null;
    }
  }

  /** Does what {@link #stop()} does. */
  @Override
  public void close() {
    stop();
  }

  private synchronized void tick(ScheduledThreadPoolExecutor mine) {
    if (threads != mine) {
      return;
    }
    if (running != null && !running.isDone()) {
      metrics.gauge("cache.health", 0);
      metrics.increment("cache.health_check_errors");
      logger.debug("The last health check is still running after {}", interval);
      return;
    }
    running = mine.submit(this::check);
  }

  private void check() {
    long startNanos = System.nanoTime();
    boolean isHealthy;
    CacheReadings readings;
    try {
      readings = source.read();
      isHealthy = probe == null ? areHealthy(readings) : Boolean.TRUE.equals(probe.call());
    } catch (Exception e) {
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
      metrics.gauge("cache.health", 0);
      metrics.increment("cache.health_check_errors");
      logger.debug("Health check failed", e);
      return;
    }
    metrics.gauge("cache.health", isHealthy ? 1 : 0);
    metrics.timing("cache.health_check_duration", (System.nanoTime() - startNanos) / 1e9);
    if (isHealthy) {
      readings.caches().forEach(this::report);
    }
  }

  private static boolean areHealthy(CacheReadings readings) {
    return readings.connections().stream()
        .noneMatch(connection -> Boolean.FALSE.equals(connection.healthy()));
  }

  private void report(CacheReading cache) {
    Map<String, String> tags = Map.of("cache", cache.cache(), "cache_manager", cache.manager());
    gauge("cache.hit_rate", cache.hitRate(), tags);
    gauge("cache.size_bytes", cache.gauges().get("sizeBytes"), tags);
    gauge("cache.keys_count", cache.gauges().get("keysCount"), tags);
    gauge("cache.uptime_seconds", cache.gauges().get("uptimeSeconds"), tags);
  }

  private void gauge(String metric, @Nullable Double value, Map<String, String> tags) {
    if (value != null) {
      metrics.gauge(metric, value, tags);
    }
  }
}
