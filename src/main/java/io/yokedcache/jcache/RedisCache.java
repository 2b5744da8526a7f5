package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.concurrent.StackCheck;
import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.EntryOperation;
import io.yokedcache.jcache.internal.entry.EntryWrites;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.event.EventDispatcher;
import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.integration.DeclaredType;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import io.yokedcache.jcache.internal.jmx.CacheSnapshot;
import io.yokedcache.jcache.internal.load.LoadingReads;
import io.yokedcache.jcache.internal.load.LoadingReads.Lookup;
import io.yokedcache.jcache.internal.load.RefreshAhead;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import io.yokedcache.jcache.internal.metrics.TimerReading;
import io.yokedcache.jcache.internal.processor.GuessingProcessor;
import io.yokedcache.jcache.internal.processor.ProcessorRunner;
import io.yokedcache.jcache.internal.processor.SharedTrip;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Ttl;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CompletionListener;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/**
 * A cache as JSR-107 defines it: checks arguments, runs operations, counts them and publishes their
 * events. All blocking writes of one entry by JSR-107 end in {@link #write}. Safe for use by
 * several threads.
 */
final class RedisCache<K, V> implements YokedCache<K, V>, SharedTrip.Member<K, V> {

  private final CacheDefinition<K, V> definition;
  private final CacheLifecycle<K, V> lifecycle;
  private final EventDispatcher<K, V> events;
  private final LoadingReads<K, V> reader;
  private final EntryWrites<K, V> writes;
  private final BulkOperations<K, V> bulk;
  private final Invocations<K, V> invocations;
  private final CacheContext<K, V> context;
  private final OperationMeter meter;
  private final AsyncOperations async;

  /**
   * Creates a cache.
   *
   * @param manager its manager, which lends it threads and forgets it when it closes
   */
  RedisCache(YokedCacheManager manager, CacheDefinition<K, V> definition) {
    this.definition = definition;
    Settings.Events queue = manager.settings().events();
    this.events = new EventDispatcher<>(this, queue.queueCapacity(), queue.queueBytes());
    KeyLocks locks = definition.locks();
    this.lifecycle = new CacheLifecycle<>(manager, definition, events, locks);
    this.meter = new OperationMeter(lifecycle::statistics, definition.phases());
    this.context = definition.context(events, lifecycle::statistics, locks);
    this.reader = new LoadingReads<>(context, lifecycle::countAwaitedLoad, refreshes());
    this.writes = EntryWrites.of(context);
    this.async =
        new AsyncOperations(
            manager.resources().async(), lifecycle::statistics, meter, definition.phases());
    this.invocations =
        new Invocations<>(
            lifecycle,
            events,
            new ProcessorRunner<>(context),
            context,
            meter,
            definition.settings().batchSize());
    this.bulk = new BulkOperations<>(definition, lifecycle, events, reader, context, meter);
  }

  private @Nullable RefreshAhead<K, V> refreshes() {
    Duration refreshAfter = definition.settings().refreshAfter();
    if (refreshAfter == null || definition.refreshAge() == null) {
      return null;
    }
    return new RefreshAhead<>(
        context,
        refreshAfter,
        lifecycle.backgroundLoads()::refresh,
        events::publish,
        lifecycle::countRefreshes);
  }

  CacheLifecycle<K, V> lifecycle() {
    return lifecycle;
  }

  void ensureOpen() {
    lifecycle.ensureOpen();
  }

  /** Does what {@link OperationMeter#run} does, with fewer objects and frames of the stack. */
  @Override
  public @Nullable V get(K key) {
    checkKey(key);
    StackCheck.ensure();
    StatisticsRecorder recorder = lifecycle.statistics();
    long start = recorder.start();
    V copy = reader.findNearUnencoded(key, start);
    if (copy != null) {
      recorder.recordLookup(Operation.GET, /* found= */ true, start);
      return copy;
    }
    long outer = definition.phases().begin();
    boolean done = false;
    try {
      Lookup<V> lookup = reader.read(key, reader.isReadThrough());
      V value = answer(key, lookup, context.loader(), recorder, start);
      done = true;
      return value;
    } catch (Exception | Error e) {
      throw meter.failed(Operation.GET, recorder, e);
    } finally {
      definition.phases().end(outer, done);
    }
  }

