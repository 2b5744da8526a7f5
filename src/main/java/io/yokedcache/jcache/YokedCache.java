package io.yokedcache.jcache;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.processor.EntryProcessor;
import org.jspecify.annotations.Nullable;

/**
 * A cache of YokedCache, with operations that JSR-107 does not have.
 *
 * <p>Every cache of a manager of YokedCache is one: {@code cache.unwrap(YokedCache.class)} returns
 * it, and so does a cast of the result of {@code manager.getCache(name)} or {@code createCache}.
 *
 * <pre>{@code
 * Cache<String, Token> cache = manager.getCache("tokens", String.class, Token.class);
 * YokedCache<String, Token> tokens = (YokedCache<String, Token>) cache;
 * tokens.put("session-7", token, Duration.ofMinutes(30));
 * }</pre>
 *
 * <p>The operations follow the rules of JSR-107 for the operations of {@link Cache}: they are
 * atomic for their entry in all JVMs, keys and values are stored by value, statistics count them,
 * listeners hear their changes, and near caches of all JVMs follow them. They throw:
 *
 * <ul>
 *   <li>{@link NullPointerException} for an argument that is {@code null},
 *   <li>{@link ClassCastException} for a key or value of another type than the cache is declared
 *       for,
 *   <li>{@link IllegalStateException} if the cache is closed,
 *   <li>{@link RedisUnavailableException} if Redis cannot be reached. With {@code on-failure =
 *       degrade}, reads find no entry and changes are left out instead.
 *   <li>{@link javax.cache.CacheException} for any other failure.
 * </ul>
 *
 * <p>Safe for use by several threads.
 *
 * @param <K> the type of the keys
 * @param <V> the type of the values
 */
public interface YokedCache<K, V> extends Cache<K, V> {

  /**
   * The time to live of an entry that does not expire. Every duration of 1000 years or more is
   * taken for it.
   */
  Duration ETERNAL = ChronoUnit.FOREVER.getDuration();

  /**
   * Puts an entry with its own time to live. The expiry policy of the cache is not asked. In all
   * other respects this is {@link #put(Object, Object)}: with write-through the writer is called,
   * and listeners hear of a created or updated entry.
   *
   * <p>Later operations give the entry the time to live that the expiry policy returns for them:
   * with an {@code AccessedExpiryPolicy} the next {@code get} replaces it, with a {@code
   * ModifiedExpiryPolicy} or an {@code EternalExpiryPolicy} the next {@code put} without a duration
   * does. Where the policy returns {@code null}, as a {@code CreatedExpiryPolicy} does for updates,
   * the rest of this time to live stays. With the setting {@code refresh-after}, which tells the
   * age of an entry by its time to live, an entry with a shorter one counts as old sooner.
   *
   * @param ttl how long the entry lives; positive, rounded up to milliseconds; {@link #ETERNAL} if
   *     it does not expire
   * @throws IllegalArgumentException if the duration is not positive
   */
  void put(K key, V value, Duration ttl);

  /**
   * Puts an entry with its own time to live if the key has none, as {@link #putIfAbsent(Object,
   * Object)} does. An entry that exists keeps its time to live.
   *
   * @param ttl as for {@link #put(Object, Object, Duration)}
   * @return whether the entry was created
   * @throws IllegalArgumentException if the duration is not positive
   */
  boolean putIfAbsent(K key, V value, Duration ttl);

  /**
   * Reads an entry and gives it a time to live, in one round trip. The duration takes the place of
   * the one that the expiry policy has for accesses; later operations ask the policy again. The
   * entry is read from Redis, also with a near cache, and counts as a hit or a miss. A missing
   * entry is not loaded.
   *
   * @param ttl as for {@link #put(Object, Object, Duration)}
   * @return the value, or {@code null} if there is no entry
   * @throws IllegalArgumentException if the duration is not positive
   */
  @Nullable V getAndTouch(K key, Duration ttl);

  /**
   * Returns how long an entry lives from now on, if nothing changes or touches it. This is no
   * access: the time to live stays as it is, and neither a hit nor a miss is counted. The value is
   * not read, so an entry whose value cannot be decoded has a time to live, too.
   *
   * @return the time to live in milliseconds, {@link #ETERNAL} if the entry does not expire, empty
   *     if there is no entry
   */
  Optional<Duration> ttl(K key);

  /**
   * Gives an entry another time to live, and leaves its value as it is. Listeners do not hear of
   * this; near entries of all JVMs follow it. Later operations ask the expiry policy again, as
   * after {@link #put(Object, Object, Duration)}.
   *
   * <p>If this fails because Redis cannot be reached, this JVM removes the entry when Redis is
   * back: it might live longer than it may.
   *
   * @param ttl as for {@link #put(Object, Object, Duration)}
   * @return whether there is an entry; {@code false} if the change was left out ({@code on-failure
   *     = degrade})
   * @throws IllegalArgumentException if the duration is not positive
   */
  boolean expire(K key, Duration ttl);

