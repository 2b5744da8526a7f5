package io.yokedcache.jcache.testing;

import io.yokedcache.jcache.internal.embedded.ClusterFormation;
import io.yokedcache.jcache.internal.embedded.LoopbackPorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;
import redis.clients.jedis.params.MigrateParams;

/**
 * A real Redis Cluster whose nodes a test may kill, pause and start again, whose slots it may move,
 * and to which it may add nodes. Nodes come back on the same port as the same member. Safe for use
 * by several threads.
 *
 * <p>{@code RedisCluster.start(3, 1, "--requirepass", "secret")} passes options on to all nodes.
 * {@code cluster-node-timeout} is 1000 unless the options say otherwise.
 */
public final class RedisCluster implements AutoCloseable {

  /** How long a test waits for the cluster to do something. */
  public static final Duration BOUND = Duration.ofSeconds(30);

  /** A busy machine lets a node answer late. */
  private static final int TIMEOUT_MILLIS = 10_000;

  private static final Duration POLL = Duration.ofMillis(20);

  /** How long a node waits for the other's answer to CLUSTER MEET. */
  private static final Duration HANDSHAKE = Duration.ofSeconds(2);

  /** A little more than the five seconds after which Redis gives a CLUSTER FAILOVER up. */
  private static final Duration MANUAL_FAIL_OVER = Duration.ofMillis(5_500);

  private static final int KEYS_AT_ONCE = 100;
  private static final int MIGRATE_TIMEOUT_MILLIS = 5_000;

  private final Path folder;
  private final List<String> arguments;

  /** Further options of a node, by its port. */
  private final IntFunction<List<String>> more;

  private final @Nullable String password;
  private final List<Node> nodes = new CopyOnWriteArrayList<>();

  private RedisCluster(Path folder, IntFunction<List<String>> more, String... arguments) {
    this.folder = folder;
    this.more = more;
    this.arguments = List.of(arguments);
    int at = this.arguments.indexOf("--requirepass");
    this.password = at < 0 ? null : this.arguments.get(at + 1);
  }

  /** Starts a cluster and returns when it serves all slots; replicas are a number per master. */
  public static RedisCluster start(int masters, int replicas, String... arguments) {
    return start(masters, replicas, port -> List.of(), arguments);
  }

  /**
   * Starts a cluster whose nodes have options of their own.
   *
   * @param more the options of a node, by its port
   */
  public static RedisCluster start(
      int masters, int replicas, IntFunction<List<String>> more, String... arguments) {
    RedisCluster cluster;
    try {
      cluster = new RedisCluster(Files.createTempDirectory("yokedcache-cluster-"), more, arguments);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      Stream.generate(
              () -> CompletableFuture.runAsync(cluster::startNode, RedisCluster::inOwnThread))
          .limit(masters * (1L + replicas))
          .toList()
          .forEach(CompletableFuture::join);
      List<Integer> ports = cluster.nodes.stream().map(Node::port).toList();
      ClusterFormation.form(
          ports.subList(0, masters),
          ports.subList(masters, ports.size()),
          /* user= */ null,
          cluster.password);
      cluster.awaitWell();
      return cluster;
    } catch (RuntimeException e) {
      cluster.close();
      throw e;
    }
  }

  private static void inOwnThread(Runnable task) {
    new Thread(task, "start").start();
  }

  private Node startNode() {
    Node node =
        LoopbackPorts.startOn(
            TestPorts::freeForNode, port -> new Node(RedisServer.startOn(port, options(port))));
    nodes.add(node);
    return node;
  }

  private String[] options(int port) {
    List<String> options = new ArrayList<>();
    Collections.addAll(options, "--cluster-enabled", "yes");
    Collections.addAll(options, "--cluster-config-file", "nodes-" + port + ".conf");
    Collections.addAll(options, "--dir", folder.toString());
    // Two replicas that load at the same time must not take each other's file.
    Collections.addAll(options, "--dbfilename", "dump-" + port + ".rdb");
    Collections.addAll(options, "--cluster-node-timeout", "1000");
    Collections.addAll(options, "--notify-keyspace-events", "Ex");
    Collections.addAll(options, "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0");
    if (password != null) {
      Collections.addAll(options, "--masterauth", password);
    }
    options.addAll(arguments);
    options.addAll(more.apply(port));
    return options.toArray(String[]::new);
  }

  /** One server of the cluster. */
  public final class Node {

    private final RedisServer server;
    private final String id;

    private Node(RedisServer server) {
      this.server = server;
      try (Jedis jedis = open()) {
        this.id = jedis.clusterMyId();
      }
    }

    public int port() {
      return server.port();
    }

    /** The id by which the nodes know each other; it stays over a restart. */
    public String id() {
      return id;
    }

    public long pid() {
      return server.pid();
    }

    public boolean isAlive() {
      return server.isAlive();
    }

    /** Returns whether the node says that it is a master; false for a dead node. */
    public boolean isMaster() {
      return isAlive() && info("replication").contains("role:master");
    }

