package io.yokedcache.jcache.internal.redis;

import java.io.Serial;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * There is no master to connect to. The message is a sentence without its subject and full stop.
 */
public final class NoMasterException extends JedisConnectionException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message the reason, and the cure
   */
  public NoMasterException(String message) {
    super(message);
  }
}
