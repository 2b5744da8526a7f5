package io.yokedcache.jcache.internal.near;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Generation;
import io.yokedcache.jcache.internal.store.StoredValue;
import java.io.Serial;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
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
 * <p>A copy also belongs to the generation that was current when it was read. That the key of a
 * generation was changed says only that the cache may have been cleared: listeners elsewhere renew
 * their leases in it. So from then on no copy is used until a read has found the same generation to
 * be current still; one that finds another generation drops all copies.
 *
 * <p>A copy has a name, which follows from the bytes of its key alone. So a change, of which Redis
 * tells by those bytes, always finds the copy; and a reader that knows the name without encoding
 * the key is spared that.
 */
public final class NearCache<V> {

  private static final int STRIPES = 1024;
  private static final long NO_DEADLINE = Long.MAX_VALUE;

  /** What an entry takes besides its bytes, by the sizes of the objects on a 64-bit JVM. */
  private static final int OVERHEAD_BYTES = 160;

  private final TrackingFreshness hearing = new TrackingFreshness();
  private final NearCacheCounters counts = new NearCacheCounters();
  private final Function<Bytes, Object> names;
  private final Cache<Object, Copy<V>> copies;
  private final long timeToLiveNanos;

  /** Counts the changes that were heard, of any name with that hash; part of each ticket. */
  private final AtomicIntegerArray changes = new AtomicIntegerArray(STRIPES);

  private final AtomicInteger flushes = new AtomicInteger();

  /** Counts the changes that were heard of entries of other generations than the known ones. */
  private final AtomicInteger strangers = new AtomicInteger();

  /** Counts how often it was heard that a generation may be over; see {@link Epoch}. */
  private final AtomicLong doubts = new AtomicLong();

  /** The generation that the copies of each bucket are from, {@code null} before there is one. */
  private final AtomicReferenceArray<@Nullable Epoch> epochs;

  /** The number of the last epoch that began; written after it is in the array. */
  private volatile long epochNumber;

  /**
   * The time during which a generation is current, and up to which doubt it was found to be so. Its
   * copies are used while there is no newer doubt.
   */
  static final class Epoch extends AtomicLong {

    @Serial private static final long serialVersionUID = 1L;

    private static final long OVER = -1;

    private final String token;
    private final long number;

    private Epoch(String token, long number, long doubts) {
      super(doubts);
      this.token = token;
      this.number = number;
    }

    /** Notes that the generation was current after so many doubts. */
    private void settle(long doubts) {
      accumulateAndGet(doubts, (now, seen) -> now == OVER ? OVER : Math.max(now, seen));
    }

    private void end() {
      set(OVER);
    }

    private boolean isOver() {
      return get() == OVER;
    }
  }

  /**
   * A copy: the value itself if it serves all readers, else its bytes.
   *
   * @param value the value, or {@code null} if each reader must decode its own
   * @param bytes its encoded form, or {@code null} if there is the value
   * @param sizeBytes what the entry's key and value take in their encoded form
   * @param deadlineNanos until when it may be used
   * @param epoch the generation that it is from
   */
  public record Copy<V>(
      @Nullable V value, @Nullable Bytes bytes, int sizeBytes, long deadlineNanos, Epoch epoch) {}

  /**
   * What is known before an entry is read from Redis.
   *
   * @param name what its copy is found by
   * @param keyBytes the length of its key
   * @param stamp stands for all changes heard so far
   * @param strangers how many changes of unknown generations were heard so far
   * @param doubts how often it was heard so far that a generation may be over
   * @param epochNumber how many generations are known so far
   * @param startNanos the time
   */
  public record Ticket(
      Object name,
      int keyBytes,
      long stamp,
      int strangers,
      long doubts,
      long epochNumber,
      long startNanos) {}

