package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.concurrent.SteadySocket.TooSlowException;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import io.yokedcache.jcache.internal.redis.error.ErrorMessages;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.settings.Settings;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Turns the exceptions of Jedis into a {@link RedisUnavailableException}, which names the
 * operation, the server, the time waited, the cause and the cure. No message contains a credential.
 * Tells the circuit breaker of the server the failures that count.
 */
public final class Failures {

  private static final String HINT_TLS =
      ", that it is Redis and does not speak TLS on this port (else the URI begins with rediss://),";

  private static final String CERTIFICATES =
      "that trust-store and key-store, or the PEM files, of yokedcache.connection.tls have the"
          + " certificates and passwords that they need (a server that asks for a client certificate"
          + " may just hang up)";

  private final Settings.Connection settings;
  private final ServerLookup server;
  private final NodeBreaker breaker;
  private volatile Consumer<RedisUnavailableException> listener = failure -> {};

  Failures(Endpoint server, NodeBreaker breaker) {
    this.settings = server.settings();
    this.server = server.lookup();
    this.breaker = breaker;
  }

  /** Sets the listener of failures. It is called before a failure is thrown, and must not wait. */
  public void onFailure(Consumer<RedisUnavailableException> listener) {
    this.listener = listener;
  }

  private RedisUnavailableException failure(String message, Throwable cause, Kind kind) {
    RedisUnavailableException failure =
        new RedisUnavailableException(message, cause, kind, server.address());
    listener.accept(failure);
    return failure;
  }

  /** A failure after which it is doubtful whether the server is there. */
  private RedisUnavailableException away(
      String message, Throwable cause, Kind kind, long startNanos) {
    RedisUnavailableException failure = failure(message, cause, kind);
    breaker.failed(failure, startNanos);
    return failure;
  }

  /** The circuit breaker is open, and nothing was sent. No listener is told. */
  public RedisUnavailableException refusedByBreaker(String operation) {
    return breaker.refusal(operation);
  }

  /** No connection of the pool became free in time. */
  RedisUnavailableException exhausted(String operation, long startNanos) {
    return failure(
        "%s on %s failed after %s ms: all %s connections are in use and none became free within %s ms. Raise yokedcache.connection.pool.size, or find what is slow."
            .formatted(
                operation,
                server.address(),
                waited(startNanos),
                settings.poolSize(),
                settings.poolWait().toMillis()),
        new NoSuchElementException("No free connection"),
        Kind.NOT_ASKED);
  }

  /** There was no connection to be had, and nothing was sent. */
  public RedisUnavailableException noConnection(
      String operation, long startNanos, RuntimeException cause) {
    JedisDataException reply = find(cause, JedisDataException.class);
    if (reply != null) {
      return denied(operation, startNanos, reply, cause);
    }
    NoMasterException noMaster = find(cause, NoMasterException.class);
    if (noMaster != null) {
      String message =
          "%s on %s failed after %s ms: %s."
              .formatted(operation, server.address(), waited(startNanos), noMaster.getMessage());
      return noMaster.kind() == Kind.UNREACHABLE
          ? away(message, cause, noMaster.kind(), startNanos)
          : failure(message, cause, noMaster.kind());
    }
    return away(
        "%s on %s failed after %s ms: %s"
            .formatted(operation, server.address(), waited(startNanos), whyNoConnection(cause)),
        cause,
        Kind.UNREACHABLE,
        startNanos);
  }

  private RedisUnavailableException denied(
      String operation, long startNanos, JedisDataException reply, RuntimeException cause) {
    ErrorReply error = ErrorReply.of(reply);
    String advice =
        error != null ? error.advice() : ErrorMessages.connectAdvice(reply.getMessage());
    String message =
        "%s on %s failed: the server refused the connection (%s). %s."
            .formatted(
                operation, server.address(), ErrorMessages.words(reply.getMessage()), advice);
    Kind kind = error == null ? Kind.ACCESS_DENIED : error.kind();
    return error != null && error.isOfAll()
        ? away(message, cause, kind, startNanos)
        : failure(message, cause, kind);
  }

  private String whyNoConnection(RuntimeException cause) {
    String advice = server.advice();
    return whyNotReached(cause) + (advice.isEmpty() ? "" : " " + advice);
  }

