package io.yokedcache.jcache.internal.near;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.ChangeObserver;
import io.yokedcache.jcache.internal.store.EntryStore.StoredValue;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.IntFunction;
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
 * <p>A near entry also belongs to the generation of its bucket that was current when it was read. A
 * change of a generation's key says only that the bucket may have been cleared, since listeners of
 * other JVMs renew their leases in the same key. After it, no near entry of the bucket is used
 * until a read finds that the same generation is still current. A read that finds another
 * generation drops the near entries of the bucket.
 *
 * <p>A near entry with tags is not used any more when one of them was invalidated ({@link
 * TagEpochs}). It is dropped at its next look-up, or by a sweep.
 *
 * <p>Each bucket has a {@link Source}: the connection to the server that holds its keys. A near
 * entry is used while the source of its time is fresh, and is kept only if it was read from that
 * server. So the loss of a server, or a move of its keys, concerns its buckets alone.
 *
 * <p>A near entry is found by a name that follows from the bytes of its key alone. So an
 * invalidation, which carries these bytes, always finds it. A reader that knows the name without
 * encoding the key need not encode it. Safe for use by several threads.
 *
 * @param <V> values
 */
public final class NearCache<V> implements ChangeObserver {

  /** The entry never becomes old. */
  public static final long ALWAYS_YOUNG = Long.MAX_VALUE;

  /** The memory of a near entry besides its bytes, by the sizes of objects on a 64-bit JVM. */
  private static final int OVERHEAD_BYTES = 160;

  private static final int TAG_BYTES = 16;

  private final Counters counters = new Counters();
  private final Function<Bytes, Object> names;
  private final Cache<Object, NearEntry<V>> entries;
  private final long timeToLiveNanos;

  /** The greatest age of a near entry that {@link #stale} returns; 0 if it returns none. */
  private final long maxAgeNanos;

  private final StripedCounts invalidations = new StripedCounts();

  private final TagEpochs tags = new TagEpochs();

  private final NearBucket[] buckets;

  /** The number of epochs that ended since near entries were last swept. */
  private final AtomicInteger endedEpochs = new AtomicInteger();

  /**
   * Creates an empty near cache, which is not used before changes are tracked.
   *
   * @param buckets the number of generations that the cache has at a time
   * @param names returns the name of a near entry, which has {@code equals} and follows from the
   *     bytes of the key alone
   */
  public NearCache(Settings.NearCache settings, int buckets, Function<Bytes, Object> names) {
    this.names = names;
    this.buckets = new NearBucket[buckets];
    Arrays.setAll(this.buckets, bucket -> new NearBucket());
    Duration timeToLive = settings.timeToLive();
    this.timeToLiveNanos =
        timeToLive == null ? NearEntry.NEVER : TimeUnit.NANOSECONDS.convert(timeToLive);
    Duration maxAge = settings.failSafeMaxAge();
    this.maxAgeNanos = maxAge == null ? 0 : TimeUnit.NANOSECONDS.convert(maxAge);
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
    long tagBytes = (long) TAG_BYTES * entry.tags().size();
    return (int) Math.min(Integer.MAX_VALUE, OVERHEAD_BYTES + tagBytes + entry.sizeBytes());
  }

  /**
   * Takes the sources of invalidations. Near entries of buckets whose tracking is another one are
   * dropped, as are those that reads under way would leave. Called by one thread at a time.
   *
   * @param sources returns the source of each bucket
   */
  void follow(IntFunction<Source> sources) {
    boolean isDropped = false;
    for (int bucket = 0; bucket < buckets.length; bucket++) {
      isDropped |= buckets[bucket].follow(sources.apply(bucket));
    }
    if (isDropped) {
      sweep();
    }
  }

  /** Drops the near entries whose changes were tracked so: their server changed all its keys. */
  void flush(Tracking tracking) {
    boolean isDropped = false;
    for (NearBucket bucket : buckets) {
      if (bucket.isTrackedBy(tracking)) {
        bucket.flush();
        isDropped = true;
      }
    }
    if (isDropped) {
      sweep();
    }
  }

