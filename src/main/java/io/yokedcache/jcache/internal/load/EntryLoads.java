package io.yokedcache.jcache.internal.load;

import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.EncodedEntry;
import io.yokedcache.jcache.internal.entry.EntryReads.Read;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.entry.LoadTracker;
import io.yokedcache.jcache.internal.entry.LoadTracker.Ticket;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.load.LoadCoalescer.Load;
import io.yokedcache.jcache.internal.load.LoadCoalescer.LoadResult;
import io.yokedcache.jcache.internal.load.LoadCoalescer.Membership;
import io.yokedcache.jcache.internal.load.SharedLoads.Turn;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.EntryChanges.PinnedEntries;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.cache.integration.CacheLoaderException;
import org.jspecify.annotations.Nullable;

/**
 * Loads values and stores them. A loaded value is stored only if, since its load began, this JVM
 * did not change the entry and no JVM cleared the cache: the value may be older than those changes.
 * The caller gets the value in any case. Safe for use by several threads.
 */
public final class EntryLoads<K, V> {

  /** The number of attempts for entries that are created and removed concurrently. */
  private static final int MAX_TRIES = 3;

  private final CacheContext<K, V> context;
  private final EntryLoader<K, V> loader;
  private final LoadCoalescer loads;

  /** {@code null} if each JVM loads. */
  private final @Nullable SharedLoads shared;

  /** Creates the loads of a cache. */
  public EntryLoads(CacheContext<K, V> context, EntryLoader<K, V> loader) {
    this(context, loader, /* shared= */ null);
  }

  EntryLoads(CacheContext<K, V> context, EntryLoader<K, V> loader, @Nullable SharedLoads shared) {
    this.context = context;
    this.loader = loader;
    this.loads = new LoadCoalescer(context.name(), context.settings().loadTimeout());
    this.shared = shared;
  }

  /**
   * A key without an entry.
   *
   * @param key the key
   * @param keyBytes the key encoded
   * @param undecodable the stored bytes that cannot be decoded, or {@code null}
   */
  record Missing<K>(K key, Bytes keyBytes, @Nullable Bytes undecodable) {}

  /**
   * Loads a missing entry, or waits for another thread that loads it.
   *
   * @param from the loader to call
   * @param settle gets the result; called once, in the order of the key's changes
   */
  @Nullable V load(
      Missing<K> missing, EntryLoader<K, V> from, Consumer<OperationResult<V>> settle) {
    K key = missing.key();
    OperationResult<V> none = OperationResult.none(/* found= */ false);
    AtomicBoolean isSettled = new AtomicBoolean();
    Map<K, OperationResult<V>> results =
        loadMissing(
            List.of(missing),
            keys -> from.loadOne(key),
            loaded -> {
              isSettled.set(true);
              settle.accept(loaded.getOrDefault(key, none));
            });
    OperationResult<V> result = results.getOrDefault(key, none);
    if (!isSettled.get()) {
      settle.accept(result); // another thread or JVM has loaded it
    }
    return result.value();
  }

  /** The result of another thread's load, or {@code null} if this thread must load. */
  private @Nullable OperationResult<V> join(Bytes key, Load load) {
    LoadResult result = load.awaitResult();
    if (result == null) {
      return null;
    }
    CacheLoaderException failure = result.failure();
    if (failure != null) {
      // A new exception, since callers may modify theirs; the cause is shared.
      throw new CacheLoaderException(
          failure.getMessage(), failure.getCause() == null ? failure : failure.getCause());
    }
    V value = context.codec().decode(key, result.value());
    return value == null && result.value() != null
        ? null // it cannot be shared
        : loadedByAnother(value);
  }

  /**
   * Loads missing entries together, except for the entries that other threads are loading.
   *
   * @return the result of each
   */
  Map<K, OperationResult<V>> loadMissing(
      List<Missing<K>> missing, Consumer<Map<K, OperationResult<V>>> settle) {
    return loadMissing(missing, loader::loadAll, settle);
  }

