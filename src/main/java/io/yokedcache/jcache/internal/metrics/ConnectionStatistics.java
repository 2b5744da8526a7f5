package io.yokedcache.jcache.internal.metrics;

import java.util.List;

/**
 * The connection of a manager to Redis at one moment.
 *
 * @param healthy whether Redis answered the last check, a {@code PING} or an operation whose
 *     connection failed; true before the first check
 * @param pingNanos duration of the last answered {@code PING}, with the wait for a connection; the
 *     slowest of several servers; -1 before the first one
 * @param counts numbers of connections
 * @param nodes the servers that are known now, sorted by address
 * @param failOvers masters that were replaced
 */
public record ConnectionStatistics(
    boolean healthy,
    long pingNanos,
    Counts counts,
    List<Node> nodes,
    FailOverStatistics failOvers) {

  /** Takes a copy. */
  public ConnectionStatistics {
    nodes = List.copyOf(nodes);
  }

  /**
   * One server.
   *
   * @param address {@code host:port}
   * @param slots number of the slots that it serves; 0 without a cluster
   * @param ping its last {@code PING}; {@link Ping#NONE} of a replica, which is not asked
   */
  public record Node(String address, boolean isMaster, int slots, Ping ping) {}

  /**
   * The outcome of the last {@code PING} of one server.
   *
   * @param isAnswered whether it was answered; true before the first one
   * @param nanos duration of the last answered one; -1 before the first one
   */
  public record Ping(boolean isAnswered, long nanos) {

    /** The state of a server that was never asked. */
    public static final Ping NONE = new Ping(/* isAnswered= */ true, /* nanos= */ -1);
  }

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
