package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import io.yokedcache.jcache.internal.embedded.RedisProcess.Mode;
import io.yokedcache.jcache.internal.settings.Settings;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The servers of a private deployment, with the passwords that they share. Applications log in as
 * the default user, which may neither form nor take over the deployment; the servers themselves and
 * {@link ClusterFormation} use another one. Safe for use by several threads.
 */
final class Members implements AutoCloseable {

  /** The user by which the servers of a deployment talk to each other. */
  static final String USER = "yokedcache-member";

  /**
   * Commands that no cache needs and that would give a server away: configuration, replication,
   * modules, files, shutdown.
   */
  static final String DENIED =
      "-replicaof -slaveof -sync -psync -failover -migrate -module -debug -acl -shutdown -save"
          + " -bgsave -bgrewriteaof -config +config|get";

  /** The part of CLUSTER that reads. */
  private static final String DENIED_IN_CLUSTER =
      DENIED
          + " -cluster +cluster|slots +cluster|shards +cluster|nodes +cluster|info +cluster|myid"
          + " +cluster|replicas +cluster|keyslot +cluster|countkeysinslot +cluster|getkeysinslot";

  /** Replication, the formation of a cluster, and the commands of Sentinel. */
  private static final String ALLOWED_TO_MEMBERS =
      "-@all +ping +psync +replconf +cluster +info +multi +exec +slaveof +replicaof +role +publish"
          + " +subscribe +client|setname +client|kill +script|kill +config|rewrite";

  private static final int PASSWORD_BYTES = 24;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final RedisBinaries binaries;
  private final String password = randomPassword();
  private final String memberPassword = randomPassword();

  /** Guarded by itself; it grows at the start only. */
  private final List<RedisProcess> processes = new ArrayList<>();

  Members(RedisBinaries binaries) {
    this.binaries = binaries;
  }

  static String randomPassword() {
    byte[] random = new byte[PASSWORD_BYTES];
    RANDOM.nextBytes(random);
    return HexFormat.of().formatHex(random);
  }

  String password() {
    return password;
  }

  String memberPassword() {
    return memberPassword;
  }

  /** Starts nodes of a cluster that do not know each other. */
  List<RedisProcess> startNodes(int count) {
    List<String> configuration = configuration(DENIED_IN_CLUSTER);
    configuration.addAll(
        List.of(
            "cluster-enabled yes",
            "cluster-config-file nodes.conf",
            "cluster-announce-ip 127.0.0.1",
            "cluster-node-timeout 1000"));
    return start(
        count, Mode.MEMBER, LoopbackPorts::freeForNode, EmbeddedRedis.ARGUMENTS, configuration);
  }

  /** Starts servers that are masters at first. */
  List<RedisProcess> startServers(int count) {
    return start(
        count, Mode.MEMBER, LoopbackPorts::free, EmbeddedRedis.ARGUMENTS, configuration(DENIED));
  }

  /** Starts sentinels that require the password. */
  List<RedisProcess> startSentinels(int count, List<String> monitoring) {
    List<String> configuration = new ArrayList<>(List.of("requirepass " + password));
    configuration.addAll(monitoring);
    return start(count, Mode.SENTINEL, LoopbackPorts::free, List.of(), configuration);
  }

  private List<String> configuration(String denied) {
    return new ArrayList<>(
        List.of(
            "user default on >" + password + " ~* &* +@all " + denied,
            "user " + USER + " on >" + memberPassword + " ~* &* " + ALLOWED_TO_MEMBERS,
            "masteruser " + USER,
            "masterauth " + memberPassword,
            // A replica would wait five seconds for others to come.
            "repl-diskless-sync yes",
            "repl-diskless-sync-delay 0"));
  }

  /** Starts servers at the same time. If one fails, the caller closes these members. */
  private List<RedisProcess> start(
      int count, Mode mode, IntSupplier ports, List<String> arguments, List<String> configuration) {
    Supplier<RedisProcess> starter =
        () ->
            LoopbackPorts.startOn(
                ports, port -> RedisProcess.start(mode, port, arguments, configuration, binaries));
    Executor own = start -> DaemonThreads.create("yokedcache-redis-start", start).start();
    List<CompletableFuture<RedisProcess>> starts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      starts.add(CompletableFuture.supplyAsync(starter, own));
    }
    List<RedisProcess> started = new ArrayList<>();
    RuntimeException failure = null;
    for (CompletableFuture<RedisProcess> start : starts) {
      try {
        started.add(start.join());
      } catch (CompletionException e) {
        RuntimeException cause = e.getCause() instanceof RuntimeException known ? known : e;
        if (failure == null) {
          failure = cause;
        } else {
          failure.addSuppressed(cause);
        }
      }
    }
    synchronized (processes) {
      processes.addAll(started);
    }
    if (failure != null) {
      throw failure;
    }
    return started;
  }

  /**
   * The servers as a deployment that applications can use.
   *
   * @param masterName the name by which sentinels know the master, or {@code null} without
   *     sentinels
   * @param asked the servers or sentinels that applications ask first
   * @param isAlive whether the servers that still run can serve all keys
   */
  Formed formed(
      Settings.Deployment.Kind kind,
      List<RedisProcess> asked,
      @Nullable String masterName,
      BooleanSupplier isAlive) {
    List<Settings.Address> nodes =
        asked.stream().map(one -> new Settings.Address("127.0.0.1", one.port())).toList();
    return new Formed(
        this,
        new Settings.Deployment(
            kind,
            nodes,
            masterName,
            /* sentinelUser= */ null,
            /* sentinelPassword= */ masterName == null ? null : password,
            /* sentinelTls= */ false),
        isAlive);
  }

  /** A deployment of several servers. */
  record Formed(Members members, Settings.Deployment deployment, BooleanSupplier alive)
      implements EmbeddedDeployment {

    @Override
    public String password() {
      return members.password;
    }

    @Override
    public boolean isAlive() {
      return alive.getAsBoolean();
    }

    /** Returns the servers in the order of their start. */
    List<RedisProcess> processes() {
      synchronized (members.processes) {
        return List.copyOf(members.processes);
      }
    }

    @Override
    public void close() {
      members.close();
    }
  }

  /** Ends all servers, at the same time. May be called twice. */
  @Override
  public void close() {
    List<RedisProcess> all;
    synchronized (processes) {
      all = List.copyOf(processes);
    }
    RedisProcess.closeAll(all);
  }
}
