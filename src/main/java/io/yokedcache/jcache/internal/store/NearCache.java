package io.yokedcache.jcache.internal.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.yokedcache.jcache.configuration.NearCacheSettings;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.jspecify.annotations.Nullable;

/**
 * Copies of one cache's entries in this JVM. Redis tells of every change of the cache, whoever made
 * it, and a copy goes when that is heard; while it might not be heard, no copy is used.
 *
 * <p>A read that misses takes a ticket, reads Redis, and leaves its copy here only if the ticket
 * still holds: a change that was heard in between may be newer than what was read. Every change is
 * heard after it was made, so a copy is never older than the last change that was heard, and every
 * later one removes it. Safe for use by several threads.
 */
final class NearCache {

  private static final int STRIPES = 1024;
  private static final long NO_DEADLINE = Long.MAX_VALUE;

  /** What an entry takes besides its bytes, by the sizes of the objects on a 64-bit JVM. */
  private static final int OVERHEAD_BYTES = 160;

  private final Hearing hearing;
  private final Cache<Bytes, Copy> copies;
  private final long timeToLiveNanos;

  /** Counts the changes that were heard, of any key with that hash; part of each ticket. */
  private final AtomicIntegerArray changes = new AtomicIntegerArray(STRIPES);

  private final AtomicInteger flushes = new AtomicInteger();

  private record Copy(Bytes value, long deadlineNanos) {}

  /**
   * Creates an empty one.
   *
   * @param hearing how far changes have been heard
   */
  NearCache(NearCacheSettings settings, Hearing hearing) {
    this.hearing = hearing;
    Duration timeToLive = settings.timeToLive();
    this.timeToLiveNanos =
        timeToLive == null ? NO_DEADLINE : TimeUnit.NANOSECONDS.convert(timeToLive);
    // In the thread that writes, since the common pool may be full of the application's work.
    Caffeine<Object, Object> builder = Caffeine.newBuilder().executor(Runnable::run);
    Long maxBytes = settings.maxBytes();
    this.copies =
        maxBytes == null
            ? builder.maximumSize(settings.maxEntries()).build()
            : builder.maximumWeight(maxBytes).weigher(NearCache::weigh).build();
  }

  private static int weigh(Bytes key, Copy copy) {
    return (int)
        Math.min(Integer.MAX_VALUE, (long) OVERHEAD_BYTES + key.length() + copy.value.length());
  }

  /** The value of an entry if there is a copy that may be used. */
  @Nullable Bytes get(Bytes key) {
    Copy copy = hearing.isGood() ? copies.getIfPresent(key) : null;
    if (copy == null) {
      return null;
    }
    if (copy.deadlineNanos != NO_DEADLINE && copy.deadlineNanos - System.nanoTime() <= 0) {
      copies.asMap().remove(key, copy);
      return null;
    }
    return copy.value;
  }

  /** To be taken before an entry is read from Redis. */
  long ticket(Bytes key) {
    return ((long) flushes.get() << Integer.SIZE) | (changes.get(stripe(key)) & 0xffffffffL);
  }

  /**
   * Keeps what was read from Redis, unless it may be old already.
   *
   * @param ticket what {@link #ticket} returned before the read
   * @param readNanos the time before the read
   * @param ttlMillis the entry's time to live as read with it; negative for none
   */
  void keep(Bytes key, Bytes value, long ticket, long readNanos, long ttlMillis) {
    if (!hearing.isGood() || ticket(key) != ticket) {
      return;
    }
    Copy copy = new Copy(value, deadline(readNanos, ttlMillis));
    copies.put(key, copy);
    if (ticket(key) != ticket) { // heard while it was put
      copies.asMap().remove(key, copy);
    }
  }

  private long deadline(long readNanos, long ttlMillis) {
    long ttlNanos = ttlMillis < 0 ? NO_DEADLINE : TimeUnit.MILLISECONDS.toNanos(ttlMillis);
    long shortest = Math.min(ttlNanos, timeToLiveNanos);
    return shortest == NO_DEADLINE ? NO_DEADLINE : readNanos + shortest;
  }

  /** Drops the copy of an entry that was changed, and what is being read of it. */
  void invalidate(Bytes key) {
    changes.incrementAndGet(stripe(key)); // before the removal: see keep()
    copies.invalidate(key);
  }

  /** Drops all copies, and what is being read. */
  void flush() {
    flushes.incrementAndGet();
    copies.invalidateAll();
  }

  private static int stripe(Bytes key) {
    int hash = key.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }
}
