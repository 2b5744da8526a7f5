package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.entry.BulkWriter;
import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.EntryCodec;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.event.EventDispatcher;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.load.EntryLoads;
import io.yokedcache.jcache.internal.load.LoadingReads;
import io.yokedcache.jcache.internal.maintenance.StaleEntryCleaner.RemovedEntries;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder.Counts;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operations of a cache on several entries: runs them, counts them and publishes their events.
 * The caller has checked the arguments.
 */
final class BulkOperations<K, V> {

  private static final Logger logger = LoggerFactory.getLogger(BulkOperations.class);

  /** How long {@code removeAll} counts by itself; the rest is counted in the background. */
  private static final long MAX_COUNT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private final CacheDefinition<K, V> definition;
  private final CacheLifecycle<K, V> lifecycle;
  private final EventDispatcher<K, V> events;
  private final LoadingReads<K, V> reader;
  private final BulkWriter<K, V> writer;

  /** {@code null} without a loader. */
  private final @Nullable EntryLoads<K, V> entryLoads;

  private final CacheContext<K, V> context;
  private final OperationMeter meter;

  BulkOperations(
      CacheDefinition<K, V> definition,
      CacheLifecycle<K, V> lifecycle,
      EventDispatcher<K, V> events,
      LoadingReads<K, V> reader,
      CacheContext<K, V> context,
      OperationMeter meter) {
    this.definition = definition;
    this.lifecycle = lifecycle;
    this.events = events;
    this.reader = reader;
    this.writer = new BulkWriter<>(context);
    // loadAll loads also where there is no read-through.
    EntryLoader<K, V> loader = definition.entryLoader(lifecycle::statistics);
    this.entryLoads = loader.exists() ? new EntryLoads<>(context, loader) : null;
    this.context = context;
    this.meter = meter;
  }

  Map<K, V> getAll(Set<K> keys) {
    if (keys.isEmpty()) {
      return new HashMap<>();
    }
    return meter.run(Operation.GET_ALL, (recorder, start) -> getAll(keys, recorder, start));
  }

  private Map<K, V> getAll(Set<K> keys, StatisticsRecorder recorder, long start) {
    // Events of loads are published as the values are stored, under the locks of their keys.
    return found(
        reader.getAll(
            keys, events::publish, (hits, misses) -> recorder.count(hits, misses, 0, 0, start)),
        recorder,
        start);
  }

  /** Begins {@link #getAll} for at least one key. */
  void beginGetAll(
      Set<K> keys,
      StatisticsRecorder recorder,
      long start,
      AsyncQueue queue,
      Consumer<Supplier<Map<K, V>>> arrived) {
    reader.beginGetAll(
        keys,
        events::publish,
        (hits, misses) -> recorder.count(hits, misses, 0, 0, start),
        queue,
        results -> arrived.accept(() -> found(results.get(), recorder, start)));
  }

  /** The values that were found, which are counted. */
  private Map<K, V> found(
      Map<K, OperationResult<V>> results, StatisticsRecorder recorder, long start) {
    Map<K, V> found = new HashMap<>(2 * results.size()); // never grows
    EventDispatcher.Changes<K, V> changes = events.changes();
    int hits = 0;
    for (Map.Entry<K, OperationResult<V>> entry : results.entrySet()) {
      OperationResult<V> result = entry.getValue();
      if (result.value() != null) {
        found.put(entry.getKey(), result.value());
      }
      if (result.found()) {
        hits++;
        changes.add(entry.getKey(), result);
      }
    }
    recorder.record(Operation.GET_ALL, hits, results.size() - hits, 0, 0, start);
    events.publish(changes);
    return found;
  }

  /** Puts entries. The caller does not use the map afterwards. */
  void putAll(Map<K, V> map) {
    if (map.isEmpty()) {
      return;
    }
    meter.perform(Operation.PUT_ALL, (recorder, start) -> put(writer.puts(map), recorder, start));
  }

  /** Encodes entries, and returns what puts them. */
  Runnable preparePutAll(Map<K, V> map, StatisticsRecorder recorder, long start) {
    BulkWriter<K, V>.Puts puts = writer.puts(map);
    return () -> put(puts, recorder, start);
  }

