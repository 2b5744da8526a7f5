package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;

/**
 * An entry with its time to live, as it was read.
 *
 * @param value its bytes
 * @param ttlMillis milliseconds from the read on; negative for none
 * @param generation which was current when it was read
 */
public record StoredValue(Bytes value, long ttlMillis, Generation generation) {}
