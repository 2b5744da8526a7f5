package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/**
 * Says to all writers of a namespace that listeners register just now, by a key that is there for a
 * second or so. While it is, every write asks in its own script whether somebody listens; so a
 * listener that registers during that time is heard of by the next write, whatever its cache is.
 * Only the first registration of many has to wait until every writer is sure to have noticed.
 *
 * <p>A writer makes a plain write only if it looked for the key less than {@code events.announce}
 * ago and found none. It looks in the round trip of a write, a few times in that span. A listener
 * that has written the key waits for that span, and then knows that no write is plain until the key
 * expires. Safe for use by several threads.
 */
public final class Announcement {

  private static final String OPERATION = "announce listeners";

  /** How long the key is there besides some times the span: registrations come in groups. */
  private static final long LEAST_MILLIS = 1_000;

  private static final int SPANS = 4;

  /** How often a busy writer looks for the key in the span that it may trust it. */
  private static final int LOOKS = 4;

  private final RedisExecutor executor;
  private final byte[] key;
  private final long spanNanos;
  private final long lifeMillis;

  /** Until when writes may be plain, by what this JVM has seen. */
  private final AtomicLong quietUntilNanos = new AtomicLong(System.nanoTime());

  /** When this JVM looked the last time. */
  private final AtomicLong lookedNanos;

  /** What follows is of this JVM's own announcement, and guarded by this object's monitor. */
  private long sureNanos = System.nanoTime();

  private long endNanos = System.nanoTime();

  public Announcement(RedisExecutor executor, String namespace, Duration span) {
    this.executor = executor;
    this.key = KeySpace.announcementKey(namespace);
    this.spanNanos = span.toNanos();
    this.lifeMillis = LEAST_MILLIS + SPANS * span.toMillis();
    this.lookedNanos = new AtomicLong(System.nanoTime() - spanNanos);
  }

  /** Whether no listener registers, by what was seen a short time ago. */
  boolean isQuiet(long nowNanos) {
    return quietUntilNanos.get() - nowNanos > 0;
  }

  /** Whether it is this thread's turn to send the {@link #question} with its write. */
  boolean isDue(long nowNanos) {
    long looked = lookedNanos.get();
    return nowNanos - looked > spanNanos / LOOKS && lookedNanos.compareAndSet(looked, nowNanos);
  }

  /** Asks whether the key is there. */
  CommandArguments question() {
    return new CommandArguments(Command.EXISTS).add(key);
  }

  /**
   * Takes the answer to the question.
   *
   * @param sentNanos a time before it was sent
   */
  void answer(@Nullable Object reply, long sentNanos) {
    if (Long.valueOf(0).equals(reply)) {
      quietUntilNanos.accumulateAndGet(
          sentNanos + spanNanos, (before, after) -> after - before > 0 ? after : before);
    }
  }

  /** Makes sure that the key is there, and will be for a while. */
  public synchronized void begin() {
    long now = System.nanoTime();
    boolean wasThere = endNanos - now > 0;
    if (endNanos - now > TimeUnit.MILLISECONDS.toNanos(lifeMillis) / 2) {
      return;
    }
    Object before =
        executor.command(
            OPERATION,
            Bytes.of(key),
            /* idempotent= */ false,
            new CommandArguments(Command.SET)
                .add(key)
                .add("1".getBytes(StandardCharsets.US_ASCII))
                .add(Keyword.PX)
                .add(lifeMillis)
                .add(Keyword.GET));
    if (before == null || !wasThere) {
      sureNanos = System.nanoTime() + spanNanos;
    }
    endNanos = now + TimeUnit.MILLISECONDS.toNanos(lifeMillis);
  }

  /**
   * How long somebody who has registered now, after {@link #begin}, has to wait until no write that
   * begins can miss that.
   */
  public synchronized long remainingMillis() {
    long now = System.nanoTime();
    // If the key might expire sooner, what writers know of the generation has to become old.
    boolean isLong = endNanos - now > spanNanos;
    long remaining = isLong ? sureNanos - now : spanNanos;
    return remaining <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(remaining) + 1;
  }
}
