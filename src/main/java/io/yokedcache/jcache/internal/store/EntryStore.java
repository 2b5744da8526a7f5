package io.yokedcache.jcache.internal.store;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.lease.KeyLeases;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.replica.ReplicaReader;
import io.yokedcache.jcache.internal.store.StoredCache.Operation;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard.BucketRequest;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import io.yokedcache.jcache.internal.store.tags.TagInvalidation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * The entries of one cache, as bytes with a time to live. Each is one Redis string under the token
 * of its bucket's generation, which every operation verifies in its round trip. This class reads
 * entries and ends all of them; {@link EntryChanges} changes single ones.
 *
 * <p>Reads of values: {@code get} for one entry, {@code getAll} for several. Those named {@code
 * WithTtl} bring the times to live; {@code FromReplica} asks a replica first; after a failure of
 * {@code ToChange} the key is owed; {@code begin} does not wait. {@code readAndTouch} sets a time
 * to live of the application.
 *
 * <p>Every operation is atomic for its entry across all JVMs, sees only the current generation, and
 * waits no longer than the time-outs of the connection. All methods throw {@link CacheException} if
 * Redis refuses the command. If Redis cannot be reached, reads for {@link Use#DECISION} throw
 * {@link RedisUnavailableException}; other operations do so unless the cache degrades. Safe for use
 * by several threads.
 */
public final class EntryStore {

  /** The purpose of a read. */
  public enum Use {
    /** The application gets the answer. If the cache degrades, there is no entry without Redis. */
    ANSWER,
    /** A change depends on it, so it fails without Redis. */
    DECISION
  }

  /**
   * An entry with its time to live, as it was read.
   *
   * @param ttlMillis the time to live at the read; negative for none
   * @param generation the generation that was current at the read
   * @param tags its tags
   */
  public record StoredValue(Bytes value, long ttlMillis, Generation generation, List<Bytes> tags) {

    /** An entry without tags. */
    public StoredValue(Bytes value, long ttlMillis, Generation generation) {
      this(value, ttlMillis, generation, List.of());
    }

    StoredValue withTags(List<Bytes> found) {
      return new StoredValue(value, ttlMillis, generation, found);
    }

    /** The same entry with another form of its value. */
    public StoredValue withValue(Bytes other) {
      return new StoredValue(other, ttlMillis, generation, tags);
    }
  }

  private final StoredCache cache;
  private final RedisExecutor executor;
  private final KeySpace names;
  private final Generations generations;
  private final GenerationGuard guard;
  private final BucketRequests requests;
  private final EntryChanges changes;
  private final boolean hasTags;
  private final ChangeObservers observers = new ChangeObservers();
  private final Settlement settlement;
  private final Degradation degradation;
  private final ValueSizes sizes = new ValueSizes();

  /** {@code null} if all reads go to the masters. */
  private final @Nullable ReplicaReads replicas;

  /**
   * Creates the entries of a cache.
   *
   * @param degrades whether reads for {@link Use#ANSWER} miss and changes are skipped while Redis
   *     is away
   * @param owed the invalidations that the manager owes of this cache
   * @param replicas reads from replicas, or {@code null} if all reads go to the masters
   */
  public EntryStore(
      StoredCache cache,
      RemoteEventPublisher publisher,
      Announcement announcement,
      boolean degrades,
      OwedInvalidations.OfCache owed,
      @Nullable ReplicaReader replicas) {
    this.cache = cache;
    this.executor = cache.executor();
    this.names = cache.names();
    this.generations = cache.generations();
    this.guard = cache.guard();
    this.hasTags = generations.hasTags();
    this.degradation = Degradation.of(degrades);
    MutationApplier mutations = new MutationApplier(cache, publisher, announcement);
    this.settlement =
        new Settlement(
            cache, mutations, observers, keys -> getAll(keys, Ttl.UNCHANGED, Use.DECISION), owed);
    this.requests = new BucketRequests(cache, sizes);
    this.changes = new EntryChanges(cache, requests, mutations, settlement, degradation, observers);
    this.replicas = replicas == null ? null : new ReplicaReads(cache, replicas, sizes);
    if (this.replicas != null) {
      observe(this.replicas.changes());
    }
  }

  /** Calls an observer for all changes from now on, each once also if it is added twice. */
  public void observe(ChangeObserver observer) {
    observers.add(observer);
  }

  /** The changes of the entries. */
  public EntryChanges changes() {
    return changes;
  }

  /** The decision whether operations fail while Redis is away. */
  public Degradation degradation() {
    return degradation;
  }

  /**
   * Reads an entry.
   *
   * @param onAccess its time to live after this read
   * @return its bytes, or {@code null} if there is none
   */
  public @Nullable Bytes get(Bytes key, Ttl onAccess, Use use) {
    int bucket = names.bucketOf(key);
    if (hasTags || !onAccess.isUnchanged()) {
      return getAll(List.of(key), onAccess, use).get(0);
    }
    // Most operations are this one. It allocates little and adds one frame to the stack.
    String operation = cache.nameOf(Operation.GET);
    Bytes generationKey = names.route(bucket);
    try {
      int repairs = settlement.refusedRepairs();
      if (settlement.isAnyOwed() && !settlement.settleToUse(List.of(key)).isEmpty()) {
        return null;
      }
      for (int attempt = 0; ; attempt++) {
        Generation generation = guard.generation(operation, bucket, attempt);
        CommandArguments command =
            new CommandArguments(Command.MGET)
                .add(generationKey)
                .add(Bytes.of(KeySpace.entryKey(generation.entryPrefix(), key)));
        Object reply =
            executor
                .execute(
                    new Request(
                        operation,
                        generationKey,
                        /* idempotent= */ true,
                        List.of(command),
                        sizes.expected(1)))
                .get(0);
        List<? extends @Nullable Object> both =
            BucketRequests.list(executor.checked(operation, reply));
        if (guard.verified(bucket, generation, both.get(0))) {
          if (repairs != settlement.refusedRepairs()) {
            return get(key, onAccess, use);
          }
          return both.get(1) instanceof byte[] value ? sizes.read(value) : null;
        }
      }
    } catch (RedisUnavailableException e) {
      degradation.missOrThrow(use, e);
      return null;
    }
  }

  /** Reads an entry before a change that depends on it. */
  public @Nullable Bytes getToChange(Bytes key, boolean owes) {
    try {
      return get(key, Ttl.UNCHANGED, Use.DECISION);
    } catch (CacheException e) {
      if (owes) {
        settlement.owe(List.of(key), e);
      }
      throw e;
    }
  }

  /**
   * Reads several entries.
   *
   * @return bytes or {@code null} for each key, in the order of the keys
   */
  public List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess, Use use) {
    if (onAccess.isZero()) {
      keys.forEach(observers::beforeUntrackedChange);
    }
    String operation = cache.nameOfGet(keys);
    return readOrMiss(
        use,
        keys,
        null,
        () -> guard.execute(operation, keys, requests.values(operation, onAccess)));
  }

  /** Reads an entry for {@link Use#ANSWER}, and gives it a time to live in the same round trip. */
  public @Nullable Bytes readAndTouch(Bytes key, Ttl ttl) {
    try {
      return getAll(List.of(key), ttl, Use.ANSWER).get(0);
    } finally {
      observers.afterChange(key);
    }
  }

  /**
   * Reads several entries with their times to live, which this read leaves as they are.
   *
   * @return an entry or {@code null} for each key, in the order of the keys
   */
  public List<@Nullable StoredValue> getAllWithTtl(List<Bytes> keys, Use use) {
    String operation = cache.nameOfGet(keys);
    return readOrMiss(
        use, keys, null, () -> guard.execute(operation, keys, requests.valuesWithTtl(operation)));
  }

  /**
   * The time to live of an entry, {@link Ttl#ETERNAL} if it does not expire; {@code null} if there
   * is no entry.
   */
  public @Nullable Ttl ttl(Bytes key) {
    String operation = cache.nameOf(Operation.TTL);
    List<Bytes> keys = List.of(key);
    return readOrMiss(
            Use.ANSWER, keys, null, () -> guard.execute(operation, keys, requests.ttl(operation)))
        .get(0);
  }

  /** Whether there is an entry, for each key in their order. */
  public List<Boolean> containsAll(List<Bytes> keys, Use use) {
    String operation = cache.nameOf(Operation.CONTAINS_KEY);
    return readOrMiss(
        use, keys, false, () -> guard.execute(operation, keys, requests.exists(operation)));
  }

  /** Whether there are entries, before changes that depend on it and are owed if this fails. */
  public List<Boolean> containsAllToChange(List<Bytes> keys) {
    try {
      return containsAll(keys, Use.DECISION);
    } catch (CacheException e) {
      settlement.owe(keys, e);
      throw e;
    }
  }

  /**
   * Makes a read of entries.
   *
   * @param miss the result for an entry whose removal is owed and was refused, and for all entries
   *     if the cache degrades and Redis is away
   */
  private <T extends @Nullable Object> List<T> readOrMiss(
      Use use, List<Bytes> keys, @Nullable T miss, Supplier<List<T>> read) {
    try {
      int repairs = settlement.refusedRepairs();
      Set<Bytes> absent = settlement.isAnyOwed() ? settlement.settleToUse(keys) : Set.of();
      List<T> found = read.get();
      if (repairs != settlement.refusedRepairs()) {
        return readOrMiss(use, keys, miss, read);
      }
      if (absent.isEmpty()) {
        return found;
      }
      List<T> left = new ArrayList<>(found.size());
      for (int i = 0; i < found.size(); i++) {
        left.add(absent.contains(keys.get(i)) ? miss : found.get(i));
      }
      return left;
    } catch (RedisUnavailableException e) {
      degradation.missOrThrow(use, e);
      return Collections.nCopies(keys.size(), miss);
    }
  }

  /**
   * Begins to read entries for {@link Use#ANSWER}, as {@link #getAll} does.
   *
   * @param arrived is called once in a thread of the queue, with a supplier of the result. The
   *     supplier waits only if the read must be repeated.
   */
  public void beginGetAll(
      List<Bytes> keys,
      Ttl onAccess,
      AsyncQueue queue,
      Consumer<Supplier<List<@Nullable Bytes>>> arrived) {
    if (onAccess.isZero()) {
      keys.forEach(observers::beforeUntrackedChange);
    }
    begin(keys, requests.values(cache.nameOfGet(keys), onAccess), queue, arrived);
  }

  /**
   * Begins to read entries for {@link Use#ANSWER}, as {@link #getAllWithTtl} does.
   *
   * @param arrived as for {@link #beginGetAll}
   */
  public void beginGetAllWithTtl(
      List<Bytes> keys, AsyncQueue queue, Consumer<Supplier<List<@Nullable StoredValue>>> arrived) {
    begin(keys, requests.valuesWithTtl(cache.nameOfGet(keys)), queue, arrived);
  }

  private <T> void begin(
      List<Bytes> keys,
      BucketRequest<@Nullable T> request,
      AsyncQueue queue,
      Consumer<Supplier<List<@Nullable T>>> arrived) {
    String operation = cache.nameOfGet(keys);
    int repairs = settlement.refusedRepairs();
    Supplier<List<@Nullable T>> again = () -> guard.execute(operation, keys, request);
    Consumer<Supplier<List<@Nullable T>>> finished =
        sent -> {
          // Compared after readOrMiss has looked at what is owed: a debt may be settled before.
          Supplier<List<@Nullable T>> found =
              () -> (repairs == settlement.refusedRepairs() ? sent : again).get();
          arrived.accept(() -> readOrMiss(Use.ANSWER, keys, null, found));
        };
    if (settlement.isAnyOwed()) {
      queue.run(() -> finished.accept(again));
    } else {
      guard.begin(operation, keys, request, queue, finished);
    }
  }

  /** Whether reads may go to replicas. */
  public boolean readsReplicas() {
    return replicas != null;
  }

  /**
   * Reads an entry for {@link Use#ANSWER} from a replica if one may be read, else from the master.
   * Its time to live stays as it is. An entry that a replica does not have is read from the master.
   */
  public @Nullable Bytes getFromReplica(Bytes key) {
    if (settlement.isAnyOwed()) {
      requireNonNull(replicas).leaveToMaster(1);
      return get(key, Ttl.UNCHANGED, Use.ANSWER); // replicas may still have what is owed
    }
    Bytes value = requireNonNull(replicas).read(List.of(key)).get(0);
    return value != null ? value : get(key, Ttl.UNCHANGED, Use.ANSWER);
  }

  /** Reads several entries as {@link #getFromReplica} does, in the order of the keys. */
  public List<@Nullable Bytes> getAllFromReplicas(List<Bytes> keys) {
    if (settlement.isAnyOwed()) {
      requireNonNull(replicas).leaveToMaster(keys.size());
      return getAll(keys, Ttl.UNCHANGED, Use.ANSWER); // replicas may still have what is owed
    }
    List<@Nullable Bytes> values = requireNonNull(replicas).read(keys);
    List<Integer> places = new ArrayList<>();
    List<Bytes> left = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) == null) {
        places.add(i);
        left.add(keys.get(i));
      }
    }
    if (!left.isEmpty()) {
      List<@Nullable Bytes> found = getAll(left, Ttl.UNCHANGED, Use.ANSWER);
      for (int i = 0; i < places.size(); i++) {
        values.set(places.get(i), found.get(i));
      }
    }
    return values;
  }

  /** How many entries replicas have served. */
  public long replicaReads() {
    return replicas == null ? 0 : replicas.served();
  }

  /** For how many entries the master was asked although reads may go to replicas. */
  public long replicaFallbacks() {
    return replicas == null ? 0 : replicas.fallbacks();
  }

  /** The leases under which JVMs load missing entries. */
  public KeyLeases loadLeases(Duration duration) {
    return new KeyLeases(
        executor, cache.nameOf(Operation.LOAD_LEASE), names::loadLeaseKey, duration);
  }

  /** The leases under which JVMs load old entries anew. */
  public KeyLeases refreshLeases(Duration duration) {
    return new KeyLeases(
        executor, cache.nameOf(Operation.REFRESH_LEASE), names::refreshLeaseKey, duration);
  }

  /**
   * The keys of the cache, page by page. Weakly consistent: a key that exists during the whole scan
   * is returned, also if its slot of a cluster moves; a key that is added or removed during the
   * scan may be. A key may come twice. If the cache degrades, a scan for {@link Use#ANSWER} ends
   * where Redis is away. A scan for {@link Use#DECISION}, which removes all entries, owes a new
   * generation if it fails.
   *
   * @param beginnings on one server, only keys that begin with one of these are returned; on a
   *     cluster, others may be as well. If there are none, all keys are returned.
   */
  public Iterator<List<Bytes>> scan(Use use, List<byte[]> beginnings) {
    return new EntryPages(cache, settlement, degradation, use, beginnings);
  }

  /**
   * Whether another cache object, of this or another JVM, may listen to changes, before all entries
   * are removed; true also if the cache degrades and Redis is away.
   */
  public boolean isHeard() {
    try {
      return generations.isHeard();
    } catch (CacheException e) {
      settlement.oweGeneration();
      if (e instanceof RedisUnavailableException away) {
        degradation.missOrThrow(away);
        return true;
      }
      throw e;
    }
  }

  /**
   * Empties the cache for every JVM at once, at a cost that does not depend on its size.
   *
   * @param begun takes the new generations by bucket; none if the cache degrades and Redis is away
   * @return the tokens of the generations that ended and may have had entries
   */
  public Set<String> clear(Map<Integer, Generation> begun) {
    try {
      return settlement.clear(begun);
    } catch (RedisUnavailableException e) {
      settlement.oweGeneration();
      degradation.skipOrThrow(e);
      return Set.of();
    } catch (Throwable e) {
      settlement.oweGeneration(e);
      throw e;
    }
  }

  /**
   * Ends the entries that have one of some tags, for every JVM at once, at a cost that does not
   * depend on their number. If it fails, the cache is emptied later.
   */
  public void invalidateTags(List<Bytes> tags) {
    observers.beforeTagInvalidation();
    try {
      new TagInvalidation(executor, names)
          .invalidate(cache.nameOf(Operation.INVALIDATE_TAGS), tags);
    } catch (RedisUnavailableException e) {
      settlement.oweGeneration();
      degradation.skipOrThrow(e);
    } catch (Throwable e) {
      settlement.oweGeneration(e);
      throw e;
    } finally {
      observers.afterTagInvalidation(tags);
    }
  }

  /** Empties the cache and forgets that it existed. */
  public void destroy() {
    observers.beforeClear();
    try {
      generations.deleteAll();
    } finally {
      observers.afterClear();
    }
  }

  /** Whether this JVM must remove an entry before it uses it again. */
  public boolean isOwed(Bytes key) {
    return settlement.isOwed(key);
  }

  /** Notes that a new master has refused to remove entries. */
  void owe(Collection<Bytes> keys) {
    settlement.oweAfterFailOver(keys);
  }

  /** Notes that a new master has refused a new generation. */
  void oweGeneration() {
    settlement.oweGenerationAfterFailOver();
  }

  /** Says whether a new master may refuse to remove entries after the store is closed. */
  void keepDebts(boolean areKept) {
    settlement.keep(areKept);
  }

  public OutageStatistics outages() {
    return settlement.statistics(degradation.reads(), degradation.writes());
  }

  /** Ends the use of the entries by a cache object; what is owed is settled nevertheless. */
  public void close() {
    settlement.close();
  }
}
