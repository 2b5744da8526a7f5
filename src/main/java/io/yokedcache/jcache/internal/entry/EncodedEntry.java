package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.redis.Bytes;

/**
 * An entry to be written, with its bytes.
 *
 * @param key the key
 * @param keyBytes the key encoded
 * @param value the value
 * @param valueBytes the value encoded
 */
public record EncodedEntry<K, V>(K key, Bytes keyBytes, V value, Bytes valueBytes) {}
