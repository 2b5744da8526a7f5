package io.yokedcache.metrics.bridge;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import io.yokedcache.metrics.bridge.PrometheusOutput.Listener;
import io.yokedcache.metrics.bridge.PrometheusOutput.Naming;
import io.yokedcache.metrics.bridge.StatsDOutput.Daemon;
import io.yokedcache.metrics.bridge.StatsDOutput.Limits;
import io.yokedcache.metrics.prometheus.Histograms;
import io.yokedcache.metrics.prometheus.MetricNames;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.statsd.StatsDFlavour;
import io.yokedcache.metrics.statsd.StatsDMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns the contents of {@code yokedcache.metrics} into settings. */
final class SettingsReader {

  private static final String PASSWORD_VARIABLE = "YOKEDCACHE_METRICS_PASSWORD";
  private static final String JMX_PASSWORD_VARIABLE = "YOKEDCACHE_JMX_PASSWORD";
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Pattern ANYTHING = Pattern.compile(".+", Pattern.DOTALL);
  private static final Pattern PATH = Pattern.compile("/[!-~]*");
  private static final Pattern NAME_PART = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)?");
  private static final Pattern LABEL =
      Pattern.compile("(?!__|(?:cache|cache_manager|target|le)$)[A-Za-z_][A-Za-z0-9_]*");
  private static final Pattern TAG = Pattern.compile("[^|,:#@\\s]+");
  private static final Pattern PREFIX = Pattern.compile("[^|:#@\\s]*");

  /** The keys of a target, none of which has a default. */
  private static final ConfigObject TARGET =
      ConfigFactory.parseString("url = null, pid = null, user = null, password = null").root();

  private final Map<String, String> environment;
  private final Problems problems = new Problems();

  SettingsReader(Map<String, String> environment) {
    this.environment = environment;
  }

  MetricsSettings read(Config group) {
    Group root = new Group(group.root(), MetricsFile.defaults(), MetricsFile.GROUP, problems);
    MetricsSettings settings =
        new MetricsSettings(
            prometheus(root.child("prometheus")),
            statsd(root.child("statsd")),
            health(root.child("health")),
            targets(root.object("targets")));
    problems.throwIfAny();
    return settings;
  }

  private PrometheusOutput prometheus(Group group) {
    return new PrometheusOutput(
        group.flag("enabled"),
        listener(group),
        new Naming(
            group.choice("names", MetricNames.class),
            group.text("namespace", NAME_PART, "letters, digits and underscores"),
            group.text("subsystem", NAME_PART, "letters, digits and underscores"),
            group.texts(
                "labels",
                LABEL,
                "letters, digits and underscores, and none of the bridge's own (cache,"
                    + " cache_manager, target, le)"),
            group.flag("cache-labels")),
        group.choice("histograms", Histograms.class),
        group.ascending("buckets"),
        group.integer("max-caches", 1, 1_000_000),
        group.flag("jvm"));
  }

  private Listener listener(Group group) {
    String user = group.optionalText("user");
    Secret password = password(PASSWORD_VARIABLE, group.secret("password"));
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
        tls(group.child("tls")),
        statusPage);
  }

  private @Nullable Secret password(String variable, @Nullable Secret written) {
    String value = environment.get(variable);
    return value == null || value.isEmpty() ? written : new Secret(value);
  }

  private static TlsFiles tls(Group group) {
    TlsFiles tls =
        new TlsFiles(
            readable(group, "key-store"),
            group.secret("key-store-password"),
            readable(group, "trust-store"),
            group.secret("trust-store-password"),
            group.flag("require-client-certificate"));
    if (tls.keyStore() == null && tls.trustStore() != null) {
      group.complain("trust-store", "needs a key-store, without which there is no TLS");
    }
    if (tls.requireClientCertificate() && tls.trustStore() == null) {
      group.complain("require-client-certificate", "needs a trust-store with their certificates");
    }
    return tls;
  }

  private static @Nullable Path readable(Group group, String key) {
    Path file = group.optionalPath(key);
    if (file != null && !Files.isReadable(file)) {
      group.complain(key, "names " + file.toAbsolutePath() + ", which is no file to read");
    }
    return file;
  }

  private static StatsDOutput statsd(Group group) {
    StatsDFlavour flavour = group.choice("flavour", StatsDFlavour.class);
    Map<String, String> tags =
        group.texts("tags", TAG, "a tag's: it has spaces or one of | , : # @");
    if (flavour == StatsDFlavour.PLAIN && !tags.isEmpty()) {
      group.complain(
          "tags", "need flavour = dogstatsd; with plain put their values into the prefix");
    }
    return new StatsDOutput(
        group.flag("enabled"),
        new Daemon(
            group.text("host", ANYTHING, "a host name or an address"),
            group.integer("port", 1, 65_535),
            flavour,
            group.text("prefix", PREFIX, "a text without spaces and | : # @"),
            group.choice("names", OperationNames.class),
            tags),
        group.choice("mode", StatsDMode.class),
        group.duration("interval", SECOND, HOUR),
        group.share("sample-rate"),
        new Limits(
            group.duration("timeout", MILLISECOND, HOUR),
            group.integer("max-packet-bytes", 64, 65_507),
            group.integer("queue-capacity", 1, 10_000_000)));
  }

  private static HealthChecks health(Group group) {
    return new HealthChecks(
        group.flag("enabled"), group.duration("interval", SECOND, Duration.ofDays(1)));
  }

  private Map<String, TargetSettings> targets(ConfigObject given) {
    Map<String, TargetSettings> targets = new TreeMap<>();
    given.forEach(
        (name, value) -> {
          String path = MetricsFile.GROUP + ".targets." + name;
          if (value instanceof ConfigObject contents) {
            targets.put(name, target(new Group(contents, TARGET, path, problems)));
          } else {
            problems.add(value.origin(), path + " must be a group: " + name + " { url = \"...\" }");
          }
        });
    return targets;
  }

  private TargetSettings target(Group group) {
    String url = group.optionalText("url");
    Long pid = group.optionalNumber("pid", 1);
    if ((url == null) == (pid == null)) {
      group.complain("url", "or pid must be set, and not both");
    }
    String user = group.optionalText("user");
    Secret password = group.secret("password");
    return new TargetSettings(
        url,
        pid,
        user,
        user != null && password == null
            ? password(JMX_PASSWORD_VARIABLE, /* written= */ null)
            : password);
  }
}
