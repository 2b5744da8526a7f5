package io.yokedcache.metrics.bridge;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValueFactory;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Finds the group of the metrics in files. What a file says is never part of a message. */
public final class MetricsFile {

  /** Where the group is. */
  static final String GROUP = "yokedcache.metrics";

  private static final String ROOT = "yokedcache";
  private static final String REFERENCE = "reference.conf";
  private static final List<String> OUTPUTS = List.of("prometheus", "statsd");
  private static final String ENABLED = ".enabled";

  private MetricsFile() {}

  /** The defaults, which also are the list of all keys. */
  static ConfigObject defaults() {
    Config all = ConfigFactory.parseResources(MetricsFile.class.getClassLoader(), REFERENCE);
    if (!all.hasPath(GROUP)) {
      throw new MetricsConfigurationException(
          "The bridge's reference.conf is missing from the class path. When jars are merged into"
              + " one, the files of that name must be appended to each other, not replaced");
    }
    return all.getObject(GROUP);
  }

  /**
   * Reads the group {@code yokedcache.metrics} of a file, with environment variables and system
   * properties in place of substitutions.
   *
   * @param file a HOCON, JSON or properties file
   * @return the contents of the group, without defaults
   * @throws MetricsConfigurationException if the file cannot be read, or lacks the group
   */
  public static Config read(Path file) {
    String shown = file.toString();
    try {
      Config all =
          ConfigFactory.parseFile(
                  file.toFile(),
                  ConfigParseOptions.defaults().setAllowMissing(false).setOriginDescription(shown))
              .withFallback(ConfigFactory.systemProperties().withoutPath(ROOT))
              // What others of the file's groups lack is not the bridge's business.
              .resolve(ConfigResolveOptions.defaults().setAllowUnresolved(true))
              .withOnlyPath(GROUP)
              .resolve();
      if (!(all.hasPath(GROUP) && all.getValue(GROUP) instanceof ConfigObject group)) {
        throw new MetricsConfigurationException(
            shown + " has no group " + GROUP + ": write yokedcache.metrics { prometheus { ... } }");
      }
      return group.toConfig();
    } catch (ConfigException.IO e) {
      throw new MetricsConfigurationException(
          shown + " cannot be read: is there such a file, and may it be read?", e);
    } catch (ConfigException.UnresolvedSubstitution e) {
      throw new MetricsConfigurationException(
          place(e, shown)
              + ": a substitution ${...} has no value: set the variable, or write ${?...} if it"
              + " may be absent");
    } catch (ConfigException e) {
      // The library's words may repeat a part of a password; its cause would show them too.
      throw new MetricsConfigurationException(
          place(e, shown)
              + ": cannot be parsed as HOCON. The text is left out, since it could be a secret; put"
              + " double quotes around values with special characters");
    }
  }

  /**
   * Returns settings that somebody wrote on a command line. Who sets anything of an output wants
   * it, so that need not be said.
   *
   * @param settings values by path within the group, such as {@code prometheus.port}
   * @param shown where they were written, for messages
   * @return the contents of the group, without defaults
   * @throws MetricsConfigurationException if a path is not one
   */
  public static Config of(Map<String, String> settings, String shown) {
    Map<String, String> complete = new HashMap<>(settings);
    for (String output : OUTPUTS) {
      if (settings.keySet().stream().anyMatch(path -> path.startsWith(output + "."))) {
        complete.putIfAbsent(output + ENABLED, "true");
      }
    }
    try {
      return ConfigFactory.parseMap(complete, shown);
    } catch (ConfigException e) {
      throw new MetricsConfigurationException(
          shown
              + ": "
              + String.join(", ", new TreeSet<>(settings.keySet()))
              + " cannot be set together: each must be the path of a setting, such as"
              + " prometheus.port",
          e);
    }
  }

  /**
   * Returns settings that ask for something: Prometheus, if they do not say what is enabled.
   *
   * @param group the contents of the group, without defaults
   * @return the same or more
   */
  public static Config withOutput(Config group) {
    return OUTPUTS.stream().anyMatch(output -> group.hasPath(output + ENABLED))
        ? group
        : group.withValue(OUTPUTS.get(0) + ENABLED, ConfigValueFactory.fromAnyRef(true));
  }

  private static String place(ConfigException wrong, String shown) {
    return wrong.origin() == null ? shown : wrong.origin().description();
  }
}
