package io.yokedcache.jcache;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Function;
import javax.cache.Cache;
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
   * the rest of this time to live stays.
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
}
