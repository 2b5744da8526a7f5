package io.yokedcache.jcache.internal.load;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.EntryReads;
import io.yokedcache.jcache.internal.entry.EntryReads.Read;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.load.EntryLoads.Missing;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Ttl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;

/**
 * The reads of a cache's operations: an entry of the near cache or Redis ({@link EntryReads}), else
 * with read-through the value of the loader ({@link EntryLoads}). Applies the access expiry. Safe
 * for use by several threads.
 */
public final class LoadingReads<K, V> {

  private final CacheContext<K, V> context;

  /** {@code null} if each JVM loads. */
  private final @Nullable SharedLoads leases;

  /**
   * {@code null} until the first load of a cache without read-through. Written under this object's
   * monitor.
   */
  private volatile @Nullable EntryLoads<K, V> loads;

  /** {@code null} if old entries are not loaded anew. */
  private final @Nullable RefreshAhead<K, V> refreshes;

  /** Refreshes the old entry of a key; {@code null} if old entries are not loaded anew. */
  private final @Nullable Consumer<K> refresh;

  /**
   * Creates the reads of a cache.
   *
   * @param awaited counts a value that another JVM loaded while a reader waited
   * @param refreshes loads old entries anew, or {@code null} if none becomes old
   */
  public LoadingReads(
      CacheContext<K, V> context, Runnable awaited, @Nullable RefreshAhead<K, V> refreshes) {
    this.context = context;
    this.refreshes = refreshes;
    this.refresh = refreshes == null ? null : refreshes::refresh;
    Duration loadLease = context.settings().loadLease();
    this.leases =
        loadLease == null
            ? null
            : new SharedLoads(
                context.store().loadLeases(loadLease), context.settings().loadTimeout(), awaited);
    if (isReadThrough()) {
      EntryLoads<K, V> unused = loads();
    }
  }

  private EntryLoads<K, V> loads() {
    EntryLoads<K, V> existing = loads;
    return existing != null ? existing : createLoads();
  }

  private synchronized EntryLoads<K, V> createLoads() {
    EntryLoads<K, V> created = loads;
    if (created == null) {
      context.trackChanges();
      created = new EntryLoads<>(context, context.loader(), leases);
      loads = created;
    }
    return created;
  }

  /**
   * The value of the near entry if finding it needs neither encoding nor decoding.
   *
   * @param nowNanos the time if it is known, else 0
   */
  public @Nullable V findNearUnencoded(K key, long nowNanos) {
    return context.reads().findNearUnencoded(key, nowNanos, refresh);
  }

  /** Whether missing entries are loaded. */
  public boolean isReadThrough() {
    return context.loader().exists();
  }

  /**
   * Reads an entry and does not load it.
   *
   * @param isLoaded whether the caller loads a missing entry; if not, a stale near entry is the
   *     answer
   */
  public Lookup<V> read(K key, boolean isLoaded) {
    V near = context.reads().findNear(key, refresh);
    if (near != null) {
      return Lookup.of(near);
    }
    Bytes encodedKey = context.codec().key(key);
    EntryReads<K, V> reads = context.reads();
    return answer(
        encodedKey,
        reads.isFailSafe()
            ? reads.readAllOrStale(List.of(encodedKey)).get(0)
            : reads.read(encodedKey),
        isLoaded);
  }

  /** The value of the near entry, or {@code null} if there is none. */
  public @Nullable V findNear(K key) {
    return context.reads().findNear(key, refresh);
  }

  /**
   * Begins to read an entry that has no near entry.
   *
   * @param arrived is called once in a thread of the queue, with what returns the result
   */
  public void beginRead(K key, AsyncQueue queue, Consumer<Supplier<Lookup<V>>> arrived) {
    Bytes encodedKey = context.codec().key(key);
    context
        .reads()
        .begin(
            List.of(encodedKey),
            queue,
            read -> arrived.accept(() -> answer(encodedKey, read.get().get(0), isReadThrough())));
  }

  private Lookup<V> answer(Bytes encodedKey, Read<V> read, boolean isLoaded) {
    V value = read.value() == null && !isLoaded ? useStale(read.stale()) : read.value();
    if (refreshes != null && read.isOld() && value != null) {
      refreshes.refreshAll(List.of(encodedKey));
    }
    boolean expired = value != null && touch(encodedKey);
    return new Lookup<>(value, encodedKey, read.bytes(), expired, read.stale());
  }

