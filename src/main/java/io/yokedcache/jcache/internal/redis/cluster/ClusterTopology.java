package io.yokedcache.jcache.internal.redis.cluster;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.BackgroundScheduler;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.NoMasterException;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Topology;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.redis.replica.Replicas;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The table of a cluster's slots and their masters. It is read from any node when the first request
 * comes, and then by one thread: after a redirect, while a node fails, and every few seconds. A
 * redirect changes its slot at once.
 *
 * <p>A view of a node is taken if the node says that the cluster serves, and if its epoch is not
 * older than that of the last view: a node that is cut off from the majority does not know of a
 * fail-over. Safe for use by several threads: each slot is one atomic reference; the lock is held
 * by the thread that reads the table anew.
 */
final class ClusterTopology implements Topology, AutoCloseable {

  /** The number of slots of every cluster. */
  static final int SLOTS = 16_384;

  private static final Logger logger = LoggerFactory.getLogger(ClusterTopology.class);
  private static final String OPERATION = "look for the nodes of the cluster";
  private static final long REFRESH_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 200;

  /** The shortest time between two reads of the table. */
  private static final long MIN_GAP_MILLIS = 50;

  private static final List<CommandArguments> QUESTION =
      List.of(
          new CommandArguments(Command.CLUSTER).add("INFO"),
          new CommandArguments(Command.CLUSTER).add("SLOTS"),
          new CommandArguments(Command.CLUSTER).add("NODES"));

  private final Settings.Connection settings;
  private final List<Address> seeds;
  private final long maxValueBytes;
  private final FailOverListener failOver;
  private final Consumer<ClusterNode> prepare;
  private final AtomicReferenceArray<@Nullable ClusterNode> owners =
      new AtomicReferenceArray<>(SLOTS);
  private final Map<Address, ClusterNode> nodes = new ConcurrentHashMap<>();

  /** The version of each slot; see {@link #version}. */
  private final AtomicIntegerArray versions = new AtomicIntegerArray(SLOTS);

  /** The slots that no node served lately. */
  private final Map<Integer, Gap> gaps = new ConcurrentHashMap<>();

  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final BackgroundScheduler refresher;
  private final AtomicBoolean refreshPlanned = new AtomicBoolean();
  private final ReentrantLock reading = new ReentrantLock();

  /** The masters by name; empty before the table was first read. Replaced as a whole. */
  private volatile List<ClusterNode> masters = List.of();

  /** The master of each replica. Replaced as a whole. */
  private volatile Map<Address, Address> replicas = Map.of();

  /** Whether there was a redirect that the listeners do not know of. */
  private volatile boolean isRedirected;

  private volatile long readNanos = System.nanoTime();
  private volatile boolean closed;

  /** The last view that was taken; guarded by the lock. */
  private ClusterView view = new ClusterView(/* isOk= */ false, /* epoch= */ 0, List.of());

  /**
   * The node to which a slot has moved since a node was asked; it comes first, as it knows that.
   */
  private volatile @Nullable ClusterNode movedTo;

  /** When a slot was not served for the first and for the last time. */
  private record Gap(long firstNanos, long lastNanos) {}

