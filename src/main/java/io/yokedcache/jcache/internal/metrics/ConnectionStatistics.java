package io.yokedcache.jcache.internal.metrics;

/**
 * How a manager is connected to Redis at a moment.
 *
 * @param healthy whether Redis answered when it was last asked, by a {@code PING} or by an
 *     operation whose connection failed; true before it was asked for the first time
 * @param pingNanos how long the last {@code PING} took that was answered, waiting for a connection
 *     and connecting included; of several servers the slowest; -1 before the first one
 * @param counts how many connections there are
 */
public record ConnectionStatistics(boolean healthy, long pingNanos, Counts counts) {

  /**
   * How many connections there are, without those for subscriptions.
   *
   * @param active connections in use
   * @param idle connections that wait to be used
   * @param waiting threads that wait for a connection
   * @param size the most connections that there may be
   * @param reconnects how many connections were made in place of ones that failed while they were
   *     used; never more than failed, and none as long as Redis cannot be reached. Idle ones that
   *     were closed because another one failed are not counted
   */
  public record Counts(int active, int idle, int waiting, int size, long reconnects) {}
}