  /** Counts a stale value that is the answer. */
  private @Nullable V useStale(@Nullable V stale) {
    if (stale != null) {
      context.reads().usedStale();
    }
    return stale;
  }

  /**
   * Loads a missing entry.
   *
   * @param loader the loader to call, if no other thread loads the entry
   * @param lookup the result of the read
   * @param publish counts and publishes the result; called once, in the order of the key's changes
   */
  public @Nullable V load(
      K key, Lookup<V> lookup, EntryLoader<K, V> loader, Consumer<OperationResult<V>> publish) {
    Bytes encodedKey = lookup.key() == null ? context.codec().key(key) : lookup.key();
    try {
      return loads().load(new Missing<>(key, encodedKey, lookup.bytes()), loader, publish);
    } catch (CacheLoaderException e) {
      if (lookup.stale() == null) {
        throw e;
      }
      publish.accept(OperationResult.none(/* found= */ false));
      return useStale(lookup.stale());
    }
  }

  /**
   * Reads the entries of several keys, and loads the missing ones.
   *
   * @param publish publishes the loaded entries, in the order of the keys' changes
   * @param lookedUp gets the numbers of hits and misses if the loads fail
   */
  public Map<K, OperationResult<V>> getAll(
      Set<K> keys, Consumer<Map<K, OperationResult<V>>> publish, LookupCounts lookedUp) {
    Asked<K, V> asked = ask(keys);
    return complete(asked, context.reads().readAllOrStale(asked.encodedKeys()), publish, lookedUp);
  }

  /**
   * Begins what {@link #getAll} does.
   *
   * @param arrived is called once in a thread of the queue, with what returns the results
   */
  public void beginGetAll(
      Set<K> keys,
      Consumer<Map<K, OperationResult<V>>> publish,
      LookupCounts lookedUp,
      AsyncQueue queue,
      Consumer<Supplier<Map<K, OperationResult<V>>>> arrived) {
    Asked<K, V> asked = ask(keys);
    if (asked.keys().isEmpty()) {
      queue.run(() -> arrived.accept(() -> complete(asked, List.of(), publish, lookedUp)));
      return;
    }
    context
        .reads()
        .begin(
            asked.encodedKeys(),
            queue,
            reads -> arrived.accept(() -> complete(asked, reads.get(), publish, lookedUp)));
  }

  /**
   * The keys that Redis is asked for.
   *
   * @param oldNear the keys whose near entries are old
   * @param results the results of all keys so far, in their order
   */
  private record Asked<K, V>(
      List<K> keys, List<Bytes> encodedKeys, List<K> oldNear, Map<K, OperationResult<V>> results) {}

  private Asked<K, V> ask(Set<K> keys) {
    Map<K, OperationResult<V>> results = new LinkedHashMap<>(2 * keys.size()); // never grows
    List<K> asked = new ArrayList<>(keys.size());
    List<K> oldNear = new ArrayList<>();
    Consumer<K> whenOld = refreshes == null ? null : oldNear::add;
    for (K key : keys) {
      V near = context.reads().findNear(key, whenOld);
      if (near != null) {
        results.put(key, OperationResult.hit(near, /* expired= */ false));
        continue;
      }
      asked.add(key);
      if (context.reads().isNear()) { // keeps the key's place among the near entries
        results.put(key, OperationResult.none(/* found= */ false));
      }
    }
    return new Asked<>(asked, context.codec().keys(asked), oldNear, results);
  }

