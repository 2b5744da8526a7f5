package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.store.Bytes;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A cache's keys and values as bytes and back. What cannot be decoded is not there: a value that
 * another application version or an attacker wrote is a miss, counted, and warned of once for each
 * reason.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class EntryCodec<K, V> {

  private static final Logger logger = LoggerFactory.getLogger(EntryCodec.class);
  private static final int MAX_WARNINGS = 100;

  private final String cacheName;
  private final Codec<K> keys;
  private final Codec<V> values;
  private final LongAdder undecodable = new LongAdder();
  private final Map<String, Boolean> warned = new ConcurrentHashMap<>();

  public EntryCodec(String cacheName, Codec<K> keys, Codec<V> values) {
    this.cacheName = cacheName;
    this.keys = keys;
    this.values = values;
  }

  public Bytes key(K key) {
    return Bytes.of(keys.encode(key));
  }

  public Bytes value(V value) {
    return Bytes.of(values.encode(value));
  }

  /** Decodes a value; {@code null} for no bytes, and for bytes that cannot be decoded. */
  public @Nullable V decode(@Nullable Bytes bytes) {
    return bytes == null ? null : decode(values, bytes, "value");
  }

  /** Decodes a key; {@code null} for bytes that cannot be decoded. */
  public @Nullable K decodeKey(Bytes bytes) {
    return decode(keys, bytes, "key");
  }

  private <T> @Nullable T decode(Codec<T> codec, Bytes bytes, String what) {
    try {
      return codec.decode(bytes.array());
    } catch (CodecException e) {
      undecodable.increment();
      String reason = String.valueOf(e.getMessage());
      if (warned.size() < MAX_WARNINGS && warned.putIfAbsent(reason, true) == null) {
        logger.warn(
            "A {} of cache {} cannot be decoded and counts as absent: {}", what, cacheName, reason);
      } else {
        logger.debug("A {} of cache {} cannot be decoded", what, cacheName, e);
      }
      return null;
    }
  }

  /** How many keys and values could not be decoded so far. */
  public long undecodableCount() {
    return undecodable.sum();
  }
}