  /**
   * Creates an empty one, which is not used before changes are heard.
   *
   * @param buckets how many generations the cache has at a time
   * @param names what the copy of an entry is found by; has {@code equals} and follows from the
   *     bytes of the entry's key alone
   */
  public NearCache(Settings.NearCache settings, int buckets, Function<Bytes, Object> names) {
    this.names = names;
    this.epochs = new AtomicReferenceArray<>(buckets);
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
  public TrackingFreshness hearing() {
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
        boolean lives = copy.deadlineNanos == NO_DEADLINE || copy.deadlineNanos - nowNanos > 0;
        if (lives && copy.epoch.get() == doubts.get()) {
          return copy;
        }
        if (!lives || copy.epoch.isOver()) {
          copies.asMap().remove(name, copy);
        }
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
    // The number first: of an epoch that it counts, every change is in the stamp or comes later.
    long number = epochNumber;
    return new Ticket(
        name, key.length(), stamp(name), strangers.get(), doubts.get(), number, System.nanoTime());
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
  public void keep(Ticket ticket, StoredValue found, @Nullable V value) {
    Object name = ticket.name;
    Epoch epoch = epoch(ticket, found.generation());
    if (epoch == null || !hearing.isGood(System.nanoTime()) || !holds(ticket, epoch)) {
      counts.fillDropped();
      return;
    }
    Copy<V> copy =
        new Copy<>(
            value,
            value == null ? found.value() : null,
            (int) Math.min(Integer.MAX_VALUE, (long) ticket.keyBytes + found.value().length()),
            deadline(ticket.startNanos, found.ttlMillis()),
            epoch);
    copies.put(name, copy);
    if (epoch.isOver() || !holds(ticket, epoch)) { // heard while it was put
      copies.asMap().remove(name, copy);
      counts.fillDropped();
    }
  }

  /** Whether no change was heard since a ticket that what was read then may lack. */
  private boolean holds(Ticket ticket, Epoch epoch) {
    // Changes of a generation that was not known yet when they were heard are among the strangers.
    boolean wasKnown = epoch.number <= ticket.epochNumber;
    return stamp(ticket.name) == ticket.stamp && (wasKnown || strangers.get() == ticket.strangers);
  }

  /**
   * The epoch of the generation that was current when an entry was read, or {@code null} if it is
   * over, or may be.
   */
  private @Nullable Epoch epoch(Ticket ticket, Generation generation) {
    Epoch known = epochs.get(generation.bucket());
    if (known != null && known.token.equals(generation.tokenText())) {
      known.settle(ticket.doubts);
      return known;
    }
    return begin(ticket, generation);
  }

  private synchronized @Nullable Epoch begin(Ticket ticket, Generation generation) {
    int bucket = generation.bucket();
    Epoch known = epochs.get(bucket);
    if (known != null && known.token.equals(generation.tokenText())) {
      known.settle(ticket.doubts);
      return known;
    }
    // One that began after the ticket may be newer than what was read.
    if ((known != null && known.number > ticket.epochNumber) || wasFlushedSince(ticket)) {
      return null;
    }
    Epoch next = new Epoch(generation.tokenText(), epochNumber + 1, ticket.doubts);
    epochs.set(bucket, next);
    epochNumber = next.number;
    if (known != null) {
      known.end();
      copies.invalidateAll();
      counts.flushed();
    }
    return next;
  }

  private boolean wasFlushedSince(Ticket ticket) {
    return (int) (ticket.stamp >>> Integer.SIZE) != flushes.get();
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

  /**
   * Hears of a change that Redis tells of. One of an entry of a dead generation, such as its
   * deletion by the cleaner, drops nothing.
   *
   * @param token of the generation that the entry belongs to
   */
  void hear(int bucket, String token, Bytes key) {
    if (!isKnown(bucket, token)) {
      strangers.incrementAndGet();
      if (!isKnown(bucket, token)) { // else it began just now, and its first copy may be old
        if (epoch(bucket) == null) { // of the living generation as far as is known: nothing to drop
          counts.invalidated();
        }
        return;
      }
    }
    invalidate(key);
    counts.invalidated();
  }

  private boolean isKnown(int bucket, String token) {
    Epoch known = epoch(bucket);
    return known != null && known.token.equals(token);
  }

  private @Nullable Epoch epoch(int bucket) {
    return bucket < epochs.length() ? epochs.get(bucket) : null;
  }

  /** Hears that the key of a generation was changed, so that the generation may be over. */
  void doubt() {
    doubts.incrementAndGet();
  }

  /** Drops all copies, and what is being read. */
  void flush() {
    synchronized (this) {
      flushes.incrementAndGet();
      for (int bucket = 0; bucket < epochs.length(); bucket++) {
        Epoch known = epochs.getAndSet(bucket, null);
        if (known != null) {
          known.end();
        }
      }
    }
    copies.invalidateAll();
    counts.flushed();
  }

  /** Counts from now on, or no more. */
  public void count(boolean enabled) {
    counts.enable(enabled);
  }

  /** What was counted so far. */
  public NearCacheStatistics read() {
    return counts.read(copies.estimatedSize());
  }

  private static int stripe(Object name) {
    int hash = name.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }
}
