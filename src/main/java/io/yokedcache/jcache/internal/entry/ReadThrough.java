package io.yokedcache.jcache.internal.entry;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.entry.EntryLoads.Missing;
import io.yokedcache.jcache.internal.entry.EntryReads.Read;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Ttl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The reads of a cache: access expiry, and read-through of what is missing. Safe for use by several
 * threads.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class ReadThrough<K, V> {

  private final CacheContext<K, V> context;

  /** There only if what is missing can be loaded. */
  private final @Nullable EntryLoads<K, V> loads;

  /**
   * Creates the reads of a cache.
   *
   * @param loadTimeout how long a reader waits for another thread's load of the same key
   */
  public ReadThrough(CacheContext<K, V> context, Duration loadTimeout) {
    this.context = context;
    this.loads =
        context.loader().exists() ? new EntryLoads<>(context, context.loader(), loadTimeout) : null;
  }

  /**
   * The value of an entry if it takes next to nothing to know it; such a read has no effect but its
   * result.
   *
   * @param nowNanos the time if it is known, else 0
   */
  public @Nullable V getNear(K key, long nowNanos) {
    return context.reads().nearIfPlain(key, nowNanos);
  }

  /** Whether what is missing can be loaded. */
  public boolean isReadThrough() {
    return loads != null;
  }

  /** Reads an entry and does not load it. */
  public Look<V> look(K key) {
    V copy = context.reads().near(key);
    if (copy != null) {
      return new Look<>(copy, null, null, /* expired= */ false);
    }
    Bytes encodedKey = context.codec().key(key);
    Read<V> read = context.reads().read(encodedKey);
    V value = read.value();
    boolean expired = value != null && touched(encodedKey);
    return new Look<>(value, encodedKey, read.bytes(), expired);
  }

  /**
   * Loads an entry that is missing; for read-through only.
   *
   * @param look what was found in its place
   * @param settle counts and tells of the result; called once, in the order of the key's changes
   */
  public @Nullable V load(K key, Look<V> look, Consumer<OperationResult<V>> settle) {
    Bytes encodedKey = look.key() == null ? context.codec().key(key) : look.key();
    return requireNonNull(loads).load(key, encodedKey, look.bytes(), settle);
  }

  /**
   * Reads the entries of several keys, and loads those that are missing.
   *
   * @param settle tells of what was loaded, in the order of the keys' changes
   * @param lookedUp hears how many entries were found and not found if their loads fail
   */
  public Map<K, OperationResult<V>> getAll(
      Set<K> keys, Consumer<Map<K, OperationResult<V>>> settle, Lookups lookedUp) {
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    List<K> asked = new ArrayList<>(keys.size());
    for (K key : keys) {
      V copy = context.reads().near(key);
      if (copy == null) {
        asked.add(key);
      }
      // Those that have no copy only take their place in the order, for now.
      results.put(
          key,
          copy == null
              ? OperationResult.none(false)
              : OperationResult.hit(copy, /* expired= */ false));
    }
    List<Missing<K>> missing = new ArrayList<>();
    List<Bytes> encodedKeys = context.codec().keys(asked);
    List<Read<V>> reads = context.reads().readAll(encodedKeys);
    Map<Bytes, Ttl> accessed = new LinkedHashMap<>();
    for (int i = 0; i < asked.size(); i++) {
      Read<V> read = reads.get(i);
      V value = read.value();
      if (value != null) {
        Ttl onAccess = context.expiry().onAccess();
        if (!context.expiry().isFixed()) {
          accessed.put(encodedKeys.get(i), onAccess);
        }
        results.put(asked.get(i), OperationResult.hit(value, onAccess.isZero()));
      } else {
        missing.add(new Missing<>(asked.get(i), encodedKeys.get(i), read.bytes()));
      }
    }
    context.store().touchAll(accessed);
    if (loads != null && !missing.isEmpty()) {
      try {
        results.putAll(loads.loadAll(missing, settle));
      } catch (Throwable e) {
        lookedUp.count(results.size() - missing.size(), missing.size());
        throw e;
      }
    }
    return results;
  }

  /** Takes the numbers of entries that were looked up. */
  @FunctionalInterface
  public interface Lookups {

    void count(int hits, int misses);
  }

  /**
   * Whether there is an entry that can be decoded; neither loads it nor counts as access. It takes
   * the value from Redis, since nothing else tells whether a read would find it.
   */
  public boolean contains(K key) {
    Bytes stored = context.store().get(context.codec().key(key), Ttl.UNCHANGED);
    return context.codec().decode(stored) != null;
  }

  /** Notes that an entry, whose value was fetched before, is being read now. */
  public boolean noteAccess(K key) {
    Bytes encodedKey = context.codec().key(key);
    Ttl onAccess = context.expiry().onAccess();
    context.store().touch(encodedKey, onAccess);
    return onAccess.isZero();
  }

  /** Renews the time to live after a hit, and returns whether that ended it. */
  private boolean touched(Bytes encodedKey) {
    Ttl onAccess = context.expiry().onAccess();
    if (!context.expiry().isFixed()) {
      context.store().touch(encodedKey, onAccess);
    }
    return onAccess.isZero();
  }

  /**
   * What a read found.
   *
   * @param value the value, or {@code null} if there is none that could be decoded
   * @param key the key's bytes, if it was encoded
   * @param bytes what Redis has for the key, or {@code null}
   * @param expired whether the read ended the entry's time to live
   */
  public record Look<V>(
      @Nullable V value, @Nullable Bytes key, @Nullable Bytes bytes, boolean expired) {

    /** The same with another value. */
    public Look<V> with(@Nullable V other) {
      return new Look<>(other, key, bytes, expired);
    }
  }
}
