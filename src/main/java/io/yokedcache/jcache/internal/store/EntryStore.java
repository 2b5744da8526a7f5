package io.yokedcache.jcache.internal.store;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.lease.KeyLeases;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.redis.replica.ReplicaReader;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard.BucketRead;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard.Guarded;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations.Attempt;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * The entries of one cache, as bytes with a time to live: one Redis string each, under the token of
 * their bucket's generation, which every operation verifies in its round trip. Every operation is
 * atomic for its entry across all JVMs, sees only the current generation, and waits no longer than
 * the time-outs of the connection. All methods throw {@link CacheException} if Redis refuses the
 * command. If Redis cannot be reached, changes and reads for {@link Use#DECISION} throw {@link
 * RedisUnavailableException}; other reads do so unless the cache degrades. Safe for use by several
 * threads.
 */
public final class EntryStore {

  /** The purpose of a read. */
  public enum Use {
    /** The application gets the answer. If the cache degrades, there is no entry without Redis. */
    ANSWER,
    /** A change depends on it, so it fails without Redis. */
    DECISION
  }

  /** Entries of one generation. Safe for use by several threads. */
  public interface Pinned {

    /**
     * Changes several of the entries, as {@link EntryStore#applyAll} does.
     *
     * @return their outcomes in the order of the mutations; {@link Change#NONE} also if the cache
     *     was cleared, or if it degrades and Redis is away
     */
    List<Outcome> applyAll(List<Mutation> mutations);
  }

  /** Observes the changes that this JVM makes. Safe for use by several threads; never throws. */
  public interface ChangeObserver {

    /** A change of an entry is about to go to Redis, except for changes by {@link Pinned}. */
    default void beforeChange(Bytes key) {}

    /**
     * An entry is about to be stored by {@link Pinned}, or to expire by an access. Observers that
     * track loads do not count this as a change.
     */
    default void beforeUntrackedChange(Bytes key) {}

    /** A change of an entry or of its time to live may have reached Redis. */
    default void afterChange(Bytes key) {}

    /** The cache is about to be emptied. {@link #afterClear} follows in any case. */
    default void beforeClear() {}

    /** The cache may have been emptied. */
    default void afterClear() {}

    /** Entries that have some tags are about to end. {@link #afterTagInvalidation} follows. */
    default void beforeTagInvalidation() {}

    /** Entries that have some tags may have ended. */
    default void afterTagInvalidation() {}
  }

  /** All observers of a cache. Safe for use by several threads. */
  private static final class Observers implements ChangeObserver {

    /** An array and not a list: going over it allocates nothing. Replaced under the monitor. */
    private volatile ChangeObserver[] all = {};

    synchronized void add(ChangeObserver observer) {
      if (Arrays.asList(all).contains(observer)) {
        return;
      }
      ChangeObserver[] more = Arrays.copyOf(all, all.length + 1);
      more[all.length] = observer;
      all = more;
    }

    @Override
    public void beforeChange(Bytes key) {
      for (ChangeObserver observer : all) {
        observer.beforeChange(key);
      }
    }

    @Override
    public void beforeUntrackedChange(Bytes key) {
      for (ChangeObserver observer : all) {
        observer.beforeUntrackedChange(key);
      }
    }

    @Override
    public void afterChange(Bytes key) {
      for (ChangeObserver observer : all) {
        observer.afterChange(key);
      }
    }

    @Override
    public void beforeClear() {
      for (ChangeObserver observer : all) {
        observer.beforeClear();
      }
    }

    @Override
    public void afterClear() {
      for (ChangeObserver observer : all) {
        observer.afterClear();
      }
    }

    @Override
    public void beforeTagInvalidation() {
      for (ChangeObserver observer : all) {
        observer.beforeTagInvalidation();
      }
    }

    @Override
    public void afterTagInvalidation() {
      for (ChangeObserver observer : all) {
        observer.afterTagInvalidation();
      }
    }
  }

  /**
   * An entry with its time to live, as it was read.
   *
   * @param ttlMillis the time to live at the read; negative for none
   * @param generation the generation that was current at the read
   */
  public record StoredValue(Bytes value, long ttlMillis, Generation generation) {}

  private static final Script READ =
      new Script(EntryStore.class, List.of("live.lua", "read.lua"), /* idempotent= */ true);
  private static final Script INVALIDATE_TAGS =
      new Script(EntryStore.class, "invalidate-tags.lua", /* idempotent= */ true);

  private static final byte[] VALUE = "value".getBytes(US_ASCII);
  private static final byte[] TTL = "ttl".getBytes(US_ASCII);
  private static final byte[] VALUE_AND_TTL = "both".getBytes(US_ASCII);
  private static final byte[] EXISTS = "exists".getBytes(US_ASCII);

  private final RedisExecutor executor;
  private final KeySpace names;
  private final OperationNames operations;
  private final Generations generations;
  private final GenerationGuard guard;
  private final MutationApplier mutations;
  private final int batchSize;
  private final boolean degrades;
  private final boolean hasTags;
  private final Observers observers = new Observers();
  private final Settlement settlement;
  private final ValueSizes sizes = new ValueSizes();
  private final LongAdder degradedReads = new LongAdder();
  private final LongAdder degradedWrites = new LongAdder();