  /**
   * Returns the value of a key, and loads it by the given function if there is no entry. The
   * function takes the place of the cache's {@code CacheLoader}, which it does not need; loads work
   * as those of read-through do:
   *
   * <ul>
   *   <li>Threads of this JVM that miss the same key wait for one load, at most {@code
   *       load-timeout}, and get its result or its failure, whichever function they were called
   *       with. With the setting {@code load-lease}, one JVM of all loads a key.
   *   <li>The value is stored with the time to live that the expiry policy has for creations,
   *       unless the entry was changed or the cache was cleared since the load began. It is
   *       returned in any case.
   *   <li>A function that returns {@code null} stores nothing.
   *   <li>With {@code on-failure = degrade} and {@code fail-safe}, while Redis is away the function
   *       is called, and a stale near entry is returned if it throws.
   *   <li>The lookup counts as a hit or a miss, the call as a load. The writer is not called.
   *       Listeners hear of the created entry.
   * </ul>
   *
   * @param loader loads the value of the key; called by this thread without a lock
   * @return the value, or {@code null} if there is no entry and the function returned {@code null}
   * @throws javax.cache.integration.CacheLoaderException if the function throws an exception, which
   *     is the cause
   */
  @Nullable V get(K key, Function<? super K, ? extends @Nullable V> loader);

  /**
   * Removes the entries whose key has a text that matches a pattern, and returns how many there
   * were. An entry that is there during the whole call is removed; one that is put during the call
   * may stay. Loads that run in this JVM are not stored.
   *
   * <p>As {@link #clear()}, this is about the cache and not about its source: the writer is not
   * called. As by {@link #removeAll()}, listeners hear of each entry, and removals are counted.
   * Near caches of all JVMs lose the entries.
   *
   * <p>All keys are visited, on every master of a cluster, so the duration grows with the number of
   * keys that Redis holds. A pattern that begins with text is faster than one that begins with a
   * special character, since Redis then leaves out most other keys. Each step takes milliseconds,
   * and other commands run in between. To empty a whole cache, {@link #clear()} is faster.
   *
   * <p>If Redis becomes unreachable during the call, this JVM empties the whole cache when Redis is
   * back, since it does not know which entries match.
   *
   * @param glob matches the whole text of a key: {@code *} stands for any characters, {@code ?} for
   *     one, {@code [a-z]} for one of a set, {@code [^a-z]} for one that is not in the set, and a
   *     backslash takes the special meaning from the next character. Characters are Unicode code
   *     points. The text of a {@code String} is the string; of an enum its name; of whole numbers,
   *     {@code BigDecimal}, {@code Boolean}, {@code Character}, {@code UUID}, {@code URI}, {@code
   *     Locale}, {@code Currency} and the types of {@code java.time} the one that {@code toString}
   *     returns. Keys of other classes do not match.
   * @return the number of removed entries; with {@code on-failure = degrade}, the number until
   *     Redis became unreachable
   * @throws IllegalArgumentException if a set is not closed, or the pattern ends with a backslash
   * @throws UnsupportedOperationException if the cache is declared for keys of a class without a
   *     text
   */
  long invalidateMatching(String glob);

  /**
   * Puts an entry with tags. In all other respects this is {@link #put(Object, Object)}.
   *
   * <p>An entry has the tags of its last write: every other operation that writes a value, such as
   * {@link #put(Object, Object)}, {@code replace}, {@code setValue} in an entry processor, or a
   * load, leaves the entry without tags. Operations that change the time to live only leave the
   * tags as they are.
   *
   * @param tags the tags of the entry
   * @throws UnsupportedOperationException if the cache has no tags (setting {@code tags})
   */
  void put(K key, V value, Tags tags);

  /**
   * Puts an entry with its own time to live and with tags, as {@link #put(Object, Object,
   * Duration)} and {@link #put(Object, Object, Tags)} do.
   *
   * @param ttl as for {@link #put(Object, Object, Duration)}
   * @param tags the tags of the entry
   * @throws IllegalArgumentException if the duration is not positive
   * @throws UnsupportedOperationException if the cache has no tags (setting {@code tags})
   */
  void put(K key, V value, Duration ttl, Tags tags);

