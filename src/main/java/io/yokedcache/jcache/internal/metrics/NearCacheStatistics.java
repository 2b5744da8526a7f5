package io.yokedcache.jcache.internal.metrics;

/**
 * The near cache of one cache: counts while its statistics were on, and its size.
 *
 * @param hits lookups that the near cache answered
 * @param misses lookups without a usable near entry
 * @param invalidations changes of entries that Redis reported, changes by this JVM included, and
 *     invalidations of tags, each once for every bucket
 * @param flushes times that near entries were dropped together: by {@code clear()}, or since the
 *     invalidations of a server may have been lost
 * @param droppedFills entries read from Redis that were not kept, since they may have been stale
 * @param staleHits lookups that a near entry answered while Redis was away
 * @param entries number of near entries now
 */
public record NearCacheStatistics(
    long hits,
    long misses,
    long invalidations,
    long flushes,
    long droppedFills,
    long staleHits,
    long entries) {}
