package io.yokedcache.jcache.internal.jmx;

/**
 * How one cache is configured at one moment.
 *
 * @param cache the cache's name as it is
 * @param keyType the declared class of keys
 * @param valueType the declared class of values
 * @param codec the setting that says how values are written
 * @param storeByValue whether what is stored and what is returned are copies
 * @param readThrough whether missing values are loaded
 * @param writeThrough whether changes are written through
 * @param statisticsEnabled whether anything is counted
 */
public record CacheDescription(
    String cache,
    String keyType,
    String valueType,
    String codec,
    boolean storeByValue,
    boolean readThrough,
    boolean writeThrough,
    boolean statisticsEnabled) {}