  /** Counts a read and publishes its events, after a load if the entry is to be loaded. */
  private @Nullable V answer(
      K key, Lookup<V> lookup, EntryLoader<K, V> loader, StatisticsRecorder recorder, long start) {
    V value = lookup.value();
    if (value == null && loader.exists()) {
      return load(key, lookup, loader, recorder, start);
    }
    recorder.recordLookup(Operation.GET, value != null, start);
    if (value != null && lookup.expired()) {
      events.publish(key, OperationResult.hit(value, /* expired= */ true));
    }
    return value;
  }

  @Override
  public @Nullable V get(K key, Function<? super K, ? extends @Nullable V> loader) {
    checkKey(key);
    requireNonNull(loader, "loader");
    CacheLoader<K, V> function = new FunctionLoader<>(loader);
    Lookup<V> found =
        meter.run(
            Operation.GET,
            (recorder, start) -> {
              Lookup<V> lookup = reader.read(key, /* isLoaded= */ true);
              EntryLoader<K, V> timed =
                  EntryLoader.of(function, context.valueType(), () -> recorder);
              return Lookup.of(answer(key, lookup, timed, recorder, start));
            });
    return found.value();
  }

  /** A loader of single keys. */
  private record FunctionLoader<K, V>(Function<? super K, ? extends @Nullable V> function)
      implements CacheLoader<K, V> {

    @Override
    public @Nullable V load(K key) {
      return function.apply(key);
    }

    @Override
    public Map<K, V> loadAll(Iterable<? extends K> keys) {
      throw new UnsupportedOperationException("Loads one key at a time");
    }

    /** Names the application's function, as error messages do. */
    @Override
    public String toString() {
      return function.toString();
    }
  }

  private @Nullable V load(
      K key, Lookup<V> lookup, EntryLoader<K, V> loader, StatisticsRecorder recorder, long start) {
    AtomicBoolean counted = new AtomicBoolean();
    try {
      return reader.load(
          key,
          lookup,
          loader,
          result -> {
            counted.set(true);
            recorder.recordLookup(Operation.GET, /* found= */ false, start);
            events.publish(key, result);
          });
    } catch (Throwable e) {
      if (!counted.get()) {
        recorder.count(0, 1, 0, 0, start); // the lookup was a miss, whatever failed afterwards
      }
      throw e;
    }
  }

  @Override
  public Map<K, V> getAll(Set<? extends K> keys) {
    return bulk.getAll(checked(keys));
  }

  @Override
  public boolean containsKey(K key) {
    checkKey(key);
    return meter.runAndRecord(Operation.CONTAINS_KEY, () -> reader.contains(key));
  }

  @Override
  public void put(K key, V value) {
    write(EntryOperation.PUT, key, value, null, context.expiry());
  }

  @Override
  public void put(K key, V value, Duration ttl) {
    write(EntryOperation.PUT, key, value, null, EntryExpiry.own(timeToLive(ttl)));
  }

  @Override
  public void put(K key, V value, Tags tags) {
    write(EntryOperation.PUT, key, value, null, context.expiry(), checked(tags));
  }

  @Override
  public void put(K key, V value, Duration ttl, Tags tags) {
    EntryExpiry expiry = EntryExpiry.own(timeToLive(ttl));
    write(EntryOperation.PUT, key, value, null, expiry, checked(tags));
  }

  private List<Bytes> checked(Tags tags) {
    List<Bytes> bytes = requireNonNull(tags, "tags").bytes();
    if (!definition.settings().tags()) {
      throw new UnsupportedOperationException(
          "Cache %s has no tags. Set yokedcache.caches.\"%s\".tags = true in all JVMs that use it."
              .formatted(getName(), getName()));
    }
    return bytes;
  }