  private void put(BulkWriter<K, V>.Puts puts, StatisticsRecorder recorder, long start) {
    KeyLocks.Hold held = context.lockAll(puts.keys());
    try (held) {
      ApplicationCode.rethrow(finish(puts.write(), recorder.recording(Operation.PUT_ALL, start)));
    }
  }

  void removeAll(Set<K> keys) {
    if (keys.isEmpty()) {
      return;
    }
    meter.perform(
        Operation.REMOVE_ALL,
        (recorder, start) ->
            ApplicationCode.rethrow(
                remove(writer.removals(keys), recorder.recording(Operation.REMOVE_ALL, start))));
  }

  private @Nullable Throwable remove(BulkWriter<K, V>.Removals removals, Counts counts) {
    KeyLocks.Hold held = context.lockAll(removals.keys());
    try (held) {
      return finish(removals.write(), counts);
    }
  }

  /**
   * Counts a bulk write and publishes its events, then throws the failure of the writer.
   *
   * @return the failure of a listener, or {@code null}; it does not undo the write
   */
  private @Nullable Throwable finish(BulkWriter.Written<K, V> written, Counts counts) {
    EventDispatcher.Changes<K, V> changes = events.changes();
    int puts = 0;
    int removals = 0;
    for (Map.Entry<K, OperationResult<V>> entry : written.results().entrySet()) {
      Change change = entry.getValue().change();
      puts += change.isWrite() ? 1 : 0;
      removals += change == Change.REMOVED ? 1 : 0;
      changes.add(entry.getKey(), entry.getValue());
    }
    counts.add(0, 0, puts, removals);
    Throwable listenerFailure = null;
    try {
      events.publish(changes);
    } catch (Throwable e) {
      listenerFailure = e;
    }
    Throwable failure = written.failure();
    if (failure != null && listenerFailure != null) {
      failure = ApplicationCode.first(failure, listenerFailure);
    }
    ApplicationCode.rethrow(failure);
    return listenerFailure;
  }

  void clear() {
    meter.perform(
        Operation.CLEAR,
        (recorder, start) -> {
          clearEntries();
          recorder.record(Operation.CLEAR, start);
        });
  }

  private void clearEntries() {
    context.overtakeLoads();
    definition.backend().clear();
  }

  /**
   * Removes all entries. They are removed one by one only if a writer or a listener must see each
   * of them; else the server removes and counts them.
   */
  void removeAll() {
    boolean isUnobserved =
        !definition.configuration().isWriteThrough()
            && !events.wantsEvents()
            && !definition.backend().entries().isHeard();
    if (isUnobserved && !lifecycle.isStatisticsEnabled()) {
      clearEntries();
      return;
    }
    meter.perform(
        Operation.REMOVE_ALL,
        (recorder, start) -> {
          Throwable listenerFailure = null;
          if (isUnobserved) {
            removeAndCount(recorder);
          } else {
            try {
              listenerFailure = removePages(recorder, writer, /* only= */ null, new AtomicLong());
            } catch (RedisUnavailableException e) {
              definition.backend().entries().degradation().skipOrThrow(e);
            }
          }
          recorder.record(Operation.REMOVE_ALL, start);
          ApplicationCode.rethrow(listenerFailure);
        });
  }

  /** The statistics hold the count when this returns, unless counting takes long. */
  private void removeAndCount(StatisticsRecorder recorder) {
    context.overtakeLoads();
    RemovedEntries removed = definition.backend().removeAll();
    long beganNanos = System.nanoTime();
    try {
      while (!removed.isDone() && System.nanoTime() - beganNanos < MAX_COUNT_NANOS) {
        long start = recorder.start();
        countRemoved(recorder, removed.nextPage(), start);
      }
    } catch (CacheException e) {
      // The entries are gone for everybody: only the figure is not exact.
      logger.warn("The entries that removeAll removed were not all counted: {}", e.getMessage());
      removed.giveUp();
    }
    if (!removed.isDone()) {
      removed.countLater(count -> countRemoved(recorder, count, recorder.start()));
    }
  }

