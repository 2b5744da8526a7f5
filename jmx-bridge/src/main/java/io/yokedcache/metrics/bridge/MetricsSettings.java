package io.yokedcache.metrics.bridge;

import com.typesafe.config.Config;
import io.yokedcache.metrics.statsd.StatsDMode;
import java.nio.file.Path;
import java.util.Map;

/**
 * What the group {@code yokedcache.metrics} of a configuration file says. Immutable; equal settings
 * ask for the same bridge.
 *
 * @param prometheus whether and how metrics are served to Prometheus
 * @param statsd whether and how metrics are sent to StatsD
 * @param health whether and how often the caches' health is checked
 * @param targets other JVMs to read by name, for the stand-alone process
 */
public record MetricsSettings(
    PrometheusOutput prometheus,
    StatsDOutput statsd,
    HealthChecks health,
    Map<String, TargetSettings> targets) {

  /**
   * Copies the map.
   *
   * @param prometheus whether and how metrics are served to Prometheus
   * @param statsd whether and how metrics are sent to StatsD
   * @param health whether and how often the caches' health is checked
   * @param targets other JVMs to read by name, for the stand-alone process
   */
  public MetricsSettings {
    targets = Map.copyOf(targets);
  }

  /**
   * Reads the contents of the group, whose missing keys have their defaults.
   *
   * @param group the contents of {@code yokedcache.metrics}, resolved
   * @return the settings
   * @throws MetricsConfigurationException that lists all problems
   */
  public static MetricsSettings of(Config group) {
    return new SettingsReader(System.getenv()).read(group);
  }

  /**
   * Reads the group {@code yokedcache.metrics} of a file.
   *
   * @param file a HOCON, JSON or properties file; what else is in it is left alone
   * @return the settings
   * @throws MetricsConfigurationException if the file cannot be read; else it lists all problems
   */
  public static MetricsSettings load(Path file) {
    return of(MetricsFile.read(file));
  }

  /**
   * Whether these settings ask for anything.
   *
   * @return false if neither Prometheus nor StatsD is enabled
   */
  public boolean isEnabled() {
    return prometheus.enabled() || statsd.enabled();
  }

  /**
   * Refuses what only the provider itself can do.
   *
   * @throws MetricsConfigurationException if StatsD is to get each operation as it happens
   */
  public void requirePeriodic() {
    if (statsd.enabled() && statsd.mode() == StatsDMode.REALTIME) {
      throw new MetricsConfigurationException(
          MetricsFile.GROUP
              + ".statsd.mode = realtime works only in the provider's own yokedcache.conf, since"
              + " nobody else hears of each operation. Use mode = periodic, whose counts are"
              + " exact");
    }
  }
}