  /**
   * Ends all entries that have at least one of some tags. They are absent for every operation of
   * every JVM that begins after this returned; near entries of other JVMs are used for at most
   * {@code near.max-staleness} longer. Entries that are put with these tags afterwards are not
   * affected. A put that overlaps this may be before or after it.
   *
   * <p>The duration does not depend on the number of entries: this sends one request for each
   * bucket, all in one round trip. As by {@link #clear()}, listeners do not hear of the entries,
   * the writer is not called, and removals are not counted. The bytes of the entries stay in Redis
   * until they are read or overwritten or their time to live ends, and count in {@link
   * #estimatedSize()} until then. If a listener for expired entries is registered, it hears of
   * those whose time to live ends.
   *
   * <p>If Redis cannot be reached, this JVM empties the whole cache when Redis is back.
   *
   * @throws UnsupportedOperationException if the cache has no tags (setting {@code tags})
   */
  void invalidateTags(Tags tags);

  /**
   * Ends all entries that have at least one of some tags, as {@link #invalidateTags(Tags)} does.
   *
   * @throws IllegalArgumentException for what {@link Tags#of(String...)} refuses
   */
  default void invalidateTags(String... tags) {
    invalidateTags(Tags.of(tags));
  }

  /**
   * Returns how many entries the cache has in Redis, for all JVMs, by the last count. Sends no
   * command. One JVM counts in the background, once an interval ({@code key-statistics.interval}),
   * while some cache has statistics enabled; changes since then are not included.
   *
   * @return the last count, or empty if there was none since the cache was created
   */
  Optional<Size> estimatedSize();

  /** Returns whether the cache can reach Redis, as this JVM knows it. Sends no command. */
  Health health();

  /**
   * Returns the figures of the cache in this JVM since it was created; those of the time in which
   * statistics were disabled are missing. Sends no command.
   */
  Metrics metrics();

  /**
   * The size of a cache at its last count.
   *
   * @param entries the number of entries
   * @param bytes the memory of the entries in Redis, estimated from a sample; -1 if unknown
   * @param age the time since the count began
   */
  record Size(long entries, long bytes, Duration age) {}

  /**
   * The health of the connection to Redis at one moment.
   *
   * @param isHealthy whether Redis answered the last check; {@code true} before the first one
   * @param lastPing the duration of the last answered {@code PING}, the slowest of several servers;
   *     {@code null} before the first one
   * @param openCircuitBreakers the number of servers to which requests fail at once, since they did
   *     not answer before
   * @param owedInvalidations the number of entries of this cache that this JVM removes when Redis
   *     is back, since their changes failed; the whole cache counts as one
   */
  record Health(
      boolean isHealthy,
      @Nullable Duration lastPing,
      int openCircuitBreakers,
      long owedInvalidations) {}

  /**
   * The figures of a cache at one moment. Immutable.
   *
   * @param isEnabled whether statistics are enabled now
   * @param operations the operations that were used so far, by name, such as {@code getAll}
   * @param counters counts that only grow, such as {@code hits} and {@code invalidations.clear}, by
   *     the names of the table of figures in {@code docs/metrics.md}; unknown ones are absent
   * @param gauges values that may fall, such as {@code nearEntries}, by the same table
   */
  record Metrics(
      boolean isEnabled,
      Map<String, OperationMetrics> operations,
      Map<String, Long> counters,
      Map<String, Double> gauges) {

    /** Takes copies. */
    public Metrics {
      operations = Map.copyOf(operations);
      counters = Map.copyOf(counters);
      gauges = Map.copyOf(gauges);
    }

    /** Returns a counter, 0 if it is absent. */
    public long counter(String name) {
      return counters.getOrDefault(name, 0L);
    }

    /** Returns the ratio of lookups that found an entry, 0 to 1; 0 if there were none. */
    public double hitRate() {
      long hits = counter("hits");
      long lookups = hits + counter("misses");
      return lookups == 0 ? 0 : (double) hits / lookups;
    }
  }

  /**
   * The durations and failures of one operation. Percentiles are off by less than 9.1 % above one
   * microsecond. Immutable.
   *
   * @param count how often the operation did its work
   * @param errors how often it failed, by the type of the error, such as {@code timeout}
   * @param total the sum of the durations
   */
  record OperationMetrics(
      long count,
      Map<String, Long> errors,
      Duration total,
      Duration p50,
      Duration p95,
      Duration p99,
      Duration p999,
      Duration max) {

    /** Takes a copy. */
    public OperationMetrics {
      errors = Map.copyOf(errors);
    }

    /** Returns the mean duration, zero if there is none. */
    public Duration mean() {
      return count == 0 ? Duration.ZERO : total.dividedBy(count);
    }
  }

