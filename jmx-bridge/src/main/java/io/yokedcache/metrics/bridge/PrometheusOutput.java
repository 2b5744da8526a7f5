package io.yokedcache.metrics.bridge;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.page.StatusPage;
import io.yokedcache.metrics.prometheus.Histograms;
import io.yokedcache.metrics.prometheus.MetricNames;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.prometheus.PrometheusCollectorBuilder;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.statsd.StatsDStatistics;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The group {@code prometheus}: its settings, how they are read, and the collector they describe.
 *
 * @param bucketsSeconds upper bounds of classic histograms; empty for the default
 * @param maxCaches how many caches are shown at most
 * @param jvm whether this JVM's own metrics are shown, too
 */
public record PrometheusOutput(
    boolean enabled,
    Listener listener,
    Naming naming,
    Histograms histograms,
    List<Double> bucketsSeconds,
    int maxCaches,
    boolean jvm) {

  private static final String PASSWORD_VARIABLE = "YOKEDCACHE_METRICS_PASSWORD";
  private static final Pattern ANYTHING = Pattern.compile(".+", Pattern.DOTALL);
  private static final Pattern PATH = Pattern.compile("/[!-~]*");
  private static final Pattern NAME_PART = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)?");
  private static final Pattern LABEL =
      Pattern.compile("(?!__|(?:cache|cache_manager|target|le)$)[A-Za-z_][A-Za-z0-9_]*");

  /**
   * Where metrics are served, and to whom.
   *
   * @param port 0 for any that is free
   * @param path of the metrics, with a leading slash
   * @param user for Basic authentication; absent for none
   * @param tls certificates for https
   * @param statusPage whether there is a page for people at {@code /}
   */
  public record Listener(
      String host,
      int port,
      String path,
      @Nullable String user,
      @Nullable Secret password,
      TlsFiles tls,
      boolean statusPage) {

    private static Listener read(Group group) {
      String user = group.optionalText("user");
      Secret password = group.secret("password", PASSWORD_VARIABLE);
      if (user != null && password == null) {
        group.complain("user", "is set without a password: set password or " + PASSWORD_VARIABLE);
      }
      boolean statusPage = group.flag("status-page");
      String path = group.text("path", PATH, "a path such as /metrics");
      if (path.equals("/-/healthy") || (path.equals("/") && statusPage)) {
        group.complain("path", "is " + path + ", where something else is served");
      }
      return new Listener(
          group.text("host", ANYTHING, "a host name or an address"),
          group.integer("port", 0, 65_535),
          path,
          user,
          user == null ? null : password,
          TlsFiles.read(group.child("tls")),
          statusPage);
    }
  }

  /**
   * The names of metrics.
   *
   * @param namespace what all names begin with
   * @param labels of every series
   * @param cacheLabels whether caches are told apart
   */
  public record Naming(
      MetricNames style,
      String namespace,
      String subsystem,
      Map<String, String> labels,
      boolean cacheLabels) {

    private static Naming read(Group group) {
      return new Naming(
          group.choice("names", MetricNames.class),
          group.text("namespace", NAME_PART, "letters, digits and underscores"),
          group.text("subsystem", NAME_PART, "letters, digits and underscores"),
          group.texts(
              "labels",
              LABEL,
              "letters, digits and underscores, and none of the bridge's own (cache,"
                  + " cache_manager, target, le)"),
          group.flag("cache-labels"));
    }
  }

  static PrometheusOutput read(Group group) {
    return new PrometheusOutput(
        group.flag("enabled"),
        Listener.read(group),
        Naming.read(group),
        group.choice("histograms", Histograms.class),
        group.ascending("buckets"),
        group.integer("max-caches", 1, 1_000_000),
        group.flag("jvm"));
  }

  /**
   * What serves, not started yet.
   *
   * @param page absent if there is none
   */
  record Server(PrometheusCollector collector, @Nullable StatusPage page) {

    /** Shows other JVMs from now on. */
    void targets(Map<String, CacheSource> sources) {
      collector.targets(sources);
      if (page != null) {
        page.targets(sources);
      }
    }
  }

  /**
   * A collector with a registry of its own, so that it never clashes with the application's.
   *
   * @param statsd tells of another output, if there is one
   */
  Server server(Map<String, CacheSource> sources, Supplier<@Nullable StatsDStatistics> statsd) {
    PrometheusCollectorBuilder builder =
        PrometheusCollector.builder()
            .registry(new PrometheusRegistry())
            .names(naming.style())
            .namespace(naming.namespace())
            .subsystem(naming.subsystem())
            .labels(naming.labels())
            .cacheLabels(naming.cacheLabels())
            .histograms(histograms)
            .maxCaches(maxCaches)
            .jvmMetrics(jvm)
            .statsd(statsd);
    if (!bucketsSeconds.isEmpty()) {
      builder.buckets(bucketsSeconds.stream().mapToDouble(Double::doubleValue).toArray());
    }
    sources.forEach(builder::target);
    listen(builder);
    StatusPage page = listener.statusPage() ? StatusPage.of(sources) : null;
    if (page != null) {
      builder.handler("/", page);
    }
    try {
      return new Server(builder.build(), page);
    } catch (IllegalArgumentException e) {
      throw new MetricsConfigurationException(
          MetricsFile.GROUP + ".prometheus: " + e.getMessage(), e);
    }
  }

  private void listen(PrometheusCollectorBuilder builder) {
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
}
