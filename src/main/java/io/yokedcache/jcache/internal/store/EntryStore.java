package io.yokedcache.jcache.internal.store;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.function.BiFunction;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/**
 * The entries of one cache, as bytes with a time to live: one Redis string each, under the token of
 * their bucket's generation, which every operation verifies in its round trip. Every operation is
 * atomic for its entry across all JVMs, sees only the current generation, and waits no longer than
 * the time-outs of the connection. All methods throw {@link CacheException} if Redis cannot be
 * reached or refuses the command. Safe for use by several threads.
 */
public final class EntryStore {

  /** Entries of one generation. Safe for use by several threads. */
  public interface Pinned {

    /**
     * Changes several of the entries, as {@link EntryStore#applyAll} does.
     *
     * @return their outcomes in the order of the mutations; {@link Change#NONE} also if the cache
     *     was cleared
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
  }

  private final RedisExecutor executor;
  private final KeySpace names;
  private final OperationNames operations;
  private final Generations generations;
  private final GenerationGuard guard;
  private final MutationApplier mutations;
  private final int batchSize;
  private final ValueSizes sizes = new ValueSizes();

  /** An array and not a list: going over it allocates nothing. Replaced as a whole. */
  private volatile ChangeObserver[] observers = {};

  public EntryStore(
      RedisExecutor executor,
      KeySpace names,
      String cacheName,
      Generations generations,
      RemoteEventPublisher publisher,
      Announcement announcement,
      int batchSize) {
    this.executor = executor;
    this.names = names;
    this.operations = new OperationNames(cacheName);
    this.generations = generations;
    this.guard = new GenerationGuard(executor, names, generations, operations);
    this.mutations =
        new MutationApplier(
            executor, names, operations, generations, guard, publisher, announcement);
    this.batchSize = batchSize;
  }

  /** Calls an observer for all changes from now on. */
  public synchronized void observe(ChangeObserver observer) {
    ChangeObserver[] more = Arrays.copyOf(observers, observers.length + 1);
    more[observers.length] = observer;
    observers = more;
  }

  private void before(Bytes key) {
    for (ChangeObserver observer : observers) {
      observer.beforeChange(key);
    }
  }

  private void beforeUntracked(Bytes key) {
    for (ChangeObserver observer : observers) {
      observer.beforeUntrackedChange(key);
    }
  }

  private void after(Bytes key) {
    for (ChangeObserver observer : observers) {
      observer.afterChange(key);
    }
  }

  private void beforeClear() {
    for (ChangeObserver observer : observers) {
      observer.beforeClear();
    }
  }

  private void afterClear() {
    for (ChangeObserver observer : observers) {
      observer.afterClear();
    }
  }

