package io.yokedcache.jcache.internal.near;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore.ChangeObserver;
import io.yokedcache.jcache.internal.store.Generation;
import io.yokedcache.jcache.internal.store.StoredValue;
import java.io.Serial;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one cache in the memory of this JVM. Redis tells of every change of the cache,
 * whichever JVM makes it, and the near entry is dropped when the invalidation arrives. While
 * invalidations may be missed, no near entry is used.
 *
 * <p>A read that misses takes a ticket, reads Redis, and leaves a near entry only if the ticket
 * still holds. An invalidation that arrived in between may be newer than the value that was read.
 * Every invalidation arrives after its change was made, so a near entry is never older than the
 * last change whose invalidation arrived, and every later one drops it.
 *
 * <p>A near entry also belongs to the generation that was current when it was read. A change of a
 * generation's key says only that the cache may have been cleared, since listeners of other JVMs
 * renew their leases in the same key. After it, no near entry is used until a read finds that the
 * same generation is still current. A read that finds another generation drops all near entries.
 *
 * <p>A near entry is found by a name that follows from the bytes of its key alone. So an
 * invalidation, which carries these bytes, always finds it. A reader that knows the name without
 * encoding the key need not encode it. Safe for use by several threads.
 *
 * @param <V> values
 */
public final class NearCache<V> implements ChangeObserver {

  private static final int STRIPES = 1024;
  private static final long NO_DEADLINE = Long.MAX_VALUE;

  /** The memory of a near entry besides its bytes, by the sizes of objects on a 64-bit JVM. */
  private static final int OVERHEAD_BYTES = 160;

  private final Counters counters = new Counters();
  private final Function<Bytes, Object> names;
  private final Cache<Object, NearEntry<V>> entries;
  private final long timeToLiveNanos;

  /** The number of invalidations, by a hash of the name; part of each ticket. */
  private final AtomicIntegerArray invalidations = new AtomicIntegerArray(STRIPES);

  private final AtomicInteger flushes = new AtomicInteger();

  /** The number of invalidations of entries of generations that were not known. */
  private final AtomicInteger unknownInvalidations = new AtomicInteger();

  /** The number of times that a generation's key was changed; see {@link Epoch}. */
  private final AtomicLong generationChanges = new AtomicLong();

  /** The epoch of the near entries of each bucket, or {@code null} before the first. */
  private final AtomicReferenceArray<@Nullable Epoch> epochs;

  /** The number of the last epoch that began; written after the epoch is in the array. */
  private volatile long epochNumber;

  /** The end of the time during which near entries may be used, while {@link #isTracked}. */
  private volatile long freshUntilNanos;

  /** Whether Redis tells of changes. */
  private volatile boolean isTracked;

  /**
   * The time during which a generation is current. The value is the number of changes of generation
   * keys after which the generation was found to be current. Its near entries are used while there
   * is no further change.
   */
  static final class Epoch extends AtomicLong {

    @Serial private static final long serialVersionUID = 1L;

    private static final long OVER = -1;

    private final String token;
    private final long number;

    private Epoch(String token, long number, long generationChanges) {
      super(generationChanges);
      this.token = token;
      this.number = number;
    }

    /** Notes that the generation was current after so many changes. */
    private void confirm(long generationChanges) {
      accumulateAndGet(generationChanges, (now, seen) -> now == OVER ? OVER : Math.max(now, seen));
    }

    private void end() {
      set(OVER);
    }

    private boolean isOver() {
      return get() == OVER;
    }
  }

  /**
   * An entry in the memory of this JVM.
   *
   * @param value the value that all readers share, or {@code null} if each must decode one
   * @param bytes the encoded value, or {@code null} if there is a shared value
   * @param sizeBytes the length of the key and the value in their encoded form
   * @param deadlineNanos the time after which it is not used
   */
  public record NearEntry<V>(
      @Nullable V value, @Nullable Bytes bytes, int sizeBytes, long deadlineNanos, Epoch epoch) {}

  /**
   * The state of a near cache before an entry is read from Redis.
   *
   * @param name the name of the near entry
   * @param keyBytes the length of the encoded key
   * @param stamp the number of flushes, and of invalidations of the name
   */
  public record Ticket(
      Object name,
      int keyBytes,
      long stamp,
      int unknownInvalidations,
      long generationChanges,
      long epochNumber,
      long startNanos) {}

