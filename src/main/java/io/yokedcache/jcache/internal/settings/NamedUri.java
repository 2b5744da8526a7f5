package io.yokedcache.jcache.internal.settings;

import java.net.URI;

/**
 * A URI and what messages call it in its stead: it may have a password, and so {@link #toString}
 * does not have it either.
 *
 * @param uri the URI
 * @param where where it comes from
 */
record NamedUri(URI uri, String where) {

  private interface Reading<T> {
    T of(URI uri) throws MalformedUriException;
  }

  /** The URI that code passed to the provider. */
  static NamedUri ofCode(URI uri) {
    return new NamedUri(uri, "the manager's URI");
  }

  static NamedUri parse(String text, String where) throws MalformedUriException {
    try {
      return new NamedUri(UriForms.parse(text), where);
    } catch (MalformedUriException stated) {
      throw stated.in(where);
    }
  }

  /** Whether this names a server. Otherwise it names a configuration file. */
  boolean isServer() throws MalformedUriException {
    return read(UriForms::isServer);
  }

  RedisUri server() throws MalformedUriException {
    return read(RedisUri::of);
  }

  /** What everybody may see of it. */
  URI publicForm() throws MalformedUriException {
    return read(UriForms::publicForm);
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
}
