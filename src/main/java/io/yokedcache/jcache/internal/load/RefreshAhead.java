package io.yokedcache.jcache.internal.load;

import static java.util.Objects.requireNonNullElse;

import io.yokedcache.jcache.internal.concurrent.Throttle;
import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.EntryReads.Read;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.entry.LoadTracker;
import io.yokedcache.jcache.internal.entry.LoadTracker.Ticket;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.lease.KeyLeases;
import io.yokedcache.jcache.internal.metrics.CacheStatistics.Refresh;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.EntryChanges.PinnedEntries;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads old entries again in the background. One thread of one JVM does it for a key, under the
 * refresh lease of the key. It reads the entry again, since another JVM may have been faster, calls
 * the loader, and replaces the entry if nobody has changed it: the stored bytes are compared, and a
 * change by this JVM invalidates the ticket of the load. An entry that the loader does not find is
 * removed on the same conditions.
 *
 * <p>If the load fails, the entry stays, and the lease is kept: no JVM tries again before the lease
 * ends. Readers never wait. Safe for use by several threads.
 */
public final class RefreshAhead<K, V> {

  private static final Logger logger = LoggerFactory.getLogger(RefreshAhead.class);

  /** The number of keys that are being refreshed or wait for another attempt. */
  private static final int MAX_KEYS = 10_000;

  /** The longest pause after an attempt that another JVM or a full queue prevented. */
  private static final long MAX_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final RefreshAttempt RUNNING = new RefreshAttempt(/* isRunning= */ true, 0);

  private final CacheContext<K, V> context;
  private final KeyLeases leases;

  /** How long one JVM alone refreshes a key, and the pause after a failure. */
  private final long leaseNanos;

  private final long pauseNanos;

  /** The number of keys that are loaded together. */
  private final int batchSize;

  private final Executor background;
  private final Consumer<Map<K, OperationResult<V>>> publisher;
  private final ObjIntConsumer<Refresh> counts;

  /** The keys of attempts that are running, or that failed a short time ago. */
  private final ConcurrentMap<Bytes, RefreshAttempt> attempts = new ConcurrentHashMap<>();

  /** When {@code attempts} may be searched for old ones again. */
  private final Throttle sweeps = new Throttle(Duration.ofNanos(MAX_PAUSE_NANOS));

  private final Throttle warnings = new Throttle(Duration.ofMinutes(1));

  /**
   * An attempt to refresh a key.
   *
   * @param untilNanos when the next attempt may begin, if it is not running
   */
  private record RefreshAttempt(boolean isRunning, long untilNanos) {

    private boolean isOver(long nowNanos) {
      return !isRunning && untilNanos - nowNanos <= 0;
    }
  }

  /** An entry that is loaded again. */
  private record OldEntry<K, V>(K key, Bytes keyBytes, Bytes bytes, V value, Ticket ticket) {}

  /**
   * Creates the refreshes of a cache.
   *
   * @param refreshAfter the age from which entries are old
   * @param background runs refreshes; it rejects a task for which it has no place
   * @param publisher publishes refreshed entries, under the locks of their keys
   * @param counts counts keys by how their refresh ended
   */
  public RefreshAhead(
      CacheContext<K, V> context,
      Duration refreshAfter,
      Executor background,
      Consumer<Map<K, OperationResult<V>>> publisher,
      ObjIntConsumer<Refresh> counts) {
    this.context = context;
    Settings.Cache settings = context.settings();
    Duration lease = requireNonNullElse(settings.loadLease(), settings.loadTimeout());
    this.leases = context.store().refreshLeases(lease);
    this.leaseNanos = lease.toNanos();
    this.pauseNanos = Math.min(MAX_PAUSE_NANOS, refreshAfter.toNanos());
    this.batchSize = settings.batchSize();
    this.background = background;
    this.publisher = publisher;
    this.counts = counts;
  }

  /** Refreshes the old entry of a key, unless that is being done. Returns at once. */
  void refresh(K key) {
    refreshAll(List.of(context.codec().key(key)));
  }

  /** Refreshes old entries, except for those for which that is being done. Returns at once. */
  void refreshAll(List<Bytes> keys) {
    List<Bytes> begun = new ArrayList<>(keys.size());
    for (Bytes key : keys) {
      if (begin(key)) {
        begun.add(key);
      }
    }
    for (int from = 0; from < begun.size(); from += batchSize) {
      start(begun.subList(from, Math.min(begun.size(), from + batchSize)));
    }
  }

  /** Begins the only attempt of this JVM for a key. */
  private boolean begin(Bytes key) {
    long now = System.nanoTime();
    RefreshAttempt before = attempts.get(key);
    if (before != null) {
      return before.isOver(now) && attempts.replace(key, before, RUNNING);
    }
    if (attempts.size() >= MAX_KEYS && !makeRoom(now)) {
      counts.accept(Refresh.SKIPPED, 1);
      return false;
    }
    return attempts.putIfAbsent(key, RUNNING) == null;
  }

  /** Forgets attempts that are over, at most once in a second, since many readers may need it. */
  private boolean makeRoom(long nowNanos) {
    return sweeps.passes() && attempts.values().removeIf(attempt -> attempt.isOver(nowNanos));
  }

  private void start(List<Bytes> keys) {
    try {
      background.execute(() -> run(keys));
    } catch (Throwable e) { // no place, or no thread: the reader has its value
      logger.debug("Old entries of cache {} are not loaded again now", context.name(), e);
      retryAfter(keys, pauseNanos);
      counts.accept(Refresh.SKIPPED, keys.size());
    }
  }

