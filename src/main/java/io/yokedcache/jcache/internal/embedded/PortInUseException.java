package io.yokedcache.jcache.internal.embedded;

import javax.cache.CacheException;

/** Says that a server could not start because another program listens on its port. */
final class PortInUseException extends CacheException {

  private static final long serialVersionUID = 1L;

  PortInUseException(int port) {
    super("Port " + port + " of 127.0.0.1 is in use: choose another, or stop what listens there");
  }
}
