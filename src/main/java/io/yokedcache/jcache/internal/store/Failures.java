package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.configuration.ConnectionSettings;
import java.net.SocketTimeoutException;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Turns what Jedis throws into a {@link RedisUnavailableException} that names the operation, the
 * server and the time waited, and says what to do. No message contains a credential.
 */
final class Failures {

  private static final String TLS_ADVICE =
      " and speaks TLS, that trust-store and key-store of yokedcache.connection.tls have the"
          + " certificates and passwords that they need (a server that asks for a client certificate"
          + " may just hang up),";

  private final ConnectionSettings settings;
  private final String server;

  Failures(ConnectionSettings settings) {
    this.settings = settings;
    this.server = (settings.tls() ? "rediss://" : "redis://") + settings.address();
  }

  /**
   * There was no connection to be had. Refused credentials are no outage: waiting mends nothing.
   */
  CacheException noConnection(String operation, long startNanos, RuntimeException cause) {
    if (find(cause, NoSuchElementException.class) != null) {
      return new RedisUnavailableException(
          "%s on %s failed after %s ms: all %s connections are in use and none became free within %s ms. Raise yokedcache.connection.pool.size, or find what is slow."
              .formatted(
                  operation,
                  server,
                  waited(startNanos),
                  settings.poolSize(),
                  settings.poolWait().toMillis()),
          cause,
          Kind.NOT_ASKED,
          server);
    }
    if (find(cause, JedisDataException.class) != null) {
      String message =
          "%s on %s failed: the server refused the connection (%s). Check user, password and database."
              .formatted(operation, server, reason(cause));
      return find(cause, JedisAccessControlException.class) != null
          ? new CacheException(message, cause)
          : new RedisUnavailableException(message, cause, Kind.NO_ANSWER, server);
    }
    SocketTimeoutException silence = find(cause, SocketTimeoutException.class);
    if (silence != null && String.valueOf(silence.getMessage()).startsWith("Read")) {
      return new RedisUnavailableException(
          "%s on %s failed after %s ms: the server accepts connections, but did not answer within yokedcache.connection.command-timeout (%s ms)."
              .formatted(
                  operation, server, waited(startNanos), settings.commandTimeout().toMillis()),
          cause,
          Kind.NO_ANSWER,
          server);
    }
    return new RedisUnavailableException(
        "%s on %s failed after %s ms: cannot connect (%s). Check that the server runs%s and the address is right; yokedcache.connection.connect-timeout is %s ms."
            .formatted(
                operation,
                server,
                waited(startNanos),
                reason(cause),
                settings.tls() ? TLS_ADVICE : "",
                settings.connectTimeout().toMillis()),
        cause,
        Kind.UNREACHABLE,
        server);
  }

  /** The connection died, or no reply came in time: what the server did is not known. */
  RedisUnavailableException lost(String operation, long startNanos, RuntimeException cause) {
    if (find(cause, SocketTimeoutException.class) != null) {
      return new RedisUnavailableException(
          "%s on %s failed after %s ms: no reply within yokedcache.connection.command-timeout (%s ms). A change may or may not have been made."
              .formatted(
                  operation, server, waited(startNanos), settings.commandTimeout().toMillis()),
          cause,
          Kind.NO_ANSWER,
          server);
    }
    return new RedisUnavailableException(
        "%s on %s failed after %s ms: the connection was lost (%s). A change may or may not have been made."
            .formatted(operation, server, waited(startNanos), reason(cause)),
        cause,
        Kind.CONNECTION_LOST,
        server);
  }

  /** The thread was interrupted while it waited for a connection; nothing was sent. */
  RedisUnavailableException interrupted(String operation, long startNanos, RuntimeException cause) {
    return new RedisUnavailableException(
        "%s on %s failed after %s ms: the thread was interrupted while it waited for a connection"
            .formatted(operation, server, waited(startNanos)),
        cause,
        Kind.NOT_ASKED,
        server);
  }

  /** The manager was closed while the operation ran. */
  RedisUnavailableException closed(String operation, RuntimeException cause) {
    return new RedisUnavailableException(
        "%s on %s failed: the cache manager was closed meanwhile".formatted(operation, server),
        cause,
        Kind.NOT_ASKED,
        server);
  }

  private static long waited(long startNanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
  }

  /** The innermost message, which names the actual cause. */
  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (true) {
      if (cause.getCause() != null) {
        cause = cause.getCause();
      } else if (cause.getSuppressed().length > 0) {
        // Jedis tries every address of a host and notes here why each of them failed.
        cause = cause.getSuppressed()[0];
      } else {
        break;
      }
    }
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }

  private static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }
}
