package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;

/**
 * An entry with its time to live, as it was read.
 *
 * @param ttlMillis the time to live at the read; negative for none
 * @param generation the generation that was current at the read
 */
public record StoredValue(Bytes value, long ttlMillis, Generation generation) {}
