package io.yokedcache.jcache.internal.remote;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.redis.Subscription;
import io.yokedcache.jcache.internal.redis.SubscriptionLoop;
import io.yokedcache.jcache.internal.redis.Topology;
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

  private final Topology topology;
  private final String channel;
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
   * @param onExpired is called with the name of an expired key, by one thread for each master
   */
  ExpiredKeySubscriptions(
      Topology topology, String channel, BackgroundErrors errors, Consumer<byte[]> onExpired) {
    this.topology = topology;
    this.channel = channel;
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
      servers.forEach(
          (name, server) -> {
            if (!names.contains(name)) {
              server.loop.stop();
            }
          });
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

  /** The subscription on one master; its connections follow each other. */
  private final class Server extends SubscriptionLoop.Session {

    private final SubscriptionLoop loop;

    Server(Topology.Master master) {
      loop =
          new SubscriptionLoop(
              "yokedcache-expired",
              "Events of expired entries are missed, there is no subscription",
              () -> topology.endpoint(master),
              RemoteEventSubscriber.SILENCE,
              RemoteEventSubscriber.pauses(),
              errors,
              endpoint -> this);
    }

    @Override
    protected void begin(Subscription opened) {
      opened.subscribe(RemoteEventSubscriber.utf8(channel));
    }

    @Override
    public void subscribed(byte[] name) {
      ready();
      loop.write(Subscription::ping);
    }

    @Override
    public void refused(byte[] name, JedisDataException refusal) {
      throw new JedisDataException(
          "%s. Allow the user that channel: &%s".formatted(refusal.getMessage(), channel));
    }

    @Override
    public void answered(@Nullable JedisDataException refusal) {
      loop.worked(); // an error reply is an answer as well: the connection is alive
    }

    @Override
    public void message(byte[] name, byte @Nullable [] key) {
      if (key != null) {
        onExpired.accept(key);
      }
    }
  }
}
