package io.yokedcache.jcache.internal.redis.error;

import io.yokedcache.jcache.RedisUnavailableException.Kind;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The error replies of Redis that are about the server or the connection, and not about the
 * command. The server has not executed a command that it answers with one of them: it checks before
 * the command, or at the first write of a script. The retry policy of the server decides whether
 * the request is sent again; if not, it fails with a {@link
 * io.yokedcache.jcache.RedisUnavailableException}. No caller of an executor sees these replies.
 *
 * <p>All other errors, {@code NOPERM} among them, are replies to the command: {@link
 * ErrorMessages#failure}.
 */
public enum ErrorReply {
  READ_ONLY(
      "READONLY",
      Retry.FRESH_CONNECTION,
      "The server is a replica: the address of yokedcache.connection should lead to the primary"),
  LOADING(
      "LOADING",
      Retry.FRESH_CONNECTION,
      "The server has been started and still reads its data; it serves when that is done"),
  PRIMARY_DOWN(
      "MASTERDOWN", Retry.FRESH_CONNECTION, "The server is a replica that has lost its primary"),
  MOVED("MOVED", Retry.NONE, ErrorReply.CLUSTER_NODE),
  ASK("ASK", Retry.NONE, ErrorReply.CLUSTER_NODE),
  CLUSTER_DOWN("CLUSTERDOWN", Retry.SAME_CONNECTION, "CLUSTER INFO on the server tells more"),
  TRY_AGAIN("TRYAGAIN", Retry.SAME_CONNECTION, "Keys move between the nodes of the cluster"),
  BUSY(
      "BUSY",
      Retry.SAME_CONNECTION,
      "A script runs for too long; SCRIPT KILL or FUNCTION KILL on the server ends it"),
  CANNOT_SAVE(
      "MISCONF",
      Retry.NONE,
      "The server cannot write its data to disk: its log says why, and"
          + " stop-writes-on-bgsave-error decides that it refuses changes until it can"),
  OUT_OF_MEMORY(
      "OOM",
      Retry.NONE,
      "The server's maxmemory is used up: raise it, or choose a maxmemory-policy that evicts"
          + " entries; clear() and remove() work and free memory"),
  TOO_FEW_REPLICAS(
      "NOREPLICAS",
      Retry.NONE,
      "min-replicas-to-write of the server asks for more replicas than there are"),
  NOT_AUTHENTICATED(
      "NOAUTH",
      Retry.FRESH_CONNECTION,
      "Check user and password of yokedcache.connection",
      Kind.ACCESS_DENIED),
  WRONG_PASSWORD(
      "WRONGPASS",
      Retry.NONE,
      "Check user and password of yokedcache.connection",
      Kind.ACCESS_DENIED),
  PROTECTED(
      "DENIED",
      Retry.NONE,
      "Give the server a password, or an address to bind to; or connect from its own machine",
      Kind.ACCESS_DENIED),
  TOO_MANY_CLIENTS(
      "ERR max number of clients",
      Retry.NONE,
      "Raise maxclients of the server, or lower yokedcache.connection.pool.size of its clients");

  private static final ErrorReply[] ALL = values();

  private static final String CLUSTER_NODE =
      "The server is a node of a Redis Cluster: its URI begins with redis-cluster:// or"
          + " rediss-cluster://";

  /** Redis before 7 wraps the error of a command in a script: {@code …: -READONLY You …}. */
  private static final Pattern WRAPPED = Pattern.compile("-([A-Z]+ .*)");

  private static final String IN_SCRIPT = "ERR Error running script";

  private final String prefix;
  private final Retry retry;
  private final String advice;
  private final Kind kind;

  ErrorReply(String prefix, Retry retry, String advice) {
    this(prefix, retry, advice, Kind.REFUSED);
  }

  ErrorReply(String prefix, Retry retry, String advice, Kind kind) {
    this.prefix = prefix;
    this.retry = retry;
    this.advice = advice;
    this.kind = kind;
  }

  /** Whether a request that was answered with the error may succeed soon. */
  public enum Retry {
    /** Not before the server's configuration or data change. */
    NONE,
    /** The state passes, and the connection is as good as any. */
    SAME_CONNECTION,
    /** The connection may lead to a server that has lost its role; another one may not. */
    FRESH_CONNECTION
  }

  /** The constant for a reply, or {@code null} if there is none. */
  public static @Nullable ErrorReply of(@Nullable Object reply) {
    return reply instanceof JedisDataException error ? of(error.getMessage()) : null;
  }

  /** The constant for the text of an error, or {@code null} if there is none. */
  public static @Nullable ErrorReply of(@Nullable String message) {
    if (message == null) {
      return null;
    }
    String text = message;
    if (message.startsWith(IN_SCRIPT)) {
      Matcher wrapped = WRAPPED.matcher(message);
      text = wrapped.find() ? wrapped.group(1) : message;
    }
    return byPrefix(text);
  }

  private static @Nullable ErrorReply byPrefix(String text) {
    for (ErrorReply each : ALL) {
      int end = each.prefix.length();
      if (text.startsWith(each.prefix)
          && (text.length() == end || !Character.isLetter(text.charAt(end)))) {
        return each;
      }
    }
    return null;
  }

  /**
   * The constant for a reply after which a command is to be sent to another node of a cluster, or
   * again: {@link #MOVED}, {@link #ASK}, {@link #TRY_AGAIN} or {@link #CLUSTER_DOWN}. {@code null}
   * for all other replies, and for the error of a command in a script.
   */
  public static @Nullable ErrorReply ofCluster(@Nullable Object reply) {
    if (reply instanceof JedisDataException error && error.getMessage() != null) {
      ErrorReply known = byPrefix(error.getMessage());
      return known != null && known.isOfCluster() ? known : null;
    }
    return null;
  }

  /** Whether a reply says that the slot of the command is at another node of a cluster. */
  public static boolean isRedirect(@Nullable Object reply) {
    ErrorReply known = ofCluster(reply);
    return known != null && known.isRedirect();
  }

  /**
   * Whether a reply says that the keys of a command are at several nodes of a cluster, since their
   * slot is on its way, so that only commands with one key are served.
   */
  public static boolean isTryAgain(@Nullable Object reply) {
    return ofCluster(reply) == TRY_AGAIN;
  }

  /** Whether a request failed because its server accepts no changes now, though it serves reads. */
  public static boolean isRefusedChange(Throwable failure) {
    ErrorReply known = of(failure.getCause());
    return known == CANNOT_SAVE || known == OUT_OF_MEMORY || known == TOO_FEW_REPLICAS;
  }

  /** Whether it concerns the cluster and not the node that sends it. */
  public boolean isOfCluster() {
    return isRedirect() || this == CLUSTER_DOWN || this == TRY_AGAIN;
  }

  /** Whether it is an error only to a client that takes the node for a stand-alone server. */
  public boolean isRedirect() {
    return this == MOVED || this == ASK;
  }

  /** Whether a server that answers it serves nobody now. */
  public boolean isOfAll() {
    return this == LOADING || this == PRIMARY_DOWN;
  }

  /** The cure; without a full stop at its end. */
  public String advice() {
    return advice;
  }

  /** Whether, and over which connection, a request that got the error may be sent again. */
  public Retry retry() {
    return retry;
  }

  public Kind kind() {
    return kind;
  }

  /** Whether a server that answers the greeting with this error serves no request after it. */
  public boolean endsConnections() {
    return kind == Kind.ACCESS_DENIED || this == TOO_MANY_CLIENTS;
  }
}
