package io.yokedcache.jcache.internal.settings;

import io.yokedcache.jcache.configuration.Settings;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server as a URI names it: {@code redis://[[user]:password@]host[:port][/database][?options]},
 * the same with {@code rediss}, or {@code embedded:redis[?options]}. {@link #toString} leaves the
 * credentials out.
 *
 * <p>{@link URI#getHost} is not used, since it rejects underscores, which are common in the names
 * of containers.
 *
 * @param embedded the private servers that are wanted, whose hosts and ports are not known yet, or
 *     {@code null}
 * @param tls whether the scheme asks for TLS
 * @param host name or address, IPv6 without brackets
 * @param port TCP port
 * @param database number of the logical database
 * @param user decoded user, or {@code null}
 * @param password decoded password, or {@code null}
 * @param options decoded query options by name
 */
record RedisUri(
    Settings.@Nullable Embedded embedded,
    boolean tls,
    String host,
    int port,
    int database,
    @Nullable String user,
    @Nullable String password,
    Map<String, String> options) {

  private static final Settings.Embedded SERVER =
      new Settings.Embedded(Settings.Deployment.Kind.STANDALONE, 1, 0);

  /**
   * Replaces a URI that cannot be read until the error is reported. It is embedded, so that missing
   * credentials cause no further error.
   */
  static final RedisUri UNKNOWN =
      new RedisUri(SERVER, false, "unknown", 1, 0, null, null, Map.of());

  private static final int DEFAULT_PORT = 6379;
  private static final Pattern HOST = Pattern.compile("[\\p{L}\\p{N}._~-]+");
  private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(%[\\w.~-]+)?");

  /** Reads a URI of one of the three forms. */
  static RedisUri of(URI uri) throws MalformedUriException {
    return "embedded".equalsIgnoreCase(uri.getScheme()) ? embedded(uri) : server(uri);
  }

  private static RedisUri embedded(URI uri) throws MalformedUriException {
    String rest = uri.getRawSchemeSpecificPart();
    int query = rest.indexOf('?');
    if (!(query < 0 ? rest : rest.substring(0, query)).equals("redis")) {
      throw new MalformedUriException("names an unknown embedded server; write embedded:redis");
    }
    Map<String, String> options = options(query < 0 ? null : rest.substring(query + 1));
    return new RedisUri(SERVER, false, "localhost", DEFAULT_PORT, 0, null, null, options);
  }

  private static RedisUri server(URI uri) throws MalformedUriException {
    String authority = uri.getRawAuthority();
    if (authority == null) {
      throw new MalformedUriException("names no host; write redis://host:port");
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
    int colon = userInfo.indexOf(':');
    String user = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
    String password = colon < 0 ? "" : decode(userInfo.substring(colon + 1));
    String address = authority.substring(at + 1);
    int hostEnd = hostEnd(address);
    return new RedisUri(
        /* embedded= */ null,
        uri.getScheme().equalsIgnoreCase("rediss"),
        host(address.substring(0, hostEnd)),
        port(address.substring(hostEnd)),
        database(uri.getRawPath()),
        user.isEmpty() ? null : user,
        password.isEmpty() ? null : password,
        options(uri.getRawQuery()));
  }

  private static int hostEnd(String address) {
    int colon = address.startsWith("[") ? address.indexOf(']') + 1 : address.indexOf(':');
    return colon < 0 ? address.length() : colon;
  }

  private static String host(String raw) throws MalformedUriException {
    boolean bracketed = raw.startsWith("[") && raw.endsWith("]");
    String host = decode(bracketed ? raw.substring(1, raw.length() - 1) : raw);
    if (!(bracketed ? IPV6 : HOST).matcher(host).matches()) {
      throw new MalformedUriException(
          "has no valid host; write redis://host:port, or redis://[::1]:port for IPv6");
    }
    return host;
  }

  private static int port(String raw) throws MalformedUriException {
    return raw.isEmpty() || raw.equals(":")
        ? DEFAULT_PORT
        : number(raw.substring(1), 1, 65_535, "a port that is not a number from 1 to 65535");
  }

  private static int database(String path) throws MalformedUriException {
    return path.isEmpty() || path.equals("/")
        ? 0
        : number(
            path.substring(1), 0, Integer.MAX_VALUE, "a path that is not a database number from 0");
  }

  private static int number(String text, int least, int most, String wrong)
      throws MalformedUriException {
    if (text.matches("[0-9]{1,10}")) {
      long number = Long.parseLong(text);
      if (number >= least && number <= most) {
        return (int) number;
      }
    }
    throw new MalformedUriException("has " + wrong + "; write redis://host:port/database");
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

  /** Returns the URI without credentials and options. */
  String address(URI uri) {
    if (embedded != null) {
      return "embedded:redis";
    }
    String authority = uri.getRawAuthority();
    return uri.getScheme()
        + "://"
        + authority.substring(authority.lastIndexOf('@') + 1)
        + uri.getRawPath();
  }

  @Override
  public String toString() {
    return "RedisUri[" + (embedded != null ? "embedded" : host + ":" + port + "/" + database) + "]";
  }
}
