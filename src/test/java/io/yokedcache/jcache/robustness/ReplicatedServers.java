package io.yokedcache.jcache.robustness;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.CuttingProxy;
import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import java.net.URI;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.params.ClientKillParams;

/** Servers whose masters fail one after the other, without changes that they have acknowledged. */
interface ReplicatedServers extends AutoCloseable {

  int REPLICATION_MILLIS = 500;

  /** After how many waits a replica has to begin anew, which takes it about two of them. */
  int ATTEMPTS = 8;

  URI uri();

  /** The same deployment by other nodes, so that managers are told apart. */
  default URI otherUri() {
    return URI.create(uri().toString().replaceFirst("//[^,]*,", "//"));
  }

  /** Tells all replicas something, before they take over. */
  void tellReplicas(Consumer<Jedis> words);

  /** Tells all masters something. */
  void tellMasters(Consumer<Jedis> words);

  /** Waits until the replicas have everything, and lets them hear of nothing more. */
  void cutReplication();

  void killMaster(int round);

  /** Waits until another master serves. */
  void awaitSuccessor();

  /** Waits until another master serves, and makes the deployment whole again. */
  void heal();

  @Override
  void close();

  enum Deployment {
    CLUSTER,
    SENTINEL,
    NAME;

    ReplicatedServers start() {
      return switch (this) {
        case CLUSTER -> new Cluster();
        case SENTINEL -> new Sentinel();
        case NAME -> new Name();
      };
    }
  }

  /** Refuses the replication to replicas, which try again and again. */
  private static void cut(Jedis master) {
    master.aclSetUser("default", "-psync", "-sync");
    master.clientKill(new ClientKillParams().type(ClientType.REPLICA));
  }

  /** Allows the replication again. */
  private static void join(Jedis master) {
    master.aclSetUser("default", "+psync", "+sync");
  }

  /**
   * WAIT waits for what the master had done when the connection's last command came. A replica
   * whose PSYNC was refused falls back to SYNC. Once that is allowed, the replica has the data and
   * does not know its offset, so WAIT never counts it: it has to begin anew.
   */
  private static void awaitReplicated(Jedis master) {
    String pong = master.ping();
    assertThat(pong).isEqualTo("PONG");
    AtomicInteger attempts = new AtomicInteger();
    Awaitility.await()
        .atMost(RedisCluster.BOUND)
        .until(
            () -> {
              if (master.waitReplicas(1, REPLICATION_MILLIS) > 0) {
                return true;
              }
              if (attempts.incrementAndGet() % ATTEMPTS == 0) {
                master.clientKill(new ClientKillParams().type(ClientType.REPLICA));
              }
              return false;
            });
  }

  final class Cluster implements ReplicatedServers {

    private final RedisCluster cluster = RedisCluster.start(3, 1);
    private RedisCluster.@Nullable Node killed;
    private List<RedisCluster.Node> replicas = List.of();

    @Override
    public URI uri() {
      return cluster.uri();
    }

    @Override
    public void tellReplicas(Consumer<Jedis> words) {
      cluster.nodes().stream().filter(node -> !node.isMaster()).forEach(node -> tell(node, words));
    }

    @Override
    public void tellMasters(Consumer<Jedis> words) {
      cluster.masters().forEach(node -> tell(node, words));
    }

    private static void tell(RedisCluster.Node node, Consumer<Jedis> words) {
      try (Jedis jedis = node.open()) {
        words.accept(jedis);
      }
    }

    @Override
    public void cutReplication() {
      for (RedisCluster.Node master : cluster.masters()) {
        try (Jedis jedis = master.open()) {
          awaitReplicated(jedis);
          cut(jedis);
        }
      }
    }

    @Override
    public void killMaster(int round) {
      RedisCluster.Node master = cluster.masters().get(round % 3);
      replicas = cluster.replicasOf(master);
      killed = master;
      master.kill();
    }

    @Override
    public void awaitSuccessor() {
      RedisCluster.Node unused = cluster.awaitSuccessor(requireNonNull(killed), replicas);
    }

