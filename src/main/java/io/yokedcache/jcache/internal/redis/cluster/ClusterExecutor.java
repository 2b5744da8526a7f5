package io.yokedcache.jcache.internal.redis.cluster;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.Topology;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.redis.replica.Replicas;
import io.yokedcache.jcache.internal.settings.Settings;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to the nodes of a Redis Cluster: each to the master of its slot, over the same
 * kinds of connections as to a single server. What a node does not execute, because the slot is
 * elsewhere or the node is gone, goes to {@link RoutedRequests}. Safe for use by several threads.
 */
public final class ClusterExecutor implements RedisExecutor {

  private final ClusterTopology topology;
  private final Settings.Connection settings;
  private final @Nullable Supplier<RoundTripTimer> timer;

  /** The executors of this timer, by node; those of nodes that are gone are few. */
  private final Map<ClusterNode, Timed> timed = new ConcurrentHashMap<>();

  private volatile Listeners listeners = new Listeners(failure -> {}, words -> {}, change -> {});

  private record Listeners(
      Consumer<RedisUnavailableException> failed,
      Consumer<String> refused,
      Consumer<NodeBreaker.Change> changed) {}

  /** The executors of a node for requests that are timed. */
  record Timed(RedisExecutor executor, PooledExecutor pool) {}

  /**
   * Creates the executor; nothing is connected yet.
   *
   * @param errors counts the errors that the thread of the slot table survives
   * @param failOver repairs a new master
   */
  public ClusterExecutor(
      Settings.Connection settings,
      long maxValueBytes,
      BackgroundErrors errors,
      FailOverListener failOver) {
    this.settings = settings;
    this.timer = null;
    this.topology =
        new ClusterTopology(
            settings,
            maxValueBytes,
            errors,
            failOver,
            node -> {
              node.pool().failures().onFailure(failure -> listeners.failed.accept(failure));
              node.pool().policy().onRefusal(words -> listeners.refused.accept(words));
              node.pool().breaker().onChange(change -> listeners.changed.accept(change));
            });
  }

  /**
   * Sets the listeners of trouble, which must not wait.
   *
   * @param failed is called with each request that a node did not answer
   * @param refused is called with the errors of nodes and their cure
   * @param changed is called when the circuit breaker of a node opens or closes
   */
  public void listen(
      Consumer<RedisUnavailableException> failed,
      Consumer<String> refused,
      Consumer<NodeBreaker.Change> changed) {
    listeners = new Listeners(failed, refused, changed);
  }

  private ClusterExecutor(ClusterExecutor shared, Supplier<RoundTripTimer> timer) {
    this.settings = shared.settings;
    this.topology = shared.topology;
    this.timer = timer;
  }

  /** The masters and their slots, as they are known now. */
  public Topology topology() {
    return topology;
  }

  /** The masters with their replicas. */
  public List<Replicas.Master> replicated() {
    return topology.replicated();
  }

  Timed on(ClusterNode node) {
    Timed known = timed.get(node);
    if (known != null) {
      return known;
    }
    timed.keySet().removeIf(ClusterNode::isClosed);
    return timed.computeIfAbsent(node, this::timed);
  }

  private Timed timed(ClusterNode node) {
    return timer == null
        ? new Timed(node.executor(), node.pool())
        : new Timed(node.executor().timedBy(timer), node.pool().timedBy(timer));
  }

  @Override
  public List<@Nullable Object> execute(Request request) {
    ClusterNode node = topology.owner(request.route().slot());
    if (node == null) {
      return new RoutedRequests(this, topology, settings, List.of(request)).send().get(0);
    }
    return execute(request, node, null);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A redirected request is sent again by the thread that goes on with it.
   */
  @Override
  public void begin(Request request, AsyncQueue queue, Consumer<Pending> arrived) {
    ClusterNode node = topology.owner(request.route().slot());
    if (node == null) {
      queue.run(() -> arrived.accept(() -> execute(request)));
      return;
    }
    on(node)
        .executor()
        .begin(request, queue, sent -> arrived.accept(() -> execute(request, node, sent)));
  }

  /**
   * Sends a request to a node, and to others as far as this one does not execute it.
   *
   * @param sent the request to the node if it was begun already, else {@code null}
   */
  private List<@Nullable Object> execute(
      Request request, ClusterNode node, @Nullable Pending sent) {
    List<@Nullable Object> replies;
    try {
      replies = sent == null ? on(node).executor().execute(request) : sent.finish();
    } catch (RedisUnavailableException e) {
      return new RoutedRequests(this, topology, settings, List.of(request))
          .sendAfter(node, e)
          .get(0);
    }
    node.worked();
    return isComplete(replies)
        ? replies
        : new RoutedRequests(this, topology, settings, List.of(request))
            .sendAfter(node, replies)
            .get(0);
  }

  /** Whether no reply is about the cluster. */
  static boolean isComplete(List<@Nullable Object> replies) {
    for (int i = 0; i < replies.size(); i++) { // of every operation: no iterator
      if (ErrorReply.ofCluster(replies.get(i)) != null) {
        return false;
      }
    }
    return true;
  }

  @Override
  public List<List<@Nullable Object>> executeAll(List<Request> requests) {
    return requests.isEmpty()
        ? List.of()
        : new RoutedRequests(this, topology, settings, requests).send();
  }

  @Override
  public @Nullable PooledExecutor poolOf(Bytes route) {
    ClusterNode owner = topology.owner(route.slot());
    return owner == null ? null : on(owner).pool();
  }

  @Override
  public boolean isAway(Bytes route) {
    ClusterNode owner = topology.owner(route.slot());
    return owner != null && owner.pool().breaker().isOpen();
  }

  @Override
  public boolean endLostConnections(String operation, Collection<Bytes> routes) {
    Set<ClusterNode> owners = new HashSet<>();
    boolean isCertain = true;
    for (Bytes route : routes) {
      ClusterNode owner = topology.owner(route.slot());
      if (owner == null) {
        isCertain = false;
      } else if (owners.add(owner)) {
        isCertain &= owner.pool().endLostConnections(operation, List.of(route));
      }
    }
    return isCertain;
  }

  @Override
  public boolean isCluster() {
    return true;
  }

  /** Their pools: commands without a key are background work, and must not delay operations. */
  @Override
  public List<RedisExecutor> masters() {
    return topology.loadedMasters().stream().<RedisExecutor>map(ClusterNode::pool).toList();
  }

  @Override
  public List<ConnectionStatistics.Node> nodes(
      Function<RedisExecutor, ConnectionStatistics.Ping> pings) {
    return topology.figures(node -> pings.apply(node.pool()));
  }

  @Override
  public List<RedisExecutor> possibleMasters() {
    return topology.possibleMasters().stream().<RedisExecutor>map(ClusterNode::pool).toList();
  }

  /** The nodes with connections. */
  public Collection<Endpoint> endpoints() {
    return topology.nodes().stream().map(node -> node.pool().server()).toList();
  }

  @Override
  public String address() {
    return topology.address();
  }

  @Override
  public ConnectionStatistics.Counts connections() {
    ConnectionStatistics.Counts all = ConnectionStatistics.Counts.NONE;
    for (ClusterNode node : topology.nodes()) {
      all = all.plus(node.executor().connections());
    }
    return all;
  }

  @Override
  public RedisExecutor timedBy(Supplier<RoundTripTimer> times) {
    return new ClusterExecutor(this, times);
  }

  @Override
  public void keepAlive(Duration silence) {
    topology.nodes().forEach(node -> node.executor().keepAlive(silence));
  }

  @Override
  public void close() {
    topology.close();
  }
}