    /** Returns a section of INFO. */
    public String info(String section) {
      try (Jedis jedis = open()) {
        return jedis.info(section);
      }
    }

    /** Opens a connection, which the caller closes. */
    public Jedis open() {
      Jedis jedis = new Jedis("127.0.0.1", port(), TIMEOUT_MILLIS);
      if (password != null) {
        jedis.auth(password);
      }
      return jedis;
    }

    /** Ends the node by SIGKILL. */
    public void kill() {
      server.kill();
    }

    /** Ends the node if it runs, and starts it again, without data, as the same member. */
    public void restart() {
      server.restart();
    }

    /** Freezes the node by SIGSTOP. */
    public void pause() {
      server.pause();
    }

    /** Thaws a paused node. */
    public void resume() {
      server.resume();
    }

    @Override
    public String toString() {
      return "node on port " + port();
    }
  }

  /** Returns all nodes, dead ones as well; at first the masters, in the order of their slots. */
  public List<Node> nodes() {
    return List.copyOf(nodes);
  }

  /** Returns the nodes that are masters now. */
  public List<Node> masters() {
    return nodes.stream().filter(Node::isMaster).toList();
  }

  /** Returns the living replicas of a master. */
  public List<Node> replicasOf(Node master) {
    return nodes.stream()
        .filter(Node::isAlive)
        .filter(node -> member(node, node.id).masterId().equals(master.id()))
        .toList();
  }

