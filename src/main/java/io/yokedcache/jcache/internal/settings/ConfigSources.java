package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The layers of one configuration, from the lowest: {@code reference.conf}, {@code yokedcache.conf}
 * on the class path, the file that the manager's URI names, the manager's {@link Properties},
 * environment variables, the URI of the server, system properties. Used once, by one thread.
 */
final class ConfigSources {

  /** The group that all settings are in, and the prefix of properties. */
  static final String ROOT = "yokedcache";

  private static final String URI_KEY = "uri";
  static final String URI_PROPERTY = ROOT + "." + URI_KEY;
  static final String URI_VARIABLE = "YOKEDCACHE_URI";
  private static final String USER_VARIABLE = "YOKEDCACHE_USER";
  private static final String PASSWORD_VARIABLE = "YOKEDCACHE_PASSWORD";
  private static final String SENTINEL_USER_VARIABLE = "YOKEDCACHE_SENTINEL_USER";
  private static final String SENTINEL_PASSWORD_VARIABLE = "YOKEDCACHE_SENTINEL_PASSWORD";
  private static final Pattern SUBSTITUTION = Pattern.compile("\\$\\{[^}'\"]*}");

  private record Server(RedisUri address, String where) {}

  private final EnvironmentAndProperties environment;
  private final ConfigFiles files;
  private final ConfigErrors errors = new ConfigErrors();
  private final Config reference = ConfigFiles.reference();
  private final ConfigObject known = reference.getObject(ROOT);
  private final SchemaCheck check = new SchemaCheck(known, errors);

  ConfigSources(EnvironmentAndProperties environment, @Nullable ClassLoader loader) {
    this.environment = environment;
    this.files = new ConfigFiles(loader);
  }

  /** Returns the public form of the default URI. */
  URI defaultUri() {
    try {
      NamedUri named = namedByJvm();
      if (named == null) {
        Config own = files.ownFile(errors);
        errors.throwIfAny();
        named = namedByFiles(contents(own.withFallback(reference)));
      }
      return named.publicForm();
    } catch (MalformedUriException stated) {
      errors.add(stated);
      throw errors.toException();
    }
  }

  /** Reads all layers; throws one exception that lists all errors. */
  Settings load(@Nullable URI uri, @Nullable Properties properties) {
    NamedUri named = chosen(uri);
    Config system = systemProperties();
    Config merged =
        system
            .withFallback(variables())
            .withFallback(properties(properties))
            .withFallback(file(named))
            .withFallback(files.ownFile(errors))
            .withFallback(reference);
    Config given = check.complete(contents(merged)).toConfig();
    Server server = server(named, given.root());
    Config above = system.hasPath(ROOT) ? system.getConfig(ROOT) : ConfigFactory.empty();
    given = UriSource.over(given, server.address(), above, server.where(), errors);
    Settings settings =
        new SettingsReader(given, known.toConfig(), errors).read(server.address(), files.taken());
    errors.throwIfAny();
    return settings;
  }

  /**
   * Returns the given URI, or the URI of the JVM's start, or {@code null} if only the layers name
   * one. The result of {@link #defaultUri} stands for the default with its credentials and options,
   * which the public form does not have.
   */
  private @Nullable NamedUri chosen(@Nullable URI uri) {
    try {
      if (uri != null) {
        NamedUri named = NamedUri.ofCode(uri);
        if (!uri.equals(named.publicForm()) || !uri.equals(defaultUri())) {
          return named;
        }
      }
      return namedByJvm();
    } catch (MalformedUriException stated) {
      errors.add(stated);
      return null;
    }
  }

  /** Returns the URI of a system property or environment variable, or {@code null}. */
  private @Nullable NamedUri namedByJvm() throws MalformedUriException {
    String property = environment.property(URI_PROPERTY);
    return property.isEmpty()
        ? namedByVariable()
        : NamedUri.parse(property, "system property " + URI_PROPERTY);
  }

  private @Nullable NamedUri namedByVariable() throws MalformedUriException {
    String variable = environment.variable(URI_VARIABLE);
    return variable.isEmpty()
        ? null
        : NamedUri.parse(variable, "environment variable " + URI_VARIABLE);
  }

  /** The URI in the files and the manager's properties; {@code reference.conf} always has one. */
  private static NamedUri namedByFiles(ConfigObject contents) throws MalformedUriException {
    ConfigValue value = Objects.requireNonNull(contents.get(URI_KEY), URI_PROPERTY);
    String where = value.origin().description() + ": " + URI_PROPERTY;
    if (!(value.unwrapped() instanceof String text) || text.isBlank()) {
      throw new MalformedUriException(
          where + " must be a URI in double quotes, such as \"redis://localhost:6379\"");
    }
    NamedUri named = NamedUri.parse(text, where);
    if (!named.isServer()) {
      throw new MalformedUriException(
          where
              + " names a file, but must name a server: redis://host:port. Another file is read by"
              + " HOCON's include");
    }
    return named;
  }