  private Map<K, OperationResult<V>> loadMissing(
      List<Missing<K>> missing,
      Function<Set<K>, Map<K, V>> from,
      Consumer<Map<K, OperationResult<V>>> settle) {
    List<Missing<K>> own = new ArrayList<>();
    List<Load> led = new ArrayList<>();
    Map<Missing<K>, Load> others = new LinkedHashMap<>();
    for (Missing<K> one : missing) {
      Membership membership = loads.join(one.keyBytes());
      if (membership.isLeader()) {
        own.add(one);
        led.add(membership.load());
      } else {
        others.put(one, membership.load());
      }
    }
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    try {
      // The led loads first: other threads may wait for them.
      results.putAll(readAgain(own, led));
      own.removeIf(one -> results.containsKey(one.key()));
      results.putAll(
          shared == null
              ? loadTogether(own, led, from, settle)
              : loadShared(shared, own, led, from, settle));
    } finally {
      led.forEach(Load::close);
    }
    List<Missing<K>> left = new ArrayList<>();
    others.forEach(
        (one, load) -> {
          OperationResult<V> joined = join(one.keyBytes(), load);
          if (joined == null) {
            left.add(one);
          } else {
            results.put(one.key(), joined);
          }
        });
    results.putAll(loadTogether(left, List.of(), from, settle));
    return results;
  }

