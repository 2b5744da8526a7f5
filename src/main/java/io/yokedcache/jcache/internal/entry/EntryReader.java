package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.entry.EntryReads.Read;
import io.yokedcache.jcache.internal.store.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Condition;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The reads of a cache: access expiry, and read-through of what is missing. Safe for use by several
 * threads.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class EntryReader<K, V> {

  private final CacheParts<K, V> parts;
  private final LoadFlights<K> flights;
  private final BulkWriter<K, V> bulk;

  /**
   * Creates the reads of a cache.
   *
   * @param loadTimeout how long a reader waits for another thread's load of the same key
   */
  public EntryReader(CacheParts<K, V> parts, Duration loadTimeout) {
    this.parts = parts;
    this.flights = new LoadFlights<>(loadTimeout);
    this.bulk = new BulkWriter<>(parts);
  }

  /**
   * The value of an entry if it takes next to nothing to know it; such a read has no effect but its
   * result.
   *
   * @param nowNanos the time if it is known, else 0
   */
  public @Nullable V getAtHand(K key, long nowNanos) {
    return parts.reads().copyAtHand(key, nowNanos);
  }

  /** Reads an entry, or loads it. */
  public Result<V> get(K key) {
    V copy = parts.reads().copy(key);
    if (copy != null) {
      return Result.hit(copy, /* expired= */ false);
    }
    Bytes encodedKey = parts.codec().key(key);
    Read<V> read = parts.reads().read(encodedKey);
    V value = read.value();
    if (value != null) {
      return Result.hit(value, touched(encodedKey));
    }
    return parts.loader().exists() ? load(key, encodedKey, read.bytes()) : Result.none(false);
  }

  /** Reads the entries of several keys, and loads those that are missing. */
  public Map<K, Result<V>> getAll(Set<? extends K> keys) {
    Map<K, Result<V>> results = new LinkedHashMap<>();
    List<K> asked = new ArrayList<>(keys.size());
    for (K key : keys) {
      V copy = parts.reads().copy(key);
      if (copy == null) {
        asked.add(key);
      }
      // Those that have no copy only take their place in the order, for now.
      results.put(key, copy == null ? Result.none(false) : Result.hit(copy, /* expired= */ false));
    }
    Set<K> missing = new LinkedHashSet<>();
    List<Bytes> encodedKeys = parts.codec().keys(asked);
    List<Read<V>> reads = parts.reads().readAll(encodedKeys);
    Map<Bytes, Ttl> accessed = new LinkedHashMap<>();
    for (int i = 0; i < asked.size(); i++) {
      Read<V> read = reads.get(i);
      V value = read.value();
      if (value != null) {
        Ttl onAccess = parts.expiry().onAccess();
        if (!parts.expiry().isFixed()) {
          accessed.put(encodedKeys.get(i), onAccess);
        }
        results.put(asked.get(i), Result.hit(value, onAccess.isZero()));
      } else if (read.bytes() != null && parts.loader().exists()) {
        // What cannot be decoded must be replaced, which the bulk write does not do.
        results.put(asked.get(i), load(asked.get(i), encodedKeys.get(i), read.bytes()));
      } else {
        missing.add(asked.get(i));
      }
    }
    parts.store().touchAll(accessed);
    Map<K, V> loaded = parts.loader().loadAll(missing);
    if (!loaded.isEmpty()) {
      bulk.store(EntryOperation.PUT_IF_ABSENT, loaded)
          .forEach((key, result) -> results.put(key, asMiss(result)));
    }
    return results;
  }

  /** What was loaded was not found, also if somebody has put another value meanwhile. */
  private static <V> Result<V> asMiss(Result<V> result) {
    return new Result<>(
        result.change(), /* found= */ false, result.value(), null, result.expired());
  }

  /** Whether there is an entry; neither loads it nor counts as access. */
  public boolean contains(K key) {
    return parts.store().contains(parts.codec().key(key));
  }

  /** Notes that an entry, whose value was fetched before, is being read now. */
  public boolean noteAccess(K key) {
    Bytes encodedKey = parts.codec().key(key);
    Ttl onAccess = parts.expiry().onAccess();
    parts.store().touch(encodedKey, onAccess);
    return onAccess.isZero();
  }

  /** Renews the time to live after a hit, and returns whether that ended it. */
  private boolean touched(Bytes encodedKey) {
    Ttl onAccess = parts.expiry().onAccess();
    if (!parts.expiry().isFixed()) {
      parts.store().touch(encodedKey, onAccess);
    }
    return onAccess.isZero();
  }

  private Result<V> load(K key, Bytes encodedKey, @Nullable Bytes undecodable) {
    LoadFlights<K>.Flight flight = flights.board(key);
    if (!flight.isPilot()) {
      LoadFlights.Landing landing = flight.await();
      V value = landing == null ? null : parts.codec().decode(landing.value());
      if (value != null || (landing != null && landing.value() == null)) {
        return new Result<>(Change.NONE, false, value, null, false);
      }
      // The load failed, took too long, or its value cannot be shared: load it ourselves.
    }
    try (flight) {
      V value = parts.loader().load(key);
      if (value == null) {
        flight.land(null);
        return Result.none(false);
      }
      Bytes encoded = parts.codec().value(value);
      Outcome outcome = parts.store().apply(loaded(encodedKey, encoded, undecodable));
      flight.land(encoded);
      Change change = outcome.change();
      if (change == Change.UPDATED) {
        change = Change.CREATED; // what was there before could not be decoded
      }
      return new Result<>(change, false, value, null, change == Change.EXPIRED);
    }
  }

  /** Stores what was loaded, unless somebody has put another value meanwhile. */
  private Mutation loaded(Bytes key, Bytes value, @Nullable Bytes undecodable) {
    Ttl onCreation = parts.expiry().onCreation();
    return new Mutation(
        key,
        undecodable == null ? Condition.ABSENT : Condition.EQUAL,
        undecodable,
        value,
        onCreation,
        onCreation,
        /* wantsPrior= */ false,
        parts.demand().wantsEvents());
  }
}