  /**
   * Returns the server of the application's URI, else of the JVM's start, else of the layers. URIs
   * that name a file are skipped. A malformed URI is added to the errors, and reading continues.
   */
  private Server server(@Nullable NamedUri named, ConfigObject given) {
    try {
      NamedUri server = named;
      if (server == null || !server.isServer()) {
        server = namedByJvm();
      }
      if (server == null || !server.isServer()) {
        server = namedByVariable();
      }
      if (server == null || !server.isServer()) {
        server = namedByFiles(given);
      }
      return new Server(server.server(), server.where());
    } catch (MalformedUriException stated) {
      errors.add(stated);
      return new Server(RedisUri.UNKNOWN, "unknown");
    }
  }

  private Config file(@Nullable NamedUri named) {
    try {
      return named == null || named.isServer() ? ConfigFactory.empty() : files.file(named, errors);
    } catch (MalformedUriException stated) {
      errors.add(stated);
      return ConfigFactory.empty();
    }
  }

  private Config systemProperties() {
    Map<String, String> others = new HashMap<>(environment.systemProperties());
    others.remove(URI_PROPERTY);
    return settings(others, "system properties");
  }

  private Config properties(@Nullable Properties properties) {
    return properties == null
        ? ConfigFactory.empty()
        : settings(EnvironmentAndProperties.strings(properties), "the manager's Properties");
  }

  /**
   * Returns the settings among properties: values of keys that begin with {@code yokedcache.},
   * taken literally. Properties are checked one at a time: if both the key of a group and a key in
   * it have a value, merging them would lose one.
   *
   * @param source the name of the properties in messages, such as {@code system properties}
   */
  private Config settings(Map<String, String> properties, String source) {
    Config layer = ConfigFactory.empty();
    for (Map.Entry<String, String> property : properties.entrySet()) {
      if (property.getKey().startsWith(ROOT + ".")) {
        try {
          Config one = setting(property.getKey(), property.getValue(), source);
          layer = check.partial(one.getObject(ROOT)).atKey(ROOT).withFallback(layer);
        } catch (ConfigException badPath) {
          errors.add(
              source,
              property.getKey()
                  + " is not a valid key; a name of a cache that has other characters than letters,"
                  + " digits, - and _ must be in double quotes:"
                  + " yokedcache.caches.\"com.acme.*\".time-to-live");
        }
      }
    }
    return layer;
  }

  /** A layer of one setting; all its groups say where they come from, as messages need it. */
  private static Config setting(String path, String value, String source) {
    List<String> keys = ConfigUtil.splitPath(path);
    Object nested = value;
    for (int i = keys.size() - 1; i >= 0; i--) {
      nested = Map.of(keys.get(i), nested);
    }
    return ((ConfigObject) ConfigValueFactory.fromAnyRef(nested, source)).toConfig();
  }

  private Config variables() {
    return variable(USER_VARIABLE, "connection.user")
        .withFallback(variable(PASSWORD_VARIABLE, "connection.password"))
        .withFallback(variable(SENTINEL_USER_VARIABLE, "connection.sentinel.user"))
        .withFallback(variable(SENTINEL_PASSWORD_VARIABLE, "connection.sentinel.password"));
  }

  private Config variable(String name, String path) {
    String value = environment.variable(name);
    return value.isEmpty()
        ? ConfigFactory.empty()
        : ConfigValueFactory.fromAnyRef(value, "environment variable " + name)
            .atPath(ROOT + "." + path);
  }

  /** Resolves substitutions and returns the contents of {@code yokedcache}. */
  private ConfigObject contents(Config merged) {
    Properties others = new Properties();
    environment.systemProperties().entrySet().stream()
        .filter(property -> !isRoot(property.getKey()))
        .forEach(property -> others.setProperty(property.getKey(), property.getValue()));
    Map<String, String> variables = new HashMap<>(environment.environment());
    variables.keySet().removeIf(ConfigSources::isRoot);
    try {
      Config resolved =
          merged
              .withFallback(ConfigFactory.parseProperties(others))
              .withFallback(ConfigValueFactory.fromMap(variables, "environment"))
              .resolve(ConfigResolveOptions.noSystem());
      if (resolved.root().get(ROOT) instanceof ConfigObject contents) {
        return contents;
      }
      errors.add(resolved.getValue(ROOT).origin(), ROOT + " must be a group: yokedcache { ... }");
    } catch (ConfigException unresolved) {
      errors.add(ConfigFiles.place(unresolved, "substitution"), reason(unresolved));
    }
    errors.throwIfAny();
    return known;
  }

  private static boolean isRoot(String key) {
    return key.equals(ROOT) || key.startsWith(ROOT + ".");
  }

  /** Returns why a substitution failed. The library's own message may contain a value. */
  private static String reason(ConfigException unresolved) {
    Matcher name = SUBSTITUTION.matcher(String.valueOf(unresolved.getMessage()));
    return unresolved instanceof ConfigException.UnresolvedSubstitution && name.find()
        ? name.group()
            + " has no value: set it in the environment or as a system property, or write ${?...}"
            + " if it may be absent"
        : "a substitution or a concatenation cannot be resolved";
  }
}
