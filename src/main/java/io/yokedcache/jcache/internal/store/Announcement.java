package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/**
 * Announces to all writers of a namespace that listeners are registering, by a key that exists for
 * about a second. While it exists, every write checks in its script whether a JVM listens. So a
 * listener that registers in that time is known to the next write, in every cache. Only the first
 * of several registrations waits until every writer has seen the key.
 *
 * <p>A writer makes a plain write only if it read the key less than {@code events.announce} ago and
 * found none. It reads the key in the round trip of a write (on a cluster beside the writes), a few
 * times in that span. A listener that has written the key waits for that span. After it no write is
 * plain until the key expires. Safe for use by several threads.
 */
public final class Announcement {

  private static final String OPERATION = "announce listeners";

  /** The life of the key in addition to {@link #SPANS}: registrations come in groups. */
  private static final long LEAST_MILLIS = 1_000;

  private static final int SPANS = 4;

  /** The number of times that a busy writer reads the key in a span. */
  private static final int LOOKS = 4;

  private static final Logger logger = LoggerFactory.getLogger(Announcement.class);

  private final RedisExecutor executor;
  private final Executor background;
  private final byte[] key;
  private final long spanNanos;
  private final long lifeMillis;

  /** The time until which writes may be plain. */
  private final AtomicLong quietUntilNanos = new AtomicLong(System.nanoTime());

  /** The time when this JVM last read the key. */
  private final AtomicLong lookedNanos;

  /** Whether the background thread asks now. */
  private final AtomicBoolean isLooking = new AtomicBoolean();

  /** When every writer has seen the key that this JVM wrote; guarded by this object's monitor. */
  private long seenNanos = System.nanoTime();

  /** When the key that this JVM wrote expires; guarded by this object's monitor. */
  private long endNanos = System.nanoTime();

  /**
   * Creates it; nothing is sent yet.
   *
   * @param background asks on a cluster
   */
  public Announcement(
      RedisExecutor executor, String namespace, Duration span, Executor background) {
    this.executor = executor;
    this.background = background;
    this.key = KeySpace.announcementKey(namespace);
    this.spanNanos = span.toNanos();
    this.lifeMillis = LEAST_MILLIS + SPANS * span.toMillis();
    this.lookedNanos = new AtomicLong(System.nanoTime() - spanNanos);
  }

  /** Whether no listener was registering a short time ago. */
  boolean isQuiet(long nowNanos) {
    return quietUntilNanos.get() - nowNanos > 0;
  }

  /**
   * Whether this thread is to send the {@link #question} with its write. On a cluster no write
   * does, since it would fail with the server of the key, which may not be the server of the entry:
   * there the background thread asks.
   */
  boolean isDue(long nowNanos) {
    long looked = lookedNanos.get();
    boolean isDue =
        nowNanos - looked > spanNanos / LOOKS && lookedNanos.compareAndSet(looked, nowNanos);
    if (isDue && executor.isCluster()) {
      lookInBackground();
      return false;
    }
    return isDue;
  }

  private void lookInBackground() {
    if (isLooking.compareAndSet(false, true)) {
      try {
        background.execute(this::look);
      } catch (RejectedExecutionException closing) {
        logger.debug("No listener is looked for, the manager is closed");
      }
    }
  }

  private void look() {
    try {
      long sentNanos = System.nanoTime();
      answer(executor.execute(question(OPERATION)).get(0), sentNanos);
    } catch (RuntimeException e) {
      logger.debug("It is not known whether listeners register; every write checks it", e);
    } finally {
      isLooking.set(false);
    }
  }

  /** The request that reads the key. */
  Request question(String operation) {
    return new Request(
        operation,
        Bytes.of(key),
        /* idempotent= */ true,
        List.of(new CommandArguments(Command.EXISTS).add(key)));
  }

  /**
   * Takes the reply to {@link #question}.
   *
   * @param sentNanos a time before it was sent
   */
  void answer(@Nullable Object reply, long sentNanos) {
    if (Long.valueOf(0).equals(reply)) {
      quietUntilNanos.accumulateAndGet(
          sentNanos + spanNanos, (before, after) -> after - before > 0 ? after : before);
    }
  }

  /** Writes the key, unless it exists for a while. */
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
      seenNanos = System.nanoTime() + spanNanos;
    }
    endNanos = now + TimeUnit.MILLISECONDS.toNanos(lifeMillis);
  }

  /**
   * The time that a listener waits after {@link #begin} and its registration, until every write
   * that begins knows of it.
   */
  public synchronized long remainingMillis() {
    long now = System.nanoTime();
    // If the key may expire sooner, writers must first read the generation again.
    boolean isLong = endNanos - now > spanNanos;
    long remaining = isLong ? seenNanos - now : spanNanos;
    return remaining <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(remaining) + 1;
  }
}
