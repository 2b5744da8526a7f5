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
 * @param unacknowledgedClears clears that too few replicas acknowledged in time
 * @param breakerOpenings how often circuit breakers have opened, also those of nodes that have left
 */
public record ConnectionStatistics(
    boolean healthy,
    long pingNanos,
    Counts counts,
    List<Node> nodes,
    FailOverStatistics failOvers,
    long unacknowledgedClears,
    long breakerOpenings) {

  /** Takes a copy. */
  public ConnectionStatistics {
    nodes = List.copyOf(nodes);
  }

  /** How many of the servers have an open circuit breaker. */
  public int openBreakers() {
    return (int) nodes.stream().filter(node -> node.breaker().isOpen()).count();
  }

  /**
   * One server.
   *
   * @param address {@code host:port}
   * @param slots number of the slots that it serves; 0 without a cluster
   * @param ping its last {@code PING}; {@link Ping#NONE} of a replica, which is not asked
   * @param breaker its circuit breaker
   */
  public record Node(String address, boolean isMaster, int slots, Ping ping, Breaker breaker) {}

  /**
   * The circuit breaker of one server.
   *
   * @param openings how often it has opened
   * @param openNanos time since the first of the failures that opened it; {@link #CLOSED} while it
   *     is closed
   */
  public record Breaker(long openings, long openNanos) {

    /** Stands for the time of a circuit breaker that is closed. */
    public static final long CLOSED = -1;

    /** The state of a server that was never used. */
    public static final Breaker UNUSED = new Breaker(/* openings= */ 0, CLOSED);

    public boolean isOpen() {
      return openNanos != CLOSED;
    }
  }

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
  public record Counts(int active, int idle, int waiting, int size, long reconnects) {

    /** The numbers of no connections. */
    public static final Counts NONE = new Counts(0, 0, 0, 0, 0);

    /** The sums with the numbers of other connections. */
    public Counts plus(Counts other) {
      return new Counts(
          active + other.active,
          idle + other.idle,
          waiting + other.waiting,
          size + other.size,
          reconnects + other.reconnects);
    }
  }
}