  /**
   * Notes that invalidations of a server are missed from now on: drops the near entries whose
   * changes were tracked so, unless they are kept for {@link #stale}. Reads under way leave none,
   * since the tracking is not fresh any more.
   */
  void lost(Tracking tracking) {
    if (!isFailSafe()) {
      flush(tracking);
    }
  }

  /** Drops all near entries, and those that reads under way would leave. */
  void flush() {
    for (NearBucket bucket : buckets) {
      bucket.flush();
    }
    sweep();
  }

  /** Frees the memory of near entries that are not used any more. */
  private void sweep() {
    endedEpochs.set(0);
    if (buckets.length == 1) {
      entries.invalidateAll();
    } else {
      entries.asMap().values().removeIf(NearEntry::isOver);
    }
    counters.increment(counters.flushes);
  }

  /**
   * Sweeps once for each quarter of the buckets: a {@code clear()} by another JVM ends the epochs
   * of all buckets one after the other. The rest goes when it is looked up, or is evicted.
   */
  private void epochEnded() {
    if (endedEpochs.incrementAndGet() * 4 >= buckets.length) {
      sweep();
    }
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
    NearEntry<V> entry = entries.getIfPresent(name);
    if (entry != null) {
      boolean isAlive = entry.isAlive(nowNanos);
      if (isAlive && entry.epoch().isUsable(nowNanos) && !entry.hasInvalidatedTag()) {
        return entry;
      }
      if (!isAlive || entry.isOver()) {
        entries.asMap().remove(name, entry);
      }
    }
    return null;
  }

  /** Whether {@link #stale} may return near entries. */
  public boolean isFailSafe() {
    return maxAgeNanos > 0;
  }

  /**
   * Returns a near entry for a read that did not reach Redis, or {@code null}, and counts nothing.
   * A caller that uses it calls {@link #usedStale}. The near entry may be stale, but no older than
   * the limit of the settings. It is none that this JVM has changed or that an invalidation
   * dropped, and its time to live is not over.
   *
   * <p>A change that is made after Redis is back is not missed for longer than {@code
   * near.max-staleness}, the bound of near entries while all is well (docs/decisions.md has the
   * proof).
   *
   * @param readNanos when the read began
   */
  public @Nullable NearEntry<V> stale(Bytes key, long readNanos) {
    NearEntry<V> entry = isFailSafe() ? entries.getIfPresent(names.apply(key)) : null;
    return entry != null
            && entry.isAlive(System.nanoTime())
            && !entry.hasInvalidatedTag()
            && entry.epoch().mayServeStale(readNanos, maxAgeNanos)
        ? entry
        : null;
  }

  /** Counts a stale hit. */
  public void usedStale() {
    counters.increment(counters.staleHits);
  }

  /** Counts a hit. */
  public void used() {
    counters.increment(counters.hits);
  }

  /** Returns a ticket, to be taken before an entry is read from Redis. */
  public Ticket ticket(Bytes key) {
    NearBucket bucket = buckets[KeySpace.bucketOf(key, buckets.length)];
    return bucket.ticket(names.apply(key), key.length(), invalidations, tags.invalidations());
  }

