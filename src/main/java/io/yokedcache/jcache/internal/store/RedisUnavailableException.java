package io.yokedcache.jcache.internal.store;

import java.io.Serial;
import javax.cache.CacheException;

/** Says that Redis could not be reached, or did not answer in time. */
public final class RedisUnavailableException extends CacheException {

  @Serial private static final long serialVersionUID = 1L;

  RedisUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
