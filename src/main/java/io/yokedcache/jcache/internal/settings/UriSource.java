package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigValueFactory;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads the settings in a server's URI: user info and query options. */
final class UriSource {

  /** The settings of the options by name. */
  static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("client-name", "connection.client-name"),
          Map.entry("connect-timeout", "connection.connect-timeout"),
          Map.entry("command-timeout", "connection.command-timeout"),
          Map.entry("pool-size", "connection.pool.size"),
          Map.entry("pool-wait", "connection.pool.wait"),
          Map.entry("verify-host-name", "connection.tls.verify-host-name"),
          Map.entry("sentinel-user", "connection.sentinel.user"),
          Map.entry("sentinel-password", "connection.sentinel.password"),
          Map.entry("sentinel-tls", "connection.sentinel.tls"),
          Map.entry("namespace", "namespace"),
          Map.entry("buckets", "buckets"));

  private static final Set<String> CREDENTIALS = Set.of("user", "username", "password", "auth");
  private static final Set<String> DATABASE = Set.of("db", "database");
  private static final Set<String> TLS = Set.of("tls", "ssl");

  private UriSource() {}

  /**
   * Lays a URI's settings over others.
   *
   * @param given the contents of {@code yokedcache}
   * @param uri the server's URI
   * @param above the contents of {@code yokedcache} of the layer above, which keep their place
   * @param where what messages call the URI
   */
  static Config over(Config given, RedisUri uri, Config above, String where, ConfigErrors errors) {
    Map<String, String> settings = new TreeMap<>();
    put(settings, "connection.user", uri.user());
    put(settings, "connection.password", uri.password());
    for (Map.Entry<String, String> option : uri.options().entrySet()) {
      String path = OPTIONS.get(option.getKey());
      if (path == null) {
        errors.add(where, unknown(option.getKey()));
      } else {
        settings.put(path, option.getValue());
      }
    }
    Config merged = given;
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      if (!above.hasPathOrNull(setting.getKey())) {
        merged =
            merged.withValue(
                setting.getKey(), ConfigValueFactory.fromAnyRef(setting.getValue(), where));
      }
    }
    return merged;
  }

  private static void put(Map<String, String> settings, String path, @Nullable String value) {
    if (value != null) {
      settings.put(path, value);
    }
  }

  private static String unknown(String option) {
    if (CREDENTIALS.contains(option)) {
      return "has the option " + option + "; write credentials before the host: user:password@host";
    }
    if (DATABASE.contains(option)) {
      return "has the option "
          + option
          + "; write the database behind the host: redis://host:port/3";
    }
    if (TLS.contains(option)) {
      return "has the option " + option + "; for TLS the URI begins with rediss://";
    }
    String near = Spelling.nearest(option, OPTIONS.keySet());
    return "has the unknown option "
        + option
        + (near == null
            ? "; there are " + String.join(", ", new TreeSet<>(OPTIONS.keySet()))
            : "; did you mean " + near + "?");
  }
}
