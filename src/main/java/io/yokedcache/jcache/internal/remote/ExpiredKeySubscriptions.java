package io.yokedcache.jcache.internal.remote;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.redis.Subscription;
import io.yokedcache.jcache.internal.redis.SubscriptionLoop;
import io.yokedcache.jcache.internal.redis.Topology;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The subscriptions to the expired keys of a cluster: one for each master, on its own connection
 * and thread, since a node publishes only the expiry of the keys that it has. They exist while they
 * are wanted, and follow the topology. Safe for use by several threads.
 */
final class ExpiredKeySubscriptions implements AutoCloseable {

  private static final long MIN_PAUSE_MILLIS = 50;
  private static final long MAX_PAUSE_MILLIS = 5_000;

  private final Topology topology;
  private final String channel;
  private final Duration silence;
  private final BackgroundErrors errors;
  private final Consumer<byte[]> onExpired;

  /** Guards the fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Map<String, Server> servers = new HashMap<>();
  private boolean wanted;
  private boolean closed;

  /**
   * Creates them; nothing is subscribed before {@link #want}.
   *
   * @param silence how long a server may be silent before its connection is replaced
   * @param onExpired is called with the name of an expired key, by one thread for each master
   */
  ExpiredKeySubscriptions(
      Topology topology,
      String channel,
      Duration silence,
      BackgroundErrors errors,
      Consumer<byte[]> onExpired) {
    this.topology = topology;
    this.channel = channel;
    this.silence = silence;
    this.errors = errors;
    this.onExpired = onExpired;
  }

  /** Begins or ends the subscriptions; does not wait. */
  void want(boolean isWanted) {
    lock.lock();
    try {
      wanted = isWanted;
      follow();
    } finally {
      lock.unlock();
    }
  }

  /** Follows a change of the topology; does not wait. */
  void follow() {
    lock.lock();
    try {
      List<Topology.Master> masters = wanted && !closed ? topology.masters() : List.of();
      List<String> names = masters.stream().map(Topology.Master::name).toList();
      servers.values().stream()
          .filter(server -> !names.contains(server.name))
          .forEach(server -> server.loop.stop());
      servers.keySet().retainAll(names);
      for (Topology.Master master : masters) {
        Server server = servers.computeIfAbsent(master.name(), name -> new Server(master));
        if (!server.loop.start()) {
          server.loop.followServer();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  void ping() {
    present().forEach(server -> server.loop.writeIfFree(Subscription::ping));
  }

  private List<Server> present() {
    lock.lock();
    try {
      return List.copyOf(servers.values());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    List<Server> running = present();
    lock.lock();
    try {
      closed = true;
      follow();
    } finally {
      lock.unlock();
    }
    running.forEach(server -> server.loop.close());
  }

  /** The subscription on one master. */
  private final class Server {

    private final String name;
    private final SubscriptionLoop loop;

    Server(Topology.Master master) {
      name = master.name();
      loop =
          new SubscriptionLoop(
              "yokedcache-expired",
              "Events of expired entries are missed, there is no subscription",
              () -> topology.endpoint(master),
              silence,
              new Backoff(MIN_PAUSE_MILLIS, MAX_PAUSE_MILLIS),
              errors,
              endpoint -> new Session(this));
    }
  }

  /** The subscription on one connection. */
  private final class Session extends SubscriptionLoop.Session {

    private final Server server;

    Session(Server server) {
      this.server = server;
    }

    @Override
    protected void begin(Subscription opened) {
      opened.subscribe(RemoteEventSubscriber.utf8(channel));
    }

    @Override
    public void subscribed(byte[] name) {
      ready();
      server.loop.write(Subscription::ping);
    }

    @Override
    public void refused(byte[] name, JedisDataException refusal) {
      throw new JedisDataException(
          "%s. Allow the user that channel: &%s".formatted(refusal.getMessage(), channel));
    }

    @Override
    public void answered(@Nullable JedisDataException refusal) {
      server.loop.worked(); // an error reply is an answer as well: the connection is alive
    }

    @Override
    public void message(byte[] name, byte @Nullable [] key) {
      if (key != null) {
        onExpired.accept(key);
      }
    }
  }
}
