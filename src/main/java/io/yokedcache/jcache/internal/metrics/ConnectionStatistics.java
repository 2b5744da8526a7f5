package io.yokedcache.jcache.internal.metrics;

/**
 * The connection of a manager to Redis at one moment.
 *
 * @param healthy whether Redis answered the last check, a {@code PING} or an operation whose
 *     connection failed; true before the first check
 * @param pingNanos duration of the last answered {@code PING}, with the wait for a connection; the
 *     slowest of several servers; -1 before the first one
 * @param counts numbers of connections
 */
public record ConnectionStatistics(boolean healthy, long pingNanos, Counts counts) {

  /**
   * Numbers of connections, without connections for subscriptions.
   *
   * @param active connections in use
   * @param waiting number of threads that wait for a connection
   * @param size the largest number of connections
   * @param reconnects number of connections that replaced one that failed in use; idle connections
   *     that were closed because another one failed are not counted
   */
  public record Counts(int active, int idle, int waiting, int size, long reconnects) {}
}
