package io.yokedcache.jcache.testing;

import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.embedded.LoopbackPorts;
import io.yokedcache.jcache.internal.embedded.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A real master with replicas, watched by sentinels, that a test may kill and pause. A master that
 * does not answer for a second is replaced. A server that starts again becomes a replica. Safe for
 * use by several threads.
 */
public final class RedisSentinel implements AutoCloseable {

  /** The name of the master at the sentinels. */
  public static final String MASTER_NAME = "mymaster";

  /** How long a test waits for the sentinels to do something. */
  public static final Duration BOUND = Duration.ofSeconds(30);

  /**
   * How long sentinels may need to have all servers in their roles: they leave a former master that
   * is back eight seconds alone, and look at servers every ten seconds.
   */
  private static final Duration ROLES_BOUND = Duration.ofSeconds(90);

  /** How long a replica may take to copy the data of its master. */
  private static final Duration REPLICATION = Duration.ofSeconds(5);

  private static final Duration POLL = Duration.ofMillis(20);

  /** How long a fail-over takes at most, on a busy machine, if it is not given up. */
  private static final Duration FAIL_OVER = Duration.ofSeconds(5);

  /** A fail-over is on its way, or no replica can take over yet. */
  private static final Pattern REFUSED_FOR_NOW = Pattern.compile("INPROG|NOGOODSLAVE");

  private final Path folder;
  private final @Nullable String password;
  private final @Nullable String sentinelPassword;
  private final List<RedisServer> servers = new CopyOnWriteArrayList<>();
  private final List<RedisProcess> sentinels = new CopyOnWriteArrayList<>();

  private RedisSentinel(Path folder, @Nullable String password, @Nullable String sentinelPassword) {
    this.folder = folder;
    this.password = password;
    this.sentinelPassword = sentinelPassword;
  }

  /** Starts a master with replicas and three sentinels. */
  public static RedisSentinel start(int replicas) {
    return start(replicas, 3, List.of(), List.of());
  }