  /**
   * Creates the table; nothing is connected yet.
   *
   * @param failOver repairs a new master
   * @param prepare is called with each node before it is used
   */
  ClusterTopology(
      Settings.Connection settings,
      long maxValueBytes,
      BackgroundErrors errors,
      FailOverListener failOver,
      Consumer<ClusterNode> prepare) {
    this.settings = settings;
    this.seeds = settings.deployment().nodes();
    this.maxValueBytes = maxValueBytes;
    this.failOver = failOver;
    this.prepare = prepare;
    this.refresher = new BackgroundScheduler("yokedcache-cluster", errors);
    var unused =
        refresher.scheduleWithFixedDelay(
            this::refreshRegularly, REFRESH_MILLIS, REFRESH_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** The master of a slot, or {@code null} if none is known. */
  @Nullable ClusterNode owner(int slot) {
    return owners.get(slot);
  }

  /** The node at an address, which may be new. */
  ClusterNode node(Address address) {
    ClusterNode known = nodes.get(address);
    return known != null ? known : nodes.computeIfAbsent(address, this::create);
  }

  private ClusterNode create(Address address) {
    ClusterNode made = new ClusterNode(settings, address, maxValueBytes, this, failOver);
    prepare.accept(made);
    if (closed) { // before or after close() looked for nodes: one of both sees the other
      made.close();
    }
    return made;
  }

  Collection<ClusterNode> nodes() {
    return nodes.values();
  }

  /** The masters, after the table was read for the first time if necessary. */
  List<ClusterNode> loadedMasters() {
    load();
    return masters;
  }

  /** The masters, and the nodes that may be getting their first slots. */
  Collection<ClusterNode> possibleMasters() {
    Set<ClusterNode> all = new LinkedHashSet<>(loadedMasters());
    for (ClusterNode node : nodes.values()) {
      if (!replicas.containsKey(node.address()) && !node.isFailing() && !node.isClosed()) {
        all.add(node);
      }
    }
    return all;
  }

  boolean isLoaded() {
    return !masters.isEmpty();
  }

  /**
   * Reads the table if it was never read.
   *
   * @throws RedisUnavailableException if no node answers
   */
  void load() {
    if (isLoaded()) {
      return;
    }
    long nanos = settings.connectTimeout().plus(settings.commandTimeout()).toNanos();
    if (!BoundedWait.await(nanos, left -> reading.tryLock(left, TimeUnit.NANOSECONDS))) {
      throw unavailable("another thread still looks for them", null, Kind.UNREACHABLE);
    }
    try {
      if (!isLoaded()) {
        read();
      }
    } finally {
      reading.unlock();
    }
  }

  /** Has the table read anew soon, by its thread. */
  void refreshSoon() {
    long sinceMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - readNanos);
    refreshIn(Math.max(0, MIN_GAP_MILLIS - sinceMillis));
  }

  private void refreshIn(long millis) {
    if (!refreshPlanned.compareAndSet(false, true)) {
      return;
    }
    boolean isPlanned = false;
    try {
      var unused = refresher.schedule(this::refresh, millis, TimeUnit.MILLISECONDS);
      isPlanned = true;
    } catch (RejectedExecutionException closing) {
      logger.debug("The nodes of the cluster are not looked for, the manager is closed");
    } finally {
      if (!isPlanned) {
        refreshPlanned.set(false);
      }
    }
  }

  private void refresh() {
    refreshPlanned.set(false); // first: a later request plans another one
    refreshRegularly();
    if (masters.stream().anyMatch(ClusterNode::isFailing)) {
      refreshIn(RETRY_MILLIS);
    }
  }

  private void refreshRegularly() {
    if (!isLoaded() || closed) {
      return; // nothing has been asked for yet
    }
    reading.lock();
    try {
      read();
    } catch (CacheException e) {
      logger.debug("The table of slots stays as it is", e);
    } finally {
      reading.unlock();
    }
    repairMasters();
    closeAbsent();
  }

  /** Does not wait for a request: other JVMs read from the new masters already. */
  private void repairMasters() {
    for (ClusterNode node : masters) {
      try {
        node.repair();
      } catch (NoMasterException e) {
        logger.debug("The next connection to {} tries again", node, e);
      }
    }
  }

  /** Asks nodes until one has a view that can be taken. Under the lock. */
  private void read() {
    List<String> reasons = new ArrayList<>();
    RuntimeException last = null;
    ClusterView older = null;
    try {
      for (ClusterNode node : candidates()) {
        try {
          ClusterView next = ask(node);
          boolean hasSlots = !next.ranges().isEmpty();
          if (hasSlots && next.isOk() && next.epoch() >= view.epoch() && !next.isBefore(view)) {
            adopt(next);
            return;
          }
          reasons.add(node + " says that the cluster does not serve");
          boolean isBetter = next.isOk() || !isLoaded();
          if (hasSlots && isBetter && (older == null || !older.isOk())) {
            older = next;
          }
        } catch (CacheException e) {
          last = e;
          reasons.add(String.valueOf(e.getMessage()));
        }
      }
    } finally {
      readNanos = System.nanoTime();
    }
    if (older == null) {
      boolean isDenied =
          last instanceof RedisUnavailableException e && e.kind() == Kind.ACCESS_DENIED;
      throw unavailable(
          String.join("; ", reasons), last, isDenied ? Kind.ACCESS_DENIED : Kind.UNREACHABLE);
    }
    adopt(older); // the cluster was made anew or by hand, or is down from the beginning
  }

  /** The nodes to ask: masters that answer, other nodes, and at last nodes that fail. */
  private List<ClusterNode> candidates() {
    Map<Address, ClusterNode> all = new TreeMap<>(Comparator.comparing(Address::toString));
    masters.forEach(node -> all.put(node.address(), node));
    replicas.keySet().forEach(address -> all.putIfAbsent(address, node(address)));
    seeds.forEach(address -> all.putIfAbsent(address, node(address)));
    ClusterNode first = movedTo;
    movedTo = null;
    if (first != null) {
      all.put(first.address(), first);
    }
    List<ClusterNode> ordered = new ArrayList<>(all.values());
    List<ClusterNode> present = masters;
    ordered.sort(
        Comparator.comparing(ClusterNode::isFailing)
            .thenComparing(node -> node != first)
            .thenComparing(node -> !present.contains(node)));
    return ordered;
  }

  private ClusterView ask(ClusterNode node) {
    List<@Nullable Object> replies =
        node.pool()
            .execute(
                new Request(OPERATION, Bytes.utf8(OPERATION), /* idempotent= */ true, QUESTION));
    Object slots = replies.get(1);
    if (slots instanceof JedisDataException error
        && String.valueOf(error.getMessage()).contains("cluster support disabled")) {
      throw new CacheException(
          node + " is a stand-alone server; its URI begins with redis:// or rediss://", error);
    }
    return ClusterView.parse(
        replies.get(0), node.pool().checked(OPERATION, slots), replies.get(2), node.address());
  }

  private RedisUnavailableException unavailable(String why, @Nullable Throwable cause, Kind kind) {
    return new RedisUnavailableException(
        "The nodes of the cluster %s are not known: %s.".formatted(address(), why),
        cause == null ? new CacheException(why) : cause,
        kind,
        address());
  }

  /** The cluster in messages, by the nodes of its URI. */
  String address() {
    List<String> names = seeds.stream().map(Address::toString).toList();
    return (settings.tls() ? "rediss-cluster://" : "redis-cluster://") + String.join(",", names);
  }

  /** Takes a view over. Under the lock. */
  private void adopt(ClusterView taken) {
    view = taken;
    ClusterNode[] next = new ClusterNode[SLOTS];
    Map<String, ClusterNode> nextMasters = new TreeMap<>();
    Map<Address, Address> nextReplicas = new HashMap<>();
    for (ClusterView.Range range : taken.ranges()) {
      ClusterNode master = node(range.master());
      nextMasters.put(master.name(), master);
      range.replicas().forEach(replica -> nextReplicas.put(replica, range.master()));
      for (int slot = range.first(); slot <= range.last(); slot++) {
        next[slot] = master;
      }
    }
    List<ClusterNode> before = masters;
    boolean mustTell = isRedirected;
    isRedirected = false;
    boolean isChanged = setOwners(next, nextMasters.values());
    replicas = Map.copyOf(nextReplicas);
    masters = List.copyOf(nextMasters.values());
    // No more requests go to the others, which would tell that they work again.
    nodes.values().stream().filter(node -> !masters.contains(node)).forEach(ClusterNode::worked);
    isChanged |= !before.equals(masters);
    if (isChanged && !before.isEmpty()) {
      logger.info("The masters of the cluster are {}", masters);
    }
    if (isChanged || mustTell) {
      tellListeners();
    }
  }

  /** Gives the slots their masters, and returns whether one has another than before. */
  private boolean setOwners(ClusterNode[] next, Collection<ClusterNode> nextMasters) {
    boolean isChanged = false;
    Map<ClusterNode, ClusterNode> takeOvers = new HashMap<>();
    for (int slot = 0; slot < SLOTS; slot++) {
      ClusterNode old = owners.get(slot);
      ClusterNode owner = next[slot];
      if (old == owner) {
        continue;
      }
      isChanged = true;
      if (old != null && owner != null && isFailOver(old, owner, nextMasters)) {
        if (!old.equals(takeOvers.put(owner, old))) {
          owner.takesOver(old);
        }
      }
      versions.incrementAndGet(slot); // before the first request goes to the new master
      owners.set(slot, owner);
    }
    takeOvers.forEach(ClusterNode::takesOver); // again: see takesOver()
    return isChanged;
  }

  /** A replica took the place of its master; the slots did not move to another master. */
  private boolean isFailOver(ClusterNode old, ClusterNode owner, Collection<ClusterNode> present) {
    Address master = replicas.get(owner.address());
    return master != null ? master.equals(old.address()) : !present.contains(old);
  }

  /**
   * Notes that a node has other data than before. Requests for its slots may have got answers that
   * it does not have any more.
   */
  void restarted(ClusterNode node) {
    for (int slot = 0; slot < SLOTS; slot++) {
      if (owners.get(slot) == node) {
        versions.incrementAndGet(slot);
      }
    }
    isRedirected = true;
    refreshSoon();
  }

  /** Notes that a node said that a slot belongs to another one. */
  void moved(int slot, Address address) {
    ClusterNode owner = node(address);
    movedTo = owner;
    redirected(slot);
    ClusterNode old = owners.get(slot);
    if (old != null && old != owner && old.address().equals(replicas.get(address))) {
      // A replica takes all slots of its master at once.
      owner.takesOver(old);
      for (int each = 0; each < SLOTS; each++) {
        if (owners.get(each) == old) {
          versions.incrementAndGet(each);
          owners.compareAndSet(each, old, owner);
        }
      }
      owner.takesOver(old); // again: see takesOver()
    } else if (old != owner) {
      owners.set(slot, owner);
    }
  }

  /** Notes that a request for a slot is about to go to another node than its master. */
  void redirected(int slot) {
    versions.incrementAndGet(slot);
    isRedirected = true;
    refreshSoon();
  }

  /**
   * Notes that no node serves a slot, and has the table read anew.
   *
   * @return for how long requests have found it so, without a break of more than the command
   *     time-out
   */
  long unserved(int slot) {
    refreshSoon();
    long now = System.nanoTime();
    long breakNanos = settings.commandTimeout().toNanos();
    Gap gap =
        gaps.merge(
            slot,
            new Gap(now, now),
            (known, fresh) ->
                new Gap(now - known.lastNanos() > breakNanos ? now : known.firstNanos(), now));
    return now - gap.firstNanos();
  }

  private void tellListeners() {
    for (Runnable listener : listeners) {
      try {
        listener.run();
      } catch (RuntimeException e) {
        logger.warn("A listener to changes of the cluster failed", e);
      }
    }
  }

  /** Closes the nodes that have been absent from the table for a while. */
  private void closeAbsent() {
    Set<Address> present = ConcurrentHashMap.newKeySet();
    masters.forEach(node -> present.add(node.address()));
    present.addAll(replicas.keySet());
    present.addAll(seeds);
    long now = System.nanoTime();
    long kept = settings.connectTimeout().plus(settings.commandTimeout()).toNanos() * 2;
    for (ClusterNode node : List.copyOf(nodes.values())) {
      if (present.contains(node.address())) {
        node.absentSinceNanos = 0;
      } else if (node.absentSinceNanos == 0) {
        node.absentSinceNanos = now | 1; // never 0
      } else if (now - node.absentSinceNanos > kept) {
        nodes.remove(node.address(), node);
        node.close();
      }
    }
  }

  /** The nodes of the table; none before it was first read. */
  List<ConnectionStatistics.Node> figures(Function<ClusterNode, ConnectionStatistics.Ping> pings) {
    Map<ClusterNode, Integer> slots = new HashMap<>();
    masters.forEach(master -> slots.put(master, 0));
    for (int slot = 0; slot < SLOTS; slot++) {
      ClusterNode owner = owners.get(slot);
      if (owner != null) {
        slots.merge(owner, 1, Integer::sum);
      }
    }
    Map<String, ConnectionStatistics.Node> rows = new TreeMap<>();
    for (Address replica : replicas.keySet()) {
      String name = replica.toString();
      rows.put(
          name,
          new ConnectionStatistics.Node(
              name,
              /* isMaster= */ false,
              /* slots= */ 0,
              ConnectionStatistics.Ping.NONE,
              breaker(nodes.get(replica))));
    }
    slots.forEach(
        (node, count) ->
            rows.put(
                node.name(),
                new ConnectionStatistics.Node(
                    node.name(), /* isMaster= */ true, count, pings.apply(node), breaker(node))));
    return List.copyOf(rows.values());
  }

  private static ConnectionStatistics.Breaker breaker(@Nullable ClusterNode node) {
    return node == null ? ConnectionStatistics.Breaker.UNUSED : node.pool().breaker().statistics();
  }

  /** The masters with their replicas. */
  List<Replicas.Master> replicated() {
    Map<Address, List<Address>> byMaster = new HashMap<>();
    replicas.forEach(
        (replica, master) ->
            byMaster.computeIfAbsent(master, added -> new ArrayList<>()).add(replica));
    return masters.stream()
        .map(
            node ->
                new Replicas.Master(
                    node.name(), node.pool(), byMaster.getOrDefault(node.address(), List.of())))
        .toList();
  }

  @Override
  public List<Master> masters() {
    List<ClusterNode> present = masters;
    return present.isEmpty()
        ? List.of(node(seeds.get(0)).master()) // until the first request
        : present.stream().map(ClusterNode::master).toList();
  }

  @Override
  public Master masterOf(Bytes route) {
    ClusterNode owner = owner(route.slot());
    return owner != null ? owner.master() : masters().get(0);
  }

  @Override
  public long version(Bytes route) {
    return versions.get(route.slot());
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(requireNonNull(listener, "listener"));
  }

  boolean isClosed() {
    return closed;
  }

  @Override
  public void close() {
    closed = true;
    refresher.shutdownNow();
    nodes.values().forEach(ClusterNode::close);
  }
}
