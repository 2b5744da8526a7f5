package io.yokedcache.jcache.internal.lease;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.Script;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Leases of the keys of one cache: one holder of all JVMs has the lease of a key, until it gives it
 * back or the time to live of the lease ends. Safe for use by several threads.
 */
public final class KeyLeases {

  private final RedisExecutor executor;
  private final String operation;
  private final Function<Bytes, byte[]> names;
  private final long millis;
  private final String self = UUID.randomUUID() + "-";
  private final AtomicLong holders = new AtomicLong();

  /**
   * Creates them; nothing is taken yet.
   *
   * @param operation their name in messages
   * @param names returns the name of the lease of a key, in the slot of the key
   */
  public KeyLeases(
      RedisExecutor executor, String operation, Function<Bytes, byte[]> names, Duration duration) {
    this.executor = executor;
    this.operation = operation;
    this.names = names;
    this.millis = duration.toMillis();
  }

  /** A new holder, which has no lease yet. */
  public byte[] holder() {
    return (self + holders.incrementAndGet()).getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Takes the leases that are free, in one round trip, and returns the keys that the holder has.
   */
  public Set<Bytes> takeAll(byte[] holder, Collection<Bytes> keys) {
    List<Bytes> asked = List.copyOf(keys);
    List<@Nullable Object> replies =
        executor.callAll(
            operation, asked.stream().map(key -> call(holder, key, millis, true)).toList());
    Set<Bytes> taken = new LinkedHashSet<>();
    for (int i = 0; i < asked.size(); i++) {
      if (Long.valueOf(1).equals(replies.get(i))) {
        taken.add(asked.get(i));
      }
    }
    return taken;
  }

  /** Gives leases back, in one round trip, unless another holder has them by now. */
  public void releaseAll(byte[] holder, Collection<Bytes> keys) {
    List<Script.Call> calls = new ArrayList<>(keys.size());
    keys.forEach(key -> calls.add(call(holder, key, 0, false)));
    var unused = executor.callAll(operation, calls);
  }

  private Script.Call call(byte[] holder, Bytes key, long newMillis, boolean take) {
    return Lease.call(names.apply(key), holder, newMillis, take);
  }
}