  /** Loads under the leases of the keys, and waits for the JVMs that have leases of others. */
  private Map<K, OperationResult<V>> loadShared(
      SharedLoads sharedLoads,
      List<Missing<K>> missing,
      List<Load> led,
      Function<Set<K>, Map<K, V>> from,
      Consumer<Map<K, OperationResult<V>>> settle) {
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    List<Missing<K>> left = missing;
    List<Load> leftLoads = led;
    try (Turn turn = sharedLoads.begin()) {
      while (!left.isEmpty()) {
        List<Bytes> keys = left.stream().map(Missing::keyBytes).toList();
        Set<Bytes> mine = turn.take(keys);
        List<Read<V>> reads = context.reads().readAll(keys);
        List<Missing<K>> own = new ArrayList<>();
        List<Load> ownLoads = new ArrayList<>();
        List<Missing<K>> others = new ArrayList<>();
        List<Load> otherLoads = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
          K key = left.get(i).key();
          V value = reads.get(i).value();
          boolean isMine = mine.contains(keys.get(i));
          if (value != null) {
            turn.found();
            leftLoads.get(i).complete(reads.get(i).bytes());
            results.put(key, loadedByAnother(value));
          } else {
            (isMine ? own : others).add(new Missing<>(key, keys.get(i), reads.get(i).bytes()));
            (isMine ? ownLoads : otherLoads).add(leftLoads.get(i));
          }
        }
        results.putAll(loadTogether(own, ownLoads, from, settle));
        // At once: others wait for them, and this thread does not wait while it holds any.
        turn.release(mine);
        left = others;
        leftLoads = otherLoads;
        if (!left.isEmpty()) {
          turn.pause();
        }
      }
    }
    return results;
  }

  /** Reads entries that were loaded between the read that missed them and now. */
  private Map<K, OperationResult<V>> readAgain(List<Missing<K>> missing, List<Load> led) {
    List<Integer> late = new ArrayList<>();
    for (int i = 0; i < missing.size(); i++) {
      if (loads.wasLoadedRecently(missing.get(i).keyBytes())) {
        late.add(i);
      }
    }
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    List<Read<V>> reads =
        context
            .reads()
            .readAllFromMaster(late.stream().map(i -> missing.get(i).keyBytes()).toList());
    for (int i = late.size() - 1; i >= 0; i--) {
      V value = reads.get(i).value();
      if (value != null) {
        int index = late.get(i);
        results.put(missing.get(index).key(), loadedByAnother(value));
        try (Load load = led.remove(index)) {
          load.complete(reads.get(i).bytes());
        }
      }
    }
    return results;
  }

  private Map<K, OperationResult<V>> loadTogether(
      List<Missing<K>> missing,
      List<Load> led,
      Function<Set<K>, Map<K, V>> from,
      Consumer<Map<K, OperationResult<V>>> settle) {
    if (missing.isEmpty()) {
      return Map.of();
    }
    List<Bytes> keys = missing.stream().map(Missing::keyBytes).toList();
    List<Ticket> tickets = context.loads().beginAll(keys);
    try {
      PinnedEntries pinned = context.store().changes().pin(keys, /* wereRead= */ true, Use.ANSWER);
      Map<K, V> loaded;
      try {
        Set<K> asked = new LinkedHashSet<>();
        missing.forEach(one -> asked.add(one.key()));
        loaded = from.apply(asked);
      } catch (CacheLoaderException e) {
        led.forEach(load -> load.fail(e));
        throw e;
      }
      Batch batch = new Batch();
      for (int i = 0; i < missing.size(); i++) {
        V value = loaded.get(missing.get(i).key());
        if (value != null) {
          Bytes encoded = context.codec().value(missing.get(i).keyBytes(), value);
          batch.add(missing.get(i).key(), value, tickets.get(i), absent(missing.get(i), encoded));
        }
      }
      KeyLocks.Hold held = lockAll(batch.keys());
      try (held) {
        Map<K, OperationResult<V>> results = batch.store(pinned);
        for (int i = 0; i < led.size(); i++) {
          led.get(i).complete(batch.valueBytes(missing.get(i).keyBytes()));
        }
        settle.accept(results);
        return results;
      }
    } finally {
      LoadTracker.closeAll(tickets);
    }
  }

  /**
   * Loads all entries or the missing ones, also without read-through.
   *
   * @param replaceExisting whether entries that exist are replaced
   * @param settle publishes the results, in the order of the keys' changes
   */
  public void loadAll(
      Set<K> keys, boolean replaceExisting, Consumer<Map<K, OperationResult<V>>> settle) {
    List<Missing<K>> wanted = replaceExisting ? all(keys) : missing(keys);
    if (wanted.isEmpty()) {
      return;
    }
    if (!replaceExisting) {
      var unused = loadTogether(wanted, List.of(), loader::loadAll, settle);
      return;
    }
    List<Bytes> keyBytes = wanted.stream().map(Missing::keyBytes).toList();
    List<Ticket> tickets = context.loads().beginAll(keyBytes);
    try {
      PinnedEntries pinned =
          context.store().changes().pin(keyBytes, /* wereRead= */ false, Use.ANSWER);
      Map<K, V> loaded = loader.loadAll(keys);
      List<EncodedEntry<K, V>> entries = new ArrayList<>(loaded.size());
      List<Ticket> entryTickets = new ArrayList<>(loaded.size());
      for (int i = 0; i < wanted.size(); i++) {
        V value = loaded.get(wanted.get(i).key());
        if (value != null) {
          entries.add(
              new EncodedEntry<>(
                  wanted.get(i).key(),
                  keyBytes.get(i),
                  value,
                  context.codec().value(keyBytes.get(i), value)));
          entryTickets.add(tickets.get(i));
        }
      }
      KeyLocks.Hold held = lockAll(entries.stream().map(EncodedEntry::keyBytes).toList());
      try (held) {
        settle.accept(replace(entries, entryTickets, pinned));
      }
    } finally {
      LoadTracker.closeAll(tickets);
    }
  }

  private List<Missing<K>> all(Set<K> keys) {
    List<Missing<K>> all = new ArrayList<>(keys.size());
    List<Bytes> bytes = context.codec().keys(keys);
    for (K key : keys) {
      all.add(new Missing<>(key, bytes.get(all.size()), null));
    }
    return all;
  }

  /** The keys that have no entry, or one that cannot be decoded. */
  private List<Missing<K>> missing(Set<K> keys) {
    List<Missing<K>> all = all(keys);
    List<@Nullable Bytes> stored =
        context
            .store()
            .getAll(all.stream().map(Missing::keyBytes).toList(), Ttl.UNCHANGED, Use.ANSWER);
    List<Missing<K>> missing = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      Bytes bytes = stored.get(i);
      if (context.codec().decode(all.get(i).keyBytes(), bytes) == null) {
        missing.add(new Missing<>(all.get(i).key(), all.get(i).keyBytes(), bytes));
      }
    }
    return missing;
  }

  /** Replaces the stored values by the loaded ones. */
  private Map<K, OperationResult<V>> replace(
      List<EncodedEntry<K, V>> entries, List<Ticket> tickets, PinnedEntries pinned) {
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
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
      Map<K, OperationResult<V>> stored = batch.store(pinned);
      results.putAll(stored);
      left.removeIf(
          i -> {
            OperationResult<V> result = stored.get(entries.get(i).key());
            return result == null || result.change() != Change.NONE;
          });
    }
    return results;
  }

  /** Which entries exist; empty if the expiry policy need not know. */
  private Map<Bytes, Boolean> present(List<EncodedEntry<K, V>> entries, List<Integer> indexes) {
    Map<Bytes, Boolean> present = new LinkedHashMap<>();
    if (!context.expiry().isFixed()) {
      List<Bytes> keys = indexes.stream().map(i -> entries.get(i).keyBytes()).toList();
      List<Boolean> found = context.store().containsAll(keys, Use.ANSWER);
      for (int i = 0; i < keys.size(); i++) {
        present.put(keys.get(i), found.get(i));
      }
    }
    return present;
  }

  /**
   * The mutation that stores a loaded value.
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
        condition == Condition.PRESENT ? Ttl.UNCHANGED : context.expiry().onCreation(),
        condition == Condition.ABSENT ? Ttl.UNCHANGED : context.expiry().onUpdate(),
        context.demand().wantsOldValues(),
        context.demand().wantsEvents());
  }

  /** The mutation that stores a loaded value if there is still no entry. */
  private Mutation absent(Missing<K> missing, Bytes value) {
    Ttl onCreation = context.expiry().onCreation();
    return new Mutation(
        missing.keyBytes(),
        missing.undecodable() == null ? Condition.ABSENT : Condition.EQUAL,
        missing.undecodable(),
        value,
        onCreation,
        onCreation,
        /* wantsPrior= */ false,
        context.demand().wantsEvents());
  }

  /** Locks keys, so that listeners get events of loads in the order of the keys' changes. */
  private KeyLocks.Hold lockAll(List<Bytes> keys) {
    return context.demand().wantsEvents() ? context.locks().holdAll(keys) : KeyLocks.none();
  }

  /** The result for a reader whose value another thread or JVM has loaded. */
  private static <V> OperationResult<V> loadedByAnother(@Nullable V value) {
    return new OperationResult<>(
        Change.NONE, /* found= */ false, value, null, /* expired= */ false);
  }

  /** The result of a load for the reader: the entry was not found. */
  private static <V> OperationResult<V> result(Change change, V value) {
    // A value that cannot be decoded counted as absent.
    return new OperationResult<>(
        change == Change.UPDATED ? Change.CREATED : change,
        /* found= */ false,
        value,
        null,
        change == Change.EXPIRED);
  }

  /** Loaded values that are stored together. Used by one thread. */
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

    /** Stores the values whose keys were not changed since their load began. */
    Map<K, OperationResult<V>> store(PinnedEntries pinned) {
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
      Map<K, OperationResult<V>> results = new LinkedHashMap<>();
      int stored = 0;
      for (int i = 0; i < all.size(); i++) {
        Outcome outcome = stores[i] ? outcomes.get(stored++) : Outcome.NONE;
        results.put(keys.get(i), outcome(all.get(i), outcome, values.get(i)));
      }
      return results;
    }

    private OperationResult<V> outcome(Mutation mutation, Outcome outcome, V value) {
      if (mutation.condition() != Condition.ANY && mutation.condition() != Condition.PRESENT) {
        return result(outcome.change(), value);
      }
      Change change = outcome.change();
      boolean expired =
          change == Change.EXPIRED || (change == Change.UPDATED && mutation.onUpdate().isZero());
      V prior =
          mutation.wantsPrior() ? context.codec().decode(mutation.key(), outcome.prior()) : null;
      return new OperationResult<>(change, /* found= */ false, value, prior, expired);
    }
  }
}
