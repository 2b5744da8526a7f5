package io.yokedcache.metrics.prometheus;

import io.prometheus.metrics.instrumentation.jvm.JvmMetrics;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.MetricsCollector;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.JmxCacheReader;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Shows the caches of this JVM, and what the application records, to Prometheus.
 *
 * <pre>{@code
 * try (PrometheusCollector prometheus =
 *     PrometheusCollector.builder().namespace("myapp").port(8000).build()) {
 *   prometheus.start(); // http://127.0.0.1:8000/metrics
 * }
 * }</pre>
 *
 * <p>Caches are read when Prometheus asks, so that nothing is paid in between. Of an application's
 * metric, {@code user.login} becomes {@code <namespace>_user_login_total}, a {@link #timing} gets
 * the suffix {@code _seconds}, and each set of tags is a series of its own: calls need not all have
 * the same tags. The first use of a metric decides its type; using it as another is an error.
 *
 * <p>Thread-safe. A collector can be started once.
 */
public final class PrometheusCollector implements MetricsCollector {

  private final PrometheusRegistry registry;
  private final boolean hasJvmMetrics;
  private final MetricsServer.@Nullable Endpoint endpoint;

  /** Closed with this collector; absent if the caller has named sources. */
  private final @Nullable JmxCacheReader ownReader;

  private final ApplicationMetrics application;
  private final OperationExemplars exemplars;
  private final CacheCollector caches;
  private @Nullable MetricsServer server;
  private boolean isRegistered;
  private boolean isClosed;

  /** Takes copies of the settings, which were checked. */
  PrometheusCollector(PrometheusCollectorBuilder settings) {
    this.registry = settings.registry;
    this.hasJvmMetrics = settings.jvmMetrics;
    this.endpoint = settings.servesHttp ? MetricsServer.Endpoint.of(settings) : null;
    PrometheusNames names =
        new PrometheusNames(
            settings.names, settings.namespace, settings.subsystem, settings.labels);
    this.application =
        new ApplicationMetrics(
            names, settings.histograms, settings.buckets, settings.maxSeries, settings.spans);
    this.exemplars = new OperationExemplars(settings.spans, settings.buckets, settings.cacheLabels);
    this.caches = new CacheCollector(settings, names, application, exemplars);
    this.ownReader = settings.targets.isEmpty() ? JmxCacheReader.ofThisJvm() : null;
    caches.targets(ownReader == null ? settings.targets : Map.of("", ownReader));
  }

  /**
   * Begins to describe a collector.
   *
   * @return a builder with all defaults
   */
  public static PrometheusCollectorBuilder builder() {
    return new PrometheusCollectorBuilder();
  }

  /**
   * Registers the metrics and begins to serve them.
   *
   * @return this collector
   * @throws IOException if the port is in use or the host is unknown; nothing is registered then
   * @throws IllegalStateException if this collector has been started or closed before, or if the
   *     registry has metrics of the same names
   */
  public synchronized PrometheusCollector start() throws IOException {
    if (isRegistered || isClosed) {
      throw new IllegalStateException("A PrometheusCollector can be started only once");
    }
    try {
      registry.register(caches);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw new IllegalStateException(
          "The Prometheus registry has metrics of the same names already. Give each collector a"
              + " namespace or a registry of its own",
          e);
    }
    isRegistered = true;
    try {
      if (endpoint != null) {
        server = MetricsServer.start(endpoint, registry);
      }
      if (hasJvmMetrics) {
        JvmMetrics.builder().register(registry);
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
    return this;
  }

  /**
   * Returns the port that metrics are served on.
   *
   * @return the port, also if the setting is 0; -1 while nothing is served
   */
  public synchronized int port() {
    return server == null ? -1 : server.port();
  }

  /**
   * Shows other JVMs from now on. A JVM whose source is the same object as before goes on; of the
   * others' recorded series nothing is left.
   *
   * @param sources what reads each JVM, by the value of the label {@code target}
   */
  public void targets(Map<String, ? extends CacheSource> sources) {
    caches.targets(sources);
  }

  /**
   * Returns where to tell of the operations of this JVM's caches, so that their histograms show
   * traces.
   *
   * @return keeps nothing unless {@link PrometheusCollectorBuilder#spanContext} was set
   */
  public OperationExemplars operationExemplars() {
    return exemplars;
  }

  @Override
  public void increment(String metric, double value, Map<String, String> tags) {
    if (!(value >= 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          "Counter " + metric + " cannot grow by " + value + "; use a gauge for what goes down");
    }
    application.record(MetricKind.COUNTER, /* inSeconds= */ false, metric, value, Map.copyOf(tags));
  }

  @Override
  public void gauge(String metric, double value, Map<String, String> tags) {
    application.record(MetricKind.GAUGE, /* inSeconds= */ false, metric, value, Map.copyOf(tags));
  }

  @Override
  public void histogram(String metric, double value, Map<String, String> tags) {
    application.record(
        MetricKind.HISTOGRAM,
        /* inSeconds= */ false,
        metric,
        finite(metric, value),
        Map.copyOf(tags));
  }

  @Override
  public void timing(String metric, double seconds, Map<String, String> tags) {
    application.record(
        MetricKind.HISTOGRAM,
        /* inSeconds= */ true,
        metric,
        finite(metric, seconds),
        Map.copyOf(tags));
  }

  private static double finite(String metric, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException("Histogram " + metric + " cannot hold " + value);
    }
    return value;
  }

  @Override
  public void removeGauge(String metric, Map<String, String> tags) {
    application.removeGauge(metric, Map.copyOf(tags));
  }

  @Override
  public boolean mayBlock() {
    return false;
  }

  /** {@return whether it reads the MBeans of any JVM, as it does by default} */
  @Override
  public boolean readsCaches() {
    return caches.hasTargets();
  }

  /** Stops serving and takes the metrics out of the registry; may be called twice. */
  @Override
  public synchronized void close() {
    isClosed = true;
    if (server != null) {
      server.close();
      server = null;
    }
    if (isRegistered) {
      isRegistered = false;
      registry.unregister(caches);
    }
    caches.close();
    if (ownReader != null) {
      ownReader.close();
    }
  }
}