  private String whyNotReached(RuntimeException cause) {
    UnknownHostException unknown = find(cause, UnknownHostException.class);
    if (unknown != null) {
      String host = String.valueOf(unknown.getMessage()).split(": ", 2)[0];
      return "the host name %s is not known here. Check it, and the name service of this machine."
          .formatted(host);
    }
    SSLException tls = find(cause, SSLException.class);
    if (tls != null && isOtherName(cause)) {
      return "the certificate of the server has another name (%s). %s."
          .formatted(reason(cause), namesAdvice());
    }
    if (tls != null) {
      return "cannot agree on TLS (%s). Check that the server speaks TLS on this port (if not, the URI begins with redis://), and %s."
          .formatted(reason(cause), CERTIFICATES);
    }
    if (isStrange(cause)) {
      return "what answers there is not Redis (%s). Check the port.".formatted(reason(cause));
    }
    TooSlowException slow = find(cause, TooSlowException.class);
    if (slow != null) {
      return "the server accepts connections, but its answers came too slowly (%s). Nothing was sent that changes anything."
          .formatted(slow.getMessage());
    }
    SocketTimeoutException silence = find(cause, SocketTimeoutException.class);
    if (silence != null && String.valueOf(silence.getMessage()).startsWith("Read")) {
      return "the server accepts connections, but did not answer within yokedcache.connection.command-timeout (%s ms). Nothing was sent that changes anything."
          .formatted(settings.commandTimeout().toMillis());
    }
    return "cannot connect (%s). Check that the server runs%s and the address is right; yokedcache.connection.connect-timeout is %s ms."
        .formatted(
            reason(cause),
            settings.tls()
                ? " and speaks TLS, " + CERTIFICATES + ","
                : hangsUp(cause) ? HINT_TLS : "",
            settings.connectTimeout().toMillis());
  }

  /** Whether a certificate is good, but not for the name or address that was connected to. */
  private static boolean isOtherName(Throwable failure) {
    CertificateException refused = find(failure, CertificateException.class);
    String message = refused == null ? "" : String.valueOf(refused.getMessage());
    return message.startsWith("No subject alternative") || message.startsWith("No name matching");
  }

  private String namesAdvice() {
    return switch (settings.deployment().kind()) {
      case STANDALONE -> "The URI must have a name or address that is in the certificate";
      case SENTINEL ->
          "Certificates must have what the sentinels tell: for names set sentinel resolve-hostnames"
              + " and sentinel announce-hostnames to yes, and replica-announce-ip of the servers to"
              + " their names";
      case CLUSTER ->
          "Certificates must have what the nodes announce: for names set"
              + " cluster-preferred-endpoint-type to hostname, and cluster-announce-hostname to the"
              + " name of each node";
    };
  }

  /**
   * The connection died, or no reply came in time: if the request changes something, it is not
   * known whether it did.
   */
  public RedisUnavailableException lost(Request request, long startNanos, RuntimeException cause) {
    boolean silent = find(cause, SocketTimeoutException.class) != null;
    TooSlowException slow = find(cause, TooSlowException.class);
    String why =
        slow != null
            ? "the reply came too slowly (%s, twice yokedcache.connection.command-timeout)."
                .formatted(slow.getMessage())
            : silent
                ? "no reply within yokedcache.connection.command-timeout (%s ms)."
                    .formatted(settings.commandTimeout().toMillis())
                : "the connection was lost (%s).".formatted(reason(cause));
    return away(
        "%s on %s failed after %s ms: %s%s"
            .formatted(
                request.operation(),
                server.address(),
                waited(startNanos),
                why,
                request.mayChange() ? " A change may or may not have been made." : ""),
        cause,
        silent ? Kind.NO_ANSWER : Kind.CONNECTION_LOST,
        startNanos);
  }

  /** The server refused the request, and did not execute it. */
  public RedisUnavailableException refused(Request request, JedisDataException reply) {
    ErrorReply error = ErrorReply.of(reply);
    boolean isExpected =
        error != null
            && error.isRedirect()
            && settings.deployment().kind() == Settings.Deployment.Kind.CLUSTER;
    String message =
        "%s on %s failed: the server answered %s.%s"
            .formatted(
                request.operation(),
                server.address(),
                ErrorMessages.words(reply.getMessage()),
                error == null || isExpected ? "" : " " + error.advice() + ".");
    Kind kind = error == null ? Kind.REFUSED : error.kind();
    if (error != null && error.isOfAll()) {
      return away(message, reply, kind, System.nanoTime()); // it has just said so
    }
    breaker.answered();
    return failure(message, reply, kind);
  }

  /** The connection died, or did not answer, before the operation's commands were written. */
  public RedisUnavailableException notSent(
      String operation, long startNanos, RuntimeException cause) {
    return away(
        "%s on %s failed after %s ms: the connection was lost before anything was sent (%s). Nothing was changed."
            .formatted(operation, server.address(), waited(startNanos), reason(cause)),
        cause,
        Kind.UNREACHABLE,
        startNanos);
  }

  /** The manager was closed while the operation ran. */
  public RedisUnavailableException closed(String operation, RuntimeException cause) {
    return failure(
        "%s on %s failed: the cache manager was closed while it ran"
            .formatted(operation, server.address()),
        cause,
        Kind.NOT_ASKED);
  }

  private static long waited(long startNanos) {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
  }

  /** Whether something came that is no reply of Redis. */
  private static boolean isStrange(Throwable failure) {
    JedisConnectionException lost = find(failure, JedisConnectionException.class);
    return lost != null && reason(lost).startsWith("Unknown reply");
  }

  /** Whether the other side closed the connection as soon as it was greeted. */
  private static boolean hangsUp(Throwable failure) {
    String reason = reason(failure);
    return reason.startsWith("The server closed the connection")
        || reason.startsWith("Connection reset");
  }

  /** The innermost message of a failure, which names the actual cause. */
  public static String reason(Throwable failure) {
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

  /** The first cause of a type, or the failure itself; {@code null} if there is none. */
  public static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }
}
