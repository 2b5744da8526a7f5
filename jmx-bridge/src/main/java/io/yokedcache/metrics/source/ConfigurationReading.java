package io.yokedcache.metrics.source;

import org.jspecify.annotations.Nullable;

/**
 * The configuration of one cache. Values that a provider does not report are absent.
 *
 * @param manager the cache manager, as its MBeans name it
 * @param codec how values are written; only YokedCache reports it
 */
public record ConfigurationReading(
    String manager,
    String cache,
    @Nullable String keyType,
    @Nullable String valueType,
    @Nullable String codec,
    @Nullable Boolean storeByValue,
    @Nullable Boolean readThrough,
    @Nullable Boolean writeThrough,
    @Nullable Boolean statisticsEnabled) {}
