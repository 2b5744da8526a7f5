package io.yokedcache.jcache.internal.redis.cluster;

import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RetryPolicy;
import io.yokedcache.jcache.internal.redis.ServerLookup;
import io.yokedcache.jcache.internal.redis.Topology.Master;
import io.yokedcache.jcache.internal.redis.failover.FailOverGate;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.redis.pipeline.PipelinedExecutor;
import io.yokedcache.jcache.internal.settings.Settings;
import org.jspecify.annotations.Nullable;

/**
 * One node of a cluster and the connections to it, which are made at first need. Safe for use by
 * several threads.
 */
final class ClusterNode implements AutoCloseable {

  private final Settings.Address address;
  private final Master master;
  private final PooledExecutor pool;
  private final RedisExecutor executor;

  private final RetryPolicy policy;
  private final FailOverGate gate;

  /** The failed master of the last fail-over to this node. */
  private volatile @Nullable ClusterNode predecessor;

  /** When requests to the node began to fail; 0 while they succeed. */
  private volatile long failingSinceNanos;

  private volatile boolean closed;

  /**
   * When the node was first absent from the table; 0 while it is present. Used by the refresher.
   */
  long absentSinceNanos;

  ClusterNode(
      Settings.Connection settings,
      Settings.Address address,
      long maxValueBytes,
      ClusterTopology topology,
      FailOverListener failOver) {
    Settings.Connection own = settings.node(address);
    this.address = address;
    this.policy = new RetryPolicy(own.commandTimeout(), /* isOfNode= */ true);
    this.gate =
        new FailOverGate(
            own,
            maxValueBytes,
            ServerLookup.fixed(own),
            failOver,
            route -> isSuccessorOf(topology.owner(route.slot())),
            () -> {
              policy.condemn();
              topology.restarted(this);
            });
    Endpoint server = new Endpoint(own, policy, maxValueBytes, gate);
    this.pool = new PooledExecutor(server);
    this.executor =
        own.executor() == Settings.Executor.PIPELINED ? new PipelinedExecutor(pool) : pool;
    this.master = new Master(address.toString(), server);
  }

  Settings.Address address() {
    return address;
  }

  String name() {
    return master.name();
  }

  Master master() {
    return master;
  }

  PooledExecutor pool() {
    return pool;
  }

  /** Sends the requests of operations. */
  RedisExecutor executor() {
    return executor;
  }

  /**
   * Notes that this node takes the place of another one. To be called before and after the table of
   * slots changes: what is completed between the two must be completed again.
   */
  void takesOver(ClusterNode failed) {
    gate.replaced(
        () -> {
          predecessor = failed;
          policy.condemn();
        });
    pool.breaker().probeNow(); // it may have been away as a replica
  }

  /** Repairs the node if it is a new master, without a wait for the next connection to it. */
  void repair() {
    gate.ensureRepaired();
  }

  /** Whether this node has the slots of another one, or is about to take them over. */
  private boolean isSuccessorOf(@Nullable ClusterNode owner) {
    return owner == this || (owner != null && owner == predecessor);
  }

  void failed() {
    if (failingSinceNanos == 0) {
      failingSinceNanos = System.nanoTime() | 1; // never 0
    }
  }

  void worked() {
    if (failingSinceNanos != 0) {
      failingSinceNanos = 0;
    }
  }

  boolean isFailing() {
    return failingSinceNanos != 0;
  }

  /** Whether requests to the node have failed for at least that long. */
  boolean hasFailedFor(long nanos) {
    long since = failingSinceNanos;
    return (since != 0 && System.nanoTime() - since >= nanos) || pool.breaker().isOpenFor(nanos);
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
    executor.close();
  }

  @Override
  public String toString() {
    return name();
  }
}
