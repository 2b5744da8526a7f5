package io.yokedcache.metrics.prometheus;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.HttpHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.jmx.CacheSource;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** What {@link PrometheusCollectorBuilder} has gathered. */
record PrometheusSettings(
    PrometheusNames names,
    PrometheusRegistry registry,
    Map<String, CacheSource> targets,
    boolean cacheLabels,
    Histograms histograms,
    List<Double> bucketsSeconds,
    int maxCaches,
    int maxSeries,
    boolean jvmMetrics,
    @Nullable Endpoint endpoint) {

  /** Where metrics are served; absent if the application serves the registry itself. */
  record Endpoint(
      String host,
      int port,
      String path,
      @Nullable Authenticator authenticator,
      @Nullable SSLContext tls,
      boolean clientCertificate,
      Map<String, HttpHandler> handlers) {}
}
