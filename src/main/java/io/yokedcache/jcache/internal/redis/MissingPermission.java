package io.yokedcache.jcache.internal.redis;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/** What a user of the server may not do, as far as an error reply tells. */
public final class MissingPermission {

  private static final Pattern COMMAND = Pattern.compile("'([A-Za-z|]+)' command");

  private MissingPermission() {}

  /**
   * What to allow, as a sentence, or {@code null} if an error has nothing to do with rights.
   *
   * @param message the text of an error reply
   */
  static @Nullable String advice(@Nullable String message) {
    if (message == null || !isMissing(message)) {
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
        + " +persist +pexpire +time +publish +pubsub";
  }

  /** Commands that scripts call are refused in other words, which name no command before 7.2. */
  private static boolean isMissing(String message) {
    return message.contains("NOPERM")
        || message.contains("ACL failure in script")
        || message.contains("The user executing the script can't");
  }

  /**
   * What the server said and what to allow, or {@code null} if a failure has another reason.
   *
   * @param failure what {@link ScriptRunner} has thrown
   */
  public static @Nullable String of(Throwable failure) {
    if (failure.getCause() instanceof JedisDataException reply) {
      String advice = advice(reply.getMessage());
      return advice == null ? null : ErrorReply.words(reply.getMessage()) + ". " + advice;
    }
    return null;
  }
}
