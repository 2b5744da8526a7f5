package io.yokedcache.metrics.prometheus;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.Authenticator;
import com.sun.net.httpserver.HttpHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.tracer.common.SpanContext;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.StatsDStatistics;
import io.yokedcache.metrics.source.Target;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** Describes a {@link PrometheusCollector}. Not thread-safe. */
public final class PrometheusCollectorBuilder {

  MetricNames names = MetricNames.DEFAULT;
  String namespace = "yokedcache";
  String subsystem = "";
  final Map<String, String> labels = new LinkedHashMap<>();
  PrometheusRegistry registry = PrometheusRegistry.defaultRegistry;
  final Map<String, CacheSource> targets = new LinkedHashMap<>();
  boolean servesHttp = true;
  String host = "127.0.0.1";
  int port = 8000;
  String path = "/metrics";
  @Nullable Authenticator authenticator;
  @Nullable SSLContext tls;
  SSLParameters tlsParameters = new SSLParameters(null, new String[] {"TLSv1.3", "TLSv1.2"});
  boolean clientCertificate;
  final Set<String> hosts = new HashSet<>();
  final Map<String, HttpHandler> handlers = new LinkedHashMap<>();
  boolean cacheLabels = true;
  Histograms histograms = Histograms.CLASSIC;
  List<Double> buckets = CacheMetric.USUAL_BOUNDS_SECONDS;
  int maxCaches = 10_000;
  int maxSeries = 10_000;
  SeriesFilter series = SeriesFilter.ALL;
  boolean jvmMetrics;
  @Nullable Duration targetTimeLimit;
  @Nullable SpanContext spans;
  @Nullable Supplier<@Nullable StatsDStatistics> statsd;

  PrometheusCollectorBuilder() {}

  /** Sets the scheme of the names of caches' metrics; default {@link MetricNames#DEFAULT}. */
  public PrometheusCollectorBuilder names(MetricNames value) {
    this.names = requireNonNull(value, "names");
    return this;
  }

  /** Sets the first part of all names, which may be empty; default {@code yokedcache}. */
  public PrometheusCollectorBuilder namespace(String value) {
    this.namespace = requireNonNull(value, "namespace");
    return this;
  }

  /** Sets the part of all names after the namespace; default nothing. */
  public PrometheusCollectorBuilder subsystem(String value) {
    this.subsystem = requireNonNull(value, "subsystem");
    return this;
  }

  /** Adds labels that every series gets, such as {@code environment} with {@code production}. */
  public PrometheusCollectorBuilder labels(Map<String, String> values) {
    this.labels.putAll(values);
    return this;
  }

  /** Sets the registry; default the library's default registry. */
  public PrometheusCollectorBuilder registry(PrometheusRegistry value) {
    this.registry = requireNonNull(value, "registry");
    return this;
  }

  /** Sets the address to listen on; default {@code 127.0.0.1}; {@code 0.0.0.0} for all. */
  public PrometheusCollectorBuilder host(String value) {
    this.host = requireNonNull(value, "host");
    return this;
  }

  /** Sets the port; default 8000; 0 for any free one, which the collector then returns. */
  public PrometheusCollectorBuilder port(int value) {
    this.port = value;
    return this;
  }

  /**
   * Sets the path of the metrics, with a leading slash; default {@code /metrics}. The path {@code
   * /-/healthy} is always served, without authentication.
   */
  public PrometheusCollectorBuilder path(String value) {
    this.path = requireNonNull(value, "path");
    return this;
  }

  /**
   * Asks for a user and a password. Use TLS with it.
   *
   * @param user the user's name
   * @param password the password, of which only a digest is kept
   */
  public PrometheusCollectorBuilder basicAuthentication(String user, char[] password) {
    return authenticator(BasicAuthentication.of(user, password));
  }

  /** Asks for a user and a password of which only a hash is known here. Use TLS with it. */
  public PrometheusCollectorBuilder basicAuthentication(String user, PasswordHash hash) {
    return authenticator(BasicAuthentication.of(user, hash));
  }

  /** Sets the authentication of everything but the health path. */
  public PrometheusCollectorBuilder authenticator(Authenticator value) {
    this.authenticator = requireNonNull(value, "authenticator");
    return this;
  }

  /**
   * Serves https instead of http.
   *
   * @param context the server's certificate and key, and whom it trusts
   */
  public PrometheusCollectorBuilder tls(SSLContext context) {
    this.tls = requireNonNull(context, "tls");
    return this;
  }

  /** Sets versions of TLS and cipher suites; default TLSv1.3, TLSv1.2 and the JVM's suites. */
  public PrometheusCollectorBuilder tlsParameters(SSLParameters value) {
    this.tlsParameters = requireNonNull(value, "tlsParameters");
    return this;
  }

  /**
   * Adds names, without ports, that a request's header {@code Host} may have. While the server
   * listens on a loopback address, it answers only to {@code localhost}, {@code 127.0.0.1}, {@code
   * [::1]} and these names, so that a page of another site cannot read it through a DNS name that
   * points here. On other addresses every name is right unless some are set.
   */
  public PrometheusCollectorBuilder hosts(Collection<String> names) {
    this.hosts.addAll(names);
    return this;
  }

  /** Requires a client certificate that the TLS context trusts; default false. */
  public PrometheusCollectorBuilder requireClientCertificate(boolean value) {
    this.clientCertificate = value;
    return this;
  }

