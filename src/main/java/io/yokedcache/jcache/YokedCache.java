package io.yokedcache.jcache;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import javax.cache.Cache;

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
}
