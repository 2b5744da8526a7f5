package io.yokedcache.metrics.series;

import org.jspecify.annotations.Nullable;

/**
 * The owner of a series, by raw names.
 *
 * @param target the JVM; empty for this one
 * @param manager the cache manager; absent for figures of the bridge and where caches add up
 * @param cache the cache; absent for figures of a manager too
 */
public record SeriesOwner(String target, @Nullable String manager, @Nullable String cache) {}
