package io.yokedcache.jcache.configuration;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Copies of a cache's entries in this JVM's memory.
 *
 * @param enabled whether there are any
 * @param maxEntries the most copies
 * @param maxBytes the most bytes of keys and values together, or {@code null} for no such limit
 * @param timeToLive the longest that a copy is kept, or {@code null} for as long as the entry lives
 */
public record NearCacheSettings(
    boolean enabled, long maxEntries, @Nullable Long maxBytes, @Nullable Duration timeToLive) {}
