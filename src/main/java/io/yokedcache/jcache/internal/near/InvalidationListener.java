package io.yokedcache.jcache.internal.near;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Subscription;
import io.yokedcache.jcache.internal.redis.SubscriptionLoop;
import io.yokedcache.jcache.internal.redis.Topology;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Receives the invalidations of all near caches of a manager, on one connection and one thread for
 * each master. Redis tracks keys by their prefixes (client tracking in broadcasting mode), and
 * tells the connection that asked for it of the changes on its server.
 *
 * <p>Pings bound the age of near entries. Redis answers a ping after all invalidations that it sent
 * before. So when the answer arrives, the invalidation of every change made before the ping was
 * sent has arrived. Near entries are used only while the last ping that their server answered is
 * younger than the bound. A connection that is lost, silent or slow makes readers of the keys of
 * its server go to Redis, and never lets them see an older value.
 *
 * <p>After a change of the topology, the near entries of the buckets that have another master are
 * dropped, and the buckets follow the connection to that master.
 */
public final class InvalidationListener implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(InvalidationListener.class);
  private static final byte[] CHANNEL = "__redis__:invalidate".getBytes(US_ASCII);
  private static final long MIN_PAUSE_MILLIS = 20;
  private static final long MAX_PAUSE_MILLIS = 2_000;

  /** The number of pings in the time for which near entries may be used after one. */
  private static final int PINGS = 4;

  /**
   * The part of the time for which a failed attempt to connect lets stale near entries be used: no
   * step of an attempt, and no pause before the next one, takes longer.
   */
  private static final int ATTEMPTS = 4;

  /** The longest pause between attempts while stale near entries may be used. */
  private static final long MAX_STALE_PAUSE_MILLIS = 50;

  private final Topology topology;
  private final ScheduledExecutorService background;
  private final Duration maxStaleness;
  private final BackgroundErrors errors;
  private final List<Tracked> caches = new CopyOnWriteArrayList<>();

  /** Guards the fields below, and the sources of the near caches. */
  private final ReentrantLock lock = new ReentrantLock();

  /** The connections by the names of the masters; replaced as a whole, so read without the lock. */
  private volatile Map<String, Server> servers = Map.of();

  private @Nullable ScheduledFuture<?> pings;

  private boolean closed;

  public InvalidationListener(
      Topology topology,
      Duration maxStaleness,
      BackgroundErrors errors,
      ScheduledExecutorService background) {
    this.topology = topology;
    this.maxStaleness = maxStaleness;
    this.errors = errors;
    this.background = background;
    topology.onChange(this::follow);
  }

  /** Begins to track a cache soon; until then its near cache is not used. */
  public void add(KeySpace names, NearCache<?> near) {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      caches.add(new Tracked(Bytes.of(names.trackedPrefix()), names, near));
      if (pings == null) {
        long every = Math.max(1, maxStaleness.toMillis() / PINGS);
        pings = background.scheduleWithFixedDelay(this::ping, every, every, TimeUnit.MILLISECONDS);
        followMasters();
      } else {
        servers.values().forEach(Server::replaceIfBegun);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Whether some cache uses stale near entries, so that attempts to connect must be frequent. */
  private boolean isFailSafe() {
    return caches.stream().anyMatch(cache -> cache.near.isFailSafe());
  }

  private long maxPauseMillis() {
    return isFailSafe()
        ? Math.min(MAX_STALE_PAUSE_MILLIS, Math.max(1, maxStaleness.toMillis() / ATTEMPTS))
        : MAX_PAUSE_MILLIS;
  }

  /** Ends the tracking of a cache; later invalidations of it are ignored. */
  public void remove(NearCache<?> near) {
    caches.removeIf(cache -> cache.near == near);
  }

  private void ping() {
    servers.values().forEach(server -> server.loop.writeIfFree(server::ping));
  }

  /** Follows a change of the topology. */
  private void follow() {
    lock.lock();
    try {
      if (pings != null && !closed) {
        followMasters();
        servers.values().forEach(server -> server.loop.followServer());
        caches.forEach(this::follow);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Begins the loops of masters that are new, and ends those of masters that are gone. */
  private void followMasters() {
    Map<String, Server> before = servers;
    Map<String, Server> now = new LinkedHashMap<>();
    for (Topology.Master master : topology.masters()) {
      Server known = before.get(master.name());
      now.put(master.name(), known != null ? known : new Server(master));
    }
    servers = Collections.unmodifiableMap(now);
    now.values().forEach(server -> server.loop.start());
    before.forEach(
        (name, server) -> {
          if (!now.containsKey(name)) {
            server.loop.stop();
          }
        });
  }

  /** Gives each bucket of a cache the tracking of its present master. Under the lock. */
  private void follow(Tracked cache) {
    Map<String, Tracking> trackings = new HashMap<>();
    servers.forEach((name, server) -> trackings.put(name, server.tracking(cache)));
    cache.near.follow(
        bucket -> {
          Bytes route = cache.names.route(bucket);
          // The version first: if it grows behind this line, this source is not current.
          long version = topology.version(route);
          Tracking tracking = trackings.get(topology.masterOf(route).name());
          return new Source(
              tracking == null ? Tracking.NONE : tracking, () -> topology.version(route), version);
        });
  }

  @Override
  public void close() {
    Collection<Server> running;
    lock.lock();
    try {
      closed = true;
      if (pings != null) {
        pings.cancel(/* mayInterruptIfRunning= */ false);
      }
      running = servers.values();
    } finally {
      lock.unlock();
    }
    // All are told before one is waited for.
    running.forEach(server -> server.loop.stop());
    running.forEach(server -> server.loop.close());
  }

  /** A cache whose keys begin with a prefix that no key of another cache has. */
  private record Tracked(Bytes prefix, KeySpace names, NearCache<?> near) {

    /** Handles the change of a key: of an entry, of a generation, or of another key. */
    void onChange(byte[] key) {
      byte[] start = prefix.array();
      if (key.length < start.length
          || Arrays.mismatch(key, 0, start.length, start, 0, start.length) >= 0) {
        return;
      }
      KeySpace.EntryName entry = names.parse(key);
      if (entry != null) {
        near.onInvalidation(entry.bucket(), entry.token(), entry.key());
        return;
      }
      int bucket = names.bucketOfGeneration(key);
      if (bucket >= 0) {
        near.onGenerationChange(bucket); // the bucket was cleared, or listeners registered
        return;
      }
      Bytes tag = names.invalidatedTag(key);
      if (tag != null) {
        near.onTagInvalidation(tag);
      }
    }
  }

  /** The connection to one master, which is replaced when it ends. */
  private final class Server {

    private final SubscriptionLoop loop;

    /** Whether the present connection has asked for the prefixes of the caches; under the lock. */
    private boolean hasBegun;

    /** The session of the present connection; set when it is ready, under the lock. */
    private volatile @Nullable Session session;

    /** The tracking of the last connection that was ready; used by the thread only. */
    private Tracking last = Tracking.NONE;

    /** The logged error reply to a ping, until a ping is answered; used by the thread only. */
    private @Nullable String logged;

    Server(Topology.Master master) {
      loop =
          new SubscriptionLoop(
              "yokedcache-near",
              "Near caches are not used, since Redis sends no invalidations",
              () -> topology.endpoint(master),
              maxStaleness.multipliedBy(2),
              new Backoff(MIN_PAUSE_MILLIS, InvalidationListener.this::maxPauseMillis),
              errors,
              endpoint -> new Session(this, endpoint.settings().address()));
    }

    /** Prefixes cannot be added to a subscribed connection. */
    void replaceIfBegun() {
      if (hasBegun) {
        hasBegun = false;
        loop.replace();
      }
    }

    void ping(Subscription connection) {
      Session current = session;
      if (current != null && current.pingNanos == 0) {
        current.pingNanos = System.nanoTime() | 1; // never 0
        connection.ping();
      }
    }

    /** The tracking of a cache's keys on this server. */
    Tracking tracking(Tracked cache) {
      Session current = session;
      return current != null && current.tracked.contains(cache) ? current.tracking : Tracking.NONE;
    }
  }

  /** The subscription on one connection. */
  private final class Session extends SubscriptionLoop.Session {

    private final Server server;
    private final String address;
    private final Tracking tracking = new Tracking();

    /** The caches whose prefixes this connection has asked for. */
    private List<Tracked> tracked = List.of();

    /** The time when the unanswered ping was sent; 0 if there is none. */
    private volatile long pingNanos;

    Session(Server server, String address) {
      this.server = server;
      this.address = address;
    }

    @Override
    protected Duration patience() {
      return isFailSafe() ? maxStaleness.dividedBy(ATTEMPTS) : super.patience();
    }

    @Override
    protected void failed(Throwable failure, long startNanos) {
      if (isAway(failure)) {
        server.last.awayUntil(startNanos + maxStaleness.toNanos());
      } else {
        dropStale();
      }
    }

    /** Whether an attempt failed since nobody answered: an error reply comes from a server. */
    private boolean isAway(Throwable failure) {
      boolean isAway = false;
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        if (cause instanceof JedisDataException || cause instanceof SSLException) {
          return false;
        }
        isAway |= cause instanceof IOException || cause instanceof JedisConnectionException;
      }
      return isAway;
    }

    /** Drops what fail-safe caches have kept: the server answers again. */
    private void dropStale() {
      if (server.last != Tracking.NONE) {
        caches.forEach(cache -> cache.near.flush(server.last));
      }
    }

    /** Asks the server to send invalidations to this connection, before it subscribes to them. */
    @Override
    protected void begin(Subscription opened) {
      dropStale();
      Object id = opened.ask(new CommandArguments(Command.CLIENT).add("ID"));
      // A cache may be registered twice, as after a failed creation. Redis refuses equal
      // prefixes, and with them the whole command. No prefix begins with another one, since each
      // ends with '#'.
      Set<Bytes> wanted = new LinkedHashSet<>();
      lock.lock();
      try {
        tracked = List.copyOf(caches);
        tracked.forEach(cache -> wanted.add(cache.prefix));
        server.hasBegun = true;
      } finally {
        lock.unlock();
      }
      CommandArguments command =
          new CommandArguments(Command.CLIENT)
              .add("TRACKING")
              .add("ON")
              .add("REDIRECT")
              .add(String.valueOf(id))
              .add("BCAST");
      wanted.forEach(prefix -> command.add("PREFIX").add(prefix.array()));
      opened.ask(command);
      opened.subscribe(CHANNEL);
    }

    @Override
    public void subscribed(byte[] channel) {
      lock.lock();
      try {
        server.session = this;
        server.last = tracking;
        // Reads that began before Redis tracked leave no near entry: the source is another one.
        tracked.forEach(InvalidationListener.this::follow);
      } finally {
        lock.unlock();
      }
      ready();
      server.loop.write(server::ping);
    }

    @Override
    public void answered(@Nullable JedisDataException refusal) {
      long sentNanos = pingNanos;
      long untilNanos = sentNanos + maxStaleness.toNanos();
      pingNanos = 0;
      note(refusal);
      if (refusal == null || isForPingsOnly(refusal)) {
        tracking.confirmed(sentNanos);
        tracking.freshUntil(untilNanos);
        server.loop.worked();
      }
    }

    /**
     * Whether an error reply concerns the ping alone. It is then as good as an answer, since it is
     * sent after all invalidations before it. Other errors say that the server has no valid data.
     */
    private boolean isForPingsOnly(JedisDataException refusal) {
      String words = String.valueOf(refusal.getMessage());
      return words.startsWith("NOPERM") || words.startsWith("MISCONF");
    }

    private void note(@Nullable JedisDataException refusal) {
      if (refusal == null) {
        if (server.logged != null) {
          server.logged = null;
          logger.info("Redis on {} answers the PING of near caches again", address);
        }
        return;
      }
      String words = String.valueOf(refusal.getMessage());
      if (!words.equals(server.logged)) {
        server.logged = words;
        logger.warn(
            isForPingsOnly(refusal)
                ? "Redis on {} refuses the PING of near caches, which are used nevertheless; allow the user +ping: {}"
                : "Near caches are not used, since Redis on {} answers their PING: {}",
            address,
            words);
      }
    }

    @Override
    public void message(byte[] channel, byte @Nullable [] key) {
      if (key == null) {
        dropAll(); // all keys of the server are gone
        return;
      }
      for (Tracked cache : tracked) {
        cache.onChange(key);
      }
    }

    private void dropAll() {
      tracked.forEach(cache -> cache.near.flush(tracking));
    }

    @Override
    protected void end() {
      tracking.lost();
      lock.lock();
      try {
        if (server.session == this) {
          server.session = null;
        }
      } finally {
        lock.unlock();
      }
      // No near entry is used any more, except stale ones of fail-safe caches.
      tracked.forEach(cache -> cache.near.lost(tracking));
    }
  }
}
