package io.yokedcache.jcache.internal.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/** The Lua scripts, called by their digest, and by their text where the server has forgotten it. */
@SuppressWarnings("ImmutableEnumChecker") // the arrays are never written after construction
public enum Script {
  APPLY("apply.lua", /* idempotent= */ false),
  OPEN("open.lua", /* idempotent= */ true),
  RENEW("renew.lua", /* idempotent= */ false),
  LISTEN("listen.lua", /* idempotent= */ true),
  LEASE("lease.lua", /* idempotent= */ true),
  REPORT("report.lua", /* idempotent= */ true),
  COUNT("count.lua", /* idempotent= */ false);

  private final boolean idempotent;
  private final byte[] text;
  private final byte[] sha1;

  Script(String resource, boolean idempotent) {
    this.idempotent = idempotent;
    try (InputStream in = Script.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException(
            "The provider's jar is incomplete: " + resource + " missing");
      }
      text = in.readAllBytes();
      sha1 =
          HexFormat.of()
              .formatHex(MessageDigest.getInstance("SHA-1").digest(text))
              .getBytes(StandardCharsets.US_ASCII);
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read " + resource + " in the provider's jar", e);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-1", e);
    }
  }

  /** A call of {@link #REPORT}, which also works on a server that is out of memory. */
  public static Call report(byte[] key, byte[] content, long keptMillis) {
    byte[] millis = Long.toString(keptMillis).getBytes(StandardCharsets.US_ASCII);
    return REPORT.call(List.of(key), List.of(content, millis));
  }

  /** Whether a second call of the script does no harm, if the reply to the first was lost. */
  boolean isIdempotent() {
    return idempotent;
  }

  /**
   * A call of this script.
   *
   * @param keys what the script's text says; of one slot
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
    CommandArguments byText() {
      return complete(new CommandArguments(Command.EVAL).add(script.text));
    }

    private CommandArguments complete(CommandArguments command) {
      command.add(keys.size());
      keys.forEach(command::add);
      arguments.forEach(command::add);
      return command;
    }
  }
}
