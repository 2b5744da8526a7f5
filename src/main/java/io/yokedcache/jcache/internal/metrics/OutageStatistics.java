package io.yokedcache.jcache.internal.metrics;

/**
 * The outages of Redis as one cache has seen them since it was opened.
 *
 * @param degradedReads reads that found no entry because Redis was away; only with {@code
 *     on-failure = degrade}
 * @param degradedWrites changes that were left out because Redis was away; likewise
 * @param owedKeys entries that must be removed now, because a change of them failed
 * @param owesGeneration whether the whole cache must be emptied now
 * @param oldestNanos the age of the oldest of these debts; 0 if there is none
 * @param settled debts that were settled
 * @param overflows times that there were too many owed keys, so that the cache is emptied instead
 */
public record OutageStatistics(
    long degradedReads,
    long degradedWrites,
    long owedKeys,
    boolean owesGeneration,
    long oldestNanos,
    long settled,
    long overflows) {}
