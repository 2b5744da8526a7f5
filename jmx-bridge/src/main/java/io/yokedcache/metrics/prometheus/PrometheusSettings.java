package io.yokedcache.metrics.prometheus;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.HttpHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.StatsDStatistics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * The settings and parts that {@link PrometheusCollectorBuilder} has collected.
 *
 * @param ownReader made by the builder and to be closed; absent if the caller has named sources
 */
record PrometheusSettings(
    PrometheusNames names,
    PrometheusRegistry registry,
    Shown shown,
    @Nullable JmxCacheReader ownReader,
    Histograms histograms,
    List<Double> bucketsSeconds,
    int maxSeries,
    boolean jvmMetrics,
    @Nullable SpanContext spans,
    @Nullable Endpoint endpoint) {

  /** Which caches are shown, and how. */
  record Shown(
      Map<String, CacheSource> targets,
      @Nullable Duration timeLimit,
      boolean cacheLabels,
      int maxCaches,
      SeriesFilter series,
      @Nullable Supplier<@Nullable StatsDStatistics> statsd) {}

  /** Where metrics are served; absent if the application serves the registry itself. */
  record Endpoint(
      String host,
      int port,
      String path,
      @Nullable Authenticator authenticator,
      @Nullable SSLContext tls,
      SSLParameters tlsParameters,
      Set<String> hosts,
      Map<String, HttpHandler> handlers) {}
}
