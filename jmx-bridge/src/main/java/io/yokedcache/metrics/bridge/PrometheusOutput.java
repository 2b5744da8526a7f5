package io.yokedcache.metrics.bridge;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.page.StatusPage;
import io.yokedcache.metrics.prometheus.Histograms;
import io.yokedcache.metrics.prometheus.MetricNames;
import io.yokedcache.metrics.prometheus.PasswordHash;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.prometheus.PrometheusCollectorBuilder;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
    boolean jvm)
    implements MetricsBridge.Output {

  private static final String PASSWORD_VARIABLE = "YOKEDCACHE_METRICS_PASSWORD";
  private static final Pattern ANYTHING = Pattern.compile(".+", Pattern.DOTALL);
  private static final Pattern LOOPBACK =
      Pattern.compile("localhost|127(\\.[0-9]+){3}|\\[?::1]?", Pattern.CASE_INSENSITIVE);
  private static final Pattern HOST_NAME =
      Pattern.compile("[A-Za-z0-9._-]+|\\[?[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*]?");
  private static final Pattern PATH = Pattern.compile("/[!-~]*");
  private static final Pattern NAME_PART = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)?");
  private static final Pattern LABEL =
      Pattern.compile("(?!__|(?:cache|cache_manager|target|le)$)[A-Za-z_][A-Za-z0-9_]*");

  /**
   * Where metrics are served, and to whom.
   *
   * @param port 0 for any that is free
   * @param path of the metrics, with a leading slash
   * @param hosts names that a request may have in its header {@code Host}; empty for the default
   * @param user for Basic authentication; absent for none
   * @param passwordHash instead of the password
   * @param tls certificates for https
   * @param statusPage whether there is a page for people at {@code /}
   */
  public record Listener(
      String host,
      int port,
      String path,
      List<String> hosts,
      @Nullable String user,
      @Nullable Secret password,
      @Nullable Secret passwordHash,
      TlsFiles tls,
      boolean statusPage) {

    private static Listener read(Group group) {
      String user = group.optionalText("user");
      Secret password = group.secret("password", PASSWORD_VARIABLE);
      Secret passwordHash = group.secret("password-hash");
      Listener read =
          new Listener(
              group.text("host", ANYTHING, "a host name or an address"),
              group.integer("port", 0, 65_535),
              group.text("path", PATH, "a path such as /metrics"),
              group.list("hosts", HOST_NAME, "a host name without a port"),
              user,
              user == null ? null : password, // a variable may be meant for another bridge
              passwordHash,
              TlsFiles.read(group.child("tls")),
              group.flag("status-page"));
      checkUser(group, user, password, passwordHash);
      if (read.path.equals("/-/healthy") || (read.path.equals("/") && read.statusPage)) {
        group.complain(
            "path", "is " + read.path + ", which the bridge serves already: choose another path");
      }
      if (group.flag("enabled") && !LOOPBACK.matcher(read.host).matches()) {
        read.checkExposure(group);
      }
      return read;
    }

    private static void checkUser(
        Group group,
        @Nullable String user,
        @Nullable Secret password,
        @Nullable Secret passwordHash) {
      // Not only a variable, which may be meant for another bridge.
      boolean isWritten = group.isWritten("password") || group.isWritten("password-file");
      boolean hasPassword = password != null && (group.flag("enabled") || isWritten);
      if (user == null && (passwordHash != null || hasPassword)) {
        group.complain(
            "user",
            "is not set, but its password is. Without a user, every client has access: set user, or"
                + " remove password, password-hash and "
                + PASSWORD_VARIABLE);
      } else if (user != null && password == null && passwordHash == null) {
        group.complain(
            "user",
            "is set without a password: set password, password-hash or " + PASSWORD_VARIABLE);
      } else if (user != null && user.contains(":")) {
        group.complain("user", "has a colon, which Basic authentication does not allow");
      }
      if (password != null && passwordHash != null) {
        group.complain(
            "password-hash",
            "is set together with a password: keep one of password-hash, password and "
                + PASSWORD_VARIABLE);
      } else if (passwordHash != null) {
        try {
          PasswordHash.parse(passwordHash.value());
        } catch (IllegalArgumentException e) {
          group.complain("password-hash", String.valueOf(e.getMessage()));
        }
      }
    }

    /** Warns about figures or passwords that others on the network can read. */
    private void checkExposure(Group group) {
      if (user == null && !tls.requireClientCertificate()) {
        group.warn(
            "host",
            "is "
                + host
                + ", so every client on the network can read all figures: set user and"
                + " password-hash, or host = 127.0.0.1");
      } else if (user != null && tls.keyStore() == null) {
        group.warn("user", "has a password that clients send unencrypted: set tls.key-store too");
      }
    }
  }

  /**
   * The names of metrics.
   *
   * @param namespace what all names begin with
   * @param labels of every series
   * @param cacheLabels whether series have the labels of caches
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

  @Override
  public MetricsBridge.Part part(MetricsBridge bridge) {
    return new Part(bridge, this);
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

  /** Serves Prometheus, and people. Its own registry never clashes with the application's. */
  static final class Part implements MetricsBridge.Part {

    private static final Logger logger = LoggerFactory.getLogger(PrometheusOutput.class);

    private final MetricsBridge bridge;
    private final Listener listener;
    private final PrometheusCollector collector;
    private final @Nullable StatusPage page;

    Part(MetricsBridge bridge, PrometheusOutput output) {
      this.bridge = bridge;
      this.listener = output.listener;
      this.page = listener.statusPage() ? StatusPage.of(bridge.sources()) : null;
      PrometheusCollectorBuilder builder =
          PrometheusCollector.builder()
              .registry(new PrometheusRegistry())
              .names(output.naming.style())
              .namespace(output.naming.namespace())
              .subsystem(output.naming.subsystem())
              .labels(output.naming.labels())
              .cacheLabels(output.naming.cacheLabels())
              .histograms(output.histograms)
              .maxCaches(output.maxCaches)
              .series(bridge.settings().series())
              .jvmMetrics(output.jvm)
              .statsd(bridge::statistics);
      if (!output.bucketsSeconds.isEmpty()) {
        builder.buckets(output.bucketsSeconds.stream().mapToDouble(Double::doubleValue).toArray());
      }
      bridge.sources().forEach(builder::target);
      output.listen(builder);
      if (page != null) {
        builder.handler("/", page);
      }
      try {
        this.collector = builder.build();
      } catch (IllegalArgumentException e) {
        throw new MetricsConfigurationException(
            MetricsFile.GROUP + ".prometheus: " + e.getMessage(), e);
      }
    }

    @Override
    public PrometheusCollector collector() {
      return collector;
    }

    @Override
    public void start() throws IOException {
      collector.start();
      logger.info(
          "Metrics for Prometheus: {}://{}:{}{}",
          listener.tls().keyStore() == null ? "http" : "https",
          listener.host(),
          collector.port(),
          listener.path());
    }

    @Override
    public void targets() {
      collector.targets(bridge.sources());
      if (page != null) {
        page.targets(bridge.sources());
      }
    }

    @Override
    public void close() {
      collector.close();
    }
  }

  private void listen(PrometheusCollectorBuilder builder) {
    builder
        .host(listener.host())
        .port(listener.port())
        .path(listener.path())
        .hosts(listener.hosts());
    String user = listener.user();
    Secret password = listener.password();
    if (user != null && password != null) {
      builder.basicAuthentication(user, password.value().toCharArray());
    }
    Secret hash = listener.passwordHash();
    if (user != null && hash != null) {
      builder.basicAuthentication(user, PasswordHash.parse(hash.value()));
    }
    SSLContext tls = listener.tls().context();
    if (tls != null) {
      builder.tls(tls).tlsParameters(listener.tls().parameters(tls));
    }
  }
}