  /**
   * Creates an empty near cache, which is not used before {@link #freshUntil}.
   *
   * @param buckets the number of generations that the cache has at a time
   * @param names returns the name of a near entry, which has {@code equals} and follows from the
   *     bytes of the key alone
   */
  public NearCache(Settings.NearCache settings, int buckets, Function<Bytes, Object> names) {
    this.names = names;
    this.epochs = new AtomicReferenceArray<>(buckets);
    Duration timeToLive = settings.timeToLive();
    this.timeToLiveNanos =
        timeToLive == null ? NO_DEADLINE : TimeUnit.NANOSECONDS.convert(timeToLive);
    // Runs in the writing thread, since the common pool may be full of the application's work.
    Caffeine<Object, Object> builder = Caffeine.newBuilder().executor(Runnable::run);
    Long maxBytes = settings.maxBytes();
    this.entries =
        maxBytes == null
            ? builder.maximumSize(settings.maxEntries()).build()
            : builder
                .maximumWeight(maxBytes)
                .<Object, NearEntry<V>>weigher(NearCache::weigh)
                .build();
  }

  private static int weigh(Object name, NearEntry<?> entry) {
    return (int) Math.min(Integer.MAX_VALUE, (long) OVERHEAD_BYTES + entry.sizeBytes);
  }

  /** Whether near entries may be used at a time: no older change has an invalidation under way. */
  public boolean isFresh(long nowNanos) {
    return isTracked && freshUntilNanos - nowNanos > 0;
  }

  /** Lets near entries be used until a time, since older invalidations have arrived. */
  void freshUntil(long nanos) {
    freshUntilNanos = nanos;
    isTracked = true;
  }

  /** Stops the use of near entries: from now on invalidations are missed. */
  void trackingLost() {
    isTracked = false;
  }

  /** Returns a near entry that may be used, or {@code null}, and counts a hit or a miss. */
  public @Nullable NearEntry<V> get(Object name) {
    NearEntry<V> entry = find(name, System.nanoTime());
    if (entry == null) {
      counters.increment(counters.misses);
    } else {
      counters.increment(counters.hits);
    }
    return entry;
  }

  /**
   * Returns a near entry that may be used, or {@code null}, and counts nothing. A caller that uses
   * it calls {@link #used}.
   *
   * @param nowNanos a time since the read began
   */
  public @Nullable NearEntry<V> find(Object name, long nowNanos) {
    if (isFresh(nowNanos)) {
      NearEntry<V> entry = entries.getIfPresent(name);
      if (entry != null) {
        boolean lives = entry.deadlineNanos == NO_DEADLINE || entry.deadlineNanos - nowNanos > 0;
        if (lives && entry.epoch.get() == generationChanges.get()) {
          return entry;
        }
        if (!lives || entry.epoch.isOver()) {
          entries.asMap().remove(name, entry);
        }
      }
    }
    return null;
  }

  /** Counts a hit. */
  public void used() {
    counters.increment(counters.hits);
  }

  /** Returns a ticket, to be taken before an entry is read from Redis. */
  public Ticket ticket(Bytes key) {
    Object name = names.apply(key);
    // The number first: every invalidation in an epoch that it covers is in the stamp, or later.
    long number = epochNumber;
    return new Ticket(
        name,
        key.length(),
        stamp(name),
        unknownInvalidations.get(),
        generationChanges.get(),
        number,
        System.nanoTime());
  }

  private long stamp(Object name) {
    return ((long) flushes.get() << Integer.SIZE) | (invalidations.get(stripe(name)) & 0xffffffffL);
  }

  /**
   * Keeps an entry that was read from Redis, unless it may be old already.
   *
   * @param ticket the result of {@link #ticket} before the read
   * @param value the value if all readers can share it, else {@code null}
   */
  public void keep(Ticket ticket, StoredValue found, @Nullable V value) {
    Object name = ticket.name;
    Epoch epoch = epoch(ticket, found.generation());
    if (epoch == null || !isFresh(System.nanoTime()) || !holds(ticket, epoch)) {
      counters.increment(counters.droppedFills);
      return;
    }
    NearEntry<V> entry =
        new NearEntry<>(
            value,
            value == null ? found.value() : null,
            (int) Math.min(Integer.MAX_VALUE, (long) ticket.keyBytes + found.value().length()),
            deadline(ticket.startNanos, found.ttlMillis()),
            epoch);
    entries.put(name, entry);
    if (epoch.isOver() || !holds(ticket, epoch)) { // invalidated while it was put
      entries.asMap().remove(name, entry);
      counters.increment(counters.droppedFills);
    }
  }

