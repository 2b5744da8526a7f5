package io.yokedcache.jcache.internal.redis.error;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The messages for people about error replies: the server's words, and the cure for errors about a
 * command or a greeting. The cure for an error about the server is {@link ErrorReply#advice}.
 */
public final class ErrorMessages {

  /** The commands that a manager and its caches send first. Redis before 7 has other quotes. */
  private static final Pattern UNKNOWN =
      Pattern.compile(
          "ERR unknown command ['`](eval(sha)?|get|mget|set|select|scan)['`]",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern COMMAND = Pattern.compile("'([A-Za-z|]+)' command");

  private ErrorMessages() {}

  /** The text of an error as part of a sentence: at most its first one, which tells the reason. */
  public static String words(@Nullable String message) {
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
   * @param failure thrown for an error that the server has answered
   */
  public static @Nullable String missingPermission(Throwable failure) {
    if (failure.getCause() instanceof JedisDataException error) {
      String advice = permissionAdvice(error.getMessage());
      return advice == null ? null : words(error.getMessage()) + ". " + advice;
    }
    return null;
  }

  /** The cure for a reply to the greeting of a connection for which there is no constant. */
  public static String connectAdvice(@Nullable String message) {
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
  private static @Nullable String wrongTypeAdvice(@Nullable String message) {
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
}