  /** {@code null} if all reads go to the masters. */
  private final @Nullable ReplicaReads replicas;

  /**
   * Creates the entries of a cache.
   *
   * @param degrades whether reads for {@link Use#ANSWER} find nothing while Redis is away
   * @param debts the invalidations that the manager owes
   * @param owes whether failed changes of this cache are among them
   * @param replicas reads from replicas, or {@code null} if all reads go to the masters
   */
  public EntryStore(
      RedisExecutor executor,
      KeySpace names,
      String cacheName,
      Generations generations,
      RemoteEventPublisher publisher,
      Announcement announcement,
      int batchSize,
      boolean degrades,
      OwedInvalidations debts,
      boolean owes,
      @Nullable ReplicaReader replicas) {
    this.executor = executor;
    this.names = names;
    this.operations = new OperationNames(cacheName);
    this.generations = generations;
    this.guard = new GenerationGuard(executor, names, generations);
    this.mutations =
        new MutationApplier(
            executor, names, operations, generations, guard, publisher, announcement);
    this.batchSize = batchSize;
    this.degrades = degrades;
    this.hasTags = generations.hasTags();
    this.settlement =
        new Settlement(
            executor,
            names,
            operations,
            generations,
            guard,
            mutations,
            observers,
            keys -> getAll(keys, Ttl.UNCHANGED, Use.DECISION),
            batchSize,
            debts,
            owes);
    this.replicas =
        replicas == null
            ? null
            : new ReplicaReads(replicas, names, generations, operations, sizes, batchSize);
    if (this.replicas != null) {
      observe(this.replicas.changes());
    }
  }

  /** Calls an observer for all changes from now on, each once also if it is added twice. */
  public void observe(ChangeObserver observer) {
    observers.add(observer);
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
    String operation = operations.get();
    Bytes generationKey = names.route(bucket);
    try {
      if (settlement.isAnyOwed() && !settlement.settle(List.of(key)).isEmpty()) {
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
        List<? extends @Nullable Object> both = list(executor.checked(operation, reply));
        if (guard.verified(bucket, generation, both.get(0))) {
          return both.get(1) instanceof byte[] value ? sizes.read(value) : null;
        }
      }
    } catch (RedisUnavailableException e) {
      findNothing(use, e);
      return null;
    }
  }

  /** Whether reads for {@link Use#ANSWER} find nothing while Redis is away. */
  public boolean degrades() {
    return degrades;
  }

  /** Whether this JVM must remove an entry before it uses it again. */
  public boolean isOwed(Bytes key) {
    return settlement.isOwed(key);
  }

  /**
   * Counts a read that finds no entry because Redis is away.
   *
   * @throws RedisUnavailableException the failure, unless the cache degrades
   */
  public void findNothing(RedisUnavailableException failure) {
    findNothing(Use.ANSWER, failure);
  }

  /** Counts a read that finds no entry because Redis is away; throws if it must fail. */
  private void findNothing(Use use, RedisUnavailableException failure) {
    if (!degrades || use == Use.DECISION) {
      throw failure;
    }
    degradedReads.increment();
  }

