package io.yokedcache.metrics.source;

import org.jspecify.annotations.Nullable;

/**
 * The attributes of JSR-107's {@code CacheStatisticsMXBean}; those that a provider lacks are
 * absent.
 *
 * @param hits gets that found an entry
 * @param misses gets that found none
 * @param puts entries put
 * @param removals entries removed by the application
 * @param evictions entries that the store gave up
 * @param averageGetMicros mean duration of a get, in microseconds
 * @param averagePutMicros mean duration of a put, in microseconds
 * @param averageRemoveMicros mean duration of a removal, in microseconds
 */
public record StatisticsReading(
    @Nullable Long hits,
    @Nullable Long misses,
    @Nullable Long puts,
    @Nullable Long removals,
    @Nullable Long evictions,
    @Nullable Double averageGetMicros,
    @Nullable Double averagePutMicros,
    @Nullable Double averageRemoveMicros) {}
