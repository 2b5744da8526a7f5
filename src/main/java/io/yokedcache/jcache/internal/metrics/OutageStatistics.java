package io.yokedcache.jcache.internal.metrics;

/**
 * The operations of one cache that went on without Redis since it was opened; only with {@code
 * on-failure = degrade}.
 *
 * @param degradedReads reads that found no entry because Redis was away
 * @param degradedWrites changes that were left out because Redis was away
 */
public record OutageStatistics(long degradedReads, long degradedWrites) {}
