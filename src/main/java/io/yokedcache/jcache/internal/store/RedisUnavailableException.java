package io.yokedcache.jcache.internal.store;

import java.io.Serial;
import javax.cache.CacheException;

/** Says that Redis could not be reached, or did not answer in time. */
public final class RedisUnavailableException extends CacheException {

  @Serial private static final long serialVersionUID = 1L;

  private final boolean connectionLost;

  RedisUnavailableException(String message, Throwable cause) {
    this(message, cause, /* connectionLost= */ false);
  }

  RedisUnavailableException(String message, Throwable cause, boolean connectionLost) {
    super(message, cause);
    this.connectionLost = connectionLost;
  }

  /** Whether there was a connection that died, so that another attempt may succeed at once. */
  boolean isConnectionLost() {
    return connectionLost;
  }
}
