package io.yokedcache.jcache.internal.redis.pipeline;

import redis.clients.jedis.exceptions.JedisConnectionException;

/** A call of a {@link PipelinedConnection} got no replies, or not all of them. */
final class LostCallException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean sent;
  private final JedisConnectionException reason;

  LostCallException(boolean sent, JedisConnectionException reason) {
    super(reason);
    this.sent = sent;
    this.reason = reason;
  }

  /** Whether the server may have got the commands. */
  boolean isSent() {
    return sent;
  }

  JedisConnectionException reason() {
    return reason;
  }
}