  /**
   * Reads an entry.
   *
   * @param onAccess its time to live after this read
   * @return its bytes, or {@code null} if there is none
   */
  public @Nullable Bytes get(Bytes key, Ttl onAccess) {
    int bucket = names.bucketOf(key);
    if (!onAccess.isUnchanged()) {
      return readChunk(bucket, List.of(key), onAccess).get(0);
    }
    // Most operations are this one. It allocates little and adds one frame to the stack.
    String operation = operations.get();
    Bytes generationKey = names.route(bucket);
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
        return both.get(1) instanceof byte[] value ? read(value) : null;
      }
    }
  }

  /**
   * Reads several entries.
   *
   * @return bytes or {@code null} for each key, in the order of the keys
   */
  public List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess) {
    return inChunks(keys, (bucket, chunk) -> readChunk(bucket, chunk, onAccess));
  }

  private List<@Nullable Bytes> readChunk(int bucket, List<Bytes> keys, Ttl onAccess) {
    String operation = keys.size() == 1 ? operations.get() : operations.getAll();
    Bytes generationKey = names.route(bucket);
    if (onAccess.isZero()) {
      keys.forEach(this::beforeUntracked);
    }
    return guard.onCurrentGeneration(
        operation,
        bucket,
        generation -> {
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
          List<@Nullable Object> replies =
              executor.execute(
                  new Request(
                      operation,
                      generationKey,
                      /* idempotent= */ !onAccess.isZero(),
                      commands,
                      sizes.expected(keys.size())));
          List<? extends @Nullable Object> flat =
              onAccess.isUnchanged() ? list(executor.checked(operation, replies.get(0))) : replies;
          return guard.verified(bucket, generation, flat.get(0))
              ? bytes(operation, flat.subList(1, flat.size()))
              : null;
        });
  }

  /**
   * Reads several entries with their times to live, which this read leaves as they are.
   *
   * @return an entry or {@code null} for each key, in the order of the keys
   */
  public List<@Nullable StoredValue> getAllWithTtl(List<Bytes> keys) {
    String operation = keys.size() == 1 ? operations.get() : operations.getAll();
    return inChunks(
        keys,
        (bucket, chunk) ->
            guard.withGeneration(
                operation,
                bucket,
                sizes.expected(chunk.size()),
                generation -> readsWithTtl(generation, chunk),
                (generation, replies) -> found(operation, generation, replies)));
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
  public List<Boolean> containsAll(List<Bytes> keys) {
    String operation = operations.containsKey();
    return inChunks(
        keys,
        (bucket, chunk) ->
            guard.withGeneration(
                operation,
                bucket,
                /* replyBytes= */ 0,
                generation ->
                    chunk.stream()
                        .map(key -> KeySpace.entryKey(generation.entryPrefix(), key))
                        .map(entry -> new CommandArguments(Command.EXISTS).add(entry))
                        .toList(),
                (generation, replies) ->
                    replies.stream().map(count -> Long.valueOf(1).equals(count)).toList()));
  }

  /** Sets the time to live of an entry, if there is one. */
  public void touch(Bytes key, Ttl ttl) {
    if (ttl.isUnchanged()) {
      return;
    }
    if (ttl.isZero()) {
      beforeUntracked(key);
    }
    try {
      guard.withGeneration(
          operations.touch(),
          names.bucketOf(key),
          /* replyBytes= */ 0,
          generation -> List.of(touching(generation, key, ttl)),
          (generation, replies) -> replies);
    } finally {
      after(key);
    }
  }

  /** Sets the times to live of the entries that exist, in one round trip for each batch. */
  public void touchAll(Map<Bytes, Ttl> ttls) {
    Map<Bytes, Ttl> changed = new LinkedHashMap<>(ttls);
    changed.values().removeIf(Ttl::isUnchanged);
    if (changed.isEmpty()) {
      return;
    }
    changed.forEach(
        (key, ttl) -> {
          if (ttl.isZero()) {
            beforeUntracked(key);
          }
        });
    try {
      inChunks(
          List.copyOf(changed.keySet()),
          (bucket, chunk) ->
              guard.withGeneration(
                  operations.touch(),
                  bucket,
                  /* replyBytes= */ 0,
                  generation ->
                      chunk.stream()
                          .map(key -> touching(generation, key, requireNonNull(changed.get(key))))
                          .toList(),
                  (generation, replies) -> replies));
    } finally {
      changed.keySet().forEach(this::after);
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

  /** Changes an entry. */
  public Outcome apply(Mutation mutation) {
    before(mutation.key());
    try {
      return mutations.apply(mutation);
    } finally {
      after(mutation.key());
    }
  }

  /**
   * Changes several of the entries, as {@link EntryStore#applyAll} does.
   *
   * @return their outcomes in the order of the mutations; {@link Change#NONE} also if the cache was
   *     cleared
   */
  public List<Outcome> applyAll(List<Mutation> all) {
    all.forEach(mutation -> before(mutation.key()));
    try {
      return mutations.applyAll(all, batchSize, /* pinned= */ null);
    } finally {
      all.forEach(mutation -> after(mutation.key()));
    }
  }

  /**
   * A view of some entries that ends with the next {@link #clear} of any JVM. Later changes through
   * the view do nothing. For values that are loaded before they are stored.
   *
   * @param wereRead whether the entries were just read, so that this JVM knows the current
   *     generation; if not, Redis is asked
   */
  public Pinned pin(Collection<Bytes> keys, boolean wereRead) {
    if (!wereRead) {
      generations.openAll();
    }
    Map<Integer, Generation> pinned = new HashMap<>();
    keys.forEach(key -> pinned.computeIfAbsent(names.bucketOf(key), generations::current));
    return all -> {
      all.forEach(mutation -> beforeUntracked(mutation.key()));
      try {
        return all.size() == 1
            ? List.of(mutations.apply(all.get(0), pinned))
            : mutations.applyAll(all, batchSize, pinned);
      } finally {
        all.forEach(mutation -> after(mutation.key()));
      }
    };
  }

  /**
   * Empties the cache for every JVM at once, at a cost that does not depend on its size.
   *
   * @return the tokens of the generations that ended and may have had entries
   */
  public Set<String> clear() {
    beforeClear();
    try {
      return generations.renewAll();
    } finally {
      afterClear();
    }
  }

  /** Empties the cache and forgets that it existed. */
  public void destroy() {
    beforeClear();
    try {
      generations.deleteAll();
    } finally {
      afterClear();
    }
  }

  /**
   * The keys of the cache, page by page. Weakly consistent: a key that exists during the whole scan
   * is returned, a key that is added or removed during the scan may be. A key may come twice.
   */
  public Iterator<List<Bytes>> scan() {
    // The known generations may be old, and a scan must not skip the current entries.
    generations.openAll();
    KeyScan scan = new KeyScan(executor, operations.iterator(), names.scanPattern(), batchSize);
    return new Iterator<>() {
      private List<Bytes> page = List.of();

      @Override
      public boolean hasNext() {
        while (page.isEmpty() && scan.hasNext()) {
          page = currentKeys(scan.nextPage());
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
    };
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

  /** Runs a read over keys of any number, one bucket and at most one batch at a time. */
  private <T extends @Nullable Object> List<T> inChunks(
      List<Bytes> keys, BiFunction<Integer, List<Bytes>, List<T>> read) {
    if (keys.size() == 1) {
      return read.apply(names.bucketOf(keys.get(0)), keys);
    }
    List<T> results = new ArrayList<>(Collections.nCopies(keys.size(), null));
    names
        .byBucket(keys, key -> key)
        .forEach(
            (bucket, indexes) -> {
              for (int from = 0; from < indexes.size(); from += batchSize) {
                List<Integer> chunk =
                    indexes.subList(from, Math.min(from + batchSize, indexes.size()));
                List<T> found = read.apply(bucket, chunk.stream().map(keys::get).toList());
                for (int i = 0; i < found.size(); i++) {
                  results.set(chunk.get(i), found.get(i));
                }
              }
            });
    return results;
  }

  private List<@Nullable Bytes> bytes(String operation, List<? extends @Nullable Object> replies) {
    List<@Nullable Bytes> values = new ArrayList<>(replies.size());
    for (Object reply : replies) {
      values.add(executor.checked(operation, reply) instanceof byte[] raw ? read(raw) : null);
    }
    return values;
  }

  private Bytes read(byte[] value) {
    sizes.seen(value.length);
    return Bytes.of(value);
  }

  private static List<? extends @Nullable Object> list(@Nullable Object reply) {
    if (reply instanceof List<?> list) {
      return list;
    }
    throw new CacheException("Redis answered something else than a list: " + reply);
  }
}
