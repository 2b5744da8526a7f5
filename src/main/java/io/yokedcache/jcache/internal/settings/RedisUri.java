package io.yokedcache.jcache.internal.settings;

import io.yokedcache.jcache.internal.settings.Settings.Address;
import io.yokedcache.jcache.internal.settings.Settings.Deployment.Kind;
import io.yokedcache.jcache.internal.settings.Settings.Embedded;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A deployment as a URI names it: {@code redis://[[user]:password@]host[:port][/database]}, {@code
 * redis-cluster://} with one or more hosts, {@code redis-sentinel://} with one or more sentinels
 * and {@code /master-name[/database]}, the same with {@code rediss}, or {@code embedded:redis},
 * {@code embedded:redis-cluster} or {@code embedded:redis-sentinel}; each with {@code ?options}.
 * {@link #toString} leaves the credentials out.
 *
 * <p>{@link URI#getHost} is not used, since it rejects underscores, which are common in the names
 * of containers, and knows one host only.
 *
 * @param embedded the private servers that are wanted, whose hosts and ports are not known yet, or
 *     {@code null}
 * @param kind the kind of deployment
 * @param tls whether the scheme asks for TLS
 * @param nodes the server, or nodes of the cluster, or the sentinels
 * @param masterName the name of the master that the sentinels watch, or {@code null}
 * @param database number of the logical database
 * @param user decoded user, or {@code null}
 * @param password decoded password, or {@code null}
 * @param options decoded query options by name
 */
record RedisUri(
    @Nullable Embedded embedded,
    Kind kind,
    boolean tls,
    List<Address> nodes,
    @Nullable String masterName,
    int database,
    @Nullable String user,
    @Nullable String password,
    Map<String, String> options) {

  /**
   * Replaces a URI that cannot be read until the error is reported. It is embedded, so that missing
   * credentials cause no further error.
   */
  static final RedisUri UNKNOWN = embedded(new Embedded(Kind.STANDALONE, 1, 0), Map.of());

  /** The schemes of servers. */
  static final Set<String> SCHEMES =
      Set.of(
          "redis",
          "rediss",
          "redis-cluster",
          "rediss-cluster",
          "redis-sentinel",
          "rediss-sentinel",
          "embedded");

  private static final int SERVER_PORT = 6379;
  private static final int SENTINEL_PORT = 26379;
  private static final int MOST_MASTERS = 16;
  private static final int MOST_REPLICAS = 5;
  private static final String MASTERS = "masters";
  private static final String REPLICAS = "replicas";

  private static final Pattern HOST = Pattern.compile("[\\p{L}\\p{N}._~-]+");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[\\w.~-]+)?");
  private static final Pattern COMMA = Pattern.compile(",|%2[Cc]");

  /** The characters that Redis' documentation allows in the name of a master. */
  private static final Pattern MASTER_NAME = Pattern.compile("[A-Za-z0-9._-]+");

  /** Reads a URI with one of {@link #SCHEMES}. */
  static RedisUri of(URI uri) throws MalformedUriException {
    return "embedded".equalsIgnoreCase(uri.getScheme()) ? embedded(uri) : servers(uri);
  }

  private static RedisUri embedded(URI uri) throws MalformedUriException {
    String rest = uri.getRawSchemeSpecificPart();
    int query = rest.indexOf('?');
    Map<String, String> options = options(query < 0 ? null : rest.substring(query + 1));
    return switch (query < 0 ? rest : rest.substring(0, query)) {
      case "redis" -> {
        for (String count : List.of(MASTERS, REPLICAS)) {
          if (options.containsKey(count)) {
            throw new MalformedUriException(
                "has the option "
                    + count
                    + ", but embedded:redis is one server; write embedded:redis-cluster or"
                    + " embedded:redis-sentinel");
          }
        }
        yield embedded(new Embedded(Kind.STANDALONE, 1, 0), options);
      }
      case "redis-cluster" -> {
        int masters = count(options, MASTERS, 3, 1, MOST_MASTERS);
        int replicas = count(options, REPLICAS, 0, 0, MOST_REPLICAS);
        yield embedded(new Embedded(Kind.CLUSTER, masters, replicas), options);
      }
      case "redis-sentinel" -> {
        if (options.containsKey(MASTERS)) {
          throw new MalformedUriException(
              "has the option masters, but embedded:redis-sentinel has one master; write"
                  + " embedded:redis-cluster, or leave it out");
        }
        int replicas = count(options, REPLICAS, 1, 0, MOST_REPLICAS);
        yield embedded(new Embedded(Kind.SENTINEL, 1, replicas), options);
      }
      default ->
          throw new MalformedUriException(
              "names an unknown embedded server; write embedded:redis, embedded:redis-cluster or"
                  + " embedded:redis-sentinel");
    };
  }

  private static RedisUri embedded(Embedded wanted, Map<String, String> options) {
    return new RedisUri(
        wanted,
        wanted.kind(),
        /* tls= */ false,
        List.of(new Address("localhost", SERVER_PORT)),
        /* masterName= */ null,
        /* database= */ 0,
        /* user= */ null,
        /* password= */ null,
        options);
  }

  /** Takes a number of servers out of the options, which are settings otherwise. */
  private static int count(
      Map<String, String> options, String name, int absent, int least, int most)
      throws MalformedUriException {
    String text = options.remove(name);
    if (text == null) {
      return absent;
    }
    Long number = number(text, least, most);
    if (number == null) {
      throw new MalformedUriException(
          "has the option " + name + ", which must be a number from " + least + " to " + most);
    }
    return number.intValue();
  }

  private static RedisUri servers(URI uri) throws MalformedUriException {
    Kind kind = kind(uri);
    String authority = uri.getRawAuthority();
    if (authority == null) {
      throw new MalformedUriException("names no host; write " + form(kind));
    }
    if (uri.toString().lastIndexOf('@') > uri.getScheme().length() + 3 + authority.length()) {
      // A raw '/', '?' or '#' in the password ended the authority too early: everything that
      // follows is part of the password, and must not be in a message.
      throw new MalformedUriException(
          "has an @ behind its host. If the password has / ? or # in it, percent-encode them:"
              + " %2F, %3F, %23");
    }
    int at = authority.lastIndexOf('@');
    String userInfo = at < 0 ? "" : authority.substring(0, at);
    if (kind != Kind.STANDALONE && userInfo.indexOf('@') >= 0) {
      throw new MalformedUriException(
          "has more than one @; write user and password once, before the first host, and %40 for an"
              + " @ in them");
    }
    int colon = userInfo.indexOf(':');
    String user = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
    String password = colon < 0 ? "" : decode(userInfo.substring(colon + 1));
    List<Address> nodes = nodes(authority.substring(at + 1), kind);
    String path = uri.getRawPath();
    String masterName = null;
    if (kind == Kind.SENTINEL) {
      masterName = masterName(uri);
      path = path.substring(1 + masterName.length());
    }
    return new RedisUri(
        /* embedded= */ null,
        kind,
        scheme(uri).startsWith("rediss"),
        nodes,
        masterName,
        database(path, kind),
        user.isEmpty() ? null : user,
        password.isEmpty() ? null : password,
        options(uri.getRawQuery()));
  }

  private static String scheme(URI uri) {
    return uri.getScheme().toLowerCase(Locale.ROOT);
  }

  private static Kind kind(URI uri) {
    return switch (scheme(uri)) {
      case "redis-cluster", "rediss-cluster" -> Kind.CLUSTER;
      case "redis-sentinel", "rediss-sentinel" -> Kind.SENTINEL;
      default -> Kind.STANDALONE;
    };
  }

  private static String form(Kind kind) {
    return switch (kind) {
      case STANDALONE -> "redis://host:port";
      case CLUSTER -> "redis-cluster://host:port,host:port";
      case SENTINEL -> "redis-sentinel://host:port,host:port/master-name";
    };
  }

  private static List<Address> nodes(String addresses, Kind kind) throws MalformedUriException {
    List<Address> nodes = new ArrayList<>();
    String[] texts = COMMA.split(addresses, /* limit= */ -1);
    if (texts.length > 1 && kind == Kind.STANDALONE) {
      throw new MalformedUriException(
          "names several hosts; write redis-cluster://host:port,host:port for Redis Cluster, or"
              + " redis-sentinel://host:port,host:port/master-name for sentinels");
    }
    for (String text : texts) {
      if (text.isEmpty() && texts.length > 1) {
        throw new MalformedUriException(
            "has an empty host beside a comma; write " + form(kind) + " without spaces");
      }
      // java.net.URI has no brackets in an authority of several hosts.
      String address = text.replaceAll("%5[Bb]", "[").replaceAll("%5[Dd]", "]");
      int hostEnd = hostEnd(address);
      nodes.add(
          new Address(
              host(address.substring(0, hostEnd), kind), port(address.substring(hostEnd), kind)));
    }
    return List.copyOf(nodes);
  }

  private static int hostEnd(String address) {
    int colon = address.startsWith("[") ? address.indexOf(']') + 1 : address.indexOf(':');
    return colon < 0 ? address.length() : colon;
  }

  private static String host(String raw, Kind kind) throws MalformedUriException {
    boolean bracketed = raw.startsWith("[") && raw.endsWith("]");
    String host = decode(bracketed ? raw.substring(1, raw.length() - 1) : raw);
    if (!(bracketed ? IPV6 : HOST).matcher(host).matches()) {
      throw new MalformedUriException(
          "has no valid host; write " + form(kind) + ", or [::1]:port for IPv6");
    }
    return host;
  }

  private static int port(String raw, Kind kind) throws MalformedUriException {
    if (raw.isEmpty() || raw.equals(":")) {
      return kind == Kind.SENTINEL ? SENTINEL_PORT : SERVER_PORT;
    }
    Long port = number(raw.substring(1), 1, 65_535);
    if (port == null) {
      throw new MalformedUriException(
          "has a port that is not a number from 1 to 65535; write " + form(kind));
    }
    return port.intValue();
  }

  /** Returns the first segment of the path, which has no characters that need an escape. */
  private static String masterName(URI uri) throws MalformedUriException {
    if (uri.getRawFragment() != null) {
      throw new MalformedUriException(
          "has a # in it; the name of the master is the path: " + form(Kind.SENTINEL));
    }
    String[] segments = uri.getRawPath().split("/", /* limit= */ 3);
    if (segments.length < 2 || segments[1].isEmpty()) {
      throw new MalformedUriException(
          "does not name the master; write "
              + form(Kind.SENTINEL)
              + ", with the name by which the"
              + " sentinels watch it");
    }
    if (!MASTER_NAME.matcher(segments[1]).matches()) {
      throw new MalformedUriException(
          "names the master with other characters than letters, digits, '.', '_' and '-'; write "
              + form(Kind.SENTINEL));
    }
    return segments[1];
  }

  private static int database(String path, Kind kind) throws MalformedUriException {
    if (path.isEmpty() || path.equals("/")) {
      return 0;
    }
    Long database = number(path.substring(1), 0, Integer.MAX_VALUE);
    if (database == null) {
      throw new MalformedUriException(
          "has a path that is not a database number from 0; write " + form(kind) + "/database");
    }
    if (database != 0 && kind == Kind.CLUSTER) {
      throw new MalformedUriException(
          "names a database, but Redis Cluster has database 0 only; leave it out, and keep"
              + " applications apart by the setting namespace");
    }
    return database.intValue();
  }

  private static @Nullable Long number(String text, int least, int most) {
    if (!text.matches("[0-9]{1,10}")) {
      return null;
    }
    long number = Long.parseLong(text);
    return number >= least && number <= most ? number : null;
  }

  private static Map<String, String> options(@Nullable String query) throws MalformedUriException {
    Map<String, String> options = new TreeMap<>();
    if (query == null || query.isEmpty()) {
      return options;
    }
    for (String option : query.split("&", /* limit= */ -1)) {
      int equals = option.indexOf('=');
      if (equals <= 0) {
        throw new MalformedUriException("has an option that is not of the form name=value");
      }
      String name = decode(option.substring(0, equals)).toLowerCase(Locale.ROOT);
      if (options.put(name, decode(option.substring(equals + 1))) != null) {
        throw new MalformedUriException("has the option " + name + " more than once");
      }
    }
    return options;
  }

  /** Decodes percent-escapes; a plus sign stays one, since only HTML forms write spaces so. */
  private static String decode(String raw) throws MalformedUriException {
    try {
      return URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException secretsInItsMessage) {
      throw new MalformedUriException("has a % that is not followed by two hexadecimal digits");
    }
  }

  /** Returns how the servers of the URI are found; the embedded ones are not known yet. */
  Settings.Deployment deployment(
      @Nullable String sentinelUser, @Nullable String sentinelPassword, boolean sentinelTls) {
    return new Settings.Deployment(
        kind, nodes, masterName, sentinelUser, sentinelPassword, sentinelTls);
  }

  /** Returns the URI without credentials and options; commas are escaped. */
  String address(URI uri) {
    if (embedded != null) {
      return "embedded:" + uri.getRawSchemeSpecificPart().replaceFirst("\\?.*", "");
    }
    String authority = uri.getRawAuthority();
    return uri.getScheme()
        + "://"
        + authority.substring(authority.lastIndexOf('@') + 1).replace(",", "%2C")
        + uri.getRawPath();
  }

  @Override
  public String toString() {
    if (embedded != null) {
      return "RedisUri[" + embedded + "]";
    }
    String hosts = String.join(",", nodes.stream().map(Address::toString).toList());
    String master = masterName == null ? "" : "/" + masterName;
    return "RedisUri[" + hosts + master + "/" + database + "]";
  }
}
