package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.metrics.FailOverStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * The changes that a manager made a short time ago, and their repair on a new master that may lack
 * them. A change is noted before it is sent. The repair removes the entries of the noted keys. It
 * begins a new generation in a bucket that was cleared, unless the new master has the generation
 * that this manager saw last, and in a bucket of which the ring could not keep all changes. In
 * doubt it removes an entry: the next read is then a miss and never an old value. If the new master
 * serves reads and refuses changes, the cache owes the removals ({@link OwedInvalidations}).
 *
 * <p>The keys are in a ring. Before a change displaces another one that is still recent, it marks
 * that one's bucket. The repair reads the ring before the marks, so it sees the key or the mark. A
 * mark holds for some time, in which the changes of its bucket are not kept: more changes than the
 * ring has places for cost next to nothing. Safe for use by several threads without locks: every
 * shared field is atomic or volatile.
 */
public final class RecentChanges implements FailOverListener {

  private static final Logger logger = LoggerFactory.getLogger(RecentChanges.class);
  private static final String OPERATION = "repair after a fail-over";

  /** The number of keys that one command removes. */
  private static final int MAX_KEYS = 1_000;

  /**
   * The part of the time of recent changes for which the changes of a bucket are not kept after one
   * of them was displaced: the bucket gets a new generation in any case.
   */
  private static final int PAUSES = 8;

  /** The time of an event that has not happened. */
  private static final long NEVER = 0;

  private final long withinNanos;
  private final Runnable onStaleEntries;
  private final AtomicReferenceArray<@Nullable Changed> ring;
  private final AtomicLong next = new AtomicLong();

  /**
   * By the route of the first bucket. A closed cache stays until its changes are no longer recent,
   * and another cache is opened then.
   */
  private final Map<Bytes, OfCache> caches = new ConcurrentHashMap<>();

  private final LongAdder failOvers = new LongAdder();
  private final LongAdder removals = new LongAdder();
  private final LongAdder clears = new LongAdder();

  /**
   * Creates the changes of a manager.
   *
   * @param capacity the number of changed keys that are kept, at least 1
   * @param within how long a change is recent
   * @param onStaleEntries is called when new generations have left stale entries
   */
  public RecentChanges(int capacity, Duration within, Runnable onStaleEntries) {
    this.withinNanos = within.toNanos();
    this.onStaleEntries = onStaleEntries;
    this.ring = new AtomicReferenceArray<>(capacity);
  }

  /** Notes the changes of a cache that was opened, until {@link OfCache#close}. */
  public OfCache of(KeySpace names, Generations generations, EntryStore entries) {
    forget(System.nanoTime());
    OfCache opened = new OfCache(names, generations, entries);
    entries.keepDebts(true);
    // The changes of a cache with this name, which was destroyed or closed, must not be lost.
    return caches.merge(names.route(0), opened, OfCache::reopened);
  }

  /** Forgets the closed caches that have no recent changes. */
  private void forget(long nowNanos) {
    Set<OfCache> forgotten = new HashSet<>(caches.values());
    forgotten.removeIf(cache -> !cache.isForgotten(nowNanos));
    if (forgotten.isEmpty()) {
      return;
    }
    for (int i = 0; i < ring.length(); i++) {
      Changed changed = ring.get(i);
      if (changed == null) {
        continue;
      }
      if (isRecent(changed.nanos, nowNanos)) {
        forgotten.remove(changed.cache);
      } else { // it holds its cache
        boolean unused = ring.compareAndSet(i, changed, null); // else it was displaced
      }
    }
    caches.values().removeAll(forgotten);
    forgotten.forEach(cache -> cache.entries.keepDebts(false));
  }

  public FailOverStatistics statistics() {
    return new FailOverStatistics(failOvers.sum(), removals.sum(), clears.sum());
  }

