package io.yokedcache.metrics.source;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The state of one manager's connection to its store. Values that were not measured are absent.
 *
 * @param manager the cache manager, as its MBeans name it
 * @param pingNanos the round trip of the last ping
 * @param reconnects connections that replaced failed ones
 * @param poolWaiting threads that wait for a connection
 * @param counters further counters, by their names in the snapshot
 * @param nodes the servers that hold entries, and their replicas; none if the provider does not
 *     tell
 */
public record ConnectionReading(
    String manager,
    @Nullable Boolean healthy,
    @Nullable Long pingNanos,
    @Nullable Long reconnects,
    @Nullable Long poolActive,
    @Nullable Long poolIdle,
    @Nullable Long poolWaiting,
    Map<String, Long> counters,
    List<Node> nodes) {

  public ConnectionReading {
    counters = Map.copyOf(counters);
    nodes = List.copyOf(nodes);
  }

  /** The servers that accept changes. */
  public List<Node> masters() {
    return nodes.stream().filter(Node::isMaster).toList();
  }

  /** How many masters have an open circuit breaker; absent if the provider does not tell. */
  public @Nullable Long openBreakers() {
    List<Boolean> known =
        masters().stream().map(Node::breakerOpen).filter(Objects::nonNull).toList();
    return known.isEmpty() ? null : known.stream().filter(open -> open).count();
  }

  /**
   * A server that holds entries. A replica is rarely asked, so its health and ping are absent.
   *
   * @param address host and port
   * @param role {@code master} or {@code replica}; absent if the provider does not tell
   * @param slots number of the slots of a cluster that a master serves; absent without a cluster
   * @param healthy whether it answered its last ping
   * @param pingSeconds how long the last answer took; absent before the first one
   * @param breakerOpen whether its circuit breaker is open: requests to it fail at once
   */
  public record Node(
      String address,
      @Nullable String role,
      @Nullable Long slots,
      @Nullable Boolean healthy,
      @Nullable Double pingSeconds,
      @Nullable Boolean breakerOpen) {

    static final String REPLICA = "replica";

    /** Whether it accepts changes. */
    public boolean isMaster() {
      return !REPLICA.equals(role);
    }
  }
}
