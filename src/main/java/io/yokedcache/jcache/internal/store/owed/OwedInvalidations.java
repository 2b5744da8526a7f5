package io.yokedcache.jcache.internal.store.owed;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.Bytes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The entries that a manager must remove from Redis, because a change of them failed or its outcome
 * is unknown, and the caches that it must empty. The store of a cache notes a debt before the
 * failure leaves it, and settles the debt before this JVM uses the key again. A thread of the
 * manager settles the rest by {@link #settleAll}.
 *
 * <p>A write whose outcome is unknown may be executed after its debt was settled, unless the server
 * has ended the connection before. {@link #LATENESS} later the entry is then removed once more if
 * it has the value of that write. Values are remembered by their SHA-256 digests.
 *
 * <p>Safe for use by several threads: the state of each cache is guarded by its object's monitor,
 * which is never held while Redis is asked. A debt is ended by its identity, so a debt that was
 * noted while an earlier one was settled stays.
 */
public final class OwedInvalidations {

  private static final Logger logger = LoggerFactory.getLogger(OwedInvalidations.class);

  /** How long a refused settlement is not tried again. */
  private static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** After how long the entry of a write of unknown outcome is removed again. */
  private static final Duration LATENESS = Duration.ofSeconds(5);

  /**
   * The longest wait of a call for other threads; the time-outs of their requests end it before.
   */
  private static final Duration MAX_WAIT = Duration.ofSeconds(60);

  /**
   * The number of different values that writes of one key may have; after more of them the entry is
   * removed in any case.
   */
  private static final int MAX_LATE_VALUES = 16;

  private final int maxKeys;
  private final long lateNanos;
  private final long maxWaitNanos;

  /** By name. A closed cache stays while it owes something, or is kept. */
  private final Map<String, OfCache> caches = new ConcurrentHashMap<>();

  /**
   * Creates the debts of a manager.
   *
   * @param maxKeys the largest number of owed keys of a cache; beyond it the cache is emptied
   */
  public OwedInvalidations(int maxKeys) {
    this(maxKeys, LATENESS, MAX_WAIT);
  }

  /**
   * Creates the debts of a manager.
   *
   * @param maxKeys the largest number of owed keys of a cache; beyond it the cache is emptied
   * @param lateness after how long the entry of a write of unknown outcome is removed again
   * @param maxWait the longest wait of a call for the settlements of other threads
   */
  public OwedInvalidations(int maxKeys, Duration lateness, Duration maxWait) {
    this.maxKeys = maxKeys;
    this.lateNanos = lateness.toNanos();
    this.maxWaitNanos = maxWait.toNanos();
  }

  /**
   * The debts of a cache, which may have been opened and closed before.
   *
   * @param owes whether there are more, if the cache is not open; a cache whose missing entries do
   *     harm owes nothing
   */
  public OfCache of(String cacheName, boolean owes) {
    return caches.compute(
        cacheName,
        (name, known) -> {
          OfCache cache = known == null ? new OfCache(name) : known;
          if (!cache.isOpen) {
            cache.owes = owes;
            cache.isOpen = true;
          }
          return cache;
        });
  }

  /** Settles what is owed, as far as Redis allows; returns at the first failure of a cache. */
  public void settleAll() {
    caches.forEach(
        (name, cache) -> {
          Runnable settlement = cache.settlement;
          if (settlement != null && cache.hasWork()) {
            try {
              settlement.run();
            } catch (RuntimeException e) {
              logger.debug("What cache {} owes could not be settled", name, e);
            }
          }
        });
    caches.values().removeIf(cache -> !cache.isNeeded());
  }

  /**
   * Writes of one key that may still be executed.
   *
   * @param digests those of the values that they store; none if there are too many
   * @param atNanos when the entry is removed if it has one of the values
   */
  public record Late(Set<Bytes> digests, long atNanos) {

    private static Bytes digest(Bytes value) {
      try {
        return Bytes.of(MessageDigest.getInstance("SHA-256").digest(value.array()));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Every Java platform has SHA-256", e);
      }
    }

    /** Whether one of the writes may have stored a value. */
    public boolean mayHaveStored(Bytes value) {
      return digests.isEmpty() || value.isTooLong() || digests.contains(digest(value));
    }

    private Late and(Late other) {
      Set<Bytes> both = new HashSet<>(digests);
      both.addAll(other.digests);
      boolean isForgotten =
          digests.isEmpty() || other.digests.isEmpty() || both.size() > MAX_LATE_VALUES;
      long later = atNanos - other.atNanos < 0 ? other.atNanos : atNanos;
      return new Late(isForgotten ? Set.of() : both, later);
    }

    private Late at(long nanos) {
      return new Late(digests, nanos);
    }
  }

  /** A debt, by identity: the removal of an entry, or a new generation. */
  public static sealed class Debt permits GenerationDebt {

    final long sinceNanos;

    /** Writes that may still be executed, or {@code null}. */
    private final @Nullable Late late;

    /** When it may be tried again; racy writes are harmless. */
    private volatile long retryNanos;

    private Debt(long sinceNanos, @Nullable Late late, long retryNanos) {
      this.sinceNanos = sinceNanos;
      this.late = late;
      this.retryNanos = retryNanos;
    }

    /** Whether it, or the one that it replaced, existed at a time. */
    public boolean wasOwedAt(long nanos) {
      return sinceNanos - nanos <= 0;
    }

    public boolean mayBeTried(long nowNanos) {
      return nowNanos - retryNanos >= 0;
    }

    /** Notes that Redis refused to settle it, so that it is not tried again for a while. */
    public void postpone() {
      retryNanos = System.nanoTime() + REFUSED_NANOS;
    }
  }

  /**
   * The debt of a new generation. It is settled bucket by bucket, so that the masters of a cluster
   * that answer need not wait for one that is away. Guarded by the monitor of the cache's debts.
   */
  public static final class GenerationDebt extends Debt {

    /** Whether a cache with other codecs or types is deleted. */
    private final boolean deletesOthers;

    /** The buckets in which the new generation has begun. */
    private Set<Integer> begun = Set.of();

    /** For each bucket the number of its last change that failed since the debt. */
    private Map<Integer, Long> changed = Map.of();

    /** Counts the changes that failed since the debt. */
    private long changes;

    private GenerationDebt(long sinceNanos, long nowNanos, boolean deletesOthers) {
      super(sinceNanos, /* late= */ null, nowNanos);
      this.deletesOthers = deletesOthers;
    }

    /**
     * Whether a cache with other codecs or types is deleted: a new master may have one that this
     * manager has destroyed.
     */
    public boolean deletesOthers() {
      return deletesOthers;
    }

    private boolean isOwedIn(int bucket) {
      return !begun.contains(bucket);
    }

    /** Notes that a change failed in a bucket in which the generation has not begun. */
    private void addChange(int bucket) {
      changed = modifiable(changed);
      changes++;
      changed.put(bucket, changes);
    }

    /** Notes that the generation has begun in those buckets that no later change failed in. */
    private void addBegun(Collection<Integer> some, long changesBefore) {
      Set<Integer> both = new HashSet<>(begun);
      for (int bucket : some) {
        if (changed.getOrDefault(bucket, 0L) <= changesBefore) {
          both.add(bucket);
        }
      }
      begun = both;
    }
  }

  /**
   * An attempt of one thread to settle debts. The others leave them alone until it is over: a
   * second removal that is still on its way when the debt has ended would remove a new entry.
   */
  public static final class SettlementAttempt {

    private final CountDownLatch over = new CountDownLatch(1);

    /** The debts that it is about. */
    private final Map<Bytes, Debt> debts;

    /** The buckets in which it begins a new generation. */
    private final Set<Integer> buckets;

    /** Why Redis could not be asked; written before it is over. */
    private @Nullable RedisUnavailableException failure;

    private SettlementAttempt(Map<Bytes, Debt> debts, Set<Integer> buckets) {
      this.debts = debts;
      this.buckets = buckets;
    }

    /** The debts that it is about; none if it is about buckets. */
    public Map<Bytes, Debt> debts() {
      return debts;
    }

    /**
     * Waits until it is over.
     *
     * @param endNanos when the call has waited long enough, for this attempt and for earlier ones
     * @throws RedisUnavailableException if it could not ask Redis, or is not over in time
     */
    public void await(String operation, String server, long endNanos) {
      long nanos = Math.max(0, endNanos - System.nanoTime());
      if (!BoundedWait.await(nanos, left -> over.await(left, TimeUnit.NANOSECONDS))) {
        throw new RedisUnavailableException(
            "%s on %s failed: other threads have not removed the entries of failed changes in time"
                .formatted(operation, server),
            new TimeoutException(),
            RedisUnavailableException.Kind.NOT_ASKED,
            server);
      }
      if (failure != null) {
        throw new RedisUnavailableException(
            String.valueOf(failure.getMessage()), failure, failure.kind(), failure.server());
      }
    }
  }

  /**
   * The attempts of threads that settle debts of one cache now, by what each is about. Guarded by
   * the monitor of the cache's debts.
   *
   * @param <T> the key of an entry, or the number of a bucket
   */
  private static final class AttemptsUnderWay<T> {

    private Map<T, SettlementAttempt> attempts = Map.of();

    boolean contains(T one) {
      return attempts.containsKey(one);
    }

    /** The attempt that is about one of some keys or buckets, if there is one. */
    @Nullable SettlementAttempt first(Collection<T> some) {
      for (T one : some) {
        SettlementAttempt attempt = attempts.get(one);
        if (attempt != null) {
          return attempt;
        }
      }
      return null;
    }

    void begin(Set<T> some, SettlementAttempt attempt) {
      if (!some.isEmpty()) {
        attempts = modifiable(attempts);
        some.forEach(one -> attempts.put(one, attempt));
      }
    }

    void end(Set<T> some, SettlementAttempt attempt) {
      some.forEach(one -> attempts.remove(one, attempt));
    }
  }

  /** A map for more: caches without debts, which are most of them, share an unmodifiable one. */
  private static <K, V> Map<K, V> modifiable(Map<K, V> map) {
    return map.isEmpty() ? new LinkedHashMap<>() : map;
  }

  /** The debts of one cache. */
  public final class OfCache {

    private final String cacheName;

    private volatile boolean owes;

    /** Settles what is owed, by the last cache object that owed something. */
    private volatile @Nullable Runnable settlement;

    private volatile boolean isOpen;
    private volatile boolean isKept;

    /** Whether there is a debt; changed under the monitor. */
    private volatile boolean any;

    /** Empty and unmodifiable until there is a debt: most caches never have one. */
    private Map<Bytes, Debt> keys = Map.of();

    /** The debt of a new generation. */
    private @Nullable GenerationDebt generation;

    /** The entries to remove once more, in the order of their times. */
    private Map<Bytes, Late> again = Map.of();

    /** The attempts to remove entries. */
    private final AttemptsUnderWay<Bytes> removalsUnderWay = new AttemptsUnderWay<>();

    /** The attempts to begin new generations, by bucket. */
    private final AttemptsUnderWay<Integer> renewalsUnderWay = new AttemptsUnderWay<>();

    private long settled;
    private long overflows;

    private OfCache(String cacheName) {
      this.cacheName = cacheName;
    }

    /** When a call that begins now has waited long enough, for {@link SettlementAttempt#await}. */
    public long waitEndNanos() {
      return System.nanoTime() + maxWaitNanos;
    }

    /** Whether a key or the cache is owed. */
    public boolean isAny() {
      return any;
    }

    public synchronized boolean hasWork() {
      return any || !again.isEmpty();
    }

    private boolean isNeeded() {
      return isOpen || isKept || hasWork();
    }

    /**
     * Notes that an entry must be removed.
     *
     * @param settler settles what the cache owes
     * @param bucket that of the key
     * @param lateValue the value of a write that may still be executed, or {@code null}
     */
    public void owe(Runnable settler, Bytes key, int bucket, @Nullable Bytes lateValue) {
      if (owes) {
        // Before the monitor is taken, since a value may be large.
        add(settler, key, bucket, lateValue == null ? null : Late.digest(lateValue));
      }
    }

    private synchronized void add(
        Runnable settler, Bytes key, int bucket, @Nullable Bytes lateDigest) {
      settlement = settler;
      long now = System.nanoTime();
      if (generation != null && generation.isOwedIn(bucket)) {
        generation.addChange(bucket); // the new generation ends the entry, too
        return;
      }
      Late late = lateDigest == null ? null : new Late(Set.of(lateDigest), now + lateNanos);
      Debt known = keys.get(key);
      if (known == null) {
        keys = modifiable(keys);
        keys.put(key, new Debt(now, late, now));
      } else {
        Late before = known.late;
        Late both = before == null ? late : late == null ? before : before.and(late);
        keys.put(key, new Debt(known.sinceNanos, both, known.retryNanos));
      }
      any = true;
      if (keys.size() > maxKeys) {
        overflow(now);
      }
    }

    /** Owes a new generation in place of single entries; called under the monitor. */
    private void overflow(long now) {
      overflows++;
      keys = Map.of();
      again = Map.of();
      boolean deletesOthers = generation != null && generation.deletesOthers;
      generation = new GenerationDebt(now, now, deletesOthers);
      any = true;
    }

    /**
     * Notes that the cache needs a new generation.
     *
     * @param settler settles what the cache owes
     * @param afterFailOver whether a new master needs it, see {@link GenerationDebt#deletesOthers}
     */
    public synchronized void oweGeneration(Runnable settler, boolean afterFailOver) {
      if (!owes) {
        return;
      }
      settlement = settler;
      long now = System.nanoTime();
      long since = generation == null ? now : generation.sinceNanos;
      keys = Map.of(); // entries of the old generation, also those that arrive late
      again = Map.of();
      boolean deletesOthers = afterFailOver || (generation != null && generation.deletesOthers);
      generation = new GenerationDebt(since, now, deletesOthers);
      any = true;
    }

    /** The debt of a new generation. */
    public synchronized @Nullable GenerationDebt generation() {
      return generation;
    }

    /** Whether an entry of a bucket must be removed, alone or with the bucket. */
    public synchronized boolean isOwed(Bytes key, int bucket) {
      return keys.containsKey(key) || (generation != null && generation.isOwedIn(bucket));
    }

    /** Those of some buckets in which the generation that a debt is about has not begun. */
    public synchronized Set<Integer> bucketsLeft(GenerationDebt debt, Collection<Integer> some) {
      Set<Integer> left = new LinkedHashSet<>(some);
      left.removeAll(debt.begun);
      return left;
    }

    /** How many changes have failed since a debt, for {@link #begun}. */
    public synchronized long changes(GenerationDebt debt) {
      return debt.changes;
    }

    /**
     * Notes that a new generation has begun in some buckets.
     *
     * @param changesBefore the {@link #changes} before it was begun; it does not count in a bucket
     *     in which another one has failed since
     */
    public synchronized void begun(
        GenerationDebt debt, Collection<Integer> some, long changesBefore) {
      debt.addBegun(some, changesBefore);
    }

    /** The debts of some keys. */
    public synchronized Map<Bytes, Debt> debtsOf(Collection<Bytes> some) {
      Map<Bytes, Debt> debts = new HashMap<>();
      for (Bytes key : some) {
        Debt debt = keys.get(key);
        if (debt != null) {
          debts.put(key, debt);
        }
      }
      return debts;
    }

    /**
     * Begins an attempt to settle those of some debts that are still owed and that no other thread
     * settles now.
     *
     * @return the attempt, for {@link #endAttempt}
     */
    public synchronized SettlementAttempt beginAttempt(Map<Bytes, Debt> some) {
      Map<Bytes, Debt> debts = new HashMap<>();
      some.forEach(
          (key, debt) -> {
            if (keys.get(key) == debt && !removalsUnderWay.contains(key)) {
              debts.put(key, debt);
            }
          });
      SettlementAttempt attempt = new SettlementAttempt(debts, Set.of());
      removalsUnderWay.begin(debts.keySet(), attempt);
      return attempt;
    }

    /** The attempt of another thread to settle a debt of one of some keys, if there is one. */
    public synchronized @Nullable SettlementAttempt underWay(Collection<Bytes> some) {
      return removalsUnderWay.first(some);
    }

    /**
     * Begins the attempt to begin new generations in some buckets.
     *
     * @return {@code null} if another thread does so in one of them
     */
    public synchronized @Nullable SettlementAttempt beginAttemptIn(Collection<Integer> some) {
      if (renewalsUnderWay.first(some) != null) {
        return null;
      }
      SettlementAttempt attempt = new SettlementAttempt(Map.of(), Set.copyOf(some));
      renewalsUnderWay.begin(attempt.buckets, attempt);
      return attempt;
    }

    /** The attempt of another thread to begin a new generation in one of some buckets, if any. */
    public synchronized @Nullable SettlementAttempt underWayIn(Collection<Integer> some) {
      return renewalsUnderWay.first(some);
    }

    /**
     * Ends an attempt.
     *
     * @param failure why Redis could not be asked, for the threads that wait for it
     */
    public synchronized void endAttempt(
        SettlementAttempt attempt, @Nullable RedisUnavailableException failure) {
      removalsUnderWay.end(attempt.debts.keySet(), attempt);
      renewalsUnderWay.end(attempt.buckets, attempt);
      attempt.failure = failure;
      attempt.over.countDown();
    }

    /** The debts that may be tried now, in maps of at most that many. */
    public synchronized List<Map<Bytes, Debt>> due(int max) {
      long now = System.nanoTime();
      List<Map<Bytes, Debt>> batches = new ArrayList<>();
      Map<Bytes, Debt> last = Map.of();
      for (Map.Entry<Bytes, Debt> entry : keys.entrySet()) {
        if (entry.getValue().mayBeTried(now)) {
          if (last.size() % max == 0) {
            last = new HashMap<>();
            batches.add(last);
          }
          last.put(entry.getKey(), entry.getValue());
        }
      }
      return batches;
    }

    /** All debts now, for {@link #endAllDebts}. */
    public synchronized Map<Bytes, Debt> keys() {
      return new HashMap<>(keys);
    }

    /**
     * Notes that entries were removed.
     *
     * @param mayArriveLate whether writes of unknown outcome may still be executed
     */
    public synchronized void endDebts(Map<Bytes, Debt> removed, boolean mayArriveLate) {
      long now = System.nanoTime();
      removed.forEach(
          (key, debt) -> {
            if (!keys.isEmpty() && keys.remove(key, debt)) {
              settled++;
              if (debt.late != null && mayArriveLate) {
                again = modifiable(again);
                Late before = again.remove(key);
                Late both = before == null ? debt.late : before.and(debt.late);
                again.put(key, both.at(now + lateNanos));
              }
            }
          });
      any = generation != null || !keys.isEmpty();
      if (again.size() > maxKeys) {
        overflow(now);
      }
    }

    /** Notes that a new generation began, to which no entry belongs that was owed before. */
    public synchronized void endAllDebts(@Nullable Debt before, Map<Bytes, Debt> keysBefore) {
      if (before != null && before == generation) {
        generation = null;
        settled++;
      }
      keysBefore.forEach(
          (key, debt) -> {
            if (!keys.isEmpty() && keys.remove(key, debt)) {
              settled++;
            }
          });
      any = generation != null || !keys.isEmpty();
    }

    /** The writes that may have been executed late by now, for {@link #endLate}. */
    public synchronized Map<Bytes, Late> dueLate(int max) {
      long now = System.nanoTime();
      Map<Bytes, Late> late = new HashMap<>();
      for (Map.Entry<Bytes, Late> entry : again.entrySet()) {
        if (late.size() == max || now - entry.getValue().atNanos < 0) {
          break;
        }
        late.put(entry.getKey(), entry.getValue());
      }
      return late;
    }

    /** Notes that the entries were removed that late writes had left. */
    public synchronized void endLate(Map<Bytes, Late> removed) {
      if (!again.isEmpty()) {
        removed.forEach(again::remove);
      }
    }

    public synchronized long owedKeys() {
      return keys.size();
    }

    public synchronized boolean owesGeneration() {
      return generation != null;
    }

    /** The age of the oldest debt; 0 if there is none. */
    public synchronized long oldestNanos() {
      long now = System.nanoTime();
      long oldest = generation == null ? 0 : now - generation.sinceNanos;
      for (Debt debt : keys.values()) {
        oldest = Math.max(oldest, now - debt.sinceNanos);
      }
      return oldest;
    }

    public synchronized long settled() {
      return settled;
    }

    public synchronized long overflows() {
      return overflows;
    }

    /** Lets the cache of this name be forgotten as soon as it owes nothing. */
    public void close() {
      caches.computeIfPresent(
          cacheName,
          (name, cache) -> {
            cache.isOpen = false;
            return cache.isNeeded() ? cache : null;
          });
    }

    /**
     * Keeps the open cache after it is closed, since it may owe something then, or ends that.
     *
     * @param keeps whether it is kept
     */
    public void keep(boolean keeps) {
      caches.computeIfPresent(
          cacheName,
          (name, cache) -> {
            cache.isKept = keeps;
            return cache.isNeeded() ? cache : null;
          });
    }
  }
}