    @Override
    public void heal() {
      awaitSuccessor();
      for (RedisCluster.Node node : cluster.nodes()) {
        if (node.isAlive()) { // a busy machine may have made more masters replicas
          try (Jedis jedis = node.open()) {
            join(jedis);
          }
        }
      }
      requireNonNull(killed).restart();
      cluster.awaitWell();
    }

    @Override
    public void close() {
      cluster.close();
    }
  }

  final class Sentinel implements ReplicatedServers {

    private final RedisSentinel sentinel = RedisSentinel.start(1);
    private @Nullable RedisServer killed;

    @Override
    public URI uri() {
      return sentinel.uri();
    }

    @Override
    public void tellReplicas(Consumer<Jedis> words) {
      sentinel.replicas().forEach(replica -> tell(replica, words));
    }

    @Override
    public void tellMasters(Consumer<Jedis> words) {
      tell(sentinel.master(), words);
    }

    private void tell(RedisServer server, Consumer<Jedis> words) {
      try (Jedis jedis = sentinel.open(server)) {
        words.accept(jedis);
      }
    }

    @Override
    public void cutReplication() {
      try (Jedis jedis = sentinel.open(sentinel.master())) {
        awaitReplicated(jedis);
        cut(jedis);
      }
    }

    @Override
    public void killMaster(int round) {
      killed = sentinel.killMaster();
    }

    @Override
    public void awaitSuccessor() {
      RedisServer unused = sentinel.awaitOtherMaster(requireNonNull(killed));
    }

    @Override
    public void heal() {
      RedisServer dead = requireNonNull(killed);
      RedisServer master = sentinel.awaitOtherMaster(dead);
      dead.restart();
      try (Jedis jedis = sentinel.open(dead)) {
        jedis.replicaof("127.0.0.1", master.port()); // sooner than the sentinels say so
      }
      sentinel.awaitReplicas();
    }

    @Override
    public void close() {
      sentinel.close();
    }
  }

  /** A master and its replica behind one address, as a managed service has them. */
  final class Name implements ReplicatedServers {

    private final CuttingProxy name;
    private RedisServer master = RedisServer.start("--repl-diskless-sync-delay", "0");
    private RedisServer replica = RedisServer.start("--repl-diskless-sync-delay", "0");

    Name() {
      name = CuttingProxy.start(master.port(), Long.MAX_VALUE / 4);
      follow();
    }

    private void follow() {
      try (Jedis one = new Jedis(master.uri());
          Jedis other = new Jedis(replica.uri())) {
        join(one);
        other.configSet("repl-diskless-load", "swapdb"); // it has no directory for a file
        other.replicaof("127.0.0.1", master.port());
        awaitReplicated(one);
      }
    }

    @Override
    public URI uri() {
      return URI.create("redis://127.0.0.1:" + name.port());
    }

    @Override
    public URI otherUri() {
      return URI.create("redis://localhost:" + name.port());
    }

    @Override
    public void tellReplicas(Consumer<Jedis> words) {
      tell(replica, words);
    }

    @Override
    public void tellMasters(Consumer<Jedis> words) {
      tell(master, words);
    }

    private static void tell(RedisServer server, Consumer<Jedis> words) {
      try (Jedis jedis = new Jedis(server.uri())) {
        words.accept(jedis);
      }
    }

    @Override
    public void cutReplication() {
      try (Jedis jedis = new Jedis(master.uri())) {
        awaitReplicated(jedis);
        cut(jedis);
      }
    }

    @Override
    public void killMaster(int round) {
      RedisServer killed = master;
      master = replica;
      replica = killed;
      killed.kill();
      try (Jedis jedis = new Jedis(master.uri())) {
        jedis.replicaofNoOne();
      }
      name.leadTo(master.port());
    }

    @Override
    public void awaitSuccessor() {
      // it serves at once
    }

    @Override
    public void heal() {
      replica.restart();
      follow();
    }

    @Override
    public void close() {
      name.close();
      master.close();
      replica.close();
    }
  }
}
