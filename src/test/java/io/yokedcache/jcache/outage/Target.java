package io.yokedcache.jcache.outage;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.yokedcache.jcache.testing.RedisCluster;
import io.yokedcache.jcache.testing.RedisSentinel;
import io.yokedcache.jcache.testing.RedisServer;
import io.yokedcache.jcache.testing.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;

/** The servers of a run, which faults are done to. For one thread at a time. */
interface Target extends AutoCloseable {

  /** The ways to run Redis. */
  enum Deployment {
    STANDALONE,
    SENTINEL,
    CLUSTER,
    /** One server behind {@code haproxy}. */
    HAPROXY;

    /** Returns the program that it needs besides Redis, if that is not on the path. */
    @Nullable String missingProgram() {
      String program = name().toLowerCase(Locale.ROOT);
      return switch (this) {
        case STANDALONE, SENTINEL, CLUSTER -> null;
        case HAPROXY -> OwnProcess.isInstalled(program) ? null : program;
      };
    }
  }

  /** Starts servers for that number of JVMs. */
  static Target start(Deployment deployment, int jvms) {
    return switch (deployment) {
      case STANDALONE -> new Standalone(jvms);
      case SENTINEL -> new Sentinel();
      case CLUSTER -> new Cluster();
      case HAPROXY -> new BehindHaproxy();
    };
  }

  Deployment deployment();

  /** Returns the URI for the manager of a JVM. */
  URI uri(int jvm);

  /** Ends a master by SIGKILL. */
  void kill();

  /** Starts the killed server again. */
  void restart();

  /** Freezes a master by SIGSTOP. */
  void pause();

  /** Thaws the frozen server. */
  void resume();

  /** Waits until no master is about to be replaced, and each server has its role. */
  default void awaitWell() {}

  /** Returns the times of the fail-overs, if those leave JVMs with different masters. */
  default @Nullable FailOverTimes failOvers() {
    return null;
  }

  /** Ends the proxy that is not ours by SIGKILL, and starts it again. */
  default void restartProxy() {
    throw new IllegalStateException("There is no proxy before " + deployment());
  }

  /** Does something on each master that answers. */
  void onMasters(Consumer<Jedis> action);

  /** Returns the proxies; only one server has them. */
  default FaultyLinks links() {
    throw new IllegalStateException("There are no proxies before " + deployment());
  }

  @Override
  void close();

  /** Sends a command that Jedis has no method for. */
  static void send(Jedis jedis, String command, String... arguments) {
    Object unused =
        jedis.sendCommand(
            () -> command.getBytes(US_ASCII),
            Arrays.stream(arguments).map(text -> text.getBytes(US_ASCII)).toArray(byte[][]::new));
  }

  /** One server behind a proxy for each JVM. It keeps each change on disk before it answers. */
  final class Standalone implements Target {

    private final Path folder;
    private final RedisServer server;
    private final FaultyLinks links;

    Standalone(int jvms) {
      try {
        folder = Files.createTempDirectory("yokedcache-outage-");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      server =
          RedisServer.start(
              "--dir",
              folder.toString(),
              "--appendonly",
              "yes",
              "--appendfsync",
              "always",
              "--auto-aof-rewrite-percentage",
              "0",
              "--enable-debug-command",
              "yes",
              "--enable-protected-configs",
              "yes");
      links = FaultyLinks.start(server.port(), jvms);
    }

    @Override
    public Deployment deployment() {
      return Deployment.STANDALONE;
    }

    @Override
    public URI uri(int jvm) {
      return URI.create("redis://127.0.0.1:" + links.port(jvm));
    }

    @Override
    public void kill() {
      server.kill();
    }

    @Override
    public void restart() {
      server.restart();
    }

    @Override
    public void pause() {
      server.pause();
    }

    @Override
    public void resume() {
      server.resume();
    }

    @Override
    public void onMasters(Consumer<Jedis> action) {
      try (Jedis jedis = new Jedis("127.0.0.1", server.port(), /* timeout= */ 60_000)) {
        action.accept(jedis);
      }
    }

    @Override
    public FaultyLinks links() {
      return links;
    }

    @Override
    public void close() {
      links.close();
      server.close();
      TemporaryFolder.delete(folder);
    }
  }

  /** A master with two replicas and three sentinels. */
  final class Sentinel implements Target {

    private final RedisSentinel servers =
        RedisSentinel.start(2, 3, List.of("--enable-debug-command", "yes"), List.of());
    private final FailOverTimes failOvers = FailOverTimes.of(servers);
    private @Nullable RedisServer victim;

    @Override
    public Deployment deployment() {
      return Deployment.SENTINEL;
    }

    @Override
    public URI uri(int jvm) {
      return servers.uri();
    }

    @Override
    public void kill() {
      victim = servers.killMaster();
    }

    @Override
    public void restart() {
      servers.awaitOtherMaster(victim()).isAlive();
      victim().restart();
    }

    @Override
    public void pause() {
      victim = servers.master();
      victim.pause();
    }

    @Override
    public void resume() {
      victim().resume();
    }

    private RedisServer victim() {
      if (victim == null) {
        throw new IllegalStateException("No server was killed or frozen");
      }
      return victim;
    }

    @Override
    public void onMasters(Consumer<Jedis> action) {
      try (Jedis jedis = servers.open(servers.master())) {
        action.accept(jedis);
      }
    }

    @Override
    public void awaitWell() {
      servers.awaitWell();
    }

    @Override
    public FailOverTimes failOvers() {
      return failOvers;
    }

    @Override
    public void close() {
      failOvers.close();
      servers.close();
    }
  }

  /** Three masters with a replica each. */
  final class Cluster implements Target {

    private final RedisCluster servers = RedisCluster.start(3, 1, "--enable-debug-command", "yes");
    private RedisCluster.@Nullable Node victim;
    private List<RedisCluster.Node> itsReplicas = List.of();

    @Override
    public Deployment deployment() {
      return Deployment.CLUSTER;
    }

    @Override
    public URI uri(int jvm) {
      return servers.uri();
    }

    @Override
    public void kill() {
      choose().kill();
    }

    @Override
    public void restart() {
      RedisCluster.Node dead = victim();
      servers.awaitSuccessor(dead, itsReplicas).isAlive();
      dead.restart();
      servers.awaitWell();
    }

    @Override
    public void pause() {
      choose().pause();
    }

    @Override
    public void resume() {
      victim().resume();
      servers.awaitWell();
    }

    private RedisCluster.Node choose() {
      victim = servers.masters().get(0);
      itsReplicas = servers.replicasOf(victim);
      return victim;
    }

    private RedisCluster.Node victim() {
      if (victim == null) {
        throw new IllegalStateException("No node was killed or frozen");
      }
      return victim;
    }

    @Override
    public void onMasters(Consumer<Jedis> action) {
      for (RedisCluster.Node node : servers.masters()) {
        try (Jedis jedis = node.open()) {
          action.accept(jedis);
        }
      }
    }

    @Override
    public void awaitWell() {
      servers.awaitWell();
    }

    @Override
    public void close() {
      servers.close();
    }
  }
}
