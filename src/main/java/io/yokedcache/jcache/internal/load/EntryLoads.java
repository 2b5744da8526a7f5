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
  private final LoadCoalescer coalescer;

  /** {@code null} if each JVM loads. */
  private final @Nullable SharedLoads leases;

  /** Creates the loads of a cache, without leases. */
  public EntryLoads(CacheContext<K, V> context, EntryLoader<K, V> loader) {
    this(context, loader, /* leases= */ null);
  }

  EntryLoads(CacheContext<K, V> context, EntryLoader<K, V> loader, @Nullable SharedLoads leases) {
    this.context = context;
    this.loader = loader;
    this.coalescer = new LoadCoalescer(context.name(), context.settings().loadTimeout());
    this.leases = leases;
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
   * A missing entry that this thread loads.
   *
   * @param load gives the value to the threads that wait for it
   */
  private record OwnLoad<K>(Missing<K> missing, Load load) {

    K key() {
      return missing.key();
    }

    Bytes keyBytes() {
      return missing.keyBytes();
    }

    OwnLoad<K> withUndecodable(@Nullable Bytes undecodable) {
      return new OwnLoad<>(new Missing<>(key(), keyBytes(), undecodable), load);
    }
  }

  /** A load that other threads do not join. */
  private OwnLoad<K> alone(Missing<K> missing) {
    return new OwnLoad<>(missing, coalescer.alone(missing.keyBytes()));
  }

  /**
   * Loads a missing entry, or waits for another thread that loads it.
   *
   * @param from the loader to call
   * @param publish gets the result; called once, in the order of the key's changes
   */
  @Nullable V load(
      Missing<K> missing, EntryLoader<K, V> from, Consumer<OperationResult<V>> publish) {
    K key = missing.key();
    OperationResult<V> none = OperationResult.none(/* found= */ false);
    AtomicBoolean isPublished = new AtomicBoolean();
    Map<K, OperationResult<V>> results =
        loadMissing(
            List.of(missing),
            keys -> from.loadOne(key),
            loaded -> {
              isPublished.set(true);
              publish.accept(loaded.getOrDefault(key, none));
            });
    OperationResult<V> result = results.getOrDefault(key, none);
    if (!isPublished.get()) {
      publish.accept(result); // another thread or JVM has loaded it
    }
    return result.value();
  }

  /** The result of another thread's load, or {@code null} if this thread must load. */
  private @Nullable OperationResult<V> awaitShared(Bytes key, Load load, long joinedNanos) {
    LoadResult result = load.awaitResult(joinedNanos);
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
        : OperationResult.miss(value);
  }

  /**
   * Loads missing entries together, except for the entries that other threads are loading.
   *
   * @param publish gets the results of the entries that this thread loads
   * @return the result of each
   */
  Map<K, OperationResult<V>> loadMissing(
      List<Missing<K>> missing, Consumer<Map<K, OperationResult<V>>> publish) {
    return loadMissing(missing, loader::loadAll, publish);
  }

  private Map<K, OperationResult<V>> loadMissing(
      List<Missing<K>> missing,
      Function<Set<K>, Map<K, V>> from,
      Consumer<Map<K, OperationResult<V>>> publish) {
    List<OwnLoad<K>> own = new ArrayList<>();
    Map<Missing<K>, Load> others = new LinkedHashMap<>();
    long joinedNanos = System.nanoTime();
    for (Missing<K> one : missing) {
      Membership membership = coalescer.join(one.keyBytes());
      if (membership.isLeader()) {
        own.add(new OwnLoad<>(one, membership.load()));
      } else {
        others.put(one, membership.load());
      }
    }
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    try {
      // The own loads first: other threads may wait for them.
      results.putAll(readAgain(own));
      List<OwnLoad<K>> left = without(results, own);
      results.putAll(
          leases == null
              ? loadTogether(left, from, publish)
              : loadUnderLeases(leases, left, from, publish));
    } finally {
      own.forEach(one -> one.load().close());
    }
    List<OwnLoad<K>> notShared = new ArrayList<>();
    others.forEach(
        (one, load) -> {
          OperationResult<V> shared = awaitShared(one.keyBytes(), load, joinedNanos);
          if (shared == null) {
            notShared.add(alone(one));
          } else {
            results.put(one.key(), shared);
          }
        });
    results.putAll(readAgain(notShared));
    results.putAll(loadTogether(without(results, notShared), from, publish));
    return results;
  }

  private List<OwnLoad<K>> without(Map<K, OperationResult<V>> results, List<OwnLoad<K>> all) {
    return all.stream().filter(one -> !results.containsKey(one.key())).toList();
  }

  /** Loads under the leases of the keys, and waits for the JVMs that have leases of others. */
  private Map<K, OperationResult<V>> loadUnderLeases(
      SharedLoads keyLeases,
      List<OwnLoad<K>> own,
      Function<Set<K>, Map<K, V>> from,
      Consumer<Map<K, OperationResult<V>>> publish) {
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    List<OwnLoad<K>> left = own;
    try (Turn turn = keyLeases.begin()) {
      while (!left.isEmpty()) {
        List<Bytes> keys = left.stream().map(OwnLoad::keyBytes).toList();
        Set<Bytes> mine = turn.take(keys);
        long readNanos = System.nanoTime();
        List<Read<V>> reads = context.reads().readAll(keys);
        List<OwnLoad<K>> leased = new ArrayList<>();
        List<OwnLoad<K>> others = new ArrayList<>();
        for (int i = 0; i < keys.size(); i++) {
          OwnLoad<K> one = left.get(i);
          Read<V> read = reads.get(i);
          Bytes bytes = read.bytes();
          if (read.value() != null && bytes != null) {
            turn.found();
            one.load().found(bytes, readNanos);
            results.put(one.key(), OperationResult.miss(read.value()));
          } else {
            boolean isMine = mine.contains(one.keyBytes());
            (isMine ? leased : others).add(one.withUndecodable(read.bytes()));
          }
        }
        results.putAll(loadTogether(leased, from, publish));
        // At once: others wait for them, and this thread does not wait while it holds any.
        turn.release(mine);
        left = others;
        if (!left.isEmpty()) {
          turn.pause();
        }
      }
    }
    return results;
  }

  /** Reads entries that were loaded between the read that missed them and now. */
  private Map<K, OperationResult<V>> readAgain(List<OwnLoad<K>> own) {
    List<OwnLoad<K>> late =
        own.stream().filter(one -> coalescer.wasLoadedRecently(one.keyBytes())).toList();
    long readNanos = System.nanoTime();
    List<Read<V>> reads =
        context.reads().readAllFromMaster(late.stream().map(OwnLoad::keyBytes).toList());
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    for (int i = 0; i < late.size(); i++) {
      V value = reads.get(i).value();
      Bytes bytes = reads.get(i).bytes();
      if (value != null && bytes != null) {
        results.put(late.get(i).key(), OperationResult.miss(value));
        late.get(i).load().found(bytes, readNanos);
      }
    }
    return results;
  }

  private Map<K, OperationResult<V>> loadTogether(
      List<OwnLoad<K>> own,
      Function<Set<K>, Map<K, V>> from,
      Consumer<Map<K, OperationResult<V>>> publish) {
    if (own.isEmpty()) {
      return Map.of();
    }
    List<Bytes> keys = own.stream().map(OwnLoad::keyBytes).toList();
    List<Ticket> tickets = context.loadTracker().beginAll(keys);
    try {
      for (int i = 0; i < own.size(); i++) {
        own.get(i).load().begin(tickets.get(i));
      }
      PinnedEntries pinned = context.store().changes().pin(keys, /* wereRead= */ true, Use.ANSWER);
      Map<K, V> loaded;
      try {
        Set<K> asked = new LinkedHashSet<>();
        own.forEach(one -> asked.add(one.key()));
        loaded = from.apply(asked);
      } catch (CacheLoaderException e) {
        own.forEach(one -> one.load().fail(e));
        throw e;
      }
      Batch batch = new Batch();
      for (int i = 0; i < own.size(); i++) {
        Missing<K> missing = own.get(i).missing();
        V value = loaded.get(missing.key());
        if (value != null) {
          Bytes encoded = context.codec().value(missing.keyBytes(), value);
          batch.add(missing.key(), value, tickets.get(i), absent(missing, encoded));
        }
      }
      KeyLocks.Hold held = context.lockLoaded(batch.keys());
      try (held) {
        Map<K, OperationResult<V>> results = batch.store(pinned);
        own.forEach(one -> one.load().complete(batch.valueBytes(one.keyBytes())));
        publish.accept(results);
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
   * @param publish gets the results, in the order of the keys' changes
   */
  public void loadAll(
      Set<K> keys, boolean replaceExisting, Consumer<Map<K, OperationResult<V>>> publish) {
    if (replaceExisting) {
      loadAndReplace(keys, publish);
    } else {
      List<OwnLoad<K>> missing = missing(keys).stream().map(this::alone).toList();
      var unused = loadTogether(missing, loader::loadAll, publish);
    }
  }

  /**
   * A loaded entry.
   *
   * @param ticket permits to store it
   */
  private record Loaded<K, V>(EncodedEntry<K, V> entry, Ticket ticket) {

    Bytes keyBytes() {
      return entry.keyBytes();
    }
  }

  private void loadAndReplace(Set<K> keys, Consumer<Map<K, OperationResult<V>>> publish) {
    List<Missing<K>> wanted = all(keys);
    if (wanted.isEmpty()) {
      return;
    }
    List<Bytes> keyBytes = wanted.stream().map(Missing::keyBytes).toList();
    List<Ticket> tickets = context.loadTracker().beginAll(keyBytes);
    try {
      PinnedEntries pinned =
          context.store().changes().pin(keyBytes, /* wereRead= */ false, Use.ANSWER);
      Map<K, V> values = loader.loadAll(keys);
      List<Loaded<K, V>> loaded = new ArrayList<>(values.size());
      for (int i = 0; i < wanted.size(); i++) {
        K key = wanted.get(i).key();
        V value = values.get(key);
        if (value != null) {
          Bytes encoded = context.codec().value(keyBytes.get(i), value);
          loaded.add(
              new Loaded<>(
                  new EncodedEntry<>(key, keyBytes.get(i), value, encoded), tickets.get(i)));
        }
      }
      KeyLocks.Hold held = context.lockLoaded(loaded.stream().map(Loaded::keyBytes).toList());
      try (held) {
        publish.accept(replace(loaded, pinned));
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
  private Map<K, OperationResult<V>> replace(List<Loaded<K, V>> loaded, PinnedEntries pinned) {
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    List<Loaded<K, V>> left = new ArrayList<>(loaded);
    for (int tries = 0; tries < MAX_TRIES && !left.isEmpty(); tries++) {
      Map<Bytes, Boolean> present = present(left.stream().map(Loaded::keyBytes).toList());
      Batch batch = new Batch();
      for (Loaded<K, V> one : left) {
        EncodedEntry<K, V> entry = one.entry();
        Mutation mutation = replacing(entry, present.get(entry.keyBytes()));
        batch.add(entry.key(), entry.value(), one.ticket(), mutation);
      }
      Map<K, OperationResult<V>> stored = batch.store(pinned);
      results.putAll(stored);
      left.removeIf(
          one -> {
            OperationResult<V> result = stored.get(one.entry().key());
            return result == null || result.change() != Change.NONE;
          });
    }
    return results;
  }

  /** Which entries exist; empty if the expiry policy need not know. */
  private Map<Bytes, Boolean> present(List<Bytes> keys) {
    Map<Bytes, Boolean> present = new LinkedHashMap<>();
    if (!context.expiry().isFixed()) {
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

  /**
   * A loaded value that is to be stored.
   *
   * @param ticket permits it
   */
  private record Storable<K, V>(K key, V value, Ticket ticket, Mutation mutation) {}

  /** Loaded values that are stored together. Used by one thread. */
  private final class Batch {

    private final Map<Bytes, Storable<K, V>> storables = new LinkedHashMap<>();

    void add(K key, V value, Ticket ticket, Mutation mutation) {
      storables.putIfAbsent(mutation.key(), new Storable<>(key, value, ticket, mutation));
    }

    List<Bytes> keys() {
      return List.copyOf(storables.keySet());
    }

    @Nullable Bytes valueBytes(Bytes key) {
      Storable<K, V> storable = storables.get(key);
      return storable == null ? null : storable.mutation().value();
    }

    /** Stores the values whose keys were not changed since their load began. */
    Map<K, OperationResult<V>> store(PinnedEntries pinned) {
      List<Storable<K, V>> all = List.copyOf(storables.values());
      List<Outcome> outcomes =
          LoadTracker.storeAll(
              all.stream().map(Storable::ticket).toList(),
              all.stream().map(Storable::mutation).toList(),
              pinned);
      Map<K, OperationResult<V>> results = new LinkedHashMap<>();
      for (int i = 0; i < all.size(); i++) {
        results.put(all.get(i).key(), result(all.get(i), outcomes.get(i)));
      }
      return results;
    }

    /** The result for the reader, who did not find the entry. */
    private OperationResult<V> result(Storable<K, V> one, Outcome outcome) {
      Mutation mutation = one.mutation();
      Change change = outcome.change();
      boolean isReplaced =
          mutation.condition() == Condition.ANY || mutation.condition() == Condition.PRESENT;
      if (!isReplaced && change == Change.UPDATED) {
        change = Change.CREATED; // a value that cannot be decoded counted as absent
      }
      boolean expired =
          change == Change.EXPIRED || (change == Change.UPDATED && mutation.onUpdate().isZero());
      V prior =
          mutation.wantsPrior() ? context.codec().decode(mutation.key(), outcome.prior()) : null;
      return new OperationResult<>(change, /* found= */ false, one.value(), prior, expired);
    }
  }
}