  @Override
  public boolean putIfAbsent(K key, V value, Duration ttl) {
    EntryExpiry expiry = EntryExpiry.own(timeToLive(ttl));
    return write(EntryOperation.PUT_IF_ABSENT, key, value, null, expiry).change() == Change.CREATED;
  }

  @Override
  public @Nullable V getAndTouch(K key, Duration ttl) {
    checkKey(key);
    Ttl timeToLive = timeToLive(ttl);
    Lookup<V> touched =
        meter.run(
            Operation.GET,
            (recorder, start) -> {
              Bytes encodedKey = definition.codec().key(key);
              Bytes stored = context.store().readAndTouch(encodedKey, timeToLive);
              V value = definition.codec().decode(encodedKey, stored);
              recorder.recordLookup(Operation.GET, value != null, start);
              return Lookup.of(value);
            });
    return touched.value();
  }

  @Override
  public Optional<Duration> ttl(K key) {
    checkKey(key);
    return meter.runAndRecord(
        Operation.TTL,
        () -> {
          Ttl ttl = context.store().ttl(definition.codec().key(key));
          return Optional.ofNullable(ttl)
              .map(left -> left.isEternal() ? ETERNAL : Duration.ofMillis(left.millis()));
        });
  }

  @Override
  public boolean expire(K key, Duration ttl) {
    checkKey(key);
    Ttl timeToLive = timeToLive(ttl);
    return meter.runAndRecord(
        Operation.EXPIRE,
        () -> {
          try {
            return context.store().changes().expire(definition.codec().key(key), timeToLive);
          } catch (RedisUnavailableException e) {
            context.store().degradation().skipOrThrow(e);
            return false;
          }
        });
  }

  private static Ttl timeToLive(Duration ttl) {
    if (requireNonNull(ttl, "ttl").isNegative() || ttl.isZero()) {
      throw new IllegalArgumentException("A time to live must be positive, and this one is " + ttl);
    }
    return Ttl.of(ttl);
  }

  @Override
  public @Nullable V getAndPut(K key, V value) {
    return write(EntryOperation.GET_AND_PUT, key, value, null, context.expiry()).prior();
  }

  @Override
  public boolean putIfAbsent(K key, V value) {
    return write(EntryOperation.PUT_IF_ABSENT, key, value, null, context.expiry()).change()
        == Change.CREATED;
  }

  @Override
  public boolean replace(K key, V oldValue, V newValue) {
    return write(EntryOperation.REPLACE_IF_EQUAL, key, newValue, oldValue, context.expiry())
        .change()
        .isWrite();
  }

  @Override
  public boolean replace(K key, V value) {
    return write(EntryOperation.REPLACE, key, value, null, context.expiry()).change().isWrite();
  }

  @Override
  public @Nullable V getAndReplace(K key, V value) {
    return write(EntryOperation.GET_AND_REPLACE, key, value, null, context.expiry()).prior();
  }

  @Override
  public boolean remove(K key) {
    return write(EntryOperation.REMOVE, key, null, null, context.expiry()).change()
        == Change.REMOVED;
  }

  @Override
  public boolean remove(K key, V oldValue) {
    return write(EntryOperation.REMOVE_IF_EQUAL, key, null, oldValue, context.expiry()).change()
        == Change.REMOVED;
  }

  @Override
  public @Nullable V getAndRemove(K key) {
    return write(EntryOperation.GET_AND_REMOVE, key, null, null, context.expiry()).prior();
  }

  private OperationResult<V> write(
      EntryOperation operation,
      K key,
      @Nullable V value,
      @Nullable V expected,
      EntryExpiry expiry) {
    return write(operation, key, value, expected, expiry, /* tags= */ List.of());
  }