  private Map<K, OperationResult<V>> complete(
      Asked<K, V> all,
      List<Read<V>> reads,
      Consumer<Map<K, OperationResult<V>>> publish,
      LookupCounts lookedUp) {
    List<K> asked = all.keys();
    List<Bytes> encodedKeys = all.encodedKeys();
    Map<K, OperationResult<V>> results = all.results();
    List<Missing<K>> missing = new ArrayList<>();
    Map<K, V> stale = new LinkedHashMap<>();
    Map<Bytes, Ttl> accessed = new LinkedHashMap<>();
    for (int i = 0; i < asked.size(); i++) {
      Read<V> read = reads.get(i);
      V value = read.value() == null && !isReadThrough() ? useStale(read.stale()) : read.value();
      if (value != null) {
        Ttl onAccess = context.expiry().onAccess();
        if (!context.expiry().isFixed()) {
          accessed.put(encodedKeys.get(i), onAccess);
        }
        results.put(asked.get(i), OperationResult.hit(value, onAccess.isZero()));
      } else {
        results.put(asked.get(i), OperationResult.none(/* found= */ false));
        missing.add(new Missing<>(asked.get(i), encodedKeys.get(i), read.bytes()));
        if (read.stale() != null) {
          stale.put(asked.get(i), read.stale());
        }
      }
    }
    context.store().changes().touchAll(accessed);
    if (refreshes != null) {
      refreshes.refreshAll(oldKeys(all.oldNear(), encodedKeys, reads));
    }
    if (isReadThrough() && !missing.isEmpty()) {
      try {
        results.putAll(loadOrUseStale(missing, stale, publish));
      } catch (Throwable e) {
        lookedUp.count(results.size() - missing.size(), missing.size());
        throw e;
      }
    }
    return results;
  }

  /** Loads missing entries; if that fails, the stale values are the results, if each has one. */
  private Map<K, OperationResult<V>> loadOrUseStale(
      List<Missing<K>> missing, Map<K, V> stale, Consumer<Map<K, OperationResult<V>>> publish) {
    try {
      return loads().loadMissing(missing, publish);
    } catch (CacheLoaderException e) {
      if (stale.size() < missing.size()) {
        throw e;
      }
      Map<K, OperationResult<V>> results = new LinkedHashMap<>();
      stale.forEach((key, value) -> results.put(key, OperationResult.miss(useStale(value))));
      return results;
    }
  }

  /** The keys of old entries. */
  private List<Bytes> oldKeys(List<K> near, List<Bytes> keys, List<Read<V>> reads) {
    List<Bytes> old = new ArrayList<>(context.codec().keys(near));
    for (int i = 0; i < keys.size(); i++) {
      if (reads.get(i).isOld() && reads.get(i).value() != null) {
        old.add(keys.get(i));
      }
    }
    return old;
  }

  /** Takes the numbers of hits and misses. */
  @FunctionalInterface
  public interface LookupCounts {

    void count(int hits, int misses);
  }

  /**
   * Whether there is an entry that can be decoded; neither loads it nor counts as access. It reads
   * the value from Redis: only decoding tells whether a read would find it.
   */
  public boolean contains(K key) {
    EntryStore store = context.store();
    Bytes encodedKey = context.codec().key(key);
    Bytes stored =
        store.readsReplicas()
            ? store.getFromReplica(encodedKey)
            : store.get(encodedKey, Ttl.UNCHANGED, Use.ANSWER);
    return context.codec().decode(encodedKey, stored) != null;
  }

  /** Applies the access expiry to an entry whose value was read before. */
  public boolean noteAccess(K key) {
    Bytes encodedKey = context.codec().key(key);
    Ttl onAccess = context.expiry().onAccess();
    context.store().changes().touch(encodedKey, onAccess);
    return onAccess.isZero();
  }

  /** Renews the time to live after a hit, and returns whether that ended it. */
  private boolean touch(Bytes encodedKey) {
    Ttl onAccess = context.expiry().onAccess();
    if (!context.expiry().isFixed()) {
      context.store().changes().touch(encodedKey, onAccess);
    }
    return onAccess.isZero();
  }

  /**
   * The result of a read.
   *
   * @param value the value, or {@code null} if there is none that could be decoded
   * @param key the key's bytes, if it was encoded
   * @param bytes the stored bytes, or {@code null}
   * @param expired whether the read ended the entry's time to live
   * @param stale the value of a stale near entry in case that no value can be loaded, or {@code
   *     null}
   */
  public record Lookup<V>(
      @Nullable V value,
      @Nullable Bytes key,
      @Nullable Bytes bytes,
      boolean expired,
      @Nullable V stale) {

    /** The result of a read whose key and bytes are not needed any more. */
    public static <V> Lookup<V> of(@Nullable V value) {
      return new Lookup<>(value, null, null, /* expired= */ false, null);
    }
  }
}
