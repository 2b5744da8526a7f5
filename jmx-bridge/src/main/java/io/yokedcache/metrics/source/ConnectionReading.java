package io.yokedcache.metrics.source;

import org.jspecify.annotations.Nullable;

/**
 * The state of one manager's connection to its store. Values that were not measured are absent.
 *
 * @param manager the cache manager, as its MBeans name it
 * @param healthy whether the store answers
 * @param pingNanos how long the last answer took, in nanoseconds
 * @param reconnects how often the connection was made anew
 * @param poolActive connections in use
 * @param poolIdle connections waiting for work
 * @param poolWaiting threads waiting for a connection
 */
public record ConnectionReading(
    String manager,
    @Nullable Boolean healthy,
    @Nullable Long pingNanos,
    @Nullable Long reconnects,
    @Nullable Long poolActive,
    @Nullable Long poolIdle,
    @Nullable Long poolWaiting) {}
