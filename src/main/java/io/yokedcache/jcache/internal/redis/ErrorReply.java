package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.RedisUnavailableException.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The error replies of Redis and their effects. The constants are errors of the server or of the
 * connection, and not of the command. The server has not executed a command that it answers with
 * one of them: it checks before the command, or at the first write of a script. The {@link Policy}
 * decides whether the request is sent again; if not, it fails with a {@link
 * io.yokedcache.jcache.RedisUnavailableException}. No caller of an executor sees these replies.
 *
 * <p>All other errors, {@code NOPERM} among them, are replies to the command: {@link #failure}.
 */
public enum ErrorReply {
  READ_ONLY(
      "READONLY",
      Repetition.FRESH_CONNECTION,
      "The server is a replica: the address of yokedcache.connection should lead to the primary"),
  LOADING(
      "LOADING",
      Repetition.FRESH_CONNECTION,
      "The server has been started and still reads its data; it serves when that is done"),
  PRIMARY_DOWN(
      "MASTERDOWN",
      Repetition.FRESH_CONNECTION,
      "The server is a replica that has lost its primary"),
  MOVED("MOVED", Repetition.NONE, ErrorReply.CLUSTER_NODE),
  ASK("ASK", Repetition.NONE, ErrorReply.CLUSTER_NODE),
  CLUSTER_DOWN("CLUSTERDOWN", Repetition.SAME_CONNECTION, "CLUSTER INFO on the server tells more"),
  TRY_AGAIN("TRYAGAIN", Repetition.SAME_CONNECTION, "Keys move between the nodes of the cluster"),
  BUSY(
      "BUSY",
      Repetition.SAME_CONNECTION,
      "A script runs for too long; SCRIPT KILL or FUNCTION KILL on the server ends it"),
  CANNOT_SAVE(
      "MISCONF",
      Repetition.NONE,
      "The server cannot write its data to disk: its log says why, and"
          + " stop-writes-on-bgsave-error decides that it refuses changes until it can"),
  OUT_OF_MEMORY(
      "OOM",
      Repetition.NONE,
      "The server's maxmemory is used up: raise it, or choose a maxmemory-policy that evicts"
          + " entries; clear() and remove() work and free memory"),
  TOO_FEW_REPLICAS(
      "NOREPLICAS",
      Repetition.NONE,
      "min-replicas-to-write of the server asks for more replicas than there are"),
  NOT_AUTHENTICATED(
      "NOAUTH",
      Repetition.FRESH_CONNECTION,
      "Check user and password of yokedcache.connection",
      Kind.ACCESS_DENIED),
  WRONG_PASSWORD(
      "WRONGPASS",
      Repetition.NONE,
      "Check user and password of yokedcache.connection",
      Kind.ACCESS_DENIED),
  PROTECTED(
      "DENIED",
      Repetition.NONE,
      "Give the server a password, or an address to bind to; or connect from its own machine",
      Kind.ACCESS_DENIED),
  TOO_MANY_CLIENTS(
      "ERR max number of clients",
      Repetition.NONE,
      "Raise maxclients of the server, or lower yokedcache.connection.pool.size of its clients");

  private static final ErrorReply[] ALL = values();

  private static final String CLUSTER_NODE =
      "The server is a node of a Redis Cluster: its URI begins with redis-cluster:// or"
          + " rediss-cluster://";

  /** Redis before 7 wraps the error of a command in a script: {@code …: -READONLY You …}. */
  private static final Pattern WRAPPED = Pattern.compile("-([A-Z]+ .*)");

  private static final String IN_SCRIPT = "ERR Error running script";

  /** The commands that a manager and its caches send first. Redis before 7 has other quotes. */
  private static final Pattern UNKNOWN =
      Pattern.compile(
          "ERR unknown command ['`](eval(sha)?|get|mget|set|select|scan)['`]",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern COMMAND = Pattern.compile("'([A-Za-z|]+)' command");

  private final String prefix;
  private final Repetition repetition;
  private final String advice;
  private final Kind kind;

  ErrorReply(String prefix, Repetition repetition, String advice) {
    this(prefix, repetition, advice, Kind.REFUSED);
  }

  ErrorReply(String prefix, Repetition repetition, String advice, Kind kind) {
    this.prefix = prefix;
    this.repetition = repetition;
    this.advice = advice;
    this.kind = kind;
  }

  /** Whether a request that was answered with the error may succeed soon. */
  private enum Repetition {
    /** Not before the server's configuration or data change. */
    NONE,
    /** The state passes, and the connection is as good as any. */
    SAME_CONNECTION,
    /** The connection may lead to a server that has lost its role; another one may not. */
    FRESH_CONNECTION
  }

  /** The constant for a reply, or {@code null} if there is none. */
  static @Nullable ErrorReply of(@Nullable Object reply) {
    return reply instanceof JedisDataException error ? of(error.getMessage()) : null;
  }

  /** The constant for the text of an error, or {@code null} if there is none. */
  static @Nullable ErrorReply of(@Nullable String message) {
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
  private boolean isOfCluster() {
    return isRedirect() || this == CLUSTER_DOWN || this == TRY_AGAIN;
  }

  /** Whether it is an error only to a client that takes the node for a stand-alone server. */
  boolean isRedirect() {
    return this == MOVED || this == ASK;
  }

  /** Whether a server that answers it serves nobody now. */
  boolean isOfAll() {
    return this == LOADING || this == PRIMARY_DOWN;
  }

  /** The cure; without a full stop at its end. */
  String advice() {
    return advice;
  }

  Kind kind() {
    return kind;
  }

  /** Whether a server that answers the greeting with this error serves no request after it. */
  boolean endsConnections() {
    return kind == Kind.ACCESS_DENIED || this == TOO_MANY_CLIENTS;
  }

  /** The text of an error as part of a sentence: at most its first one, which tells the reason. */
  static String words(@Nullable String message) {
    String text = String.valueOf(message).strip();
    int end = text.indexOf(". ");
    if (text.toUpperCase(Locale.ROOT).startsWith("DENIED") && end > 0) {
      text = text.substring(0, end); // a page of advice follows
    }
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }

  /** The exception for an error that the server has answered to a command. */
  public static CacheException failure(String operation, String address, JedisDataException error) {
    String advice = permissionAdvice(error.getMessage());
    if (advice == null) {
      advice = sentinelAdvice(error.getMessage());
    }
    if (advice == null) {
      advice = wrongTypeAdvice(error.getMessage());
    }
    return new CacheException(
        "%s on %s failed: the server answered %s.%s"
            .formatted(
                operation,
                address,
                words(error.getMessage()),
                advice == null ? "" : " " + advice + "."),
        error);
  }

  /**
   * The server's words and the permission to give, or {@code null} if a failure has another reason.
   *
   * @param failure thrown by {@link RedisExecutor#checked}
   */
  public static @Nullable String missingPermission(Throwable failure) {
    if (failure.getCause() instanceof JedisDataException error) {
      String advice = permissionAdvice(error.getMessage());
      return advice == null ? null : words(error.getMessage()) + ". " + advice;
    }
    return null;
  }

  /** The cure for a reply to the greeting of a connection for which there is no constant. */
  static String connectAdvice(@Nullable String message) {
    String sentinel = sentinelAdvice(message);
    if (sentinel != null) {
      return sentinel;
    }
    if (message != null && message.startsWith("ERR AUTH")) {
      return "The server has no password: remove the one of the URI, of"
          + " yokedcache.connection.password or of YOKEDCACHE_PASSWORD";
    }
    return message != null && message.contains("DB index")
        ? "Lower the number of the database at the end of the URI, or raise the server's setting"
            + " databases"
        : "Check user, password and database";
  }

  /** The cure for a server that lacks a command of every Redis, or {@code null}. */
  static @Nullable String sentinelAdvice(@Nullable String message) {
    return message != null && UNKNOWN.matcher(message).lookingAt()
        ? "Every Redis knows that command, unless rename-command or a proxy hides it, but a sentinel"
            + " does not: if the server is one, its URI is redis-sentinel://host:port/master-name"
        : null;
  }

  /** The cure for a key with a list, hash or the like in place of an entry, or {@code null}. */
  static @Nullable String wrongTypeAdvice(@Nullable String message) {
    return message != null && message.contains("WRONGTYPE")
        ? "Another application has written a key of this cache: delete that key, and give the"
            + " applications different yokedcache.namespace settings or databases"
        : null;
  }

  /** The permission to give, or {@code null} if the error is not about permissions. */
  static @Nullable String permissionAdvice(@Nullable String message) {
    // Commands in scripts are refused in other words, which name no command before 7.2.
    if (message == null
        || !(message.contains("NOPERM")
            || message.contains("ACL failure in script")
            || message.contains("The user executing the script can't"))) {
      return null;
    }
    Matcher command = COMMAND.matcher(message);
    if (command.find()) {
      return "Allow the user of yokedcache.connection that command: +" + command.group(1);
    }
    if (message.contains("channel")) {
      return "Allow the user of yokedcache.connection the channels of yokedcache.namespace, by"
          + " default &yc:*";
    }
    if (message.contains("key")) {
      return "Allow the user of yokedcache.connection the keys of yokedcache.namespace, by default"
          + " ~yc:*";
    }
    return "Allow the user of yokedcache.connection the commands of the scripts: +get +set +del"
        + " +unlink +exists +persist +pexpire +pttl +time +publish +pubsub +scan, and for a cache with"
        + " tags +getrange +hget +hset +hdel";
  }

  /**
   * Decides for all connections to one server whether a request is sent again. While a server
   * changes its role, or starts, each request waits for at most the command time-out. If the change
   * takes longer, requests fail at once, except that now and then one has fresh connections made:
   * the first request after the change succeeds, and a server that refuses for ever is not
   * connected to for each request. Safe for use by several threads.
   */
  public static final class Policy {

    private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    /** Errors that are further apart than this are unrelated. */
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final long patienceNanos;
    private final boolean isOfNode;
    private volatile Consumer<String> listener = words -> {};
    private long firstNanos;
    private long lastNanos = System.nanoTime() - QUIET_NANOS;
    private long pauseNanos = MIN_PAUSE_NANOS;
    private volatile long condemnedNanos = System.nanoTime();

    /**
     * Creates it for a server.
     *
     * @param patience how long requests wait, and for how long after a first error
     */
    public Policy(Duration patience) {
      this(patience, /* isOfNode= */ false);
    }

    /**
     * Creates it for a server.
     *
     * @param isOfNode whether the server is a node of a cluster. Errors about the state of the
     *     cluster are then left to the caller, which may ask another node.
     */
    public Policy(Duration patience, boolean isOfNode) {
      this.patienceNanos = patience.toNanos();
      this.isOfNode = isOfNode;
    }

    /** Sets the listener of errors: the server's words and the cure. */
    public void tell(Consumer<String> newListener) {
      listener = newListener;
    }

    /** The first reply that this policy decides about, or {@code null}. */
    public @Nullable JedisDataException find(List<? extends @Nullable Object> replies) {
      for (int i = 0; i < replies.size(); i++) { // of every operation: no iterator
        if (replies.get(i) instanceof JedisDataException error) {
          ErrorReply known = of(error.getMessage());
          if (known != null && !(isOfNode && known.isOfCluster())) {
            return error;
          }
        }
      }
      return null;
    }

    /** Has all connections replaced that were made before. */
    public synchronized void condemn() {
      condemnedNanos = System.nanoTime();
    }

    /** Whether connections that were made then are to be replaced, though they work. */
    public boolean isCondemned(long madeNanos) {
      return madeNanos - condemnedNanos < 0;
    }

    /**
     * Decides about a request.
     *
     * @param reply the first reply for which there is an {@link ErrorReply}
     * @param mayRepeat whether the request may be sent again as a whole
     * @param madeNanos when the connection was made
     * @param startNanos when the operation began
     * @return after how many nanoseconds it is sent again; -1 if it fails
     */
    public long decide(
        JedisDataException reply, boolean mayRepeat, long madeNanos, long startNanos) {
      ErrorReply error = of(reply);
      if (error == null) {
        return -1;
      }
      listener.accept(words(reply.getMessage()) + ". " + error.advice);
      return mayRepeat && error.repetition != Repetition.NONE
          ? decide(error.repetition, madeNanos, startNanos)
          : -1;
    }

    private synchronized long decide(Repetition repetition, long madeNanos, long startNanos) {
      long now = System.nanoTime();
      if (now - lastNanos >= QUIET_NANOS) {
        firstNanos = now;
        pauseNanos = MIN_PAUSE_NANOS;
      }
      lastNanos = now;
      boolean fresh = repetition == Repetition.FRESH_CONNECTION;
      long waitedNanos = now - startNanos;
      if (fresh && isCondemned(madeNanos) && waitedNanos < 2 * patienceNanos) {
        return 0; // newer ones may lead elsewhere
      }
      long sinceNanos = now - condemnedNanos;
      if (fresh && sinceNanos >= pauseNanos) {
        condemnedNanos = now;
        pauseNanos = Math.min(2 * pauseNanos, MAX_PAUSE_NANOS);
        return 0;
      }
      if (now - firstNanos >= patienceNanos || waitedNanos >= patienceNanos) {
        return -1;
      }
      long pause = fresh ? pauseNanos - sinceNanos : waitedNanos / 4;
      return Math.max(MIN_PAUSE_NANOS, Math.min(pause, MAX_PAUSE_NANOS));
    }
  }
}