  @Override
  public boolean replaced(RedisExecutor newMaster, Predicate<Bytes> owns) {
    long startNanos = System.nanoTime();
    Collection<Repair> repairs = repairs(owns, startNanos);
    int changes = repairs.stream().mapToInt(repair -> repair.keys.size()).sum();
    readTokens(newMaster, repairs);
    List<Repair> renewed = repairs.stream().filter(repair -> repair.needsGeneration).toList();
    long removed;
    try {
      renew(newMaster, renewed);
      removed = remove(newMaster, repairs.stream().filter(Repair::needsRemoval).toList());
    } catch (RedisUnavailableException e) {
      if (!ErrorReply.isRefusedChange(e)) {
        throw e;
      }
      repairs.forEach(Repair::owe);
      failOvers.increment();
      logger.warn("After a fail-over, changed entries count as absent for now: {}", e.getMessage());
      return false;
    }
    if (!repairs.isEmpty()) {
      // A removal that was lost, now or by a repair that failed, must not reach later entries.
      List<Bytes> routes = List.of(repairs.iterator().next().route);
      boolean unused = newMaster.endLostConnections(OPERATION, routes);
    }
    // Another fail-over may undo the repair like any change.
    noteAgain(repairs, startNanos);
    failOvers.increment();
    removals.add(removed);
    clears.add(renewed.size());
    logger.info(
        "{} is the new master after a fail-over: {} entries were removed again, of {} that this JVM"
            + " changed in the last {} s, and {} generations were begun, in {} ms",
        newMaster.address(),
        removed,
        changes,
        TimeUnit.NANOSECONDS.toSeconds(withinNanos),
        renewed.size(),
        TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos));
    if (!renewed.isEmpty()) {
      onStaleEntries.run();
    }
    return true;
  }

  /** The repairs that the new master needs, at most one for each bucket. */
  private Collection<Repair> repairs(Predicate<Bytes> owns, long nowNanos) {
    Map<Bytes, Repair> byRoute = new HashMap<>();
    for (int i = 0; i < ring.length(); i++) {
      Changed changed = ring.get(i);
      if (changed != null && isRecent(changed.nanos, nowNanos)) {
        repair(byRoute, changed.cache, changed.bucket()).keys.add(changed.key);
      }
    }
    for (OfCache cache : caches.values()) {
      boolean wasCleared = cache.wasCleared(nowNanos);
      for (int bucket = 0; bucket < cache.names.buckets(); bucket++) {
        boolean isIncomplete = isRecent(cache.displacedNanos(bucket), nowNanos);
        if (wasCleared || isIncomplete) {
          Repair repair = repair(byRoute, cache, bucket);
          repair.cache = cache; // not an earlier one of the same name
          repair.wasCleared = wasCleared;
          repair.isIncomplete = isIncomplete;
        }
      }
    }
    byRoute.keySet().removeIf(route -> !owns.test(route));
    return byRoute.values();
  }

  private static Repair repair(Map<Bytes, Repair> byRoute, OfCache cache, int bucket) {
    return byRoute.computeIfAbsent(
        cache.names.route(bucket), route -> new Repair(cache, bucket, route));
  }

  private static void readTokens(RedisExecutor newMaster, Collection<Repair> repairs) {
    List<List<@Nullable Object>> replies =
        newMaster.executeAll(repairs.stream().map(Repair::tokenRead).toList());
    int i = 0;
    for (Repair repair : repairs) {
      Object reply = replies.get(i++).get(0);
      repair.decide(
          ErrorReply.isRedirect(reply)
              ? null
              : Generation.currentToken(newMaster, OPERATION, reply));
    }
  }

  private static void renew(RedisExecutor newMaster, List<Repair> repairs) {
    List<List<@Nullable Object>> replies =
        newMaster.executeAll(repairs.stream().map(Repair::renewal).toList());
    List<Request> deletions = new ArrayList<>(0);
    for (int i = 0; i < repairs.size(); i++) {
      Repair repair = repairs.get(i);
      Generations generations = repair.cache.generations;
      Object reply = replies.get(i).get(0);
      boolean isElsewhere = ErrorReply.isRedirect(reply);
      boolean isBegun =
          generations.renewed(
              repair.bucket, isElsewhere ? null : newMaster.checked(OPERATION, reply));
      if (!isBegun && !isElsewhere) {
        // It has other codecs or types, as a cache that was destroyed, whose own are not known.
        deletions.add(generations.deletion(repair.bucket));
      }
    }
    newMaster
        .executeAll(deletions)
        .forEach(replied -> newMaster.checked(OPERATION, replied.get(0)));
  }

  /** Returns how many entries there were. */
  private static long remove(RedisExecutor newMaster, List<Repair> repairs) {
    long removed = 0;
    for (List<@Nullable Object> replies :
        newMaster.executeAll(repairs.stream().map(Repair::removal).toList())) {
      for (Object reply : replies) {
        if (!ErrorReply.isRedirect(reply)) {
          removed += newMaster.checked(OPERATION, reply) instanceof Long count ? count : 0;
        }
      }
    }
    return removed;
  }

  private void noteAgain(Collection<Repair> repairs, long startNanos) {
    long now = now();
    Set<Bytes> routes = new HashSet<>();
    for (Repair repair : repairs) {
      routes.add(repair.route);
      if (repair.wasCleared || repair.isIncomplete) {
        repair.cache.clearedNanos = now;
      }
    }
    for (int i = 0; i < ring.length(); i++) {
      Changed changed = ring.get(i);
      if (changed != null
          && isRecent(changed.nanos, startNanos)
          && routes.contains(changed.cache.names.route(changed.bucket()))) {
        // If it fails, the change has been displaced and marked.
        ring.compareAndSet(i, changed, new Changed(changed.cache, changed.key, now));
      }
    }
  }

  private boolean isRecent(long nanos, long nowNanos) {
    return nanos != NEVER && nowNanos - nanos <= withinNanos;
  }

  private static long now() {
    return System.nanoTime() | 1; // never NEVER
  }

  private record Changed(OfCache cache, Bytes key, long nanos) {

    int bucket() {
      return cache.names.bucketOf(key);
    }
  }

  /** The recent changes of one cache. Safe for use by several threads. */
  public final class OfCache implements ChangeObserver, AutoCloseable {

    private final KeySpace names;
    private volatile Generations generations;
    private volatile EntryStore entries;
    private volatile boolean isOpen = true;

    /**
     * For each bucket a time not before the last change that was displaced or not kept. Made when
     * there is one, under this object's monitor; then it stays.
     */
    private volatile @Nullable AtomicLongArray displacedNanos;

    /** Written under this object's monitor. */
    private volatile int runningClears;

    private volatile long clearedNanos = NEVER;

    private OfCache(KeySpace names, Generations generations, EntryStore entries) {
      this.names = names;
      this.generations = generations;
      this.entries = entries;
    }

    private OfCache reopened(OfCache again) {
      generations = again.generations;
      entries = again.entries;
      isOpen = true;
      return this;
    }

    @Override
    public void beforeChange(Bytes key) {
      long now = now();
      long marked = displacedNanos(names.bucketOf(key));
      if (marked != NEVER && marked - now >= 0) {
        return;
      }
      Changed change = new Changed(this, key, now);
      int slot = (int) (next.getAndIncrement() % ring.length());
      Changed before;
      do {
        before = ring.get(slot);
        if (before != null && isRecent(before.nanos, now)) {
          before.cache.displace(before, now);
        }
      } while (!ring.compareAndSet(slot, before, change));
    }

    @Override
    public void beforeUntrackedChange(Bytes key) {
      beforeChange(key);
    }

    private void displace(Changed change, long nowNanos) {
      int bucket = change.bucket();
      long marked = displacedNanos(bucket);
      if (marked == NEVER || change.nanos - marked > 0) {
        // In the future, so that the next changes and the next displaced ones find the mark.
        mark(bucket, (nowNanos + withinNanos / PAUSES) | 1);
      }
    }

    private void mark(int bucket, long nanos) {
      long unused =
          madeDisplacedNanos()
              .accumulateAndGet(
                  bucket,
                  nanos,
                  (before, next) -> before != NEVER && before - next > 0 ? before : next);
    }

    private long displacedNanos(int bucket) {
      AtomicLongArray made = displacedNanos;
      return made == null ? NEVER : made.get(bucket);
    }

    private synchronized AtomicLongArray madeDisplacedNanos() {
      AtomicLongArray made = displacedNanos;
      if (made == null) {
        made = new AtomicLongArray(names.buckets());
        displacedNanos = made;
      }
      return made;
    }

    @Override
    public synchronized void beforeClear() {
      runningClears++;
    }

    @Override
    public synchronized void afterClear() {
      clearedNanos = now();
      runningClears--;
    }

    @Override
    public void beforeTagInvalidation() {
      markAllBuckets();
    }

    /** Has the buckets get new generations, since the entries are not known. */
    @Override
    public void afterTagInvalidation(List<Bytes> tags) {
      markAllBuckets();
    }

    private void markAllBuckets() {
      long now = now();
      for (int bucket = 0; bucket < names.buckets(); bucket++) {
        mark(bucket, now);
      }
    }

    private boolean wasCleared(long nowNanos) {
      // In this order: a clear that ends between the two is seen by its time.
      return runningClears > 0 || isRecent(clearedNanos, nowNanos);
    }

    /** Whether it is closed, and needs no new generations. */
    private boolean isForgotten(long nowNanos) {
      if (isOpen || wasCleared(nowNanos)) {
        return false;
      }
      for (int bucket = 0; bucket < names.buckets(); bucket++) {
        if (isRecent(displacedNanos(bucket), nowNanos)) {
          return false;
        }
      }
      return true;
    }

    /** Lets the cache be forgotten when its changes are no longer recent. */
    @Override
    public void close() {
      isOpen = false;
    }
  }

  /** The repair of one bucket; used by one thread. */
  private static final class Repair {

    private final int bucket;
    private final Bytes route;
    private OfCache cache;
    private final Set<Bytes> keys = new HashSet<>();
    private boolean wasCleared;

    /** Whether changes of the bucket were displaced from the ring. */
    private boolean isIncomplete;

    /**
     * The token on the new master; empty if there is none, null if the bucket is not there or has
     * no generation.
     */
    private @Nullable String token = "";

    /** Decided once: other threads clear the cache, or forget its generations. */
    private boolean needsGeneration;

    Repair(OfCache cache, int bucket, Bytes route) {
      this.cache = cache;
      this.bucket = bucket;
      this.route = route;
    }

    private boolean hasEntries() {
      return token != null && !token.isEmpty();
    }

    void decide(@Nullable String found) {
      token = found;
      needsGeneration = hasEntries() && (isIncomplete || (wasCleared && !isSameGeneration()));
    }

    private boolean isSameGeneration() {
      return cache.runningClears == 0 && cache.generations.isKnown(bucket, token);
    }

    boolean needsRemoval() {
      return hasEntries() && !keys.isEmpty() && !needsGeneration;
    }

    void owe() {
      if (needsGeneration) {
        cache.entries.oweGeneration();
      } else if (needsRemoval()) {
        cache.entries.owe(keys);
      }
    }

    Request tokenRead() {
      CommandArguments get = new CommandArguments(Command.GET).add(route);
      return new Request(OPERATION, route, /* idempotent= */ true, List.of(get));
    }

    Request renewal() {
      // By its text: servers do not replicate scripts.
      CommandArguments eval = cache.generations.renewal(bucket).byText();
      return new Request(OPERATION, route, /* idempotent= */ false, List.of(eval));
    }

    Request removal() {
      byte[] prefix = cache.names.entryPrefix(bucket, String.valueOf(token));
      List<CommandArguments> commands = new ArrayList<>();
      CommandArguments unlink = new CommandArguments(Command.UNLINK);
      for (Bytes key : keys) {
        if (unlink.size() > MAX_KEYS) {
          commands.add(unlink);
          unlink = new CommandArguments(Command.UNLINK);
        }
        unlink.add(KeySpace.entryKey(prefix, key));
      }
      commands.add(unlink);
      return new Request(OPERATION, route, /* idempotent= */ true, commands);
    }
  }
}
