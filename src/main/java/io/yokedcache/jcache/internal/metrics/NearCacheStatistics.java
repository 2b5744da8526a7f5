package io.yokedcache.jcache.internal.metrics;

/**
 * What was counted of the copies of one cache's entries in this JVM, while its statistics were on.
 *
 * @param hits entries looked up and taken from a copy
 * @param misses entries looked up of which there was no copy that might be used
 * @param invalidations changes of entries that Redis told of, also those made by this JVM
 * @param flushes how often all copies were dropped: the cache was cleared, or changes not heard
 * @param droppedFills entries read from Redis that left no copy, since they may have been old
 * @param entries how many copies there are now
 */
public record NearCacheStatistics(
    long hits, long misses, long invalidations, long flushes, long droppedFills, long entries) {}