  /** Makes one write, counts it and publishes its event. */
  private OperationResult<V> write(
      EntryOperation operation,
      K key,
      @Nullable V value,
      @Nullable V expected,
      EntryExpiry expiry,
      List<Bytes> tags) {
    checkKey(key);
    checkValue(value, operation.writes(), "value");
    checkValue(expected, operation.compares(), "oldValue");
    return meter.run(
        operation.countedAs(),
        (recorder, start) -> {
          Bytes encodedKey = definition.codec().key(key);
          KeyLocks.Hold held = lock(encodedKey);
          try {
            OperationResult<V> result =
                writes.write(operation, key, encodedKey, value, expected, expiry, tags);
            countAndPublish(operation, key, result, recorder, start);
            return result;
          } finally {
            held.close();
          }
        });
  }

  /** Counts a write and publishes its event. */
  private void countAndPublish(
      EntryOperation operation,
      K key,
      OperationResult<V> result,
      StatisticsRecorder recorder,
      long start) {
    Change change = result.change();
    boolean looksUp = operation.looksUp();
    recorder.record(
        operation.countedAs(),
        looksUp && result.found() ? 1 : 0,
        looksUp && !result.found() ? 1 : 0,
        change.isWrite() ? 1 : 0,
        change == Change.REMOVED ? 1 : 0,
        start);
    events.publish(key, result);
  }

  @Override
  public CompletableFuture<@Nullable V> getAsync(K key) {
    checkKey(key);
    StatisticsRecorder recorder = lifecycle.statistics();
    long start = recorder.start();
    V copy = reader.findNearUnencoded(key, start);
    if (copy != null) {
      recorder.recordLookup(Operation.GET, /* found= */ true, start);
      return CompletableFuture.completedFuture(copy);
    }
    return async.begin(
        Operation.GET,
        begun -> {
          V near = reader.findNear(key);
          if (near != null) {
            begun.finish(() -> answer(key, Lookup.of(near), begun));
            return;
          }
          reader.beginRead(
              key, async.queue(), read -> begun.finish(() -> answer(key, read.get(), begun)));
        });
  }

  private @Nullable V answer(K key, Lookup<V> lookup, AsyncOperations.Begun<?> begun) {
    return answer(key, lookup, context.loader(), begun.recorder(), begun.startNanos());
  }

  @Override
  public CompletableFuture<@Nullable Void> putAsync(K key, V value) {
    return putAsync(key, value, context.expiry(), /* tags= */ List.of());
  }

  @Override
  public CompletableFuture<@Nullable Void> putAsync(K key, V value, Duration ttl) {
    return putAsync(key, value, EntryExpiry.own(timeToLive(ttl)), /* tags= */ List.of());
  }

  @Override
  public CompletableFuture<@Nullable Void> putAsync(K key, V value, Tags tags) {
    return putAsync(key, value, context.expiry(), checked(tags));
  }

  @Override
  public CompletableFuture<@Nullable Void> putAsync(K key, V value, Duration ttl, Tags tags) {
    return putAsync(key, value, EntryExpiry.own(timeToLive(ttl)), checked(tags));
  }

  private CompletableFuture<@Nullable Void> putAsync(
      K key, V value, EntryExpiry expiry, List<Bytes> tags) {
    checkKey(key);
    checkValue(value, /* required= */ true, "value");
    return writeAsync(EntryOperation.PUT, key, value, expiry, tags, result -> null);
  }

  @Override
  public CompletableFuture<Boolean> removeAsync(K key) {
    checkKey(key);
    return writeAsync(
        EntryOperation.REMOVE,
        key,
        null,
        context.expiry(),
        /* tags= */ List.of(),
        result -> result.change() == Change.REMOVED);
  }

  private <T extends @Nullable Object> CompletableFuture<T> writeAsync(
      EntryOperation operation,
      K key,
      @Nullable V value,
      EntryExpiry expiry,
      List<Bytes> tags,
      Function<OperationResult<V>, T> answer) {
    Operation counted = operation.countedAs();
    if (isOrdered()) {
      V copy;
      try {
        copy = value == null ? null : copy(key, value);
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(meter.failed(counted, lifecycle.statistics(), e));
      }
      return async.runLater(
          counted, () -> answer.apply(write(operation, key, copy, null, expiry, tags)));
    }
    return async.begin(
        counted,
        begun ->
            writes.begin(
                operation,
                definition.codec().key(key),
                value,
                expiry,
                tags,
                async.sender(),
                made ->
                    begun.finish(
                        () -> {
                          OperationResult<V> result = made.get();
                          countAndPublish(
                              operation, key, result, begun.recorder(), begun.startNanos());
                          return answer.apply(result);
                        })));
  }