  /**
   * Starts a master with replicas and sentinels.
   *
   * @param arguments options of the servers, such as {@code --requirepass} and the password
   * @param configuration lines of the sentinels' files, such as {@code requirepass secret}
   */
  public static RedisSentinel start(
      int replicas, int sentinels, List<String> arguments, List<String> configuration) {
    int at = arguments.indexOf("--requirepass");
    String password = at < 0 ? null : arguments.get(at + 1);
    String sentinelPassword =
        configuration.stream()
            .filter(line -> line.startsWith("requirepass "))
            .map(line -> line.substring("requirepass ".length()))
            .findFirst()
            .orElse(null);
    RedisSentinel deployment;
    try {
      deployment =
          new RedisSentinel(
              Files.createTempDirectory("yokedcache-sentinel-"), password, sentinelPassword);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    try {
      deployment.startServers(1 + replicas, arguments);
      deployment.startSentinels(sentinels, configuration);
      return deployment;
    } catch (RuntimeException e) {
      deployment.close();
      throw e;
    }
  }

  /** Two replicas that load at the same time must not take each other's file. */
  private static String[] withFile(List<String> options, int port) {
    List<String> all = new ArrayList<>(options);
    Collections.addAll(all, "--dbfilename", "dump-" + port + ".rdb");
    return all.toArray(String[]::new);
  }

  private void startServers(int count, List<String> arguments) {
    List<String> options = new ArrayList<>();
    Collections.addAll(options, "--dir", folder.toString());
    Collections.addAll(options, "--notify-keyspace-events", "Ex");
    Collections.addAll(options, "--repl-diskless-sync", "yes", "--repl-diskless-sync-delay", "0");
    if (password != null) {
      Collections.addAll(options, "--masterauth", password);
    }
    options.addAll(arguments);
    for (int i = 0; i < count; i++) {
      servers.add(
          LoopbackPorts.startOn(
              TestPorts::free, port -> RedisServer.startOn(port, withFile(options, port))));
    }
    int master = servers.get(0).port();
    for (RedisServer replica : servers.subList(1, count)) {
      Repetition.until(
          "the server on port " + replica.port() + " to have its master's data",
          REPLICATION,
          () -> {
            try (Jedis jedis = open(replica)) {
              jedis.replicaof("127.0.0.1", master);
            }
          },
          () -> info(replica, "replication").contains("master_link_status:up"));
    }
  }

  private void startSentinels(int count, List<String> configuration) {
    List<String> lines = new ArrayList<>(configuration);
    int quorum = count / 2 + 1;
    String master = MASTER_NAME + " 127.0.0.1 " + servers.get(0).port();
    lines.add("sentinel monitor " + master + " " + quorum);
    if (password != null) {
      lines.add("sentinel auth-pass " + MASTER_NAME + " " + password);
    }
    lines.add("sentinel down-after-milliseconds " + MASTER_NAME + " 1000");
    lines.add("sentinel failover-timeout " + MASTER_NAME + " 2000");
    for (int i = 0; i < count; i++) {
      sentinels.add(
          LoopbackPorts.startOn(TestPorts::free, port -> RedisProcess.startSentinel(port, lines)));
    }
    await()
        .alias("sentinels that know all others")
        .pollInterval(POLL)
        .atMost(BOUND)
        .until(() -> sentinelPorts().stream().allMatch(this::knowsAll));
  }

  /** A replica of which a sentinel has no figures yet could not become the master. */
  private boolean knowsAll(int sentinel) {
    try (Jedis jedis = openSentinel(sentinel)) {
      return jedis.info("sentinel").contains(",sentinels=" + sentinels.size())
          && jedis.sentinelReplicas(MASTER_NAME).stream()
                  .filter(replica -> "ok".equals(replica.get("master-link-status")))
                  .count()
              == servers.size() - 1;
    }
  }

  /** Waits until all living replicas have their master's data. */
  public void awaitReplicas() {
    await()
        .alias("replicas with their master's data")
        .pollInterval(POLL)
        .atMost(BOUND)
        .until(
            () ->
                servers.stream()
                    .filter(RedisServer::isAlive)
                    .map(server -> info(server, "replication"))
                    .allMatch(
                        text ->
                            text.contains("role:master")
                                || text.contains("master_link_status:up")));
  }

  /** Returns all servers, dead ones as well; the first one is the master at the start. */
  public List<RedisServer> servers() {
    return List.copyOf(servers);
  }

  /** Returns the master that the sentinels name. */
  public RedisServer master() {
    int port = masterPort();
    return servers.stream().filter(server -> server.port() == port).findFirst().orElseThrow();
  }

  /** Returns the living servers that are replicas now. */
  public List<RedisServer> replicas() {
    return servers.stream()
        .filter(RedisServer::isAlive)
        .filter(server -> info(server, "replication").contains("role:slave"))
        .toList();
  }

  /** Returns the sentinels, which a test may end by {@code close}. */
  public List<RedisProcess> sentinels() {
    return List.copyOf(sentinels);
  }

  public List<Integer> sentinelPorts() {
    return sentinels.stream().map(RedisProcess::port).toList();
  }

  /** Returns {@code redis-sentinel://127.0.0.1:port,…/mymaster} without credentials. */
  public URI uri() {
    return URI.create(
        sentinelPorts().stream()
            .map(port -> "127.0.0.1:" + port)
            .collect(Collectors.joining(",", "redis-sentinel://", "/" + MASTER_NAME)));
  }

  /** Opens a connection to a server, which the caller closes. */
  public Jedis open(RedisServer server) {
    Jedis jedis = new Jedis("127.0.0.1", server.port());
    if (password != null) {
      jedis.auth(password);
    }
    return jedis;
  }

  /** Opens a connection to a sentinel, which the caller closes. */
  public Jedis openSentinel(int port) {
    Jedis jedis = new Jedis("127.0.0.1", port);
    if (sentinelPassword != null) {
      jedis.auth(sentinelPassword);
    }
    return jedis;
  }

  /** Ends the master by SIGKILL, and returns it; {@link #awaitOtherMaster} waits for the next. */
  public RedisServer killMaster() {
    RedisServer master = master();
    master.kill();
    return master;
  }

  /**
   * Has the sentinels replace a living master, and returns the new one. A sentinel that has no
   * fresh answer of a replica refuses, or gives up later.
   */
  public RedisServer failOver() {
    RedisServer before = master();
    int sentinel = livingSentinel();
    Repetition.until(
        "another master than the one on port " + before.port(),
        FAIL_OVER,
        () -> {
          try (Jedis jedis = openSentinel(sentinel)) {
            jedis.sentinelFailover(MASTER_NAME);
          } catch (JedisDataException e) {
            if (!REFUSED_FOR_NOW.matcher(String.valueOf(e.getMessage())).lookingAt()) {
              throw e;
            }
          }
        },
        () -> masterPort(sentinel) != before.port());
    return awaitOtherMaster(before);
  }

  /** Waits until all living sentinels name another master, which takes writes, and returns it. */
  public RedisServer awaitOtherMaster(RedisServer before) {
    await()
        .alias("another master than the one on port " + before.port())
        .pollInterval(POLL)
        .atMost(BOUND)
        .until(
            () ->
                sentinels.stream()
                    .filter(RedisProcess::isAlive)
                    .allMatch(sentinel -> masterPort(sentinel.port()) != before.port()));
    RedisServer master = master();
    await()
        .alias("role:master at port " + master.port())
        .pollInterval(POLL)
        .atMost(BOUND)
        .until(() -> info(master, "replication").contains("role:master"));
    return master;
  }

  /**
   * Waits until no fail-over is under way or about to begin, all living sentinels name the same
   * master, it is the only one, and all other living servers are its replicas with its data.
   */
  public void awaitWell() {
    await()
        .alias("sentinels that agree, one master, and its replicas")
        .pollInterval(POLL)
        .atMost(ROLES_BOUND)
        .until(this::isWell);
  }

  private boolean isWell() {
    int master = masterPort();
    String link = "master_port:" + master + "\r\nmaster_link_status:up";
    long living = servers.stream().filter(RedisServer::isAlive).count();
    return servers.stream()
            .filter(RedisServer::isAlive)
            .allMatch(
                server ->
                    info(server, "replication")
                        .contains(server.port() == master ? "role:master" : link))
        && sentinels.stream()
            .filter(RedisProcess::isAlive)
            .allMatch(sentinel -> isContent(sentinel.port(), master, (int) living - 1));
  }

  /** Whether a sentinel has nothing to do, and could replace the master by each replica. */
  private boolean isContent(int sentinel, int master, int replicas) {
    try (Jedis jedis = openSentinel(sentinel)) {
      Map<String, String> named = jedis.sentinelMaster(MASTER_NAME);
      return String.valueOf(master).equals(named.get("port"))
          && "master".equals(named.get("flags"))
          && jedis.sentinelReplicas(MASTER_NAME).stream()
                  .filter(replica -> "slave".equals(replica.get("flags")))
                  .filter(replica -> "ok".equals(replica.get("master-link-status")))
                  .filter(replica -> String.valueOf(master).equals(replica.get("master-port")))
                  .count()
              == replicas;
    }
  }

  private int masterPort() {
    return masterPort(livingSentinel());
  }

  private int livingSentinel() {
    return sentinels.stream().filter(RedisProcess::isAlive).findFirst().orElseThrow().port();
  }

  private int masterPort(int sentinel) {
    try (Jedis jedis = openSentinel(sentinel)) {
      return Integer.parseInt(jedis.sentinelGetMasterAddrByName(MASTER_NAME).get(1));
    }
  }

  private String info(RedisServer server, String section) {
    try (Jedis jedis = open(server)) {
      return jedis.info(section);
    } catch (JedisException deadOrLoading) {
      return "";
    }
  }

  /** Ends all sentinels and servers, and removes their files. */
  @Override
  public void close() {
    sentinels.forEach(RedisProcess::close);
    servers.stream().filter(RedisServer::isAlive).forEach(RedisServer::kill);
    TemporaryFolder.delete(folder);
  }
}