  private void retryAfter(Collection<Bytes> keys, long nanos) {
    RefreshAttempt ended = new RefreshAttempt(/* isRunning= */ false, System.nanoTime() + nanos);
    keys.forEach(key -> attempts.put(key, ended));
  }

  private void run(List<Bytes> keys) {
    byte[] holder = leases.holder();
    Set<Bytes> mine;
    try {
      mine = leases.takeAll(holder, keys);
    } catch (Throwable e) {
      failed(keys, pauseNanos, e);
      return;
    }
    Set<Bytes> others = new LinkedHashSet<>(keys);
    others.removeAll(mine);
    retryAfter(others, pauseNanos);
    if (mine.isEmpty()) {
      return;
    }
    try {
      refreshNow(List.copyOf(mine));
    } catch (Throwable e) { // the loader may throw anything
      failed(mine, leaseNanos, e);
      return;
    }
    giveBack(holder, mine);
    mine.forEach(attempts::remove);
  }

  private void failed(Collection<Bytes> keys, long retryNanos, Throwable failure) {
    retryAfter(keys, retryNanos);
    counts.accept(Refresh.FAILED, keys.size());
    warn(
        "Old entries of cache "
            + context.name()
            + " were not loaded again (refresh-after). They stay until they expire; the next"
            + " attempt comes after "
            + TimeUnit.NANOSECONDS.toMillis(retryNanos)
            + " ms",
        failure);
  }

  private void giveBack(byte[] holder, Set<Bytes> keys) {
    try {
      leases.releaseAll(holder, keys);
    } catch (CacheException e) {
      logger.debug("Leases of refreshes were not given back, and end by themselves", e);
    }
  }

  /** Loads the entries that are still old, and replaces those that are unchanged. */
  private void refreshNow(List<Bytes> keys) {
    List<Ticket> tickets = context.loadTracker().beginAll(keys); // before they are read
    try {
      List<OldEntry<K, V>> old = stillOld(keys, tickets);
      if (old.isEmpty()) {
        return;
      }
      List<Bytes> oldKeys = old.stream().map(OldEntry::keyBytes).toList();
      PinnedEntries pinned =
          context.store().changes().pin(oldKeys, /* wereRead= */ true, Use.ANSWER);
      Map<K, V> loaded = load(old);
      List<Mutation> mutations = old.stream().map(entry -> mutation(entry, loaded)).toList();
      KeyLocks.Hold held = context.lockLoaded(oldKeys);
      try (held) {
        Map<K, OperationResult<V>> changed = store(old, mutations, loaded, pinned);
        counts.accept(Refresh.STORED, changed.size());
        publish(changed);
      }
    } finally {
      LoadTracker.closeAll(tickets);
    }
  }

  /** The entries that are old, in this moment and not only when they were read before. */
  private List<OldEntry<K, V>> stillOld(List<Bytes> keys, List<Ticket> tickets) {
    List<Read<V>> reads = context.reads().readAllFromMaster(keys);
    // Decoded anew: a reader may change its key once it has its value.
    List<@Nullable K> decoded = context.codec().decodeKeys(keys);
    List<OldEntry<K, V>> old = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Read<V> read = reads.get(i);
      K key = decoded.get(i);
      Bytes bytes = read.bytes();
      V value = read.value();
      if (read.isOld() && key != null && bytes != null && value != null) {
        old.add(new OldEntry<>(key, keys.get(i), bytes, value, tickets.get(i)));
      }
    }
    return old;
  }

  private Map<K, V> load(List<OldEntry<K, V>> old) {
    if (old.size() == 1) {
      return context.loader().loadOne(old.get(0).key());
    }
    Set<K> keys = new LinkedHashSet<>();
    old.forEach(entry -> keys.add(entry.key()));
    return context.loader().loadAll(keys);
  }

  /** Replaces an entry by the loaded value, which lives as long as that of a new entry. */
  private Mutation mutation(OldEntry<K, V> entry, Map<K, V> loaded) {
    V value = loaded.get(entry.key());
    if (value == null) {
      return Mutation.remove(entry.keyBytes(), Condition.EQUAL, entry.bytes());
    }
    Ttl onCreation = context.expiry().onCreation();
    return new Mutation(
        entry.keyBytes(),
        Condition.EQUAL,
        entry.bytes(),
        context.codec().value(entry.keyBytes(), value),
        onCreation,
        onCreation,
        /* wantsPrior= */ false,
        context.demand().wantsEvents());
  }

  private Map<K, OperationResult<V>> store(
      List<OldEntry<K, V>> old, List<Mutation> mutations, Map<K, V> loaded, PinnedEntries pinned) {
    List<Outcome> outcomes =
        LoadTracker.storeAll(old.stream().map(OldEntry::ticket).toList(), mutations, pinned);
    Map<K, OperationResult<V>> changed = new LinkedHashMap<>();
    for (int i = 0; i < old.size(); i++) {
      OldEntry<K, V> entry = old.get(i);
      Change change = outcomes.get(i).change();
      if (change != Change.NONE) {
        V value = loaded.get(entry.key());
        changed.put(
            entry.key(),
            new OperationResult<>(
                change, /* found= */ true, value, entry.value(), /* expired= */ false));
      }
    }
    return changed;
  }

  private void publish(Map<K, OperationResult<V>> changed) {
    try {
      publisher.accept(changed);
    } catch (Throwable e) { // the entries are stored, whatever a listener thinks of it
      warn("A listener of cache " + context.name() + " failed for a refreshed entry", e);
    }
  }

  /** Warns, at most once in a minute. */
  private void warn(String message, Throwable cause) {
    if (warnings.passes()) {
      logger.warn(message, cause);
    } else {
      logger.debug(message, cause);
    }
  }
}
