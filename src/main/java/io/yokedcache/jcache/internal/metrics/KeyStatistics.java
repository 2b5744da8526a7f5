package io.yokedcache.jcache.internal.metrics;

/**
 * What a count found of one cache.
 *
 * @param keys how many entries it had in Redis
 * @param bytes how many bytes these took there, estimated from a sample, or -1 if unknown
 * @param ageMillis how long ago the count began, by Redis' clock
 */
public record KeyStatistics(long keys, long bytes, long ageMillis) {}