  /**
   * Keeps an entry that was read from Redis, unless it may be old already.
   *
   * @param ticket the result of {@link #ticket} before the read
   * @param value the value if all readers can share it, else {@code null}
   * @param youngMillis how long the entry is not old, or {@link #ALWAYS_YOUNG}
   */
  public void keep(Ticket ticket, StoredValue found, @Nullable V value, long youngMillis) {
    Object name = ticket.name();
    NearBucket bucket = buckets[found.generation().bucket()];
    Epoch epoch = bucket.epoch(ticket, found.generation().tokenText(), this::epochEnded);
    if (epoch == null
        || !epoch.tracking().isFresh(System.nanoTime())
        || !bucket.holds(ticket, epoch, invalidations)) {
      counters.increment(counters.droppedFills);
      return;
    }
    NearEntry<V> entry =
        new NearEntry<>(
            value,
            value == null ? found.value() : null,
            (int) Math.min(Integer.MAX_VALUE, (long) ticket.keyBytes() + found.value().length()),
            endNanos(ticket.startNanos(), found.ttlMillis()),
            youngMillis == ALWAYS_YOUNG
                ? NearEntry.NEVER
                : ticket.startNanos() + TimeUnit.MILLISECONDS.toNanos(youngMillis),
            epoch,
            tags.of(found.tags()));
    entries.put(name, entry);
    boolean isTagInvalidated =
        !found.tags().isEmpty() && tags.invalidations() != ticket.tagInvalidations();
    if (isTagInvalidated
        || entry.isOver()
        || !bucket.holds(ticket, epoch, invalidations)) { // invalidated while it was put
      entries.asMap().remove(name, entry);
      counters.increment(counters.droppedFills);
    }
  }

  private long endNanos(long readNanos, long ttlMillis) {
    long ttlNanos = ttlMillis < 0 ? NearEntry.NEVER : TimeUnit.MILLISECONDS.toNanos(ttlMillis);
    long shortest = Math.min(ttlNanos, timeToLiveNanos);
    return shortest == NearEntry.NEVER ? NearEntry.NEVER : readNanos + shortest;
  }

  @Override
  public void afterChange(Bytes key) {
    invalidate(key);
  }

  @Override
  public void afterClear() {
    flush();
  }

  @Override
  public void afterTagInvalidation(List<Bytes> invalidated) {
    invalidated.forEach(this::invalidateTag);
  }

  /**
   * Ends the use of the near entries that have a tag, and of those that reads under way would
   * leave. A sweep drops them when many tags were invalidated.
   */
  private void invalidateTag(Bytes tag) {
    tags.invalidate(tag);
    if (tags.isSweepDue()) {
      entries.asMap().values().removeIf(NearEntry::isOver);
    }
  }

  /** Drops a near entry, and those that reads under way would leave. */
  void invalidate(Bytes key) {
    Object name = names.apply(key);
    invalidations.increment(name); // before the removal: see keep()
    entries.invalidate(name);
  }

  /**
   * Handles an invalidation from Redis. A change of an entry of a stale generation, such as its
   * deletion by the cleaner, drops nothing.
   *
   * @param token the generation of the entry
   */
  void onInvalidation(int number, String token, Bytes key) {
    NearBucket bucket = number < buckets.length ? buckets[number] : null;
    if (bucket == null) {
      counters.increment(counters.invalidations);
    } else if (bucket.invalidated(token)) {
      invalidate(key);
      counters.increment(counters.invalidations);
    } else if (!bucket.hasEpoch()) {
      // Before the first near entry the current generation is not known, so it is counted. No near
      // entry needs to be dropped, and the bucket has reads under way leave none.
      counters.increment(counters.invalidations);
    }
  }

  /** Handles the invalidation of a tag by some JVM, in one bucket. */
  void onTagInvalidation(Bytes tag) {
    invalidateTag(tag);
    counters.increment(counters.invalidations);
  }

  /** Notes that the key of a bucket's generation was changed, so that it may be over. */
  void onGenerationChange(int bucket) {
    buckets[bucket].generationChanged();
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
        counters.staleHits.sum(),
        entries.estimatedSize());
  }

  /** The counters of the statistics, which only grow, and only while statistics are on. */
  private static final class Counters {

    final LongAdder hits = new LongAdder();
    final LongAdder misses = new LongAdder();

    /** Changes of entries that Redis reported. */
    final LongAdder invalidations = new LongAdder();

    /** Times that near entries were dropped together. */
    final LongAdder flushes = new LongAdder();

    /** Reads that left no near entry, since the value may have been old already. */
    final LongAdder droppedFills = new LongAdder();

    /** Near entries that were used while Redis was away. */
    final LongAdder staleHits = new LongAdder();

    volatile boolean enabled;

    void increment(LongAdder counter) {
      if (enabled) {
        counter.increment();
      }
    }
  }
}
