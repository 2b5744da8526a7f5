package io.yokedcache.jcache.internal.metrics;

/**
 * The entries of one cache in Redis at the last count.
 *
 * @param keys number of entries
 * @param bytes memory of the entries, estimated from a sample, or -1 if unknown
 * @param ageMillis time since the count began, by Redis' clock
 */
public record KeyStatistics(long keys, long bytes, long ageMillis) {}