  /** Returns the master of a slot. */
  public Node masterOf(int slot) {
    return masters().stream()
        .filter(node -> member(node, node.id()).serves(slot))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("No master serves slot " + slot));
  }

  /** Returns {@code redis-cluster://127.0.0.1:port,…} with all nodes and without credentials. */
  public URI uri() {
    return URI.create(
        nodes.stream()
            .map(node -> "127.0.0.1:" + node.port())
            .collect(Collectors.joining(",", "redis-cluster://", "")));
  }

  /** Returns how many keys each master has. */
  public Map<Node, Long> keyCounts() {
    Map<Node, Long> counts = new LinkedHashMap<>();
    for (Node master : masters()) {
      try (Jedis jedis = master.open()) {
        counts.put(master, jedis.dbSize());
      }
    }
    return counts;
  }

  /** Moves a slot with its keys to another master. */
  public void moveSlot(int slot, Node from, Node to) {
    beginMove(slot, from, to);
    while (moveKeys(slot, from, to, KEYS_AT_ONCE) > 0) {
      // more keys may be left
    }
    endMove(slot, from, to);
  }

  /** Opens a slot at both masters: the source answers ASK for keys that it does not have. */
  public void beginMove(int slot, Node from, Node to) {
    try (Jedis source = from.open();
        Jedis target = to.open()) {
      target.clusterSetSlotImporting(slot, from.id());
      source.clusterSetSlotMigrating(slot, to.id());
    }
  }

  /** Moves keys of an open slot, at most so many; returns how many were tried. */
  public int moveKeys(int slot, Node from, Node to, int count) {
    try (Jedis source = from.open()) {
      List<byte[]> keys = source.clusterGetKeysInSlotBinary(slot, count);
      moveKeys(from, to, keys);
      return keys.size();
    }
  }

  /** Moves some keys of an open slot. */
  public void moveKeys(Node from, Node to, List<byte[]> keys) {
    if (keys.isEmpty()) {
      return;
    }
    MigrateParams params = new MigrateParams();
    if (password != null) {
      params.auth(password);
    }
    try (Jedis source = from.open()) {
      source.migrate(
          "127.0.0.1", to.port(), MIGRATE_TIMEOUT_MILLIS, params, keys.toArray(byte[][]::new));
    }
  }

  /**
   * Gives an open slot without keys to its new master, tells all masters, and waits until they
   * agree. A node takes the epoch after the greatest one that it knows: if the next slot moved
   * before the others knew it, two nodes would have one epoch, and a slot that both have had could
   * lose its master.
   */
  public void endMove(int slot, Node from, Node to) {
    List<Node> told = new ArrayList<>(List.of(to, from));
    masters().stream().filter(node -> !told.contains(node)).forEach(told::add);
    for (Node node : told) {
      try (Jedis jedis = node.open()) {
        jedis.clusterSetSlotNode(slot, to.id());
      } catch (JedisDataException e) {
        // A master that gave its last slot away becomes a replica as soon as it hears of it.
        if (node != from || !String.valueOf(e.getMessage()).contains("only with masters")) {
          throw e;
        }
      }
    }
    awaitAgreement();
  }

  /** Starts another master, which has no slots. */
  public Node addMaster() {
    Node known = living().get(0);
    Node node = startNode();
    // A handshake that is not answered within the node timeout is forgotten.
    Repetition.until(
        "the cluster to know " + node,
        HANDSHAKE,
        () -> {
          try (Jedis jedis = known.open()) {
            jedis.clusterMeet("127.0.0.1", node.port());
          }
        },
        () -> members(known).stream().anyMatch(member -> member.id().equals(node.id())));
    awaitWell();
    return node;
  }

  /** Removes a node without slots and replicas from the cluster, and ends it. */
  public void remove(Node node) {
    nodes.remove(node);
    for (Node other : living()) {
      try (Jedis jedis = other.open()) {
        jedis.clusterForget(node.id());
      }
    }
    node.server.close();
    awaitAgreement();
  }

  /**
   * Makes a replica the master in good order, and waits until all nodes have noticed. Redis answers
   * OK before anything has happened, and gives up after five seconds: when the master did not
   * answer, or when the other masters did not vote because they had voted for another successor of
   * the same master less than two node timeouts before.
   */
  public void failOver(Node replica) {
    Repetition.until(
        replica + " to be a master",
        MANUAL_FAIL_OVER,
        () -> {
          try (Jedis jedis = replica.open()) {
            jedis.clusterFailover();
          } catch (JedisDataException e) {
            if (!replica.isMaster()) {
              throw e;
            }
          }
        },
        replica::isMaster);
    awaitWell();
  }

  /** Waits until a replica of a dead master has taken its place, and returns it. */
  public Node awaitSuccessor(Node dead, List<Node> itsReplicas) {
    await("a successor of " + dead).until(() -> itsReplicas.stream().anyMatch(Node::isMaster));
    awaitState();
    return itsReplicas.stream().filter(Node::isMaster).findFirst().orElseThrow();
  }

  /** Waits until all living nodes say that the cluster is well. */
  public void awaitState() {
    awaitAll("cluster_state:ok", node -> clusterInfo(node).contains("cluster_state:ok"));
  }

  /** Waits until the cluster is well, all nodes agree, and all replicas have their data. */
  public void awaitWell() {
    awaitState();
    awaitAgreement();
    awaitAll(
        "replication",
        node -> {
          String replication = node.info("replication");
          return replication.contains("role:master")
              || replication.contains("master_link_status:up");
        });
  }

  /** Waits until all living nodes know each other, and agree on roles and slots. */
  public void awaitAgreement() {
    await("all nodes to agree on roles and slots")
        .until(
            () -> {
              Set<Set<String>> views =
                  living().stream().map(this::view).collect(Collectors.toSet());
              return views.size() == 1
                  && views.iterator().next().size() >= living().size()
                  && haveOwnEpochs();
            });
  }

  private boolean haveOwnEpochs() {
    List<String> epochs =
        members(living().get(0)).stream().filter(Member::isMaster).map(Member::epoch).toList();
    return Set.copyOf(epochs).size() == epochs.size();
  }

  private void awaitAll(String what, Predicate<Node> condition) {
    await(what).until(() -> living().stream().allMatch(condition));
  }

  /** A wait during which a node may die, or load its data and refuse what it is asked. */
  private static ConditionFactory await(String what) {
    return Awaitility.await()
        .alias(what)
        .pollInterval(POLL)
        .atMost(BOUND)
        .ignoreExceptionsInstanceOf(JedisException.class);
  }

  private List<Node> living() {
    return nodes.stream().filter(Node::isAlive).toList();
  }

  private static String clusterInfo(Node node) {
    try (Jedis jedis = node.open()) {
      return jedis.clusterInfo();
    }
  }

  /** The cluster as a node sees it: who is who, and who has which slots since which epoch. */
  private Set<String> view(Node node) {
    return members(node).stream()
        .map(
            member ->
                "%s %s %s %s %s"
                    .formatted(
                        member.id(),
                        member.masterId(),
                        member.isMaster(),
                        member.isMaster() ? member.epoch() : "",
                        member.slots()))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Member member(Node asked, String id) {
    return members(asked).stream().filter(one -> one.id().equals(id)).findFirst().orElseThrow();
  }

  private static List<Member> members(Node asked) {
    try (Jedis jedis = asked.open()) {
      return jedis.clusterNodes().lines().map(Member::of).toList();
    }
  }

  /** A line of CLUSTER NODES. */
  private record Member(
      String id, Set<String> flags, String masterId, String epoch, List<String> slots) {

    static Member of(String line) {
      List<String> words = List.of(line.split(" ", -1));
      return new Member(
          words.get(0),
          Set.of(words.get(2).split(",", -1)),
          words.get(3),
          words.get(6),
          words.subList(8, words.size()).stream().filter(slot -> !slot.startsWith("[")).toList());
    }

    boolean isMaster() {
      return flags.contains("master");
    }

    boolean serves(int slot) {
      return slots.stream()
          .map(range -> range.split("-", -1))
          .anyMatch(
              ends ->
                  Integer.parseInt(ends[0]) <= slot
                      && slot <= Integer.parseInt(ends[ends.length - 1]));
    }
  }

  /** Ends all nodes and removes their files. */
  @Override
  public void close() {
    // In good order, a master would wait for a replica that lags behind.
    nodes.stream().filter(Node::isAlive).forEach(Node::kill);
    TemporaryFolder.delete(folder);
  }
}
