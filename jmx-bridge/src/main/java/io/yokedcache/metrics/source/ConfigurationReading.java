package io.yokedcache.metrics.source;

import org.jspecify.annotations.Nullable;

/**
 * How one cache is configured; what a provider does not tell is absent.
 *
 * @param manager the cache manager, as its MBeans name it
 * @param cache the cache's name
 * @param keyType the declared class of keys
 * @param valueType the declared class of values
 * @param codec how values are written; only YokedCache tells
 * @param storeByValue whether copies are kept
 * @param readThrough whether missing values are loaded
 * @param writeThrough whether changes are written through
 * @param statisticsEnabled whether anything is counted
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
