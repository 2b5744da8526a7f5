package io.yokedcache.jcache.configuration;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The settings of one cache as the configuration file has them; what the application sets in code
 * goes before them.
 *
 * @param keyType declared class of keys by name, or {@code null} if not declared
 * @param valueType declared class of values by name, or {@code null} if not declared
 * @param keyCodec name or class name of the codec of keys
 * @param valueCodec name or class name of the codec of values
 * @param timeToLive time to live from creation and update, or {@code null} for the expiry policy
 *     that the application sets
 * @param timeToIdle time to live from the last access, or {@code null} for none
 * @param statistics whether to keep statistics, or {@code null} to leave it to the application
 * @param management whether to register the configuration MBean, or {@code null} to leave it to the
 *     application
 * @param clearOnCreate whether the cache starts empty whenever a manager creates it
 * @param batchSize how many entries a bulk operation handles in one round trip
 * @param contentionTimeout how long an atomic operation tries again before it gives up
 * @param loadTimeout how long a reader waits for another thread's load of the same key before it
 *     loads by itself
 * @param alerts of what the cache's MBean sends notifications
 * @param near copies of its entries in this JVM
 */
public record CacheSettings(
    @Nullable String keyType,
    @Nullable String valueType,
    String keyCodec,
    String valueCodec,
    @Nullable Duration timeToLive,
    @Nullable Duration timeToIdle,
    @Nullable Boolean statistics,
    @Nullable Boolean management,
    boolean clearOnCreate,
    int batchSize,
    Duration contentionTimeout,
    Duration loadTimeout,
    AlertSettings alerts,
    NearCacheSettings near) {}