  /**
   * Serves another path, which has a leading slash, behind the same authentication and for GET and
   * HEAD only.
   */
  public PrometheusCollectorBuilder handler(String value, HttpHandler handler) {
    this.handlers.put(requireNonNull(value, "path"), requireNonNull(handler, "handler"));
    return this;
  }

  /** Opens no port: the application serves the registry by itself. */
  public PrometheusCollectorBuilder withoutServer() {
    this.servesHttp = false;
    return this;
  }

  /**
   * Sets whether series have the labels {@code cache} and {@code cache_manager}; default true. If
   * not, the caches add up.
   */
  public PrometheusCollectorBuilder cacheLabels(boolean value) {
    this.cacheLabels = value;
    return this;
  }

  /** Sets the form of distributions; default {@link Histograms#CLASSIC}. */
  public PrometheusCollectorBuilder histograms(Histograms value) {
    this.histograms = requireNonNull(value, "histograms");
    return this;
  }

  /**
   * Sets the upper bounds of classic histograms, ascending; default from 100 us to 10 s in steps of
   * 1, 2.5 and 5. The histogram of a cache shows the bounds that its timers have exactly; a
   * histogram of the application shows all.
   */
  public PrometheusCollectorBuilder buckets(double... seconds) {
    this.buckets = Arrays.stream(seconds).boxed().toList();
    return this;
  }

  /**
   * Limits how many caches are shown; default 10000. Others are counted in {@code
   * bridge_dropped_caches}.
   */
  public PrometheusCollectorBuilder maxCaches(int value) {
    this.maxCaches = value;
    return this;
  }

  /**
   * Leaves out some metrics of caches and of the bridge, which are not read then; default {@link
   * SeriesFilter#ALL}.
   */
  public PrometheusCollectorBuilder series(SeriesFilter value) {
    this.series = requireNonNull(value, "series");
    return this;
  }

  /**
   * Limits how many series the metrics of the application have together; default 10000. Values of
   * further series are counted in {@code bridge_dropped_samples_total}.
   */
  public PrometheusCollectorBuilder maxSeries(int value) {
    this.maxSeries = value;
    return this;
  }

  /** Shows memory, threads, garbage collection and so on of this JVM, too; default false. */
  public PrometheusCollectorBuilder jvmMetrics(boolean value) {
    this.jvmMetrics = value;
    return this;
  }

  /**
   * Adds a JVM whose caches are shown, with its name in the label {@code target}. Without any, the
   * caches of this JVM are shown, without that label.
   *
   * @param name the label's value
   * @param source reads that JVM's caches; should not take longer than a scrape may
   */
  public PrometheusCollectorBuilder target(String name, CacheSource source) {
    this.targets.put(requireNonNull(name, "name"), requireNonNull(source, "source"));
    return this;
  }

  /**
   * Limits how long a scrape waits for the caches of a JVM; by default the limit of a source that
   * is a {@link Target}, and 8 seconds for others, since Prometheus waits for 10. It must be
   * positive. Targets are read at the same time, so that a scrape takes no longer than this,
   * however many of them hang. The gauge {@code bridge_jmx_target_up} of a target that hangs is 0.
   */
  public PrometheusCollectorBuilder targetTimeLimit(Duration value) {
    this.targetTimeLimit = requireNonNull(value, "targetTimeLimit");
    return this;
  }

  /**
   * Sets the source of the current trace, so that histograms have exemplars in the OpenMetrics
   * format; default none. It is asked in the thread that records a value; see {@link
   * PrometheusCollector#operationExemplars()} for operations of caches.
   */
  public PrometheusCollectorBuilder spanContext(SpanContext value) {
    this.spans = requireNonNull(value, "spanContext");
    return this;
  }

  /**
   * Shows the counters of a StatsD collector, such as {@code statsd::statistics}; default none. The
   * supplier may return null.
   */
  public PrometheusCollectorBuilder statsd(Supplier<@Nullable StatsDStatistics> value) {
    this.statsd = requireNonNull(value, "statsd");
    return this;
  }

  /**
   * Checks the settings and creates the collector, which serves nothing before it is started.
   *
   * @return the collector
   * @throws IllegalArgumentException if a name, label, path, port or limit is not valid
   */
  public PrometheusCollector build() {
    check(path.startsWith("/"), "The path \"" + path + "\" must begin with a slash");
    check(
        !path.equals(MetricsServer.HEALTH_PATH),
        "The path " + path + " is the one of the health check; choose another");
    check(!handlers.containsKey(path), "The path " + path + " is the one of the metrics");
    for (String other : handlers.keySet()) {
      check(other.startsWith("/"), "The path \"" + other + "\" must begin with a slash");
      check(
          !other.equals(MetricsServer.HEALTH_PATH),
          "The path " + other + " is the one of the health check; choose another");
    }
    check(port >= 0 && port <= 65_535, "The port " + port + " must be from 0 to 65535");
    check(
        targetTimeLimit == null || !(targetTimeLimit.isNegative() || targetTimeLimit.isZero()),
        "targetTimeLimit must be positive, not " + targetTimeLimit);
    check(maxCaches > 0 && maxSeries > 0, "maxCaches and maxSeries must be positive");
    if (clientCertificate) {
      tlsParameters.setNeedClientAuth(true);
    }
    return new PrometheusCollector(this);
  }

  private static void check(boolean isValid, String message) {
    if (!isValid) {
      throw new IllegalArgumentException(message);
    }
  }
}
