package io.yokedcache.metrics.bridge;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigParseable;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValueFactory;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Finds the group of the metrics in files. What a file says is never part of a message. */
public final class MetricsFile {

  static final String GROUP = "yokedcache.metrics";

  private static final String ROOT = "yokedcache";
  static final String REFERENCE = "reference.conf";
  private static final List<String> OUTPUTS = List.of("prometheus", "statsd", "otlp");
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
   * Reads the group {@code yokedcache.metrics} of a HOCON, JSON or properties file, without
   * defaults, with environment variables and system properties in place of substitutions.
   *
   * @throws MetricsConfigurationException if the file cannot be read, or lacks the group
   */
  public static Config read(Path file) {
    String shown = file.toString();
    try {
      Config all =
          ConfigFactory.parseFile(
                  file.toFile(),
                  ConfigParseOptions.defaults()
                      .setAllowMissing(false)
                      .setOriginDescription(shown)
                      .appendIncluder(new LocalIncluder(shown, /* library= */ null)))
              .withFallback(ConfigFactory.systemProperties().withoutPath(ROOT))
              // Missing values in other groups of the file do not concern the bridge.
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
   * Returns the settings of a command line. A setting of an output enables the output. Paths are
   * within the group, such as {@code prometheus.port}.
   *
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
          String.format(
              "%s: %s cannot be set together: each must be the path of a setting, such as"
                  + " prometheus.port",
              shown, String.join(", ", new TreeSet<>(settings.keySet()))),
          e);
    }
  }

  /** Returns settings that enable an output: Prometheus, if they enable none. */
  public static Config withOutput(Config group) {
    return OUTPUTS.stream().anyMatch(output -> group.hasPath(output + ENABLED))
        ? group
        : group.withValue(OUTPUTS.get(0) + ENABLED, ConfigValueFactory.fromAnyRef(true));
  }

  private static String place(ConfigException wrong, String shown) {
    return wrong.origin() == null ? shown : wrong.origin().description();
  }

  /**
   * Includes files, but none over a network. The library's includer is absent until the library
   * passes it.
   */
  private record LocalIncluder(String file, @Nullable ConfigIncluder library)
      implements ConfigIncluder, ConfigIncluderURL, ConfigIncluderFile, ConfigIncluderClasspath {

    /** A scheme of at least two letters, since one is a drive of Windows; or a host. */
    private static final Pattern REMOTE =
        Pattern.compile(
            "(?is)\\s*(?:(?!(?:jar:)*(?:file|jrt):)[a-z][a-z0-9+.-]+:|(?:jar:)*(?:file:)?[/\\\\]{2}[^/\\\\]).*");

    @Override
    public ConfigIncluder withFallback(ConfigIncluder fallback) {
      return library == null ? new LocalIncluder(file, fallback) : this;
    }

    @Override
    public ConfigObject include(ConfigIncludeContext context, String what) {
      requireLocal(what);
      ConfigParseable relative = context.relativeTo(what);
      if (relative != null && relative.origin().url() != null) {
        requireLocal(relative.origin().url().toString());
      }
      return known().include(context, what);
    }

    @Override
    public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
      requireLocal(what.toString());
      return ((ConfigIncluderURL) known()).includeURL(context, what);
    }

    @Override
    public ConfigObject includeFile(ConfigIncludeContext context, File what) {
      return ((ConfigIncluderFile) known()).includeFile(context, what);
    }

    @Override
    public ConfigObject includeResources(ConfigIncludeContext context, String what) {
      ClassLoader loader = context.parseOptions().getClassLoader();
      try {
        if (loader != null) {
          Collections.list(loader.getResources(what)).forEach(url -> requireLocal(url.toString()));
        }
      } catch (IOException e) {
        throw new ConfigException.IO(
            ConfigOriginFactory.newSimple(what), "the class path cannot be searched", e);
      }
      return ((ConfigIncluderClasspath) known()).includeResources(context, what);
    }

    private ConfigIncluder known() {
      return requireNonNull(library, "the library gives its own includer before it uses this one");
    }

    /** The message has no URL, which could have credentials. */
    private void requireLocal(String url) {
      if (REMOTE.matcher(url).matches()) {
        throw new MetricsConfigurationException(
            file
                + ": include names a file on a network, on which the settings must not depend: save"
                + " the file, and include it by file(\"/path/file.conf\")");
      }
    }
  }
}
