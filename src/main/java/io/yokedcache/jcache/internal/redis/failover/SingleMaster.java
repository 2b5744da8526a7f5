package io.yokedcache.jcache.internal.redis.failover;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.RetryPolicy;
import io.yokedcache.jcache.internal.redis.ServerLookup;
import io.yokedcache.jcache.internal.redis.Topology;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A deployment with one master at a time: the server that answers at an address, or the one that
 * sentinels name. When another one takes its place, all connections are replaced and the listeners
 * of changes are called. Safe for use by several threads.
 */
public final class SingleMaster implements Topology {

  private static final Logger logger = LoggerFactory.getLogger(SingleMaster.class);

  private final String name;
  private final Settings.Connection settings;
  private final long maxValueBytes;
  private final ScheduledExecutorService background;
  private final ServerLookup servers;
  private final RetryPolicy policy;
  private final FailOverGate gate;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final AtomicLong version = new AtomicLong();

  /**
   * Creates it; nothing is connected yet.
   *
   * @param name of the deployment, see {@link Topology.Master}
   * @param maxValueBytes how long one value of the application may be
   * @param servers finds the server for each connection
   * @param background calls listeners of changes
   * @param failOver repairs a new master
   */
  public SingleMaster(
      String name,
      Settings.Connection settings,
      long maxValueBytes,
      ServerLookup servers,
      ScheduledExecutorService background,
      FailOverListener failOver) {
    this.name = name;
    this.settings = settings;
    this.maxValueBytes = maxValueBytes;
    this.background = background;
    this.servers = servers;
    this.policy = new RetryPolicy(settings.commandTimeout());
    this.gate =
        new FailOverGate(
            settings, maxValueBytes, servers, failOver, route -> true, this::replaceConnections);
  }

  /**
   * Notes that another server takes over.
   *
   * @param change makes it the one that is found; must not wait
   */
  public void replaced(Runnable change) {
    gate.replaced(
        () -> {
          change.run();
          replaceConnections();
        });
  }

  /** Those that begin to be made from now on lead to the new master. */
  private void replaceConnections() {
    version.incrementAndGet();
    policy.condemn();
    try {
      listeners.forEach(background::execute);
    } catch (RejectedExecutionException closing) {
      logger.debug("Nobody is told, the manager is closed");
    }
  }

  /** Repairs the present master if it is new, without a wait for the next connection. */
  public void repair() {
    gate.ensureRepaired();
  }

  /** The deployment as a server for connections. */
  public Endpoint endpoint() {
    Address present = servers.present();
    return new Endpoint(
        present == null ? settings : settings.node(present), policy, maxValueBytes, gate);
  }

  @Override
  public List<Master> masters() {
    return List.of(new Master(name, endpoint()));
  }

  @Override
  public Master masterOf(Bytes route) {
    return masters().get(0);
  }

  @Override
  public long version(Bytes route) {
    return version.get();
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }
}