  /** Reads entries, of which those count as absent whose removal is owed and was refused. */
  private <T extends @Nullable Object> List<T> orNothing(
      Use use, List<Bytes> keys, Supplier<List<T>> read, Supplier<List<T>> nothing) {
    try {
      Set<Bytes> absent = settlement.isAnyOwed() ? settlement.settle(keys) : Set.of();
      List<T> found = read.get();
      if (absent.isEmpty()) {
        return found;
      }
      List<T> none = nothing.get();
      List<T> left = new ArrayList<>(found.size());
      for (int i = 0; i < found.size(); i++) {
        left.add((absent.contains(keys.get(i)) ? none : found).get(i));
      }
      return left;
    } catch (RedisUnavailableException e) {
      findNothing(use, e);
      return nothing.get();
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
   * Counts a change that is left out because Redis is away.
   *
   * @throws RedisUnavailableException the failure, unless the cache degrades
   */
  public void leaveOut(RedisUnavailableException failure) {
    if (!degrades) {
      throw failure;
    }
    degradedWrites.increment();
  }

  public OutageStatistics outages() {
    return settlement.statistics(degradedReads.sum(), degradedWrites.sum());
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
    String operation = getting(keys);
    return orNothing(
        use,
        keys,
        () -> guard.read(operation, keys, batchSize, values(operation, onAccess)),
        () -> Collections.nCopies(keys.size(), null));
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
   * The time to live of an entry, {@link Ttl#ETERNAL} if it does not expire; {@code null} if there
   * is no entry.
   */
  public @Nullable Ttl ttl(Bytes key) {
    String operation = operations.ttl();
    List<Bytes> keys = List.of(key);
    return this.<@Nullable Ttl>orNothing(
            Use.ANSWER,
            keys,
            () ->
                guard.read(
                    operation,
                    keys,
                    batchSize,
                    hasTags
                        ? new LiveRead<>(
                            operation, TTL, /* onAccess= */ null, EntryStore::timeToLive)
                        : new Guarded<@Nullable Ttl>(guard, operation) {
                          @Override
                          protected List<CommandArguments> commands(
                              Generation generation, List<Bytes> some) {
                            byte[] entry = KeySpace.entryKey(generation.entryPrefix(), key);
                            return List.of(new CommandArguments(Command.PTTL).add(entry));
                          }

                          @Override
                          protected List<@Nullable Ttl> read(
                              Generation generation, List<@Nullable Object> replies) {
                            return Collections.singletonList(timeToLive(replies.get(0)));
                          }
                        }),
            () -> Collections.singletonList(null))
        .get(0);
  }

  private static @Nullable Ttl timeToLive(@Nullable Object reply) {
    if (!(reply instanceof Long millis) || millis < Ttl.ETERNAL.millis()) {
      return null;
    }
    // An entry in its last millisecond is there.
    return millis == 0 ? Ttl.ofMillis(1) : new Ttl(millis);
  }

  /**
   * Gives an entry another time to live. If this fails, the entry is removed later: it may live
   * longer than the application allows.
   *
   * @param ttl positive, or {@link Ttl#ETERNAL}
   * @return whether there is an entry
   */
  public boolean expire(Bytes key, Ttl ttl) {
    String operation = operations.expire();
    observers.beforeChange(key);
    try {
      if (settlement.isAnyOwed() && !settlement.settle(List.of(key)).isEmpty()) {
        return false;
      }
      return guard
          .read(
              operation,
              List.of(key),
              batchSize,
              hasTags
                  ? new LiveRead<>(operation, EXISTS, same -> ttl, EntryStore::isOne)
                  : new Guarded<Boolean>(guard, operation) {
                    @Override
                    protected List<CommandArguments> commands(
                        Generation generation, List<Bytes> some) {
                      byte[] entry = KeySpace.entryKey(generation.entryPrefix(), key);
                      // PERSIST does not tell an eternal entry from none.
                      return List.of(
                          touching(generation, key, ttl),
                          new CommandArguments(Command.EXISTS).add(entry));
                    }

                    @Override
                    protected List<Boolean> read(
                        Generation generation, List<@Nullable Object> replies) {
                      return List.of(isOne(replies.get(1)));
                    }
                  })
          .get(0);
    } catch (Throwable e) {
      settlement.owe(List.of(key), e);
      throw e;
    } finally {
      observers.afterChange(key);
    }
  }

  /**
   * Begins to read entries for {@link Use#ANSWER}, as {@link #getAll} does.
   *
   * @param arrived is called once in a thread of the queue, with what returns the result. That
   *     waits only if the read must be repeated.
   */
  public void beginGetAll(
      List<Bytes> keys,
      Ttl onAccess,
      AsyncQueue queue,
      Consumer<Supplier<List<@Nullable Bytes>>> arrived) {
    if (onAccess.isZero()) {
      keys.forEach(observers::beforeUntrackedChange);
    }
    begin(keys, values(getting(keys), onAccess), queue, arrived);
  }

  /** Begins a read as {@link #beginGetAll} does, and {@link #getAllWithTtl} makes it. */
  public void beginGetAllWithTtl(
      List<Bytes> keys, AsyncQueue queue, Consumer<Supplier<List<@Nullable StoredValue>>> arrived) {
    begin(keys, valuesWithTtl(getting(keys)), queue, arrived);
  }

  private <T extends @Nullable Object> void begin(
      List<Bytes> keys, BucketRead<T> read, AsyncQueue queue, Consumer<Supplier<List<T>>> arrived) {
    String operation = getting(keys);
    Supplier<List<T>> nothing = () -> Collections.nCopies(keys.size(), null);
    if (settlement.isAnyOwed()) {
      queue.run(
          () ->
              arrived.accept(
                  () ->
                      orNothing(
                          Use.ANSWER,
                          keys,
                          () -> guard.read(operation, keys, batchSize, read),
                          nothing)));
    } else {
      guard.begin(
          operation,
          keys,
          batchSize,
          read,
          queue,
          found -> arrived.accept(() -> orNothing(Use.ANSWER, keys, found, nothing)));
    }
  }

  /** Whether reads may go to replicas. */
  public boolean readsReplicas() {
    return replicas != null;
  }

  /** How many entries replicas have served. */
  public long replicaReads() {
    return replicas == null ? 0 : replicas.served();
  }

  /** For how many entries the master was asked although reads may go to replicas. */
  public long replicaFallbacks() {
    return replicas == null ? 0 : replicas.fallbacks();
  }

  /**
   * Reads an entry, whose time to live stays as it is, from a replica if one may be read, else from
   * the master. An entry that a replica does not have is read from the master.
   */
  public @Nullable Bytes getFromReplica(Bytes key, Use use) {
    if (settlement.isAnyOwed()) {
      requireNonNull(replicas).leaveToMaster(1);
      return get(key, Ttl.UNCHANGED, use); // replicas may still have what is owed
    }
    Bytes value = requireNonNull(replicas).read(List.of(key)).get(0);
    return value != null ? value : get(key, Ttl.UNCHANGED, use);
  }

  /** Reads several entries as {@link #getFromReplica} does, in the order of the keys. */
  public List<@Nullable Bytes> getAllFromReplicas(List<Bytes> keys, Use use) {
    if (settlement.isAnyOwed()) {
      requireNonNull(replicas).leaveToMaster(keys.size());
      return getAll(keys, Ttl.UNCHANGED, use); // replicas may still have what is owed
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
      List<@Nullable Bytes> found = getAll(left, Ttl.UNCHANGED, use);
      for (int i = 0; i < places.size(); i++) {
        values.set(places.get(i), found.get(i));
      }
    }
    return values;
  }

  private String getting(List<Bytes> keys) {
    return keys.size() == 1 ? operations.get() : operations.getAll();
  }

  private static Boolean isOne(@Nullable Object reply) {
    return Long.valueOf(1).equals(reply);
  }

  private BucketRead<@Nullable Bytes> values(String operation, Ttl onAccess) {
    return hasTags
        ? new LiveRead<>(
            operation, VALUE, onAccess.isUnchanged() ? null : key -> onAccess, this::value)
        : new Values(operation, onAccess);
  }

  private @Nullable Bytes value(@Nullable Object reply) {
    return reply instanceof byte[] raw ? sizes.read(raw) : null;
  }

  private BucketRead<@Nullable StoredValue> valuesWithTtl(String operation) {
    return hasTags ? new LiveReadWithTtl(operation) : new ValuesWithTtl(operation);
  }

  /**
   * Reads entries of a cache with tags by a script, which compares the tokens of their tags. For
   * one operation; safe for use by several threads.
   *
   * @param <T> the result for each key
   */
  private class LiveRead<T extends @Nullable Object> implements BucketRead<T> {

    private final String operation;
    private final byte[] wanted;
    private final @Nullable Function<Bytes, Ttl> onAccess;
    private final Function<@Nullable Object, T> result;

    /** Whether a server has forgotten the script, so that the requests bring its text. */
    private volatile boolean isForgotten;

    /**
     * Creates a read.
     *
     * @param wanted the result of {@code read.lua} for each entry
     * @param onAccess the time to live of each entry after the read, or {@code null} if it stays
     * @param result the result by the script's reply for an entry
     */
    LiveRead(
        String operation,
        byte[] wanted,
        @Nullable Function<Bytes, Ttl> onAccess,
        Function<@Nullable Object, T> result) {
      this.operation = operation;
      this.wanted = wanted;
      this.onAccess = onAccess;
      this.result = result;
    }

    @Override
    public Request request(int bucket, Generation generation, List<Bytes> keys) {
      List<byte[]> read = new ArrayList<>(keys.size() + 2);
      read.add(names.generationKey(bucket));
      read.add(names.tagsKey(bucket));
      List<byte[]> arguments = new ArrayList<>(onAccess == null ? 1 : keys.size() + 1);
      arguments.add(wanted);
      boolean isIdempotent = true;
      for (Bytes key : keys) {
        read.add(KeySpace.entryKey(generation.entryPrefix(), key));
        if (onAccess != null) {
          Ttl ttl = onAccess.apply(key);
          isIdempotent &= !ttl.isZero();
          arguments.add(Long.toString(ttl.millis()).getBytes(US_ASCII));
        }
      }
      Script.Call call = READ.call(read, arguments);
      return new Request(
          operation,
          names.route(bucket),
          isIdempotent,
          List.of(isForgotten ? call.byText() : call.byDigest()),
          sizes.expected(keys.size()));
    }

    @Override
    public @Nullable List<T> results(
        int bucket, Generation generation, List<@Nullable Object> replies) {
      if (replies.get(0) instanceof JedisNoScriptException) {
        isForgotten = true;
        return null; // the request is repeated
      }
      List<? extends @Nullable Object> flat = list(executor.checked(operation, replies.get(0)));
      return guard.verified(bucket, generation, flat.get(0))
          ? results(generation, flat.subList(1, flat.size()))
          : null;
    }

    List<T> results(Generation generation, List<? extends @Nullable Object> replies) {
      List<T> results = new ArrayList<>(replies.size());
      replies.forEach(reply -> results.add(result.apply(reply)));
      return results;
    }
  }

  /** Reads entries of a cache with tags with their times to live. */
  private final class LiveReadWithTtl extends LiveRead<@Nullable StoredValue> {

    LiveReadWithTtl(String operation) {
      super(operation, VALUE_AND_TTL, /* onAccess= */ null, reply -> null);
    }

    @Override
    List<@Nullable StoredValue> results(
        Generation generation, List<? extends @Nullable Object> replies) {
      List<@Nullable StoredValue> found = new ArrayList<>(replies.size() / 2);
      for (int i = 0; i < replies.size(); i += 2) {
        Bytes value = value(replies.get(i));
        found.add(
            value == null || !(replies.get(i + 1) instanceof Long millis)
                ? null
                : new StoredValue(value, millis, generation));
      }
      return found;
    }
  }

  /** Reads values, and sets the times to live of the entries. */
  private final class Values implements BucketRead<@Nullable Bytes> {

    private final String operation;
    private final Ttl onAccess;

    Values(String operation, Ttl onAccess) {
      this.operation = operation;
      this.onAccess = onAccess;
    }

    @Override
    public Request request(int bucket, Generation generation, List<Bytes> keys) {
      Bytes generationKey = names.route(bucket);
      List<CommandArguments> commands = new ArrayList<>();
      CommandArguments first =
          new CommandArguments(onAccess.isUnchanged() ? Command.MGET : Command.GET)
              .add(generationKey);
      commands.add(first);
      for (Bytes key : keys) {
        Bytes entry = Bytes.of(KeySpace.entryKey(generation.entryPrefix(), key));
        if (onAccess.isUnchanged()) {
          first.add(entry);
        } else {
          commands.add(getAndTouch(entry, onAccess));
        }
      }
      return new Request(
          operation,
          generationKey,
          /* idempotent= */ !onAccess.isZero(),
          commands,
          sizes.expected(keys.size()));
    }

    @Override
    public @Nullable List<@Nullable Bytes> results(
        int bucket, Generation generation, List<@Nullable Object> replies) {
      List<? extends @Nullable Object> flat =
          onAccess.isUnchanged() ? list(executor.checked(operation, replies.get(0))) : replies;
      return guard.verified(bucket, generation, flat.get(0))
          ? bytes(operation, flat.subList(1, flat.size()))
          : null;
    }
  }

  /**
   * Reads several entries for {@link Use#ANSWER} with their times to live, which this read leaves
   * as they are.
   *
   * @return an entry or {@code null} for each key, in the order of the keys
   */
  public List<@Nullable StoredValue> getAllWithTtl(List<Bytes> keys, Use use) {
    return orNothing(
        use,
        keys,
        () -> getAllWithTtl(getting(keys), keys),
        () -> Collections.nCopies(keys.size(), null));
  }

  private List<@Nullable StoredValue> getAllWithTtl(String operation, List<Bytes> keys) {
    return guard.read(operation, keys, batchSize, valuesWithTtl(operation));
  }

  private final class ValuesWithTtl extends Guarded<@Nullable StoredValue> {

    private final String operation;

    ValuesWithTtl(String operation) {
      super(guard, operation);
      this.operation = operation;
    }

    @Override
    protected int replyBytes(int count) {
      return sizes.expected(count);
    }

    @Override
    protected List<CommandArguments> commands(Generation generation, List<Bytes> some) {
      return readsWithTtl(generation, some);
    }

    @Override
    protected List<@Nullable StoredValue> read(
        Generation generation, List<@Nullable Object> replies) {
      return found(operation, generation, replies);
    }
  }

  private static List<CommandArguments> readsWithTtl(Generation generation, List<Bytes> keys) {
    List<CommandArguments> commands = new ArrayList<>(keys.size() + 1);
    CommandArguments values = new CommandArguments(Command.MGET);
    commands.add(values);
    for (Bytes key : keys) {
      Bytes entry = Bytes.of(KeySpace.entryKey(generation.entryPrefix(), key));
      values.add(entry);
      commands.add(new CommandArguments(Command.PTTL).add(entry));
    }
    return commands;
  }

  private List<@Nullable StoredValue> found(
      String operation, Generation generation, List<@Nullable Object> replies) {
    List<@Nullable Bytes> values =
        bytes(operation, list(executor.checked(operation, replies.get(0))));
    List<@Nullable StoredValue> found = new ArrayList<>(values.size());
    for (int i = 0; i < values.size(); i++) {
      Bytes value = values.get(i);
      Object ttl = executor.checked(operation, replies.get(i + 1));
      found.add(
          value == null || !(ttl instanceof Long millis)
              ? null
              : new StoredValue(value, millis, generation));
    }
    return found;
  }

  private static CommandArguments getAndTouch(Bytes entry, Ttl ttl) {
    if (ttl.isZero()) {
      return new CommandArguments(Command.GETDEL).add(entry);
    }
    CommandArguments command = new CommandArguments(Command.GETEX).add(entry);
    return ttl.isEternal()
        ? command.add(Keyword.PERSIST)
        : command.add(Keyword.PX).add(ttl.millis());
  }

  /** Whether there is an entry, for each key in their order. */
  public List<Boolean> containsAll(List<Bytes> keys, Use use) {
    return orNothing(
        use, keys, () -> containsAll(keys), () -> Collections.nCopies(keys.size(), false));
  }

  private List<Boolean> containsAll(List<Bytes> keys) {
    String operation = operations.containsKey();
    return guard.read(
        operation,
        keys,
        batchSize,
        hasTags
            ? new LiveRead<>(operation, EXISTS, /* onAccess= */ null, EntryStore::isOne)
            : new Guarded<Boolean>(guard, operation) {
              @Override
              protected List<CommandArguments> commands(Generation generation, List<Bytes> some) {
                return some.stream()
                    .map(key -> KeySpace.entryKey(generation.entryPrefix(), key))
                    .map(entry -> new CommandArguments(Command.EXISTS).add(entry))
                    .toList();
              }

              @Override
              protected List<Boolean> read(Generation generation, List<@Nullable Object> replies) {
                return replies.stream().map(EntryStore::isOne).toList();
              }
            });
  }

  /** Sets the time to live of an entry, if there is one. */
  public void touch(Bytes key, Ttl ttl) {
    if (ttl.isUnchanged()) {
      return;
    }
    if (ttl.isZero()) {
      observers.beforeUntrackedChange(key);
    }
    try {
      touch(List.of(key), any -> ttl);
    } finally {
      observers.afterChange(key);
    }
  }

  /** Sets the times to live of the entries that exist, in one round trip for each batch. */
  public void touchAll(Map<Bytes, Ttl> ttls) {
    Map<Bytes, Ttl> changed = new LinkedHashMap<>(ttls);
    changed.values().removeIf(Ttl::isUnchanged);
    changed.forEach(
        (key, ttl) -> {
          if (ttl.isZero()) {
            observers.beforeUntrackedChange(key);
          }
        });
    try {
      touch(List.copyOf(changed.keySet()), key -> requireNonNull(changed.get(key)));
    } finally {
      changed.keySet().forEach(observers::afterChange);
    }
  }

  private void touch(List<Bytes> keys, Function<Bytes, Ttl> ttl) {
    try {
      List<@Nullable Object> unused =
          guard.read(
              operations.touch(),
              keys,
              batchSize,
              hasTags
                  ? new LiveRead<>(operations.touch(), EXISTS, ttl, reply -> reply)
                  : new Guarded<@Nullable Object>(guard, operations.touch()) {
                    @Override
                    protected List<CommandArguments> commands(
                        Generation generation, List<Bytes> some) {
                      return some.stream()
                          .map(key -> touching(generation, key, ttl.apply(key)))
                          .toList();
                    }

                    @Override
                    protected List<@Nullable Object> read(
                        Generation generation, List<@Nullable Object> replies) {
                      return replies;
                    }
                  });
    } catch (CacheException e) {
      settlement.owe(keys.stream().filter(key -> ttl.apply(key).isZero()).toList());
      if (e instanceof RedisUnavailableException away) {
        findNothing(Use.ANSWER, away); // the read has its answer, the entry its old time to live
      } else {
        throw e;
      }
    }
  }

  private static CommandArguments touching(Generation generation, Bytes key, Ttl ttl) {
    byte[] entry = KeySpace.entryKey(generation.entryPrefix(), key);
    if (ttl.isZero()) {
      return new CommandArguments(Command.DEL).add(entry);
    }
    return ttl.isEternal()
        ? new CommandArguments(Command.PERSIST).add(entry)
        : new CommandArguments(Command.PEXPIRE).add(entry).add(ttl.millis());
  }

  /**
   * Changes an entry.
   *
   * @param owes whether the entry must be removed later if this fails: the application has changed
   *     its data, and the old entry would be wrong
   */
  public Outcome apply(Mutation mutation, boolean owes) {
    Bytes key = mutation.key();
    observers.beforeChange(key);
    try {
      Attempt attempt = settlement.isAnyOwed() ? settlement.settleToChange(List.of(key)) : null;
      return attempt == null ? mutations.apply(mutation) : replace(mutation, attempt);
    } catch (Throwable e) {
      if (owes) {
        settlement.oweChanges(List.of(mutation), e);
      }
      throw e;
    } finally {
      observers.afterChange(key);
    }
  }

  /** Changes an entry that Redis refused to remove. */
  private Outcome replace(Mutation mutation, Attempt attempt) {
    List<Outcome> outcomes = new ArrayList<>(1);
    replace(
        List.of(mutation), attempt, outcomes, made -> outcomes.add(mutations.apply(made.get(0))));
    return outcomes.get(0);
  }

  /**
   * Changes entries of which Redis refused to remove some. These count as absent: a creation
   * replaces them, a change that needs an entry removes them, and the outcomes are those of changes
   * that found nothing.
   *
   * @param outcomes those of the changes that were made, also if one fails
   */
  private void replace(
      List<Mutation> all,
      Attempt attempt,
      List<Outcome> outcomes,
      Consumer<List<Mutation>> change) {
    List<Mutation> made =
        all.stream()
            .map(one -> attempt.debts().containsKey(one.key()) ? one.ofAbsent() : one)
            .toList();
    CacheException failure = null;
    try {
      change.accept(made);
    } catch (CacheException e) {
      failure = e;
      throw e;
    } finally {
      Set<Bytes> replaced = new HashSet<>();
      for (int i = 0; i < outcomes.size(); i++) {
        Mutation mutation = made.get(i);
        if (attempt.debts().containsKey(mutation.key())) {
          replaced.add(mutation.key());
          outcomes.set(i, mutation.value() == null ? Outcome.NONE : outcomes.get(i).asCreation());
        }
      }
      settlement.end(attempt, replaced, failure);
    }
  }

  /**
   * Begins to change an entry, as {@link #apply} does.
   *
   * @param arrived is called once in a thread of the queue, with what returns the outcome. That
   *     waits only if the change must be made again.
   */
  public void beginApply(
      Mutation mutation, boolean owes, AsyncQueue queue, Consumer<Supplier<Outcome>> arrived) {
    if (settlement.isAnyOwed()) {
      queue.run(() -> arrived.accept(() -> apply(mutation, owes)));
      return;
    }
    observers.beforeChange(mutation.key());
    boolean isBegun = false;
    try {
      mutations.begin(mutation, queue, made -> arrived.accept(() -> finish(mutation, owes, made)));
      isBegun = true;
    } finally {
      if (!isBegun) {
        observers.afterChange(mutation.key());
      }
    }
  }

  private Outcome finish(Mutation mutation, boolean owes, Supplier<Outcome> made) {
    try {
      return made.get();
    } catch (Throwable e) {
      if (owes) {
        settlement.oweChanges(List.of(mutation), e);
      }
      throw e;
    } finally {
      observers.afterChange(mutation.key());
    }
  }

  /**
   * Changes several of the entries, as {@link EntryStore#applyAll} does.
   *
   * @return their outcomes in the order of the mutations; {@link Change#NONE} also if the cache was
   *     cleared
   */
  public List<Outcome> applyAll(List<Mutation> all, boolean owes) {
    List<Outcome> outcomes = new ArrayList<>(all.size());
    applyAll(all, owes, outcomes);
    return outcomes;
  }

  private void applyAll(List<Mutation> all, boolean owes, List<Outcome> outcomes) {
    all.forEach(mutation -> observers.beforeChange(mutation.key()));
    try {
      Attempt attempt =
          settlement.isAnyOwed()
              ? settlement.settleToChange(all.stream().map(Mutation::key).toList())
              : null;
      if (attempt == null) {
        mutations.applyAll(all, batchSize, /* pinned= */ null, outcomes);
      } else {
        replace(
            all,
            attempt,
            outcomes,
            made -> mutations.applyAll(made, batchSize, /* pinned= */ null, outcomes));
      }
    } catch (Throwable e) {
      if (owes) {
        settlement.oweChanges(all.subList(outcomes.size(), all.size()), e);
      }
      throw e;
    } finally {
      all.forEach(mutation -> observers.afterChange(mutation.key()));
    }
  }

  /**
   * Changes several of the entries, as far as Redis can be asked if the cache degrades.
   *
   * @return their outcomes in the order of the mutations; {@code null} for those that were left out
   */
  public List<@Nullable Outcome> applyAllOrLeaveOut(List<Mutation> all) {
    List<Outcome> made = new ArrayList<>(all.size());
    try {
      applyAll(all, /* owes= */ true, made);
      return new ArrayList<>(made);
    } catch (RedisUnavailableException e) {
      leaveOut(e);
      List<@Nullable Outcome> outcomes = new ArrayList<>(made);
      while (outcomes.size() < all.size()) {
        outcomes.add(null);
      }
      return outcomes;
    }
  }

  /**
   * A view of some entries that ends with the next {@link #clear} of any JVM. Later changes through
   * the view do nothing. For values that are loaded before they are stored.
   *
   * @param wereRead whether the entries were just read, so that this JVM knows the current
   *     generation; if not, Redis is asked
   * @param use {@link Use#ANSWER} for values that the application gets whether or not they are
   *     stored
   */
  public Pinned pin(Collection<Bytes> keys, boolean wereRead, Use use) {
    Map<Integer, Generation> pinned = new HashMap<>();
    try {
      if (!wereRead) {
        Set<Integer> buckets = new HashSet<>();
        keys.forEach(key -> buckets.add(names.bucketOf(key)));
        generations.openAgain(buckets);
      }
      keys.forEach(key -> pinned.computeIfAbsent(names.bucketOf(key), generations::current));
    } catch (RedisUnavailableException e) {
      findNothing(use, e);
      return EntryStore::nothing;
    }
    return new OfGeneration(pinned, use);
  }

  private static List<Outcome> nothing(List<Mutation> all) {
    return Collections.nCopies(all.size(), Outcome.NONE);
  }

  private final class OfGeneration implements Pinned {

    private final Map<Integer, Generation> generationsByBucket;
    private final Use use;

    /** Whether Redis was away, so that nothing is sent again. */
    private volatile boolean isAway;

    OfGeneration(Map<Integer, Generation> generationsByBucket, Use use) {
      this.generationsByBucket = generationsByBucket;
      this.use = use;
    }

    @Override
    public List<Outcome> applyAll(List<Mutation> all) {
      if (isAway) {
        return nothing(all);
      }
      all.forEach(mutation -> observers.beforeUntrackedChange(mutation.key()));
      try {
        if (all.size() == 1) {
          return List.of(mutations.apply(all.get(0), generationsByBucket));
        }
        List<Outcome> outcomes = new ArrayList<>(all.size());
        mutations.applyAll(all, batchSize, generationsByBucket, outcomes);
        return outcomes;
      } catch (RedisUnavailableException e) {
        if (use == Use.DECISION || e.isOutcomeUnknown()) {
          settlement.oweChanges(all, e); // a loaded value that is stored later may be old by then
        }
        findNothing(use, e);
        isAway = true;
        return nothing(all);
      } finally {
        all.forEach(mutation -> observers.afterChange(mutation.key()));
      }
    }
  }

  /** The leases under which JVMs load missing entries. */
  public KeyLeases loadLeases(Duration duration) {
    return new KeyLeases(executor, operations.loadLease(), names::loadLeaseKey, duration);
  }

  /** The leases under which JVMs load old entries anew. */
  public KeyLeases refreshLeases(Duration duration) {
    return new KeyLeases(executor, operations.refreshLease(), names::refreshLeaseKey, duration);
  }

  /**
   * Empties the cache for every JVM at once, at a cost that does not depend on its size.
   *
   * @param begun takes the new generations by bucket; none if the cache degrades and Redis is away
   * @return the tokens of the generations that ended and may have had entries
   */
  public Set<String> clear(Map<Integer, Generation> begun) {
    try {
      return settlement.renew(begun);
    } catch (RedisUnavailableException e) {
      settlement.oweGeneration();
      leaveOut(e);
      return Set.of();
    } catch (Throwable e) {
      settlement.oweGeneration(e);
      throw e;
    }
  }

  /** Whether entries may have tags. */
  public boolean hasTags() {
    return hasTags;
  }

  /**
   * Ends the entries that have one of some tags, for every JVM at once, at a cost that does not
   * depend on their number: one request for each bucket, all in one round trip. If it fails, the
   * cache is emptied later.
   */
  public void invalidateTags(List<Bytes> tags) {
    List<byte[]> arguments = tags.stream().map(Bytes::array).toList();
    List<Script.Call> calls = new ArrayList<>(names.buckets());
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      List<byte[]> keys = List.of(names.tagsKey(bucket), names.tagInvalidationKey(bucket));
      calls.add(INVALIDATE_TAGS.call(keys, arguments));
    }
    observers.beforeTagInvalidation();
    try {
      List<@Nullable Object> unused = executor.callAll(operations.invalidateTags(), calls);
    } catch (RedisUnavailableException e) {
      settlement.oweGeneration();
      leaveOut(e);
    } catch (Throwable e) {
      settlement.oweGeneration(e);
      throw e;
    } finally {
      observers.afterTagInvalidation();
    }
  }

  /** Ends the use of the entries by a cache object; what is owed is settled nevertheless. */
  public void close() {
    settlement.close();
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
        findNothing(Use.ANSWER, away);
        return true;
      }
      throw e;
    }
  }

  /**
   * The keys of the cache, page by page. Weakly consistent: a key that exists during the whole scan
   * is returned, also if its slot of a cluster moves; a key that is added or removed during the
   * scan may be. A key may come twice. If the cache degrades, a scan for {@link Use#ANSWER} ends
   * where Redis is away. A scan for {@link Use#DECISION}, which removes all entries, owes a new
   * generation if it fails.
   */
  public Iterator<List<Bytes>> scan(Use use) {
    return scan(use, List.of());
  }

  /**
   * The keys of the cache as {@link #scan(Use)} returns them, but on one server only those that
   * begin with one of some bytes, and on a cluster perhaps only those.
   */
  public Iterator<List<Bytes>> scan(Use use, List<byte[]> beginnings) {
    try {
      // The known generations may be old, and a scan must not skip the current entries.
      generations.openAll();
      return new Pages(names.scan(executor, operations.iterator(), batchSize, beginnings), use);
    } catch (CacheException e) {
      endScan(use, e);
      return Collections.emptyIterator();
    }
  }

  private void endScan(Use use, CacheException failure) {
    if (use == Use.DECISION) {
      settlement.oweGeneration();
    }
    if (failure instanceof RedisUnavailableException away) {
      findNothing(use, away);
    } else {
      throw failure;
    }
  }

  /** The pages of a scan. Used by one thread. */
  private final class Pages implements Iterator<List<Bytes>> {

    private final Use use;
    private Iterator<List<byte[]>> scan;
    private List<Bytes> page = List.of();

    Pages(Iterator<List<byte[]>> scan, Use use) {
      this.scan = scan;
      this.use = use;
    }

    @Override
    public boolean hasNext() {
      try {
        while (page.isEmpty() && scan.hasNext()) {
          page = currentKeys(scan.next());
        }
      } catch (CacheException e) {
        endScan(use, e);
        scan = Collections.emptyIterator();
      }
      return !page.isEmpty();
    }

    @Override
    public List<Bytes> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      List<Bytes> current = page;
      page = List.of();
      return current;
    }
  }

