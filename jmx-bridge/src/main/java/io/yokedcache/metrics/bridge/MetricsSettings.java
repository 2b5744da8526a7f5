package io.yokedcache.metrics.bridge;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.source.CacheFilter;
import io.yokedcache.metrics.statsd.StatsDMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The group {@code yokedcache.metrics} of a configuration file. Immutable; equal settings ask for
 * the same bridge.
 *
 * <p>Each group is a record that reads itself. A new setting is a component of its record, read in
 * its constructor call, and a line of {@code reference.conf}; a new group is a component here too.
 *
 * @param collectors class names of the user's own collectors
 * @param series which metrics leave the bridge, by all outputs
 * @param caches which caches do
 * @param targets other JVMs to read by name, for the stand-alone process
 * @param warnings settings that are followed, but probably not meant
 */
public record MetricsSettings(
    PrometheusOutput prometheus,
    StatsDOutput statsd,
    OtlpOutput otlp,
    HealthChecks health,
    List<String> collectors,
    SeriesFilter series,
    CacheFilter caches,
    Map<String, TargetSettings> targets,
    Warnings warnings) {

  private static final Pattern METRICS = Pattern.compile("[A-Za-z0-9_.*?]+");

  private static final Pattern ANY = Pattern.compile(".+", Pattern.DOTALL);

  private static final Pattern CLASS_NAME =
      Pattern.compile("\\p{javaJavaIdentifierStart}[\\p{javaJavaIdentifierPart}.]*");

  public MetricsSettings {
    collectors = List.copyOf(collectors);
    targets = Map.copyOf(targets);
  }

  /**
   * Lines for the log. They name places in files, which do not change the bridge, so all warnings
   * are equal.
   */
  public record Warnings(List<String> lines) {

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Warnings;
    }

    @Override
    public int hashCode() {
      return 0;
    }
  }

  /**
   * The group {@code health}.
   *
   * @param enabled whether there are checks, if there is somewhere to report to
   * @param interval the time between checks
   */
  public record HealthChecks(boolean enabled, Duration interval) {

    private static HealthChecks read(Group group) {
      return new HealthChecks(
          group.flag("enabled"),
          group.duration("interval", Duration.ofSeconds(1), Duration.ofDays(1)));
    }
  }

  /**
   * Another JVM to read, from the group {@code targets}. Either has a URL or a process id.
   *
   * @param url the JMX service URL, or {@code host:port}
   * @param pid the number of a process on this machine
   * @param sslRegistry whether the RMI registry uses TLS, too
   * @param timeout how long reading it may take; absent for the time of all
   * @param interval the time between its reports to StatsD; absent for the time of all
   */
  public record TargetSettings(
      @Nullable String url,
      @Nullable Long pid,
      @Nullable String user,
      @Nullable Secret password,
      boolean sslRegistry,
      @Nullable Duration timeout,
      @Nullable Duration interval) {

    static final String PASSWORD_VARIABLE = "YOKEDCACHE_JMX_PASSWORD";

    /** The keys of a target, none of which needs to be set. */
    private static final ConfigObject KEYS =
        ConfigFactory.parseString(
                "url = null, pid = null, user = null, password = null, password-file = null"
                    + ", ssl-registry = false, timeout = null, interval = null")
            .root();

    TargetSettings(
        @Nullable String url,
        @Nullable Long pid,
        @Nullable String user,
        @Nullable Secret password) {
      this(url, pid, user, password, /* sslRegistry= */ false, /* timeout= */ null, null);
    }

    private static TargetSettings read(Group group) {
      String url = group.optionalText("url");
      Long pid = group.optionalNumber("pid", 1);
      String user = group.optionalText("user");
      Secret password = group.secret("password");
      boolean sslRegistry = group.flag("ssl-registry");
      if ((url == null) == (pid == null)) {
        group.complain("url", "or pid must be set, and not both");
      } else if (url == null) {
        group.complainIf(user != null, "user", "has no effect with pid: remove it");
        group.complainIf(sslRegistry, "ssl-registry", "has no effect with pid: remove it");
      } else if (Targets.objection(url) != null) {
        group.complain("url", "is \"" + url + "\", which " + Targets.objection(url));
      }
      group.complainIf(
          user == null && password != null, "password", "is set without a user: set user too");
      if (user != null && password == null) {
        password = group.variable(PASSWORD_VARIABLE);
        group.complainIf(
            url != null && password == null,
            "user",
            "is set without a password: set password-file, password or " + PASSWORD_VARIABLE);
      }
      return new TargetSettings(
          url,
          pid,
          user,
          password,
          sslRegistry,
          group.optionalDuration("timeout", Duration.ofSeconds(1), Duration.ofHours(1)),
          group.optionalDuration("interval", Duration.ofSeconds(1), Duration.ofHours(1)));
    }
  }

  /**
   * Reads the contents of the group, whose missing keys have their defaults.
   *
   * @param group the contents of {@code yokedcache.metrics}, resolved
   * @throws MetricsConfigurationException that lists all problems
   */
  public static MetricsSettings of(Config group) {
    return of(group, System.getenv());
  }

  private static <T> T filter(
      Group group, Pattern form, String of, BiFunction<List<String>, List<String>, T> filter) {
    String expected = "a name of a " + of + ", in which * and ? stand for characters";
    return filter.apply(
        group.list("include", form, expected), group.list("exclude", form, expected));
  }

  static MetricsSettings of(Config group, Map<String, String> environment) {
    Group root = new Group(group.root(), MetricsFile.defaults(), MetricsFile.GROUP, environment);
    PrometheusOutput prometheus = PrometheusOutput.read(output(root, "prometheus"));
    StatsDOutput statsd = StatsDOutput.read(output(root, "statsd"));
    Group health = root.child("health");
    if (health.isWritten()
        && health.flag("enabled")
        && !prometheus.enabled()
        && !statsd.enabled()) {
      health.warn("enabled", "has no effect without an output: enable prometheus or statsd");
    }
    return new MetricsSettings(
        prometheus,
        statsd,
        OtlpOutput.read(output(root, "otlp")),
        HealthChecks.read(health),
        root.list("collectors", CLASS_NAME, "a class name: com.example.WebhookCollector"),
        filter(root.child("series"), METRICS, "metric", SeriesFilter::new),
        filter(root.child("caches"), ANY, "cache", CacheFilter::new),
        root.children("targets", TargetSettings.KEYS, TargetSettings::read),
        new Warnings(root.finish()));
  }

  /** A group with the key {@code enabled}, which is easily forgotten. */
  private static Group output(Group root, String key) {
    Group output = root.child(key);
    if (output.isWritten() && !output.isWritten("enabled")) {
      output.warn(
          "enabled",
          "is not set, so the group has no effect: write enabled = true, or enabled = false to keep"
              + " the group for later");
    }
    return output;
  }

  /**
   * Reads the group {@code yokedcache.metrics} of a file.
   *
   * @param file a HOCON, JSON or properties file; all else in it is left alone
   * @throws MetricsConfigurationException if the file cannot be read; else it lists all problems
   */
  public static MetricsSettings load(Path file) {
    return of(MetricsFile.read(file));
  }

  /** {@return whether an output is enabled or a collector is named} */
  public boolean isEnabled() {
    return prometheus.enabled() || statsd.enabled() || otlp.enabled() || !collectors.isEmpty();
  }

  /**
   * Rejects settings that only the provider can follow.
   *
   * @throws MetricsConfigurationException if StatsD is to get each operation as it happens
   */
  public void requirePeriodic() {
    if (statsd.enabled() && statsd.mode() == StatsDMode.REALTIME) {
      throw new MetricsConfigurationException(
          MetricsFile.GROUP
              + ".statsd.mode = realtime works only in the provider's yokedcache.conf, because only"
              + " the provider reports each operation. Use mode = periodic, whose counts are"
              + " exact");
    }
    if (!collectors.isEmpty()) {
      throw new MetricsConfigurationException(
          MetricsFile.GROUP
              + ".collectors works only in the provider's yokedcache.conf, because only the"
              + " provider reports each operation. Remove it here");
    }
  }
}
