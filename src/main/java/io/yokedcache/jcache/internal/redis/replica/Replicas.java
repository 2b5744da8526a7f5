package io.yokedcache.jcache.internal.redis.replica;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.BackgroundScheduler;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.RetryPolicy;
import io.yokedcache.jcache.internal.redis.ServerLookup;
import io.yokedcache.jcache.internal.redis.error.ErrorMessages;
import io.yokedcache.jcache.internal.redis.pipeline.PipelinedExecutor;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * The replicas of a deployment that may serve reads now. A replica may if it has proved a short
 * time ago that it has applied all changes that its master had acknowledged not longer than {@code
 * replicas.max-lag} ago: one thread asks each master for its position in the stream of changes, and
 * then each replica for its position. A replica that is cut off from its master, loads its data, or
 * became a master itself, cannot prove it.
 *
 * <p>Nothing is asked before the first {@link #reader}. Safe for use by several threads: the groups
 * are replaced as a whole by the thread that checks; the shared fields of a replica are volatile.
 */
public final class Replicas implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(Replicas.class);
  private static final String OPERATION = "check of replicas";
  private static final Bytes ROUTE = Bytes.utf8(OPERATION);
  private static final Request QUESTION =
      new Request(
          OPERATION,
          ROUTE,
          /* idempotent= */ false,
          List.of(new CommandArguments(Command.INFO).add("replication")));

  /** Positions of a master are asked for that often within the greatest lag. */
  private static final int CHECKS = 4;

  private static final long MIN_INTERVAL_MILLIS = 50;
  private static final long MAX_INTERVAL_MILLIS = 1_000;

  /** The part of the time-outs after which a read goes to the master. */
  private static final int SHARE = 4;

  private static final Duration MIN_PATIENCE = Duration.ofMillis(20);

  private final Settings.Connection settings;
  private final Duration patience;
  private final long maxValueBytes;
  private final long maxLagNanos;
  private final Supplier<List<Master>> masters;
  private final Function<Bytes, String> masterOf;
  private final BackgroundErrors errors;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** By the names of their masters. Replaced as a whole. */
  private volatile Map<String, Group> groups = Map.of();

  /** Null before the first reader; guarded by this object's monitor, as is the field below. */
  private @Nullable BackgroundScheduler checker;

  private boolean closed;

  /**
   * A master that may be asked: no fail-over to it is incomplete.
   *
   * @param name its name
   * @param executor asks it
   * @param replicas the addresses of its replicas, or {@code null} if the master is to name them
   */
  public record Master(String name, PooledExecutor executor, @Nullable List<Address> replicas) {}

  /**
   * Creates the replicas; nothing is connected yet.
   *
   * @param maxLag how far a replica may be behind
   * @param masters the masters as they are known now
   * @param masterOf the name of the master that a key belongs to
   */
  public Replicas(
      Settings.Connection settings,
      long maxValueBytes,
      Duration maxLag,
      Supplier<List<Master>> masters,
      Function<Bytes, String> masterOf,
      BackgroundErrors errors) {
    this.settings = settings;
    this.patience = patience(settings);
    this.maxValueBytes = maxValueBytes;
    this.maxLagNanos = maxLag.toNanos();
    this.masters = masters;
    this.masterOf = masterOf;
    this.errors = errors;
  }

  private static Duration patience(Settings.Connection settings) {
    Duration part = settings.commandTimeout().dividedBy(SHARE);
    return part.compareTo(MIN_PATIENCE) < 0 ? MIN_PATIENCE : part;
  }

  /** How far a replica may be behind. */
  long maxLagNanos() {
    return maxLagNanos;
  }

  /** The reads of one cache. The first one starts the checks. */
  public ReplicaReader reader(Supplier<RoundTripTimer> timer) {
    start();
    return new ReplicaReader(this, timer);
  }

  private synchronized void start() {
    if (checker != null || closed) {
      return;
    }
    checker = new BackgroundScheduler("yokedcache-replicas", errors);
    long millis = TimeUnit.NANOSECONDS.toMillis(maxLagNanos) / CHECKS;
    long interval = Math.max(MIN_INTERVAL_MILLIS, Math.min(millis, MAX_INTERVAL_MILLIS));
    try {
      var unused = checker.scheduleWithFixedDelay(this::check, 0, interval, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closing) {
      logger.debug("Replicas are not checked, the manager is closed");
    }
  }

  /** The replicas that were found. */
  public Collection<Endpoint> endpoints() {
    List<Endpoint> endpoints = new ArrayList<>();
    groups
        .values()
        .forEach(group -> group.forEach(replica -> endpoints.add(replica.pool.server())));
    return endpoints;
  }

  /** How many connections to replicas there are now. */
  public ConnectionStatistics.Counts connections() {
    ConnectionStatistics.Counts all = ConnectionStatistics.Counts.NONE;
    for (Group group : groups.values()) {
      for (Replica replica : group.replicas) {
        all = all.plus(replica.executor.connections());
      }
    }
    return all;
  }

  /** Does what {@link RedisExecutor#keepAlive} does, for all replicas. */
  public void keepAlive(Duration silence) {
    groups.values().forEach(group -> group.forEach(replica -> replica.executor.keepAlive(silence)));
  }

  /** A replica of the master of a key that may be read now, or {@code null}. */
  @Nullable Replica find(Bytes route) {
    Map<String, Group> present = groups;
    Group group = present.isEmpty() ? null : present.get(masterOf.apply(route));
    if (group == null) {
      return null;
    }
    Replica[] all = group.replicas;
    long now = System.nanoTime();
    int first = all.length < 2 ? 0 : ThreadLocalRandom.current().nextInt(all.length);
    for (int i = 0; i < all.length; i++) {
      Replica replica = all[(first + i) % all.length];
      if (replica.isFresh(now, maxLagNanos)) {
        return replica;
      }
    }
    return null;
  }

  /** Asks all masters, and then all replicas. */
  private void check() {
    List<Master> present;
    try {
      present = masters.get();
    } catch (CacheException e) {
      logger.debug("The masters are not known", e);
      return;
    }
    Map<String, PooledExecutor> asked = new TreeMap<>();
    present.forEach(master -> asked.put(master.name(), master.executor()));
    long startNanos = System.nanoTime();
    Map<String, Replication> positions = ask(asked);
    Map<String, Group> next = new HashMap<>();
    for (Master master : present) {
      Replication position = positions.getOrDefault(master.name(), Replication.UNKNOWN);
      Group group = groups.get(master.name());
      if (group == null || group.master != master.executor()) {
        group = new Group(master.executor());
      }
      if (position.isMaster()) {
        List<Address> named = master.replicas();
        group.note(position, startNanos, startNanos - maxLagNanos);
        group.have(named == null ? position.replicas() : named, this::connect);
      }
      next.put(master.name(), group);
    }
    publish(next);
    prove(next);
  }

  private synchronized void publish(Map<String, Group> next) {
    if (closed) {
      next.values().forEach(Group::close);
      return;
    }
    Map<String, Group> before = groups;
    groups = Map.copyOf(next);
    before.forEach(
        (name, group) -> {
          if (next.get(name) != group) {
            group.close();
          }
        });
  }

  private void prove(Map<String, Group> all) {
    Map<String, PooledExecutor> asked = new TreeMap<>();
    for (Group group : all.values()) {
      for (Replica replica : group.replicas) {
        asked.put(replica.name, replica.pool);
      }
    }
    Map<String, Replication> positions = ask(asked);
    for (Group group : all.values()) {
      for (Replica replica : group.replicas) {
        group.prove(replica, positions.getOrDefault(replica.name, Replication.UNKNOWN));
      }
    }
  }

  private record Asked(String name, PooledExecutor server, PooledExecutor.Exchange exchange) {}

  /** Asks servers at the same time, in the order of their names. */
  private Map<String, Replication> ask(Map<String, PooledExecutor> servers) {
    List<Asked> asked = new ArrayList<>(servers.size());
    Map<String, Replication> positions = new HashMap<>();
    try {
      servers.forEach((name, server) -> asked.add(new Asked(name, server, server.begin(QUESTION))));
      for (Asked each : asked) {
        try {
          Object reply = each.server.checked(OPERATION, each.exchange.finish().get(0));
          if (reply instanceof byte[] info) {
            positions.put(each.name, Replication.parse(new String(info, StandardCharsets.UTF_8)));
          }
        } catch (CacheException e) {
          warnIfForbidden(e);
          logger.debug("{} does not tell its position", each.name, e);
        }
      }
    } finally {
      asked.forEach(each -> each.exchange.abandon()); // does nothing to one that is finished
    }
    return positions;
  }

  private void warnIfForbidden(CacheException e) {
    String missing = ErrorMessages.missingPermission(e);
    if (missing != null && warned.compareAndSet(false, true)) {
      logger.warn(
          "Reads go to the masters, since it is not known how far replicas are behind: {}. Or set"
              + " yokedcache.defaults.read-from = master.",
          missing);
    }
  }

  private Replica connect(Address address) {
    return new Replica(
        settings.replica(address).within(patience), address.toString(), maxValueBytes);
  }

  @Override
  public void close() {
    Map<String, Group> last;
    synchronized (this) {
      closed = true;
      last = groups;
      groups = Map.of();
      if (checker != null) {
        checker.shutdownNow();
      }
    }
    last.values().forEach(Group::close);
  }

  /** A master and its replicas; used by the thread that checks, except for the replicas. */
  private static final class Group implements AutoCloseable {

    /** Where a master was in the stream of changes at a time, or later. */
    private record Position(long offset, long nanos) {}

    private final PooledExecutor master;
    private final Deque<Position> positions = new ArrayDeque<>();
    private String history = "";

    /** Replaced as a whole. */
    private volatile Replica[] replicas = {};

    Group(PooledExecutor master) {
      this.master = master;
    }

    /** Notes the position of the master before a time, and forgets what is older than another. */
    void note(Replication position, long nanos, long oldestNanos) {
      if (!position.history().equals(history)) {
        // After a fail-over: proofs for the stream of another master end now.
        history = position.history();
        positions.clear();
        for (Replica replica : replicas) {
          replica.forget();
        }
      }
      positions.addFirst(new Position(position.offset(), nanos));
      while (positions.getLast().nanos - oldestNanos < 0) {
        positions.removeLast();
      }
    }

    void have(List<Address> addresses, Function<Address, Replica> connect) {
      Map<String, Replica> present = new HashMap<>();
      for (Replica replica : replicas) {
        present.put(replica.name, replica);
      }
      List<Replica> next = new ArrayList<>();
      for (Address address : addresses) {
        Replica known = present.remove(address.toString());
        next.add(known != null ? known : connect.apply(address));
      }
      replicas = next.toArray(Replica[]::new);
      present.values().forEach(Replica::close);
    }

    /** Notes for a replica which changes it has for certain. */
    void prove(Replica replica, Replication position) {
      if (position.isMaster() || !position.isLinked() || !position.history().equals(history)) {
        replica.forget();
        return;
      }
      for (Position known : positions) {
        if (known.offset <= position.offset()) {
          replica.hasAllUntil(known.nanos);
          return;
        }
      }
    }

    void forEach(Consumer<Replica> consumer) {
      for (Replica replica : replicas) {
        consumer.accept(replica);
      }
    }

    @Override
    public void close() {
      forEach(Replica::close);
    }
  }

  /** One replica and the connections to it, which are made at first need. */
  static final class Replica implements AutoCloseable {

    private final String name;
    private final PooledExecutor pool;
    private final RedisExecutor executor;

    /** The replica has all changes that were acknowledged before this time, if it may be used. */
    private volatile long completeNanos;

    private volatile boolean isUsable;

    private volatile boolean closed;

    Replica(Settings.Connection settings, String name, long maxValueBytes) {
      this.name = name;
      RetryPolicy policy = new RetryPolicy(Duration.ZERO, /* isOfNode= */ true);
      this.pool =
          new PooledExecutor(
              new Endpoint(settings, policy, maxValueBytes, ServerLookup.replica(settings)));
      this.executor =
          settings.executor() == Settings.Executor.PIPELINED ? new PipelinedExecutor(pool) : pool;
    }

    boolean isFresh(long nowNanos, long maxLagNanos) {
      // In this order: the time was written before the flag.
      return isUsable && nowNanos - completeNanos < maxLagNanos;
    }

    void hasAllUntil(long nanos) {
      completeNanos = nanos;
      isUsable = true;
    }

    /** Has the replica not used before its next proof. */
    void forget() {
      isUsable = false;
    }

    String name() {
      return name;
    }

    boolean isClosed() {
      return closed;
    }

    PooledExecutor pool() {
      return pool;
    }

    RedisExecutor executor() {
      return executor;
    }

    @Override
    public void close() {
      closed = true;
      forget();
      executor.close();
    }
  }
}
