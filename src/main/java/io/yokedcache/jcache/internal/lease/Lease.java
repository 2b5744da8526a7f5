package io.yokedcache.jcache.internal.lease;

import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.Script;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.UUID;

/**
 * The right to do something that one JVM at a time does, held in a key that expires if its holder
 * dies. A JVM that was stopped for longer than the lease learns from {@link #renew} that it has
 * lost it.
 */
public final class Lease {

  private static final Script SCRIPT = new Script(Lease.class, "lease.lua", /* idempotent= */ true);

  private final RedisExecutor executor;
  private final String operation;
  private final byte[] key;
  private final long millis;
  private final byte[] self = ascii(UUID.randomUUID().toString());

  /**
   * Creates it; nothing is taken yet.
   *
   * @param operation its name in messages
   * @param duration how long it is held without being renewed
   */
  public Lease(RedisExecutor executor, String operation, byte[] key, Duration duration) {
    this.executor = executor;
    this.operation = operation;
    this.key = key.clone();
    this.millis = duration.toMillis();
  }

  /**
   * Takes the lease if it is free, and returns whether this JVM holds it. Also works on a server
   * that is out of memory, where stale entries must be deleted.
   */
  public boolean take() {
    return change(millis, /* take= */ true);
  }

  /** Holds the lease from now on for its duration again, and returns whether it was still ours. */
  public boolean renew() {
    return change(millis, /* take= */ false);
  }

  /** Gives the lease back, if it is still ours. */
  public void release() {
    var unused = change(0, /* take= */ false);
  }

  private boolean change(long newMillis, boolean take) {
    return Long.valueOf(1).equals(executor.call(operation, call(key, self, newMillis, take)));
  }

  /** The call that changes a lease; its reply is 1 if the lease is the holder's. */
  static Script.Call call(byte[] key, byte[] holder, long newMillis, boolean take) {
    return SCRIPT.call(
        List.of(key), List.of(holder, ascii(Long.toString(newMillis)), ascii(take ? "1" : "0")));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
