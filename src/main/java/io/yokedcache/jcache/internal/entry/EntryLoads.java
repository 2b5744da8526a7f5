package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.entry.EntryReads.Read;
import io.yokedcache.jcache.internal.entry.LoadCoalescer.Boarding;
import io.yokedcache.jcache.internal.entry.LoadCoalescer.Flight;
import io.yokedcache.jcache.internal.entry.LoadCoalescer.Landing;
import io.yokedcache.jcache.internal.entry.LoadStamps.Ticket;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Condition;
import io.yokedcache.jcache.internal.store.EntryStore.Pinned;
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
import java.util.function.Consumer;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;

/**
 * Loads values and stores them. A value is stored only if, since its load began, this JVM did not
 * change the entry, and no JVM cleared the cache: it may be older than those changes. The caller
 * gets it in any case. Safe for use by several threads.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class EntryLoads<K, V> {

  /** How often it is looked again whether entries exist that come and go. */
  private static final int MAX_TRIES = 3;

  private final CacheParts<K, V> parts;
  private final EntryLoader<K, V> loader;
  private final LoadCoalescer flights;

  /**
   * Creates the loads of a cache.
   *
   * @param loader where values come from
   * @param loadTimeout how long a reader waits for another thread's load of the same key
   */
  public EntryLoads(CacheParts<K, V> parts, EntryLoader<K, V> loader, Duration loadTimeout) {
    this.parts = parts;
    this.loader = loader;
    this.flights = new LoadCoalescer(parts.name(), loadTimeout);
  }

  /**
   * A key that has no entry.
   *
   * @param key the key
   * @param keyBytes the key encoded
   * @param undecodable what Redis has in place of an entry, or {@code null}
   */
  record Missing<K>(K key, Bytes keyBytes, @Nullable Bytes undecodable) {}

  /** Loads a missing entry, or waits for another thread that does. */
  @Nullable V load(K key, Bytes keyBytes, @Nullable Bytes undecodable, Consumer<Result<V>> settle) {
    Missing<K> missing = new Missing<>(key, keyBytes, undecodable);
    Boarding boarding = flights.board(keyBytes);
    Result<V> joined = boarding.isPilot() ? null : join(boarding.flight());
    if (joined != null) {
      settle.accept(joined);
      return joined.value();
    }
    try (Flight flight = boarding.isPilot() ? boarding.flight() : flights.alone(keyBytes)) {
      if (flights.landedLately(keyBytes)) {
        Read<V> read = parts.reads().read(keyBytes);
        V value = read.value();
        if (value != null) {
          flight.land(read.bytes());
          settle.accept(new Result<>(Change.NONE, false, value, null, false));
          return value;
        }
      }
      return loadNow(missing, flight, settle);
    }
  }

  private @Nullable V loadNow(Missing<K> missing, Flight flight, Consumer<Result<V>> settle) {
    List<Bytes> keys = List.of(missing.keyBytes());
    try (Ticket ticket = parts.loads().begin(missing.keyBytes())) {
      Pinned pinned = parts.store().pin(keys, /* wereRead= */ true);
      V value;
      try {
        value = loader.load(missing.key());
      } catch (CacheLoaderException e) {
        flight.fail(e);
        throw e;
      }
      if (value == null) {
        flight.land(null);
        settle.accept(Result.none(false));
        return null;
      }
      Bytes encoded = parts.codec().value(value);
      Mutation mutation = absent(missing, encoded);
      KeyLocks.Hold turn = turns(keys);
      try (turn) {
        Change change = Change.NONE;
        if (ticket.beginStore()) {
          try {
            change = pinned.applyAll(List.of(mutation)).get(0).change();
          } finally {
            ticket.endStore();
          }
        }
        flight.land(encoded);
        settle.accept(result(change, value));
      }
      return value;
    }
  }

  /** What another thread loaded, or {@code null} if this one must load. */
  private @Nullable Result<V> join(Flight flight) {
    Landing landing = flight.join();
    if (landing == null) {
      return null;
    }
    CacheLoaderException failure = landing.failure();
    if (failure != null) {
      // An exception of its own, since callers may add to one; its cause is shared.
      throw new CacheLoaderException(
          failure.getMessage(), failure.getCause() == null ? failure : failure.getCause());
    }
    V value = parts.codec().decode(landing.value());
    return value == null && landing.value() != null
        ? null // it cannot be shared
        : new Result<>(Change.NONE, false, value, null, false);
  }

  /**
   * Loads missing entries together, except for those that other threads load already.
   *
   * @return what came of each
   */
  Map<K, Result<V>> loadAll(List<Missing<K>> missing, Consumer<Map<K, Result<V>>> settle) {
    List<Missing<K>> own = new ArrayList<>();
    List<Flight> piloted = new ArrayList<>();
    Map<Missing<K>, Flight> others = new LinkedHashMap<>();
    for (Missing<K> one : missing) {
      Boarding boarding = flights.board(one.keyBytes());
      if (boarding.isPilot()) {
        own.add(one);
        piloted.add(boarding.flight());
      } else {
        others.put(one, boarding.flight());
      }
    }
    Map<K, Result<V>> results = new LinkedHashMap<>();
    try {
      // First the own ones, for which others may wait.
      results.putAll(readAgain(own, piloted));
      own.removeIf(one -> results.containsKey(one.key()));
      results.putAll(loadTogether(own, piloted, settle));
    } finally {
      piloted.forEach(Flight::close);
    }
    List<Missing<K>> left = new ArrayList<>();
    others.forEach(
        (one, flight) -> {
          Result<V> joined = join(flight);
          if (joined == null) {
            left.add(one);
          } else {
            results.put(one.key(), joined);
          }
        });
    results.putAll(loadTogether(left, List.of(), settle));
    return results;
  }

  /** Reads entries that were loaded between the read that missed them and now. */
  private Map<K, Result<V>> readAgain(List<Missing<K>> missing, List<Flight> piloted) {
    List<Integer> late = new ArrayList<>();
    for (int i = 0; i < missing.size(); i++) {
      if (flights.landedLately(missing.get(i).keyBytes())) {
        late.add(i);
      }
    }
    Map<K, Result<V>> results = new LinkedHashMap<>();
    List<Read<V>> reads =
        parts.reads().readAll(late.stream().map(i -> missing.get(i).keyBytes()).toList());
    for (int i = late.size() - 1; i >= 0; i--) {
      V value = reads.get(i).value();
      if (value != null) {
        int index = late.get(i);
        results.put(missing.get(index).key(), new Result<>(Change.NONE, false, value, null, false));
        try (Flight flight = piloted.remove(index)) {
          flight.land(reads.get(i).bytes());
        }
      }
    }
    return results;
  }

  private Map<K, Result<V>> loadTogether(
      List<Missing<K>> missing, List<Flight> piloted, Consumer<Map<K, Result<V>>> settle) {
    if (missing.isEmpty()) {
      return Map.of();
    }
    List<Bytes> keys = missing.stream().map(Missing::keyBytes).toList();
    List<Ticket> tickets = parts.loads().beginAll(keys);
    try {
      Pinned pinned = parts.store().pin(keys, /* wereRead= */ true);
      Map<K, V> loaded;
      try {
        Set<K> asked = new LinkedHashSet<>();
        missing.forEach(one -> asked.add(one.key()));
        loaded = loader.loadAll(asked);
      } catch (CacheLoaderException e) {
        piloted.forEach(flight -> flight.fail(e));
        throw e;
      }
      Batch batch = new Batch();
      for (int i = 0; i < missing.size(); i++) {
        V value = loaded.get(missing.get(i).key());
        if (value != null) {
          Bytes encoded = parts.codec().value(value);
          batch.add(missing.get(i).key(), value, tickets.get(i), absent(missing.get(i), encoded));
        }
      }
      KeyLocks.Hold turn = turns(batch.keys());
      try (turn) {
        Map<K, Result<V>> results = batch.store(pinned);
        for (int i = 0; i < piloted.size(); i++) {
          piloted.get(i).land(batch.valueBytes(missing.get(i).keyBytes()));
        }
        settle.accept(results);
        return results;
      }
    } finally {
      LoadStamps.closeAll(tickets);
    }
  }

  /**
   * Loads entries anew, or those that are missing, also where there is no read-through.
   *
   * @param settle tells of what was stored, in the order of the keys' changes
   */
  public void refresh(Set<K> keys, boolean replaceExisting, Consumer<Map<K, Result<V>>> settle) {
    List<Missing<K>> wanted = replaceExisting ? all(keys) : missing(keys);
    if (wanted.isEmpty()) {
      return;
    }
    if (!replaceExisting) {
      var unused = loadTogether(wanted, List.of(), settle);
      return;
    }
    List<Bytes> keyBytes = wanted.stream().map(Missing::keyBytes).toList();
    List<Ticket> tickets = parts.loads().beginAll(keyBytes);
    try {
      Pinned pinned = parts.store().pin(keyBytes, /* wereRead= */ false);
      Map<K, V> loaded = loader.loadAll(keys);
      List<EncodedEntry<K, V>> entries = new ArrayList<>(loaded.size());
      List<Ticket> entryTickets = new ArrayList<>(loaded.size());
      for (int i = 0; i < wanted.size(); i++) {
        V value = loaded.get(wanted.get(i).key());
        if (value != null) {
          entries.add(
              new EncodedEntry<>(
                  wanted.get(i).key(), keyBytes.get(i), value, parts.codec().value(value)));
          entryTickets.add(tickets.get(i));
        }
      }
      KeyLocks.Hold turn = turns(entries.stream().map(EncodedEntry::keyBytes).toList());
      try (turn) {
        settle.accept(replace(entries, entryTickets, pinned));
      }
    } finally {
      LoadStamps.closeAll(tickets);
    }
  }

  private List<Missing<K>> all(Set<K> keys) {
    List<Missing<K>> all = new ArrayList<>(keys.size());
    List<Bytes> bytes = parts.codec().keys(keys);
    for (K key : keys) {
      all.add(new Missing<>(key, bytes.get(all.size()), null));
    }
    return all;
  }

  /** Those of some keys that have no entry, or one that cannot be decoded. */
  private List<Missing<K>> missing(Set<K> keys) {
    List<Missing<K>> all = all(keys);
    List<@Nullable Bytes> stored =
        parts.store().getAll(all.stream().map(Missing::keyBytes).toList(), Ttl.UNCHANGED);
    List<Missing<K>> missing = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Bytes bytes = stored.get(i);
      if (parts.codec().decode(bytes) == null) {
        missing.add(new Missing<>(all.get(i).key(), all.get(i).keyBytes(), bytes));
      }
    }
    return missing;
  }

  /** Stores what was loaded in place of what there is. */
  private Map<K, Result<V>> replace(
      List<EncodedEntry<K, V>> entries, List<Ticket> tickets, Pinned pinned) {
    Map<K, Result<V>> results = new LinkedHashMap<>();
    List<Integer> left = new ArrayList<>();
    for (int i = 0; i < entries.size(); i++) {
      left.add(i);
    }
    for (int tries = 0; tries < MAX_TRIES && !left.isEmpty(); tries++) {
      Map<Bytes, Boolean> present = present(entries, left);
      Batch batch = new Batch();
      for (int i : left) {
        EncodedEntry<K, V> entry = entries.get(i);
        batch.add(
            entry.key(),
            entry.value(),
            tickets.get(i),
            replacing(entry, present.get(entry.keyBytes())));
      }
      Map<K, Result<V>> stored = batch.store(pinned);
      results.putAll(stored);
      left.removeIf(
          i -> {
            Result<V> result = stored.get(entries.get(i).key());
            return result == null || result.change() != Change.NONE;
          });
    }
    return results;
  }

  /** Which entries exist, if the expiry policy must be asked for the right case. */
  private Map<Bytes, Boolean> present(List<EncodedEntry<K, V>> entries, List<Integer> indexes) {
    Map<Bytes, Boolean> present = new LinkedHashMap<>();
    if (!parts.expiry().isFixed()) {
      List<Bytes> keys = indexes.stream().map(i -> entries.get(i).keyBytes()).toList();
      List<Boolean> found = parts.store().containsAll(keys);
      for (int i = 0; i < keys.size(); i++) {
        present.put(keys.get(i), found.get(i));
      }
    }
    return present;
  }

  /**
   * The change that gives an entry what was loaded.
   *
   * @param present whether there is an entry, or {@code null} if that does not matter
   */
  private Mutation replacing(EncodedEntry<K, V> entry, @Nullable Boolean present) {
    Condition condition = Condition.ANY;
    if (present != null) {
      condition = present ? Condition.PRESENT : Condition.ABSENT;
    }
    return new Mutation(
        entry.keyBytes(),
        condition,
        null,
        entry.valueBytes(),
        condition == Condition.PRESENT ? Ttl.UNCHANGED : parts.expiry().onCreation(),
        condition == Condition.ABSENT ? Ttl.UNCHANGED : parts.expiry().onUpdate(),
        parts.demand().wantsOldValues(),
        parts.demand().wantsEvents());
  }

  /** Stores what was loaded, unless somebody has put another value meanwhile. */
  private Mutation absent(Missing<K> missing, Bytes value) {
    Ttl onCreation = parts.expiry().onCreation();
    return new Mutation(
        missing.keyBytes(),
        missing.undecodable() == null ? Condition.ABSENT : Condition.EQUAL,
        missing.undecodable(),
        value,
        onCreation,
        onCreation,
        /* wantsPrior= */ false,
        parts.demand().wantsEvents());
  }

  /** Turns with keys, so that listeners hear of loads in the order of the keys' changes. */
  private KeyLocks.Hold turns(List<Bytes> keys) {
    return parts.demand().wantsEvents() ? parts.locks().holdAll(keys) : KeyLocks.none();
  }

  /** What a load means to whoever asked for the entry: it was not found. */
  private static <V> Result<V> result(Change change, V value) {
    // What could not be decoded was not there.
    return new Result<>(
        change == Change.UPDATED ? Change.CREATED : change,
        /* found= */ false,
        value,
        null,
        change == Change.EXPIRED);
  }

  /** Values that were loaded and are to be stored together. Used by one thread. */
  private final class Batch {

    private final List<K> keys = new ArrayList<>();
    private final List<V> values = new ArrayList<>();
    private final List<Ticket> tickets = new ArrayList<>();
    private final Map<Bytes, Mutation> mutations = new LinkedHashMap<>();

    void add(K key, V value, Ticket ticket, Mutation mutation) {
      if (mutations.putIfAbsent(mutation.key(), mutation) == null) {
        keys.add(key);
        values.add(value);
        tickets.add(ticket);
      }
    }

    List<Bytes> keys() {
      return List.copyOf(mutations.keySet());
    }

    @Nullable Bytes valueBytes(Bytes key) {
      Mutation mutation = mutations.get(key);
      return mutation == null ? null : mutation.value();
    }

    /** Stores the values that no change overtook. */
    Map<K, Result<V>> store(Pinned pinned) {
      List<Mutation> all = List.copyOf(mutations.values());
      List<Mutation> storable = new ArrayList<>(all.size());
      boolean[] stores = new boolean[all.size()];
      List<Outcome> outcomes;
      try {
        for (int i = 0; i < all.size(); i++) {
          stores[i] = tickets.get(i).beginStore();
          if (stores[i]) {
            storable.add(all.get(i));
          }
        }
        outcomes = pinned.applyAll(storable);
      } finally {
        tickets.forEach(Ticket::endStore);
      }
      Map<K, Result<V>> results = new LinkedHashMap<>();
      int stored = 0;
      for (int i = 0; i < all.size(); i++) {
        Outcome outcome = stores[i] ? outcomes.get(stored++) : Outcome.NONE;
        results.put(keys.get(i), outcome(all.get(i), outcome, values.get(i)));
      }
      return results;
    }

    private Result<V> outcome(Mutation mutation, Outcome outcome, V value) {
      if (mutation.condition() != Condition.ANY && mutation.condition() != Condition.PRESENT) {
        return result(outcome.change(), value);
      }
      Change change = outcome.change();
      boolean expired =
          change == Change.EXPIRED || (change == Change.UPDATED && mutation.onUpdate().isZero());
      V prior = mutation.wantsPrior() ? parts.codec().decode(outcome.prior()) : null;
      return new Result<>(change, /* found= */ false, value, prior, expired);
    }
  }
}
