package io.yokedcache.jcache.internal.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.yokedcache.jcache.configuration.NearCacheSettings;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Copies of one cache's entries in this JVM. Redis tells of every change of the cache, whoever made
 * it, and a copy goes when that is heard; while it might not be heard, no copy is used.
 *
 * <p>A read that misses takes a ticket, reads Redis, and leaves its copy here only if the ticket
 * still holds: a change that was heard in between may be newer than what was read. Every change is
 * heard after it was made, so a copy is never older than the last change that was heard, and every
 * later one removes it. Safe for use by several threads.
 *
 * <p>A copy has a name, which follows from the bytes of its key alone. So a change, of which Redis
 * tells by those bytes, always finds the copy; and a reader that knows the name without encoding
 * the key is spared that.
 *
 * @param <V> values
 */
public final class NearCache<V> {

  private static final int STRIPES = 1024;
  private static final long NO_DEADLINE = Long.MAX_VALUE;

  /** What an entry takes besides its bytes, by the sizes of the objects on a 64-bit JVM. */
  private static final int OVERHEAD_BYTES = 160;

  private final Hearing hearing = new Hearing();
  private final NearCounts counts = new NearCounts();
  private final Function<Bytes, Object> names;
  private final Cache<Object, Copy<V>> copies;
  private final long timeToLiveNanos;

  /** Counts the changes that were heard, of any name with that hash; part of each ticket. */
  private final AtomicIntegerArray changes = new AtomicIntegerArray(STRIPES);

  private final AtomicInteger flushes = new AtomicInteger();

  /**
   * A copy: the value itself if it serves all readers, else its bytes.
   *
   * @param value the value, or {@code null} if each reader must decode its own
   * @param bytes its encoded form, or {@code null} if there is the value
   * @param sizeBytes what the entry's key and value take in their encoded form
   * @param deadlineNanos until when it may be used
   */
  public record Copy<V>(
      @Nullable V value, @Nullable Bytes bytes, int sizeBytes, long deadlineNanos) {}

  /**
   * What is known before an entry is read from Redis.
   *
   * @param name what its copy is found by
   * @param keyBytes the length of its key
   * @param stamp stands for all changes heard so far
   * @param startNanos the time
   */
  public record Ticket(Object name, int keyBytes, long stamp, long startNanos) {}

  /**
   * Creates an empty one, which is not used before changes are heard.
   *
   * @param names what the copy of an entry is found by; has {@code equals} and follows from the
   *     bytes of the entry's key alone
   */
  public NearCache(NearCacheSettings settings, Function<Bytes, Object> names) {
    this.names = names;
    Duration timeToLive = settings.timeToLive();
    this.timeToLiveNanos =
        timeToLive == null ? NO_DEADLINE : TimeUnit.NANOSECONDS.convert(timeToLive);
    // In the thread that writes, since the common pool may be full of the application's work.
    Caffeine<Object, Object> builder = Caffeine.newBuilder().executor(Runnable::run);
    Long maxBytes = settings.maxBytes();
    this.copies =
        maxBytes == null
            ? builder.maximumSize(settings.maxEntries()).build()
            : builder.maximumWeight(maxBytes).<Object, Copy<V>>weigher(NearCache::weigh).build();
  }

  private static int weigh(Object name, Copy<?> copy) {
    return (int) Math.min(Integer.MAX_VALUE, (long) OVERHEAD_BYTES + copy.sizeBytes);
  }

  /** How far the changes of the entries have been heard. */
  Hearing hearing() {
    return hearing;
  }

  /** The copy of an entry if there is one that may be used. */
  public @Nullable Copy<V> get(Object name) {
    Copy<V> copy = find(name, System.nanoTime());
    if (copy == null) {
      counts.miss();
    } else {
      counts.hit();
    }
    return copy;
  }

  /**
   * The same without being counted, for who may look again; {@link #used} counts it.
   *
   * @param nowNanos a time since the read began
   */
  public @Nullable Copy<V> find(Object name, long nowNanos) {
    if (hearing.isGood(nowNanos)) {
      Copy<V> copy = copies.getIfPresent(name);
      if (copy != null) {
        if (copy.deadlineNanos == NO_DEADLINE || copy.deadlineNanos - nowNanos > 0) {
          return copy;
        }
        copies.asMap().remove(name, copy);
      }
    }
    return null;
  }

  /** Counts a copy that was found and is used. */
  public void used() {
    counts.hit();
  }

  /** To be taken before an entry is read from Redis. */
  public Ticket ticket(Bytes key) {
    Object name = names.apply(key);
    return new Ticket(name, key.length(), stamp(name), System.nanoTime());
  }

  private long stamp(Object name) {
    return ((long) flushes.get() << Integer.SIZE) | (changes.get(stripe(name)) & 0xffffffffL);
  }

  /**
   * Keeps what was read from Redis, unless it may be old already.
   *
   * @param ticket what {@link #ticket} returned before the read
   * @param found what was read
   * @param value its value if it serves all readers, else {@code null}
   */
  public void keep(Ticket ticket, Found found, @Nullable V value) {
    Object name = ticket.name;
    if (!hearing.isGood(System.nanoTime()) || stamp(name) != ticket.stamp) {
      counts.fillDropped();
      return;
    }
    Copy<V> copy =
        new Copy<>(
            value,
            value == null ? found.value() : null,
            (int) Math.min(Integer.MAX_VALUE, (long) ticket.keyBytes + found.value().length()),
            deadline(ticket.startNanos, found.ttlMillis()));
    copies.put(name, copy);
    if (stamp(name) != ticket.stamp) { // heard while it was put
      copies.asMap().remove(name, copy);
      counts.fillDropped();
    }
  }

  private long deadline(long readNanos, long ttlMillis) {
    long ttlNanos = ttlMillis < 0 ? NO_DEADLINE : TimeUnit.MILLISECONDS.toNanos(ttlMillis);
    long shortest = Math.min(ttlNanos, timeToLiveNanos);
    return shortest == NO_DEADLINE ? NO_DEADLINE : readNanos + shortest;
  }

  /** Drops the copy of an entry that was changed here, and what is being read of it. */
  void invalidate(Bytes key) {
    Object name = names.apply(key);
    changes.incrementAndGet(stripe(name)); // before the removal: see keep()
    copies.invalidate(name);
  }

  /** The same for a change that Redis tells of. */
  void hear(Bytes key) {
    invalidate(key);
    counts.invalidated();
  }

  /** Drops all copies, and what is being read. */
  void flush() {
    flushes.incrementAndGet();
    copies.invalidateAll();
    counts.flushed();
  }

  /** Counts from now on, or no more. */
  public void count(boolean enabled) {
    counts.enable(enabled);
  }

  /** What was counted so far. */
  public NearReading read() {
    return counts.read(copies.estimatedSize());
  }

  private static int stripe(Object name) {
    int hash = name.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }
}
