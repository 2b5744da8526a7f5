package io.yokedcache.jcache.internal.settings;

import java.net.MalformedURLException;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A manager's URI, and the name by which messages call it. The URI may have a password, so neither
 * messages nor {@link #toString} contain it.
 *
 * @param where the source of the URI, such as an environment variable
 */
record NamedUri(URI uri, String where) {

  /** The authority of a URI, with brackets in it. */
  private static final Pattern BRACKETS = Pattern.compile("(?<=://)[^/?#]*[\\[\\]][^/?#]*");

  private interface Reading<T> {
    T of(URI uri) throws MalformedUriException;
  }

  /** The URI that code passed to the provider. */
  static NamedUri ofCode(URI uri) {
    return new NamedUri(uri, "the manager's URI");
  }

  static NamedUri parse(String text, String where) throws MalformedUriException {
    try {
      return new NamedUri(parse(text), where);
    } catch (MalformedUriException stated) {
      throw stated.in(where);
    }
  }

  /** Whether this names a server. Otherwise it names a configuration file. */
  boolean isServer() throws MalformedUriException {
    return read(NamedUri::isServer);
  }

  RedisUri server() throws MalformedUriException {
    return read(RedisUri::of);
  }

  /** Returns the URI without user info, query and fragment. */
  URI publicForm() throws MalformedUriException {
    return read(NamedUri::publicForm);
  }

  private <T> T read(Reading<T> reading) throws MalformedUriException {
    try {
      return reading.of(uri);
    } catch (MalformedUriException stated) {
      throw stated.in(where);
    }
  }

  @Override
  public String toString() {
    return where;
  }

  /** Parses a text without repeating it when it is wrong, as {@link URI#create} would. */
  static URI parse(String text) throws MalformedUriException {
    try {
      return new URI(escapeBrackets(text.strip()));
    } catch (URISyntaxException secretsInItsMessage) {
      throw new MalformedUriException(
          "is not a URI such as redis://user:password@host:6379/0. Percent-encode special"
              + " characters of user and password: %40 for @, %3A for :, %2F for /, %23 for #,"
              + " %3F for ?, %25 for %");
    }
  }

  /** Escapes the brackets of IPv6 where there are several hosts: java.net.URI has them for one. */
  private static String escapeBrackets(String text) {
    return BRACKETS
        .matcher(text)
        .replaceFirst(
            found -> {
              String authority = found.group();
              return Matcher.quoteReplacement(
                  authority.substring(authority.lastIndexOf('@') + 1).indexOf(',') < 0
                      ? authority
                      : authority.replace("[", "%5B").replace("]", "%5D"));
            });
  }

  /** Whether a URI names a server. Otherwise it names a configuration file. */
  static boolean isServer(URI uri) throws MalformedUriException {
    String scheme = scheme(uri);
    if (RedisUri.SCHEMES.contains(scheme)) {
      return true;
    }
    if (!scheme.equals("classpath") && !hasUrl(uri)) {
      throw new MalformedUriException(
          (uri.toString().indexOf('@') < 0 ? "has the unknown scheme " + scheme : "is unknown")
              + "; use redis://host:port, rediss://host:port, redis-cluster://host:port,host:port,"
              + " redis-sentinel://host:port,host:port/master-name, embedded:redis,"
              + " classpath:file.conf or file:/path/file.conf");
    }
    String objection = scheme.equals("classpath") ? null : LocalIncluder.objection(uri.toString());
    if (objection != null) {
      throw new MalformedUriException(
          scheme.startsWith("http")
              ? objection + "; the URI of a server begins with redis:// or rediss://"
              : objection);
    }
    return false;
  }

  /**
   * The URI without user info, query and fragment, and without characters that a JMX object name
   * cannot have in a value.
   */
  static URI publicForm(URI uri) throws MalformedUriException {
    if (isServer(uri)) {
      return parse(RedisUri.of(uri).address(uri));
    }
    String shown = uri.toString().replaceFirst("[?#].*", "").replaceAll("//[^/]*@", "//");
    return parse(shown.replace(",", "%2C").replace("=", "%3D").replace("*", "%2A"));
  }

  private static boolean hasUrl(URI uri) {
    try {
      uri.toURL();
      return true;
    } catch (MalformedURLException | IllegalArgumentException unknownToThisJvm) {
      return false;
    }
  }

  private static String scheme(URI uri) throws MalformedUriException {
    String scheme = uri.getScheme();
    if (scheme == null) {
      throw new MalformedUriException(
          "has no scheme; write redis:// before a server, file: or classpath: before a file");
    }
    return scheme.toLowerCase(Locale.ROOT);
  }
}
