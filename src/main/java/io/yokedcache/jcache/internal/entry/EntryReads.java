package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads of entries for who does not write: from copies in this JVM, where there are any, and from
 * Redis. Safe for use by several threads.
 *
 * @param <K> keys
 * @param <V> values
 */
public sealed interface EntryReads<K, V> permits FarReads, NearReads {

  /**
   * An entry as it was read from Redis.
   *
   * @param bytes its encoded value, or {@code null} if there is no entry
   * @param value its value, or {@code null} if there is none that could be decoded
   */
  record Read<V>(@Nullable Bytes bytes, @Nullable V value) {}

  /**
   * The value of an entry if there is a copy that may be used. There is none in a cache whose
   * entries live longer when they are read.
   */
  @Nullable V copy(K key);

  /**
   * The same if it takes next to nothing, and neither encodes nor decodes; {@code null} does not
   * say that there is no copy.
   *
   * @param nowNanos the time if it is known, else 0
   */
  @Nullable V copyAtHand(K key, long nowNanos);

  /** Reads an entry from Redis. */
  Read<V> read(Bytes key);

  /** Reads entries from Redis, in the order of the keys. */
  List<Read<V>> readAll(List<Bytes> keys);

  /**
   * Creates the reads of a cache.
   *
   * @param near its copies in this JVM, or {@code null} if it has none
   */
  static <K, V> EntryReads<K, V> of(
      EntryStore store, EntryCodec<K, V> codec, EntryExpiry expiry, @Nullable NearCache<V> near) {
    return near == null
        ? new FarReads<>(store, codec, expiry)
        : new NearReads<>(store, codec, near);
  }
}
