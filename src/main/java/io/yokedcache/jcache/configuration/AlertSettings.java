package io.yokedcache.jcache.configuration;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Of what a cache's MBean sends notifications; each limit is {@code null} if it is not set.
 *
 * @param interval how often the limits are checked, over the figures of that time
 * @param hitRateBelow the least share of lookups that shall find an entry, above 0 and up to 1
 * @param getP99Above what 99 % of all {@code get} shall not take longer than
 * @param sizeBytesAbove the most memory that the entries shall take in Redis
 */
public record AlertSettings(
    Duration interval,
    @Nullable Double hitRateBelow,
    @Nullable Duration getP99Above,
    @Nullable Long sizeBytesAbove) {}
