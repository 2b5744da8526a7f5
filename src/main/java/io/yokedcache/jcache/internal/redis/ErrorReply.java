package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.RedisUnavailableException.Kind;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Error replies that tell about the server or the connection, and not about the command: the only
 * place that knows them. None of them was executed, wherever it came from: the servers check before
 * the command, or at the first write of a script.
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

  /** Redis before 7 wraps what a command in a script was answered: {@code …: -READONLY You …}. */
  private static final Pattern WRAPPED = Pattern.compile("-([A-Z]+ .*)");

  private static final String IN_SCRIPT = "ERR Error running script";

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

  /** Whether a refused request is worth another attempt, soon. */
  enum Repetition {
    /** Only somebody at the server can mend it. */
    NONE,
    /** It passes, and the connection is as good as any. */
    SAME_CONNECTION,
    /** The connection may lead to a server that has lost its role; another one may not. */
    FRESH_CONNECTION
  }

  /** The refusal that a reply is, or {@code null} if the reply is none. */
  static @Nullable ErrorReply of(@Nullable Object reply) {
    return reply instanceof JedisDataException error ? of(error.getMessage()) : null;
  }

  /** The refusal that the text of an error is, or {@code null} if it is none. */
  static @Nullable ErrorReply of(@Nullable String message) {
    if (message == null) {
      return null;
    }
    String text = message;
    if (message.startsWith(IN_SCRIPT)) {
      Matcher wrapped = WRAPPED.matcher(message);
      text = wrapped.find() ? wrapped.group(1) : message;
    }
    for (ErrorReply refusal : values()) {
      if (refusal.isBegunBy(text)) {
        return refusal;
      }
    }
    return null;
  }

  private boolean isBegunBy(String text) {
    return text.startsWith(prefix)
        && (text.length() == prefix.length() || !Character.isLetter(text.charAt(prefix.length())));
  }

  /** The first reply that is a refusal, or {@code null} if there is none. */
  public static @Nullable JedisDataException find(List<? extends @Nullable Object> replies) {
    for (int i = 0; i < replies.size(); i++) { // of every operation: no iterator
      if (replies.get(i) instanceof JedisDataException error && of(error.getMessage()) != null) {
        return error;
      }
    }
    return null;
  }

  Repetition repetition() {
    return repetition;
  }

  /** What to do about it; no full stop at its end. */
  String advice() {
    return advice;
  }

  Kind kind() {
    return kind;
  }

  /** Whether a server that answers this to a greeting serves nothing on that connection. */
  boolean endsConnections() {
    return kind == Kind.ACCESS_DENIED || this == TOO_MANY_CLIENTS;
  }

  /** What the server said, as part of a sentence: at most its first one, which tells the reason. */
  static String words(@Nullable String message) {
    String text = String.valueOf(message).strip();
    int end = text.indexOf(". ");
    if (text.toUpperCase(Locale.ROOT).startsWith("DENIED") && end > 0) {
      text = text.substring(0, end); // a page of advice follows
    }
    return text.endsWith(".") ? text.substring(0, text.length() - 1) : text;
  }
}
