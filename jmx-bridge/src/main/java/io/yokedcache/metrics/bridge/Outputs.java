package io.yokedcache.metrics.bridge;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.bridge.PrometheusOutput.Listener;
import io.yokedcache.metrics.bridge.PrometheusOutput.Naming;
import io.yokedcache.metrics.bridge.StatsDOutput.Daemon;
import io.yokedcache.metrics.bridge.StatsDOutput.Limits;
import io.yokedcache.metrics.page.StatusPage;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.prometheus.PrometheusCollectorBuilder;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.statsd.StatsDBuilder;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.statsd.StatsDMode;
import io.yokedcache.metrics.statsd.StatsDReporter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Makes the parts of a bridge as the settings describe them.
 *
 * @param settings what to make
 * @param sources what the parts read, by name
 */
record Outputs(MetricsSettings settings, Map<String, CacheSource> sources) {

  /**
   * A collector with a registry of its own, so that it never clashes with the application's; tells
   * of the other one, if there is one.
   */
  PrometheusCollector prometheus(@Nullable StatsDCollector statsd) {
    PrometheusOutput output = settings.prometheus();
    Naming naming = output.naming();
    PrometheusCollectorBuilder builder =
        PrometheusCollector.builder()
            .registry(new PrometheusRegistry())
            .names(naming.style())
            .namespace(naming.namespace())
            .subsystem(naming.subsystem())
            .labels(naming.labels())
            .cacheLabels(naming.cacheLabels())
            .histograms(output.histograms())
            .maxCaches(output.maxCaches())
            .jvmMetrics(output.jvm());
    if (!output.bucketsSeconds().isEmpty()) {
      builder.buckets(output.bucketsSeconds().stream().mapToDouble(Double::doubleValue).toArray());
    }
    if (statsd != null) {
      builder.statsd(statsd::statistics);
    }
    sources.forEach(builder::target);
    listen(builder, output.listener());
    if (output.listener().statusPage()) {
      builder.handler("/", StatusPage.of(sources));
    }
    try {
      return builder.build();
    } catch (IllegalArgumentException e) {
      throw new MetricsConfigurationException(
          MetricsFile.GROUP + ".prometheus: " + e.getMessage(), e);
    }
  }

  private static void listen(PrometheusCollectorBuilder builder, Listener listener) {
    builder.host(listener.host()).port(listener.port()).path(listener.path());
    String user = listener.user();
    Secret password = listener.password();
    if (user != null && password != null) {
      builder.basicAuthentication(user, password.value().toCharArray());
    }
    SSLContext tls = listener.tls().context();
    if (tls != null) {
      builder.tls(tls).requireClientCertificate(listener.tls().requireClientCertificate());
    }
  }

  StatsDCollector statsd() {
    StatsDOutput output = settings.statsd();
    Daemon daemon = output.daemon();
    Limits limits = output.limits();
    StatsDBuilder builder =
        StatsDCollector.builder()
            .host(daemon.host())
            .port(daemon.port())
            .flavour(daemon.flavour())
            .prefix(daemon.prefix())
            .operationNames(daemon.names())
            .constantTags(daemon.tags())
            .sampleRate(output.sampleRate())
            .timeout(limits.timeout())
            .maxPacketBytes(limits.maxPacketBytes())
            .queueCapacity(limits.queueCapacity());
    return builder.build();
  }

  /** Whether each operation is to be sent as it happens. */
  boolean sendsOperations() {
    return settings.statsd().mode() == StatsDMode.REALTIME;
  }

  /** One started reporter for each source. */
  List<StatsDReporter> reporters(StatsDCollector collector, boolean sendsHistory) {
    List<StatsDReporter> reporters = new ArrayList<>();
    sources.forEach(
        (name, source) ->
            reporters.add(
                StatsDReporter.builder(source, collector)
                    .target(name)
                    .mode(settings.statsd().mode())
                    .interval(settings.statsd().interval())
                    .sendHistory(sendsHistory)
                    .start()));
    return reporters;
  }
}
