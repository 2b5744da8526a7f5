package io.yokedcache.jcache.internal.near;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore.ChangeObserver;
import io.yokedcache.jcache.internal.store.EntryStore.StoredValue;
import io.yokedcache.jcache.internal.store.Generation;
import io.yokedcache.jcache.internal.store.KeySpace;
import java.io.Serial;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;
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

  private static final int STRIPES = 1024;
  private static final long NO_DEADLINE = Long.MAX_VALUE;

  /** The entry never becomes old. */
  public static final long ALWAYS_YOUNG = Long.MAX_VALUE;

  /** The memory of a near entry besides its bytes, by the sizes of objects on a 64-bit JVM. */
  private static final int OVERHEAD_BYTES = 160;

  private final Counters counters = new Counters();
  private final Function<Bytes, Object> names;
  private final Cache<Object, NearEntry<V>> entries;
  private final long timeToLiveNanos;

  /** The greatest age of a near entry that {@link #stale} returns; 0 if it returns none. */
  private final long maxAgeNanos;

  /** The number of invalidations, by a hash of the name; part of each ticket. */
  private final AtomicIntegerArray invalidations = new AtomicIntegerArray(STRIPES);

  private final Bucket[] buckets;

  /** The number of epochs that ended since near entries were last swept. */
  private final AtomicInteger endedEpochs = new AtomicInteger();

  /**
   * The origin of the invalidations of one bucket.
   *
   * @param tracking the tracking of the server that holds the bucket
   * @param version returns the version of the way to the bucket, which grows before a request may
   *     go to another server
   * @param knownVersion the version at which that server held the bucket
   */
  record Source(Tracking tracking, LongSupplier version, long knownVersion) {

    static final Source NONE = new Source(Tracking.NONE, () -> 0, 0);

    /** Whether all values that were read since came from the server that is tracked. */
    private boolean isCurrent() {
      return version.getAsLong() == knownVersion;
    }

    private boolean isSameAs(Source other) {
      return tracking == other.tracking && knownVersion == other.knownVersion;
    }
  }

  /**
   * The keys of one generation, which one server holds. The fields that are volatile are written
   * under the lock of the bucket.
   */
  private static final class Bucket {

    /** The number of times that the generation's key was changed; see {@link Epoch}. */
    private final AtomicLong generationChanges = new AtomicLong();

    /** The number of invalidations of entries of generations that were not known. */
    private final AtomicInteger unknownInvalidations = new AtomicInteger();

    private volatile Source source = Source.NONE;

    /** How often reads under way were told to leave no near entry; part of each ticket. */
    private volatile int flushes;

    /** The epoch of the near entries, or {@code null} before the first. */
    private volatile @Nullable Epoch epoch;

    /** The number of the last epoch that began; written after the epoch. */
    private volatile int epochNumber;

    private boolean isKnown(String token) {
      Epoch known = epoch;
      return known != null && known.token.equals(token);
    }

    private boolean wasFlushedSince(Ticket ticket) {
      return (int) (ticket.stamp >>> Integer.SIZE) != flushes;
    }

    /** Ends the epoch, and has reads under way leave no near entry. */
    private synchronized void flush() {
      flushes++;
      Epoch known = epoch;
      if (known != null) {
        epoch = null;
        known.end();
      }
    }

    /** Takes another source, and returns whether the near entries were dropped. */
    private synchronized boolean follow(Source next) {
      Source before = source;
      if (before.isSameAs(next)) {
        return false;
      }
      source = next;
      flush();
      return before.tracking != next.tracking;
    }

    /**
     * Begins the epoch of a generation that was read, or returns {@code null} if it may be over.
     *
     * @param ended is told that an epoch ended
     */
    private synchronized @Nullable Epoch begin(Ticket ticket, String token, Runnable ended) {
      Epoch known = epoch;
      if (known != null && known.token.equals(token)) {
        known.confirm(ticket.generationChanges);
        return known;
      }
      // An epoch that began after the ticket may be newer than the entry.
      if ((known != null && known.number > ticket.epochNumber) || wasFlushedSince(ticket)) {
        return null;
      }
      Epoch next = new Epoch(token, epochNumber + 1, this, ticket.generationChanges);
      epoch = next;
      epochNumber = next.number;
      if (known != null) {
        known.end();
        ended.run();
      }
      return next;
    }
  }

  /**
   * The time during which a generation is current and its changes come from one source. The value
   * is the number of changes of the generation's key after which the generation was found to be
   * current. Its near entries are used while there is no further change, and the source is fresh.
   */
  static final class Epoch extends AtomicLong {

    @Serial private static final long serialVersionUID = 1L;

    private static final long OVER = -1;

    private final String token;
    private final int number;
    private final transient Tracking tracking;
    private final AtomicLong generationChanges;

    private Epoch(String token, int number, Bucket bucket, long generationChanges) {
      super(generationChanges);
      this.token = token;
      this.number = number;
      this.tracking = bucket.source.tracking;
      this.generationChanges = bucket.generationChanges;
    }

    /** Notes that the generation was current after so many changes. */
    private void confirm(long changes) {
      if (get() < changes) {
        accumulateAndGet(changes, (now, seen) -> now == OVER ? OVER : Math.max(now, seen));
      }
    }

    /** Whether near entries of the epoch may be used at a time. */
    private boolean isUsable(long nowNanos) {
      return get() == generationChanges.get() && tracking.isFresh(nowNanos);
    }

    /** Whether near entries of the epoch may be used although changes may have been missed. */
    private boolean mayServeStale(long readNanos, long maxAgeNanos) {
      return get() == generationChanges.get() && tracking.mayServeStale(readNanos, maxAgeNanos);
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
   * @param oldNanos the time after which it is used, but old
   */
  public record NearEntry<V>(
      @Nullable V value,
      @Nullable Bytes bytes,
      int sizeBytes,
      long deadlineNanos,
      long oldNanos,
      Epoch epoch) {

    /** Whether the entry is to be loaded anew. */
    public boolean isOld(long nowNanos) {
      return oldNanos != NO_DEADLINE && oldNanos - nowNanos <= 0;
    }
  }

  /**
   * The state of a near cache before an entry is read from Redis.
   *
   * @param name the name of the near entry
   * @param keyBytes the length of the encoded key
   * @param stamp the number of flushes of the bucket, and of invalidations of the name
   */
  public record Ticket(
      Object name,
      int keyBytes,
      long stamp,
      int unknownInvalidations,
      int epochNumber,
      long generationChanges,
      long startNanos) {}

  /**
   * Creates an empty near cache, which is not used before changes are tracked.
   *
   * @param buckets the number of generations that the cache has at a time
   * @param names returns the name of a near entry, which has {@code equals} and follows from the
   *     bytes of the key alone
   */
  public NearCache(Settings.NearCache settings, int buckets, Function<Bytes, Object> names) {
    this.names = names;
    this.buckets = new Bucket[buckets];
    Arrays.setAll(this.buckets, bucket -> new Bucket());
    Duration timeToLive = settings.timeToLive();
    this.timeToLiveNanos =
        timeToLive == null ? NO_DEADLINE : TimeUnit.NANOSECONDS.convert(timeToLive);
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
    return (int) Math.min(Integer.MAX_VALUE, (long) OVERHEAD_BYTES + entry.sizeBytes);
  }

  /** Whether near entries of all buckets may be used at a time. */
  public boolean isFresh(long nowNanos) {
    for (Bucket bucket : buckets) {
      if (!bucket.source.tracking.isFresh(nowNanos)) {
        return false;
      }
    }
    return true;
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
    for (Bucket bucket : buckets) {
      if (bucket.source.tracking == tracking) {
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
    for (Bucket bucket : buckets) {
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
      entries.asMap().values().removeIf(entry -> entry.epoch.isOver());
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
      boolean lives = entry.deadlineNanos == NO_DEADLINE || entry.deadlineNanos - nowNanos > 0;
      if (lives && entry.epoch.isUsable(nowNanos)) {
        return entry;
      }
      if (!lives || entry.epoch.isOver()) {
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
   * near.max-staleness}, the bound of near entries while all is well. Proof: the connection of the
   * invalidations is made anew all the time. A read that begins at the time r gets a stale near
   * entry only if an attempt that began at s, r - max-staleness or later, found nobody who
   * answered. If Redis answers from the time b on, an attempt that begins then or later succeeds,
   * and drops all that is stale; so s is before b. A change at c, after b, is then also after s,
   * and r is at most s + max-staleness, which is before c + max-staleness.
   *
   * @param readNanos when the read began
   */
  public @Nullable NearEntry<V> stale(Bytes key, long readNanos) {
    NearEntry<V> entry = isFailSafe() ? entries.getIfPresent(names.apply(key)) : null;
    if (entry == null) {
      return null;
    }
    boolean lives =
        entry.deadlineNanos == NO_DEADLINE || entry.deadlineNanos - System.nanoTime() > 0;
    return lives && entry.epoch.mayServeStale(readNanos, maxAgeNanos) ? entry : null;
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
    Object name = names.apply(key);
    Bucket bucket = buckets[KeySpace.bucketOf(key, buckets.length)];
    // The number first: every invalidation in an epoch that it covers is in the stamp, or later.
    int number = bucket.epochNumber;
    return new Ticket(
        name,
        key.length(),
        stamp(bucket, name),
        bucket.unknownInvalidations.get(),
        number,
        bucket.generationChanges.get(),
        System.nanoTime());
  }

  private long stamp(Bucket bucket, Object name) {
    return ((long) bucket.flushes << Integer.SIZE)
        | (invalidations.get(stripe(name)) & 0xffffffffL);
  }

  /**
   * Keeps an entry that was read from Redis, unless it may be old already.
   *
   * @param ticket the result of {@link #ticket} before the read
   * @param value the value if all readers can share it, else {@code null}
   * @param youngMillis how long the entry is not old, or {@link #ALWAYS_YOUNG}
   */
  public void keep(Ticket ticket, StoredValue found, @Nullable V value, long youngMillis) {
    Object name = ticket.name;
    Bucket bucket = buckets[found.generation().bucket()];
    Epoch epoch = epoch(bucket, ticket, found.generation());
    if (epoch == null
        || !epoch.tracking.isFresh(System.nanoTime())
        || !holds(ticket, bucket, epoch)) {
      counters.increment(counters.droppedFills);
      return;
    }
    NearEntry<V> entry =
        new NearEntry<>(
            value,
            value == null ? found.value() : null,
            (int) Math.min(Integer.MAX_VALUE, (long) ticket.keyBytes + found.value().length()),
            deadline(ticket.startNanos, found.ttlMillis()),
            youngMillis == ALWAYS_YOUNG
                ? NO_DEADLINE
                : ticket.startNanos + TimeUnit.MILLISECONDS.toNanos(youngMillis),
            epoch);
    entries.put(name, entry);
    if (epoch.isOver() || !holds(ticket, bucket, epoch)) { // invalidated while it was put
      entries.asMap().remove(name, entry);
      counters.increment(counters.droppedFills);
    }
  }

  /** Whether no invalidation has arrived since a ticket that concerns a read after it. */
  private boolean holds(Ticket ticket, Bucket bucket, Epoch epoch) {
    // Invalidations that arrived before their generation was known are counted as unknown.
    boolean wasKnown = epoch.number <= ticket.epochNumber;
    return stamp(bucket, ticket.name) == ticket.stamp
        && (wasKnown || bucket.unknownInvalidations.get() == ticket.unknownInvalidations);
  }

  /**
   * The epoch of the generation that was current when an entry was read, or {@code null} if it may
   * be over, or if the entry may have been read from a server that is not tracked for it.
   */
  private @Nullable Epoch epoch(Bucket bucket, Ticket ticket, Generation generation) {
    if (!bucket.source.isCurrent() || bucket.wasFlushedSince(ticket)) {
      return null;
    }
    Epoch known = bucket.epoch;
    String token = generation.tokenText();
    if (known != null && known.token.equals(token)) {
      known.confirm(ticket.generationChanges);
      return known;
    }
    return bucket.begin(ticket, token, this::epochEnded);
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

  @Override
  public void afterTagInvalidation() {
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
  void onInvalidation(int number, String token, Bytes key) {
    Bucket bucket = number < buckets.length ? buckets[number] : null;
    if (bucket == null) {
      counters.increment(counters.invalidations);
      return;
    }
    if (!bucket.isKnown(token)) {
      bucket.unknownInvalidations.incrementAndGet();
      if (!bucket.isKnown(token)) { // else it began just now, and its first near entry may be old
        if (bucket.epoch == null) { // perhaps of the current generation, without near entries yet
          counters.increment(counters.invalidations);
        }
        return;
      }
    }
    invalidate(key);
    counters.increment(counters.invalidations);
  }

  /** Notes that the key of a bucket's generation was changed, so that it may be over. */
  void onGenerationChange(int bucket) {
    buckets[bucket].generationChanges.incrementAndGet();
  }

  /** Drops the near entries of a bucket in which tags were invalidated, and those under way. */
  void onTagInvalidation(int bucket) {
    buckets[bucket].flush();
    counters.increment(counters.invalidations);
    epochEnded();
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