  /**
   * Reads an entry as {@link #get} does, without waiting for Redis. No thread waits either while
   * the request is under way, except for a cache that reads from replicas.
   *
   * <p>The rules of all asynchronous operations:
   *
   * <ul>
   *   <li>Arguments are checked, and keys and values encoded, before the method returns. It throws
   *       what the synchronous method throws for wrong arguments and for a closed cache. All other
   *       failures are in the future.
   *   <li>The future completes exactly once, and fails as the synchronous method does: if Redis
   *       does not answer within {@code connection.command-timeout}, if the connection is lost
   *       after a change was sent, or if the cache manager is closed.
   *   <li>Its callbacks run in a thread {@code yokedcache-async} of the cache manager, of which
   *       there are at most 8, and should not wait, above all not for another asynchronous
   *       operation. If all threads wait, all asynchronous operations of the manager stand still
   *       for half a second, until further threads are made. Use the methods of {@link
   *       CompletableFuture} with {@code Async} in their names and an executor for callbacks that
   *       wait.
   *   <li>A cancelled or otherwise completed future does not end the operation. The command is
   *       executed if it can be, counted in the statistics, and its result is dropped.
   *   <li>At most 1024 operations of a cache manager are under way. A thread that begins one more
   *       waits until one ends, for at most {@code connection.command-timeout}; then the future
   *       fails. A callback does not wait: of the operations that callbacks begin, another 1024 may
   *       be under way, and the future of a further one fails at once.
   *   <li>Operations that nobody waits for may be executed in any order, also on one key.
   *   <li>Loaders, writers and synchronous listeners are called in a thread {@code
   *       yokedcache-async}. So a change of a cache with a loader, a writer, a listener or an
   *       expiry policy of the application occupies one until it is over.
   * </ul>
   *
   * @return the value, or {@code null} if there is none
   */
  CompletableFuture<@Nullable V> getAsync(K key);

  /**
   * Puts an entry as {@link #put(Object, Object)} does, by the rules of {@link #getAsync}.
   *
   * @return completes when the entry is in Redis
   */
  CompletableFuture<@Nullable Void> putAsync(K key, V value);

  /**
   * Puts an entry with its own time to live as {@link #put(Object, Object, Duration)} does, by the
   * rules of {@link #getAsync}.
   *
   * @param ttl as for {@link #put(Object, Object, Duration)}
   * @return completes when the entry is in Redis
   * @throws IllegalArgumentException if the duration is not positive
   */
  CompletableFuture<@Nullable Void> putAsync(K key, V value, Duration ttl);

  /**
   * Puts an entry with tags as {@link #put(Object, Object, Tags)} does, by the rules of {@link
   * #getAsync}.
   *
   * @param tags the tags of the entry
   * @return completes when the entry is in Redis
   * @throws UnsupportedOperationException if the cache has no tags (setting {@code tags})
   */
  CompletableFuture<@Nullable Void> putAsync(K key, V value, Tags tags);

  /**
   * Puts an entry with its own time to live and with tags as {@link #put(Object, Object, Duration,
   * Tags)} does, by the rules of {@link #getAsync}.
   *
   * @param ttl as for {@link #put(Object, Object, Duration)}
   * @param tags the tags of the entry
   * @return completes when the entry is in Redis
   * @throws IllegalArgumentException if the duration is not positive
   * @throws UnsupportedOperationException if the cache has no tags (setting {@code tags})
   */
  CompletableFuture<@Nullable Void> putAsync(K key, V value, Duration ttl, Tags tags);

  /**
   * Removes an entry as {@link #remove(Object)} does, by the rules of {@link #getAsync}.
   *
   * @return whether there was an entry
   */
  CompletableFuture<Boolean> removeAsync(K key);

  /**
   * Reads several entries as {@link #getAll} does, by the rules of {@link #getAsync}. It counts as
   * one operation. Requests that are too large for a shared connection, and more keys than {@code
   * batch-size}, occupy a thread {@code yokedcache-async} while Redis answers.
   *
   * @return the entries that were found
   */
  CompletableFuture<Map<K, V>> getAllAsync(Set<? extends K> keys);

  /**
   * Puts several entries as {@link #putAll} does, by the rules of {@link #getAsync}. It counts as
   * one operation, and occupies a thread {@code yokedcache-async} until it is over.
   */
  CompletableFuture<@Nullable Void> putAllAsync(Map<? extends K, ? extends V> map);

  /**
   * Invokes a processor as {@link #invoke} does, by the rules of {@link #getAsync}. The processor
   * runs in a thread {@code yokedcache-async}, which the operation occupies until it is over.
   *
   * @return what the processor returns
   */
  <T extends @Nullable Object> CompletableFuture<T> invokeAsync(
      K key, EntryProcessor<K, V, T> processor, Object... arguments);
}
