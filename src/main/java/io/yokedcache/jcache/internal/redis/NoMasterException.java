package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.RedisUnavailableException.Kind;
import java.io.Serial;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * There is no master to connect to. The message is a sentence without its subject and full stop.
 */
public final class NoMasterException extends JedisConnectionException {

  @Serial private static final long serialVersionUID = 1L;

  private final Kind kind;

  /**
   * Creates the exception.
   *
   * @param message the reason, and the cure
   */
  public NoMasterException(String message) {
    this(message, Kind.UNREACHABLE);
  }

  /** The same of another kind. */
  public NoMasterException(String message, Kind kind) {
    super(message);
    this.kind = kind;
  }

  public Kind kind() {
    return kind;
  }
}
