package io.yokedcache.jcache.internal.store;

import java.io.Serial;
import javax.cache.CacheException;

/** Says that Redis could not be reached, or did not answer in time. */
public final class RedisUnavailableException extends CacheException {

  @Serial private static final long serialVersionUID = 1L;

  /** What it says about Redis. */
  enum Kind {
    /** There was a connection that died, so that another attempt may succeed at once. */
    CONNECTION_LOST,
    /** No connection could be made, or Redis did not answer in time. */
    NO_ANSWER,
    /** Nothing: no connection was free, the thread was interrupted, or the manager closed. */
    NOT_ASKED
  }

  private final Kind kind;

  RedisUnavailableException(String message, Throwable cause, Kind kind) {
    super(message, cause);
    this.kind = kind;
  }

  Kind kind() {
    return kind;
  }

  boolean isConnectionLost() {
    return kind == Kind.CONNECTION_LOST;
  }
}