  /** The value as it is now: the caller may change the object before it is written. */
  private V copy(K key, V value) {
    Bytes encodedKey = definition.codec().key(key);
    V copy = definition.codec().decode(encodedKey, definition.codec().value(encodedKey, value));
    return copy == null ? value : copy;
  }

  @Override
  public CompletableFuture<Map<K, V>> getAllAsync(Set<? extends K> keys) {
    Set<K> wanted = checked(keys);
    if (wanted.isEmpty()) {
      return CompletableFuture.completedFuture(new HashMap<>());
    }
    return async.begin(
        Operation.GET_ALL,
        begun ->
            bulk.beginGetAll(
                wanted, begun.recorder(), begun.startNanos(), async.queue(), begun::finish));
  }

  @Override
  public CompletableFuture<@Nullable Void> putAllAsync(Map<? extends K, ? extends V> map) {
    Map<K, V> entries = checkedEntries(map);
    if (entries.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return async.begin(
        Operation.PUT_ALL,
        begun -> {
          Runnable put = bulk.preparePutAll(entries, begun.recorder(), begun.startNanos());
          async
              .queue()
              .run(
                  () ->
                      begun.finish(
                          () -> {
                            put.run();
                            return null;
                          }));
        });
  }

  @Override
  public <T extends @Nullable Object> CompletableFuture<T> invokeAsync(
      K key, EntryProcessor<K, V, T> processor, Object... arguments) {
    checkKey(key);
    requireNonNull(processor, "entryProcessor");
    Object[] given = copy(arguments);
    return async.runLater(Operation.INVOKE, () -> invocations.invoke(key, processor, given));
  }

  @Override
  public <T extends @Nullable Object> Supplier<T> beginInvoke(
      SharedTrip trip, K key, GuessingProcessor<K, V, T> processor) {
    checkKey(key);
    return invocations.begin(trip, key, processor);
  }

  @Override
  public Supplier<Boolean> beginPut(SharedTrip trip, K key, V value) {
    return beginWrite(trip, EntryOperation.PUT, key, value, context.expiry());
  }

  @Override
  public Supplier<Boolean> beginPutIfAbsent(SharedTrip trip, K key, V value, Duration timeToLive) {
    return beginWrite(
        trip, EntryOperation.PUT_IF_ABSENT, key, value, EntryExpiry.own(timeToLive(timeToLive)));
  }

  private Supplier<Boolean> beginWrite(
      SharedTrip trip, EntryOperation operation, K key, V value, EntryExpiry expiry) {
    checkKey(key);
    if (isOrdered()) {
      return () ->
          write(operation, key, value, null, expiry, /* tags= */ List.of()).change().isWrite();
    }
    StatisticsRecorder recorder = lifecycle.statistics();
    long start = recorder.start();
    AtomicReference<@Nullable Supplier<OperationResult<V>>> arrived = new AtomicReference<>();
    writes.begin(
        operation,
        definition.codec().key(key),
        value,
        expiry,
        /* tags= */ List.of(),
        trip,
        arrived::set);
    return () ->
        meter.run(
            operation.countedAs(),
            (current, now) -> {
              OperationResult<V> result = requireNonNull(arrived.get(), "not sent").get();
              countAndPublish(operation, key, result, recorder, start);
              return result.change().isWrite();
            });
  }

  /** Whether a write must wait for others of its key: a load that is being stored, or listeners. */
  private boolean isOrdered() {
    return definition.application().loader() != null || writes.needsLocks() || events.wantsEvents();
  }

  /** Locks the key if code of the application takes part or listens. */
  private KeyLocks.Hold lock(Bytes key) {
    return writes.needsLocks() || events.wantsEvents()
        ? context.locks().hold(key)
        : KeyLocks.none();
  }

  @Override
  public void putAll(Map<? extends K, ? extends V> map) {
    bulk.putAll(checkedEntries(map));
  }

  private Map<K, V> checkedEntries(Map<? extends K, ? extends V> map) {
    ensureOpen();
    // The caller may change its map: one copy is checked, written and stored.
    Map<K, V> entries = copy("map", () -> new LinkedHashMap<>(requireNonNull(map, "map")));
    entries.forEach(
        (key, value) -> {
          checkKey(key);
          checkValue(value, /* required= */ true, "value");
        });
    return entries;
  }

  @Override
  public void removeAll(Set<? extends K> keys) {
    bulk.removeAll(checked(keys));
  }

  /**
   * Removes all entries. Without a writer, and without a listener in any JVM, this is {@link
   * #clear}, which counts the entries if statistics are on; else it removes them page by page.
   */
  @Override
  public void removeAll() {
    ensureOpen();
    bulk.removeAll();
  }

  @Override
  public void clear() {
    ensureOpen();
    bulk.clear();
  }

  @Override
  public long invalidateMatching(String glob) {
    ensureOpen();
    Class<K> keyType = definition.configuration().getKeyType();
    return bulk.invalidateMatching(
        definition.codec().matching(requireNonNull(glob, "glob"), keyType));
  }

  @Override
  public void invalidateTags(Tags tags) {
    ensureOpen();
    bulk.invalidateTags(checked(tags));
  }

  @Override
  public Optional<Size> estimatedSize() {
    ensureOpen();
    return Optional.ofNullable(lifecycle.keyStatistics())
        .map(keys -> new Size(keys.keys(), keys.bytes(), Duration.ofMillis(keys.ageMillis())));
  }

  @Override
  public Health health() {
    ensureOpen();
    ConnectionStatistics connection = lifecycle.manager().resources().backend().connection();
    OutageStatistics outages = lifecycle.outages();
    return new Health(
        connection.healthy(),
        connection.pingNanos() < 0 ? null : Duration.ofNanos(connection.pingNanos()),
        connection.openBreakers(),
        outages.owedKeys() + (outages.owesGeneration() ? 1 : 0));
  }

  @Override
  public Metrics metrics() {
    ensureOpen();
    CacheSnapshot snapshot = lifecycle.measured();
    Map<String, OperationMetrics> operations = new HashMap<>();
    for (CacheSnapshot.OperationSnapshot operation : snapshot.operations()) {
      operations.put(operation.operation(), metrics(operation));
    }
    return new Metrics(
        lifecycle.isStatisticsEnabled(), operations, snapshot.counters(), snapshot.gauges());
  }

  private static OperationMetrics metrics(CacheSnapshot.OperationSnapshot operation) {
    TimerReading durations = operation.durations();
    return new OperationMetrics(
        durations.count(),
        operation.errors(),
        Duration.ofNanos(durations.sumNanos()),
        percentile(durations, 0.5),
        percentile(durations, 0.95),
        percentile(durations, 0.99),
        percentile(durations, 0.999),
        Duration.ofNanos(durations.maxNanos()));
  }

  private static Duration percentile(TimerReading durations, double quantile) {
    return Duration.ofNanos(Math.round(durations.percentileNanos(quantile)));
  }

  @Override
  public void loadAll(
      Set<? extends K> keys, boolean replaceExisting, @Nullable CompletionListener listener) {
    Set<K> wanted = checked(keys);
    lifecycle.backgroundLoads().start(() -> bulk.load(wanted, replaceExisting), listener);
  }

  /**
   * {@inheritDoc}
   *
   * <p>The processor runs in this JVM, and its changes are applied atomically for every JVM. If
   * another thread or JVM changes the entry concurrently, the processor runs again on the new
   * value, so it should have no side effects.
   */
  @Override
  public <T> T invoke(K key, EntryProcessor<K, V, T> processor, Object... arguments) {
    checkKey(key);
    requireNonNull(processor, "entryProcessor");
    return invocations.invoke(key, processor, copy(arguments));
  }

  /**
   * {@inheritDoc}
   *
   * <p>Each entry is changed atomically as by {@link #invoke}, not all entries together. A batch of
   * entries is read together, the processor runs on one entry after the other, and the changes are
   * applied together. The processor may thus see the entries of a batch as they were before it
   * changed any of them. With a writer or a listener the keys of a batch are locked. If Redis
   * cannot be reached, each key of the batch has this failure as its result.
   */
  @Override
  public <T> Map<K, EntryProcessorResult<T>> invokeAll(
      Set<? extends K> keys, EntryProcessor<K, V, T> processor, Object... arguments) {
    Set<K> invoked = checked(keys);
    requireNonNull(processor, "entryProcessor");
    return invocations.invokeAll(invoked, processor, copy(arguments));
  }

  @Override
  public Iterator<Entry<K, V>> iterator() {
    ensureOpen();
    return new EntryIterator<>(this, definition.backend().entries(), definition.codec(), meter);
  }

  /** Counts and tells that the iterator returned an entry. */
  void noteIterated(K key, V value) {
    meter.perform(
        Operation.ITERATE,
        (recorder, start) -> {
          boolean expired = reader.noteAccess(key);
          recorder.recordLookup(Operation.ITERATE, /* found= */ true, start);
          if (expired) {
            events.publish(events.changes().add(Change.EXPIRED, key, value, value));
          }
        });
  }

  @Override
  public String getName() {
    return definition.name();
  }

  @Override
  public CacheManager getCacheManager() {
    return lifecycle.manager();
  }

  @Override
  public <C extends Configuration<K, V>> C getConfiguration(Class<C> type) {
    if (requireNonNull(type, "type").isInstance(definition.configuration())) {
      return type.cast(definition.configuration());
    }
    throw new IllegalArgumentException(
        "The configuration of cache %s is no %s".formatted(getName(), type));
  }

  @Override
  public void registerCacheEntryListener(CacheEntryListenerConfiguration<K, V> listener) {
    ensureOpen();
    requireNonNull(listener, "cacheEntryListenerConfiguration");
    lifecycle.register(listener);
  }

  @Override
  public void deregisterCacheEntryListener(CacheEntryListenerConfiguration<K, V> listener) {
    ensureOpen();
    requireNonNull(listener, "cacheEntryListenerConfiguration");
    lifecycle.deregister(listener);
  }

  @Override
  public void close() {
    lifecycle.close();
  }

  @Override
  public boolean isClosed() {
    return lifecycle.isClosed();
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    if (requireNonNull(type, "type").isInstance(this)) {
      return type.cast(this);
    }
    throw new IllegalArgumentException(
        "Cache %s cannot be unwrapped to %s".formatted(getName(), type));
  }

  /** Copies a collection of the caller; only undeclared exceptions are translated. */
  private static <T> T copy(String what, Supplier<T> copy) {
    try {
      return copy.get();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw ApplicationCode.OTHER.failure("The " + what + " that was given", e);
    }
  }

  private Set<K> checked(Set<? extends K> keys) {
    ensureOpen();
    Set<K> copy = copy("set", () -> new LinkedHashSet<>(requireNonNull(keys, "keys")));
    copy.forEach(this::checkKey);
    return copy;
  }

  private static Object[] copy(Object @Nullable [] arguments) {
    return arguments == null ? new Object[0] : arguments.clone();
  }

  private void checkKey(K key) {
    ensureOpen();
    requireNonNull(key, "key");
    DeclaredType.check(getName(), "Key", definition.configuration().getKeyType(), key);
  }

  private void checkValue(@Nullable V value, boolean required, String name) {
    if (required || value != null) {
      context.valueType().check(requireNonNull(value, name));
    }
  }

  @Override
  public String toString() {
    return "Cache " + getName() + " of " + lifecycle.manager().getURI();
  }
}