  /** Whether no invalidation has arrived since a ticket that concerns a read after it. */
  private boolean holds(Ticket ticket, Epoch epoch) {
    // Invalidations that arrived before their generation was known are counted as unknown.
    boolean wasKnown = epoch.number <= ticket.epochNumber;
    return stamp(ticket.name) == ticket.stamp
        && (wasKnown || unknownInvalidations.get() == ticket.unknownInvalidations);
  }

  /**
   * The epoch of the generation that was current when an entry was read, or {@code null} if it may
   * be over.
   */
  private @Nullable Epoch epoch(Ticket ticket, Generation generation) {
    Epoch known = epochs.get(generation.bucket());
    if (known != null && known.token.equals(generation.tokenText())) {
      known.confirm(ticket.generationChanges);
      return known;
    }
    return begin(ticket, generation);
  }

  private synchronized @Nullable Epoch begin(Ticket ticket, Generation generation) {
    int bucket = generation.bucket();
    Epoch known = epochs.get(bucket);
    if (known != null && known.token.equals(generation.tokenText())) {
      known.confirm(ticket.generationChanges);
      return known;
    }
    // An epoch that began after the ticket may be newer than the entry.
    if ((known != null && known.number > ticket.epochNumber) || wasFlushedSince(ticket)) {
      return null;
    }
    Epoch next = new Epoch(generation.tokenText(), epochNumber + 1, ticket.generationChanges);
    epochs.set(bucket, next);
    epochNumber = next.number;
    if (known != null) {
      known.end();
      entries.invalidateAll();
      counters.increment(counters.flushes);
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

  @Override
  public void afterChange(Bytes key) {
    invalidate(key);
  }

  @Override
  public void afterClear() {
    flush();
  }

  /** Drops a near entry, and those that reads under way would leave. */
  void invalidate(Bytes key) {
    Object name = names.apply(key);
    invalidations.incrementAndGet(stripe(name)); // before the removal: see keep()
    entries.invalidate(name);
  }

  /**
   * Handles an invalidation from Redis. A change of an entry of a stale generation, such as its
   * deletion by the cleaner, drops nothing.
   *
   * @param token the generation of the entry
   */
  void onInvalidation(int bucket, String token, Bytes key) {
    if (!isKnown(bucket, token)) {
      unknownInvalidations.incrementAndGet();
      if (!isKnown(bucket, token)) { // else it began just now, and its first near entry may be old
        if (epoch(bucket) == null) { // perhaps of the current generation, without near entries yet
          counters.increment(counters.invalidations);
        }
        return;
      }
    }
    invalidate(key);
    counters.increment(counters.invalidations);
  }

  private boolean isKnown(int bucket, String token) {
    Epoch known = epoch(bucket);
    return known != null && known.token.equals(token);
  }

  private @Nullable Epoch epoch(int bucket) {
    return bucket < epochs.length() ? epochs.get(bucket) : null;
  }

  /** Notes that the key of a generation was changed, so that the generation may be over. */
  void onGenerationChange() {
    generationChanges.incrementAndGet();
  }

  /** Drops all near entries, and those that reads under way would leave. */
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
    entries.invalidateAll();
    counters.increment(counters.flushes);
  }

  /** Turns the counters on or off. */
  public void count(boolean enabled) {
    counters.enabled = enabled;
  }

  public NearCacheStatistics read() {
    return new NearCacheStatistics(
        counters.hits.sum(),
        counters.misses.sum(),
        counters.invalidations.sum(),
        counters.flushes.sum(),
        counters.droppedFills.sum(),
        entries.estimatedSize());
  }

  private static int stripe(Object name) {
    int hash = name.hashCode();
    return (hash ^ (hash >>> 16)) & (STRIPES - 1);
  }

  /** The counters, which only grow, and only while statistics are on. */
  private static final class Counters {
    final LongAdder hits = new LongAdder();
    final LongAdder misses = new LongAdder();

    /** Changes of entries that Redis told of. */
    final LongAdder invalidations = new LongAdder();

    /** Times that all near entries were dropped. */
    final LongAdder flushes = new LongAdder();

    /** Reads that left no near entry, since the value may have been old already. */
    final LongAdder droppedFills = new LongAdder();

    volatile boolean enabled;

    void increment(LongAdder counter) {
      if (enabled) {
        counter.increment();
      }
    }
  }
}
