package io.yokedcache.jcache.internal.settings;

import java.io.Serial;

/**
 * A URI is wrong. The message never repeats the URI or a part of it that could be a password, and
 * there is no cause: exceptions of {@code java.net} repeat their input.
 */
final class MalformedUriException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  MalformedUriException(String message) {
    super(message);
  }

  /** The same, beginning with what the URI is called. */
  MalformedUriException in(String where) {
    return new MalformedUriException(where + " " + getMessage());
  }
}
