package io.yokedcache.jcache.internal.store;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/**
 * A turn at something that one JVM at a time does, held in a key that expires if its holder dies.
 * Whoever was away for longer than the lease learns from {@link #renew} that it is another's.
 */
final class Lease {

  private final ScriptRunner scripts;
  private final String operation;
  private final byte[] key;
  private final long millis;
  private final byte[] self = ascii(UUID.randomUUID().toString());

  /**
   * Creates it; nothing is taken yet.
   *
   * @param operation what messages call it
   * @param duration how long it is held without being renewed
   */
  Lease(RedisExecutor executor, String operation, byte[] key, Duration duration) {
    this.scripts = new ScriptRunner(executor);
    this.operation = operation;
    this.key = key.clone();
    this.millis = duration.toMillis();
  }

  /** Takes the lease if nobody has it, and returns whether it is ours, perhaps from before. */
  boolean take() {
    CommandArguments take =
        new CommandArguments(Command.SET)
            .add(key)
            .add(self)
            .add(Keyword.NX)
            .add(Keyword.PX)
            .add(millis);
    return scripts.command(operation, Bytes.of(key), /* idempotent= */ true, take) != null
        || renew();
  }

  /** Holds the lease from now on for its duration again, and returns whether it was still ours. */
  boolean renew() {
    return change(millis);
  }

  /** Gives the lease back, if it is still ours. */
  void release() {
    var unused = change(0);
  }

  private boolean change(long newMillis) {
    Script.Call call =
        Script.LEASE.call(List.of(key), List.of(self, ascii(Long.toString(newMillis))));
    return Long.valueOf(1).equals(scripts.call(operation, call));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
