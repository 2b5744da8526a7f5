package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigResolveOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import io.yokedcache.jcache.configuration.Settings;
import java.net.URI;
import java.util.HashMap;
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
  private static final String URI_PROPERTY = ROOT + "." + URI_KEY;
  private static final String URI_VARIABLE = "YOKEDCACHE_URI";
  private static final String USER_VARIABLE = "YOKEDCACHE_USER";
  private static final String PASSWORD_VARIABLE = "YOKEDCACHE_PASSWORD";
  private static final Pattern SUBSTITUTION = Pattern.compile("\\$\\{[^}'\"]*}");

  private record Server(RedisUri address, String where) {}

  private final Environment surroundings;
  private final ConfigFiles files;
  private final Problems problems = new Problems();
  private final Config reference = ConfigFiles.reference();
  private final ConfigObject known = reference.getObject(ROOT);
  private final SchemaCheck check = new SchemaCheck(known, problems);

  ConfigSources(Environment surroundings, @Nullable ClassLoader loader) {
    this.surroundings = surroundings;
    this.files = new ConfigFiles(loader);
  }

  /** The public form of the URI that is used where none is given. */
  URI defaultUri() {
    try {
      NamedUri named = namedByJvm();
      if (named == null) {
        Config own = files.ownFile(problems);
        problems.throwIfAny();
        named = namedByFiles(contents(own.withFallback(reference)));
      }
      return named.publicForm();
    } catch (MalformedUriException stated) {
      problems.add(stated);
      throw problems.toException();
    }
  }

  /** Reads all layers; throws one exception for all that is wrong with them. */
  Settings load(@Nullable URI uri, @Nullable Properties properties) {
    NamedUri named = chosen(uri);
    Config system = systemProperties();
    Config merged =
        system
            .withFallback(variables())
            .withFallback(properties(properties))
            .withFallback(file(named))
            .withFallback(files.ownFile(problems))
            .withFallback(reference);
    Config given = check.complete(contents(merged)).toConfig();
    Server server = server(named, given.root());
    Config above = system.hasPath(ROOT) ? system.getConfig(ROOT) : ConfigFactory.empty();
    given = UriSource.over(given, server.address(), above, server.where(), problems);
    Settings settings =
        new SettingsReader(given, known.toConfig(), problems).read(server.address(), files.taken());
    problems.throwIfAny();
    return settings;
  }

  /**
   * The URI to go by, or {@code null} if only the layers name one. Who passes back what {@link
   * #defaultUri} returned means the default, and its credentials and options, which are not in the
   * public form, are looked up again.
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
      problems.add(stated);
      return null;
    }
  }

  /** The URI that whoever started the JVM wants, or {@code null}. */
  private @Nullable NamedUri namedByJvm() throws MalformedUriException {
    String property = surroundings.property(URI_PROPERTY);
    return property.isEmpty()
        ? namedByVariable()
        : NamedUri.parse(property, "system property " + URI_PROPERTY);
  }

  private @Nullable NamedUri namedByVariable() throws MalformedUriException {
    String variable = surroundings.variable(URI_VARIABLE);
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
   * The server: the one that the code names, else the JVM's start, else the layers. A URI that
   * names a file is no server, so the next one counts. One that is wrong becomes a problem, and
   * reading goes on to find the others.
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
      problems.add(stated);
      return new Server(RedisUri.UNKNOWN, "unknown");
    }
  }

  private Config file(@Nullable NamedUri named) {
    try {
      return named == null || named.isServer()
          ? ConfigFactory.empty()
          : files.file(named, problems);
    } catch (MalformedUriException stated) {
      problems.add(stated);
      return ConfigFactory.empty();
    }
  }

  private Config systemProperties() {
    Map<String, String> others = new HashMap<>(surroundings.systemProperties());
    others.remove(URI_PROPERTY);
    return PropertySource.of(others, "system properties", check, problems);
  }

  private Config properties(@Nullable Properties properties) {
    return properties == null
        ? ConfigFactory.empty()
        : PropertySource.of(
            Environment.strings(properties), "the manager's Properties", check, problems);
  }

  private Config variables() {
    return variable(USER_VARIABLE, "connection.user")
        .withFallback(variable(PASSWORD_VARIABLE, "connection.password"));
  }

  private Config variable(String name, String path) {
    String value = surroundings.variable(name);
    return value.isEmpty()
        ? ConfigFactory.empty()
        : ConfigValueFactory.fromAnyRef(value, "environment variable " + name)
            .atPath(ROOT + "." + path);
  }

  /** Resolves substitutions and returns what is in {@code yokedcache}. */
  private ConfigObject contents(Config merged) {
    Properties others = new Properties();
    surroundings.systemProperties().entrySet().stream()
        .filter(property -> !isRoot(property.getKey()))
        .forEach(property -> others.setProperty(property.getKey(), property.getValue()));
    Map<String, String> environment = new HashMap<>(surroundings.environment());
    environment.keySet().removeIf(ConfigSources::isRoot);
    try {
      Config resolved =
          merged
              .withFallback(ConfigFactory.parseProperties(others))
              .withFallback(ConfigValueFactory.fromMap(environment, "environment"))
              .resolve(ConfigResolveOptions.noSystem());
      if (resolved.root().get(ROOT) instanceof ConfigObject contents) {
        return contents;
      }
      problems.add(resolved.getValue(ROOT).origin(), ROOT + " must be a group: yokedcache { ... }");
    } catch (ConfigException unresolved) {
      problems.add(ConfigFiles.place(unresolved, "substitution"), reason(unresolved));
    }
    problems.throwIfAny();
    return known;
  }

  private static boolean isRoot(String key) {
    return key.equals(ROOT) || key.startsWith(ROOT + ".");
  }

  /** Why a substitution failed, without a value: other words of the library may repeat one. */
  private static String reason(ConfigException unresolved) {
    Matcher name = SUBSTITUTION.matcher(String.valueOf(unresolved.getMessage()));
    return unresolved instanceof ConfigException.UnresolvedSubstitution && name.find()
        ? name.group()
            + " has no value: set it in the environment or as a system property, or write ${?...}"
            + " if it may be absent"
        : "a substitution or a concatenation cannot be resolved";
  }
}
