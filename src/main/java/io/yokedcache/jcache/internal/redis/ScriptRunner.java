package io.yokedcache.jcache.internal.redis;

import java.util.List;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/** Single commands and script calls over an executor, with error replies turned into exceptions. */
public final class ScriptRunner {

  private final RedisExecutor executor;

  public ScriptRunner(RedisExecutor executor) {
    this.executor = executor;
  }

  /** Calls a script; a server that has forgotten it, as after a restart, is taught it again. */
  public @Nullable Object call(String operation, Script.Call call) {
    Bytes route = Bytes.of(call.keys().get(0));
    boolean idempotent = call.script().isIdempotent();
    Object reply = single(operation, route, idempotent, call.byDigest());
    if (reply instanceof JedisNoScriptException) {
      reply = single(operation, route, idempotent, call.byText());
    }
    return checked(operation, reply);
  }

  /**
   * Sends one command.
   *
   * @param idempotent whether sending it twice does no harm
   */
  public @Nullable Object command(
      String operation, Bytes route, boolean idempotent, CommandArguments command) {
    return checked(operation, single(operation, route, idempotent, command));
  }

  /** A reply that is no error. */
  public @Nullable Object checked(String operation, @Nullable Object reply) {
    if (reply instanceof JedisDataException refusal) {
      String advice = MissingPermission.advice(refusal.getMessage());
      throw new CacheException(
          operation
              + " on "
              + executor.address()
              + " failed: the server answered "
              + ErrorReply.words(refusal.getMessage())
              + "."
              + (advice == null ? "" : " " + advice + "."),
          refusal);
    }
    return reply;
  }

  private @Nullable Object single(
      String operation, Bytes route, boolean idempotent, CommandArguments command) {
    return executor
        .execute(new RedisExecutor.Request(operation, route, idempotent, List.of(command)))
        .get(0);
  }
}
