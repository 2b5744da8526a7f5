package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * A Lua script of the package that uses it. It is called by its digest, and by its text if the
 * server has forgotten it. Immutable.
 */
public final class Script {

  private final boolean idempotent;
  private final byte[] text;
  private final byte[] sha1;

  /**
   * Reads a script.
   *
   * @param owner the class that uses it; the file is beside it
   * @param idempotent whether the script may be called again if the reply to a call was lost
   */
  public Script(Class<?> owner, String file, boolean idempotent) {
    this(owner, List.of(file), idempotent);
  }

  /** Reads a script that consists of several files, in their order. */
  public Script(Class<?> owner, List<String> files, boolean idempotent) {
    this.idempotent = idempotent;
    ByteArrayOutputStream texts = new ByteArrayOutputStream();
    for (String file : files) {
      texts.writeBytes(read(owner, file));
    }
    text = texts.toByteArray();
    try {
      sha1 =
          HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-1").digest(text))
              .getBytes(StandardCharsets.US_ASCII);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-1", e);
    }
  }

  private static byte[] read(Class<?> owner, String file) {
    try (InputStream in = owner.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException("The provider's jar is incomplete: " + file + " missing");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + file + " in the provider's jar", e);
    }
  }

  /**
   * A call of this script.
   *
   * @param keys as the script's text lists them; of one slot
   */
  public Call call(List<byte[]> keys, List<byte[]> arguments) {
    return new Call(this, keys, arguments);
  }

  /** One call of a script with its keys and its arguments. */
  public record Call(Script script, List<byte[]> keys, List<byte[]> arguments) {

    /** The call by digest; the server answers {@code NOSCRIPT} if it does not know it. */
    public CommandArguments byDigest() {
      return complete(new CommandArguments(Command.EVALSHA).add(script.sha1));
    }

    /** The call by text, which teaches the server the script. */
    public CommandArguments byText() {
      return complete(new CommandArguments(Command.EVAL).add(script.text));
    }

    /**
     * The command to send after an error: the text of a script that the server has forgotten, or
     * the call with its first key alone if the keys are at several nodes. {@code null} after any
     * other reply.
     */
    @Nullable CommandArguments otherThan(@Nullable Object reply) {
      if (reply instanceof JedisNoScriptException) {
        return byText();
      }
      return ErrorReply.isTryAgain(reply)
          ? new Call(script, keys.subList(0, 1), arguments).byText()
          : null;
    }

    boolean isIdempotent() {
      return script.idempotent;
    }

    private CommandArguments complete(CommandArguments command) {
      command.add(keys.size());
      keys.forEach(command::add);
      arguments.forEach(command::add);
      return command;
    }
  }
}