  private static void countRemoved(StatisticsRecorder recorder, long count, long startNanos) {
    if (count > 0) {
      recorder.count(0, 0, 0, Math.toIntExact(count), startNanos);
    }
  }

  /**
   * Removes the entries whose keys match, as {@link #removeAll} removes entries one by one, but
   * without the writer.
   *
   * @return the number of removed entries
   */
  long invalidateMatching(EntryCodec.Keys matching) {
    return meter.run(
        Operation.INVALIDATE_MATCHING,
        (recorder, start) -> {
          AtomicLong removed = new AtomicLong();
          Throwable listenerFailure = null;
          try {
            BulkWriter<K, V> unwritten = new BulkWriter<>(context.withoutWriter());
            listenerFailure = removePages(recorder, unwritten, matching, removed);
          } catch (RedisUnavailableException e) {
            definition.backend().entries().degradation().skipOrThrow(e);
          }
          recorder.record(Operation.INVALIDATE_MATCHING, start);
          ApplicationCode.rethrow(listenerFailure);
          return removed.get();
        });
  }

  /** Ends the entries that have one of some tags, for all JVMs. */
  void invalidateTags(List<Bytes> tags) {
    meter.perform(
        Operation.INVALIDATE_TAGS,
        (recorder, start) -> {
          definition.backend().entries().invalidateTags(tags);
          recorder.record(Operation.INVALIDATE_TAGS, start);
        });
  }

  /**
   * Removes entries page by page, and returns the failure of a listener, which does not stop the
   * other pages.
   *
   * @param only the keys to remove, or {@code null} for all
   * @param removed counts the removed entries
   */
  private @Nullable Throwable removePages(
      StatisticsRecorder recorder,
      BulkWriter<K, V> by,
      EntryCodec.@Nullable Keys only,
      AtomicLong removed) {
    Throwable listenerFailure = null;
    // A load that runs now may have read a value that is gone from its source by now.
    context.overtakeLoads();
    List<byte[]> beginnings = only == null ? List.of() : only.beginnings();
    Iterator<List<Bytes>> pages = definition.backend().entries().scan(Use.DECISION, beginnings);
    while (pages.hasNext()) {
      Throwable failure = removePage(pages.next(), recorder, by, only, removed);
      if (failure != null) {
        listenerFailure = ApplicationCode.first(listenerFailure, failure);
      }
    }
    return listenerFailure;
  }

  private @Nullable Throwable removePage(
      List<Bytes> page,
      StatisticsRecorder recorder,
      BulkWriter<K, V> by,
      EntryCodec.@Nullable Keys only,
      AtomicLong removed) {
    Map<K, Bytes> keys = new LinkedHashMap<>();
    List<Mutation> unknown = new ArrayList<>();
    List<@Nullable K> decoded = definition.codec().decodeKeys(page);
    for (int i = 0; i < page.size(); i++) {
      K key = decoded.get(i);
      if (only != null && (key == null || !only.contains().test(key))) {
        continue;
      }
      if (key == null || keys.putIfAbsent(key, page.get(i)) != null) {
        // Writers and listeners cannot get a key that cannot be decoded, and get a key once that
        // another program encoded in two ways.
        unknown.add(Mutation.remove(page.get(i), Condition.ANY, null));
      }
    }
    Throwable listenerFailure = null;
    if (!keys.isEmpty()) {
      long start = recorder.start();
      listenerFailure =
          remove(
              by.removals(keys),
              (hits, misses, puts, removals) -> {
                removed.addAndGet(removals);
                recorder.count(hits, misses, puts, removals, start);
              });
    }
    definition.backend().entries().changes().applyAll(unknown, /* owes= */ true);
    return listenerFailure;
  }

  /** Loads all entries, or only the missing ones. */
  void load(Set<K> keys, boolean replaceExisting) {
    if (entryLoads == null || keys.isEmpty()) {
      return;
    }
    entryLoads.loadAll(keys, replaceExisting, events::publish);
  }
}