  /** The keys of the entries among some names that belong to current generations. */
  private List<Bytes> currentKeys(List<byte[]> page) {
    List<Bytes> keys = new ArrayList<>();
    for (byte[] name : page) {
      KeySpace.EntryName entry = names.parse(name);
      if (entry != null
          && entry.bucket() < names.buckets()
          && entry.token().equals(generations.current(entry.bucket()).tokenText())) {
        keys.add(entry.key());
      }
    }
    return keys;
  }

  private List<@Nullable Bytes> bytes(String operation, List<? extends @Nullable Object> replies) {
    List<@Nullable Bytes> values = new ArrayList<>(replies.size());
    for (Object reply : replies) {
      values.add(executor.checked(operation, reply) instanceof byte[] raw ? sizes.read(raw) : null);
    }
    return values;
  }

  private static List<? extends @Nullable Object> list(@Nullable Object reply) {
    if (reply instanceof List<?> list) {
      return list;
    }
    throw new CacheException("Redis answered something else than a list: " + reply);
  }

  /**
   * Estimates the size of the next values of a cache by the last ones: a larger value counts at
   * once, smaller values little by little. The size of a reply is not known before it arrives, and
   * then all replies behind it have to wait.
   *
   * <p>Safe for use by several threads. If two threads note a size at the same time, one may be
   * lost.
   */
  static final class ValueSizes {

    /** After some hundred small values a large one is forgotten. */
    private static final int SHARE = 64;

    private volatile int estimate;

    /** A value that was read. */
    Bytes read(byte[] value) {
      seen(value.length);
      return Bytes.of(value);
    }

    /** Notes that a value was read. */
    void seen(int length) {
      int known = estimate;
      if (length > known) {
        estimate = length;
      } else if (length < known) {
        estimate = known - (known - length + SHARE - 1) / SHARE;
      }
    }

    /** The estimated size of a number of values together. */
    int expected(int count) {
      return (int) Math.min(Integer.MAX_VALUE, (long) estimate * count);
    }
  }
}
