package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.CacheHealthMonitor;
import io.yokedcache.metrics.CacheMetrics;
import io.yokedcache.metrics.MetricsCollector;
import io.yokedcache.metrics.bridge.MetricsSettings.HealthChecks;
import io.yokedcache.metrics.bridge.PrometheusOutput.Listener;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.statsd.StatsDMode;
import io.yokedcache.metrics.statsd.StatsDReporter;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything that a group of settings asks for: what serves Prometheus, what sends to StatsD, what
 * checks the health.
 *
 * <pre>{@code
 * MetricsSettings settings = MetricsSettings.load(Path.of("metrics.conf"));
 * try (MetricsBridge bridge = MetricsBridge.ofThisJvm(settings)) {
 *   application.run();
 * }
 * }</pre>
 *
 * <p>Thread-safe. All its threads are daemons.
 */
public final class MetricsBridge implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(MetricsBridge.class);

  private final CacheMetrics metrics = new CacheMetrics();
  private final List<StatsDReporter> reporters = new ArrayList<>();

  /** What to close, the last one first. */
  private final Deque<AutoCloseable> parts = new ArrayDeque<>();

  private final AtomicBoolean isClosed = new AtomicBoolean();
  private @Nullable PrometheusCollector prometheus;
  private @Nullable StatsDCollector operations;

  private MetricsBridge() {}

  /**
   * Starts a bridge from the caches of this JVM, which it reports from their first operation on.
   * With StatsD's mode realtime the caller has to send the {@link #operations} of YokedCache's
   * caches.
   *
   * @param settings what to start
   * @return the bridge; without any part if nothing is enabled
   * @throws IOException if the port is in use or the host is unknown; nothing is started then
   * @throws MetricsConfigurationException if the settings cannot be followed
   */
  public static MetricsBridge ofThisJvm(MetricsSettings settings) throws IOException {
    return start(settings, Map.of("", new OwnCaches()), /* sendsHistory= */ true);
  }

  /**
   * Starts a bridge from the caches of other JVMs. StatsD gets what they count from now on.
   *
   * @param settings what to start; their targets are not looked at
   * @param sources what reads each JVM, by the name that the label {@code target} has; not closed
   *     with the bridge
   * @return the bridge; without any part if nothing is enabled
   * @throws IOException if the port is in use or the host is unknown; nothing is started then
   * @throws MetricsConfigurationException if the settings cannot be followed
   */
  public static MetricsBridge of(
      MetricsSettings settings, Map<String, ? extends CacheSource> sources) throws IOException {
    settings.requirePeriodic();
    return start(settings, sources, /* sendsHistory= */ false);
  }

  private static MetricsBridge start(
      MetricsSettings settings, Map<String, ? extends CacheSource> sources, boolean sendsHistory)
      throws IOException {
    MetricsBridge bridge = new MetricsBridge();
    try {
      settings.warnings().lines().forEach(logger::warn);
      StatsDCollector statsd = settings.statsd().enabled() ? bridge.open(settings.statsd()) : null;
      if (settings.prometheus().enabled()) {
        bridge.serve(
            settings.prometheus().collector(new LinkedHashMap<>(sources), statsd),
            settings.prometheus().listener());
      }
      if (statsd != null) {
        sources.forEach(
            (name, source) ->
                bridge.report(settings.statsd().reporter(name, source, statsd, sendsHistory)));
      }
      if (settings.health().enabled() && settings.isEnabled()) {
        sources.forEach((name, source) -> bridge.check(name, source, settings.health()));
      }
      return bridge;
    } catch (IOException | RuntimeException e) {
      bridge.close();
      throw e;
    }
  }

  private void serve(PrometheusCollector collector, Listener listener) throws IOException {
    parts.push(collector);
    prometheus = collector.start();
    metrics.addCollector(collector);
    logger.info(
        "Metrics for Prometheus: {}://{}:{}{}",
        listener.tls().keyStore() == null ? "http" : "https",
        listener.host(),
        collector.port(),
        listener.path());
  }

  private StatsDCollector open(StatsDOutput output) {
    StatsDCollector collector = output.collector();
    parts.push(collector);
    metrics.addCollector(collector);
    if (output.mode() == StatsDMode.REALTIME) {
      operations = collector;
    }
    return collector;
  }

  private void report(StatsDReporter started) {
    parts.push(started);
    reporters.add(started);
  }

  private void check(String name, CacheSource source, HealthChecks checks) {
    CacheMetrics reported =
        name.isEmpty()
            ? metrics
            : new CacheMetrics(
                metrics.collectors().stream()
                    .map(collector -> new TargetTag(collector, name))
                    .toList());
    parts.push(
        new CacheHealthMonitor(reported, checks.interval(), source, /* probe= */ null).start());
  }

  /**
   * Returns the way to the same outputs for an application's own metrics.
   *
   * @return metrics whose collectors are closed with the bridge
   */
  public CacheMetrics metrics() {
    return metrics;
  }

  /**
   * Returns the port that Prometheus finds the metrics on.
   *
   * @return the port, also where 0 was asked for; -1 if none
   */
  public int prometheusPort() {
    return prometheus == null ? -1 : prometheus.port();
  }

  /**
   * Returns where each single operation is to be sent.
   *
   * @return absent unless StatsD is enabled in the mode realtime
   */
  public @Nullable StatsDCollector operations() {
    return operations;
  }

  /** Reports to StatsD now, before caches go that will not be there for the next report. */
  public void report() {
    for (StatsDReporter reporter : reporters) {
      try {
        reporter.report();
      } catch (IOException e) {
        logger.debug("Cannot report to StatsD", e);
      }
    }
  }

  /** Sends a last report to StatsD and ends all parts; may be called twice. */
  @Override
  public void close() {
    if (!isClosed.compareAndSet(false, true)) {
      return;
    }
    for (AutoCloseable part : parts) {
      try {
        part.close();
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        logger.warn("{} did not end in order", part.getClass().getSimpleName(), e);
      }
    }
    metrics.close();
  }

  /** Adds the name of the JVM that was read. Does not close what it sends to. */
  private record TargetTag(MetricsCollector collector, String target) implements MetricsCollector {

    private Map<String, String> with(Map<String, String> tags) {
      Map<String, String> more = new HashMap<>(tags);
      more.put("target", target);
      return Map.copyOf(more);
    }

    @Override
    public void increment(String metric, double value, Map<String, String> tags) {
      collector.increment(metric, value, with(tags));
    }

    @Override
    public void gauge(String metric, double value, Map<String, String> tags) {
      collector.gauge(metric, value, with(tags));
    }

    @Override
    public void histogram(String metric, double value, Map<String, String> tags) {
      collector.histogram(metric, value, with(tags));
    }

    @Override
    public void timing(String metric, double seconds, Map<String, String> tags) {
      collector.timing(metric, seconds, with(tags));
    }

    @Override
    public boolean mayBlock() {
      return collector.mayBlock();
    }
  }
}
