package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.settings.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private master with replicas, watched by three sentinels, for development and tests; without
 * persistence and with random passwords. A master that does not answer is replaced after a second.
 */
final class EmbeddedSentinel implements EmbeddedDeployment {

  private static final Logger logger = LoggerFactory.getLogger(EmbeddedSentinel.class);

  static final String MASTER_NAME = "embedded";

  private static final int SENTINELS = 3;
  private static final int QUORUM = 2;
  private static final long TIMEOUT_MILLIS = 20_000;
  private static final long POLL_MILLIS = 20;

  private final Members members;

  /** The first one is the master at the start. */
  private final List<RedisProcess> servers;

  private final List<RedisProcess> sentinels;

  private EmbeddedSentinel(
      Members members, List<RedisProcess> servers, List<RedisProcess> sentinels) {
    this.members = members;
    this.servers = servers;
    this.sentinels = sentinels;
  }

  /**
   * Starts the servers and sentinels, and returns when all replicas have the master's data and all
   * sentinels know all others.
   *
   * @param replicas number of replicas
   * @throws CacheException if they cannot be started; the message has the cause and the cure
   */
  static EmbeddedSentinel start(RedisBinaries binaries, int replicas) {
    Members members = new Members(binaries);
    try {
      List<RedisProcess> servers = members.startServers(1 + replicas);
      int master = servers.get(0).port();
      String password = members.memberPassword();
      for (RedisProcess replica : servers.subList(1, servers.size())) {
        try (AdminConnection admin = AdminConnection.open(replica.port(), Members.USER, password)) {
          admin.call("REPLICAOF", "127.0.0.1", Integer.toString(master));
          await(admin, "replication", "master_link_status:up");
        }
      }
      List<RedisProcess> sentinels =
          members.startSentinels(SENTINELS, monitoring(master, password));
      for (RedisProcess sentinel : sentinels) {
        try (AdminConnection admin =
            AdminConnection.open(sentinel.port(), null, members.password())) {
          await(admin, "sentinel", "slaves=" + replicas + ",sentinels=" + SENTINELS);
        }
      }
      List<Integer> ports = servers.stream().map(RedisProcess::port).toList();
      logger.info("Private master and replicas on ports {} of 127.0.0.1, with sentinels", ports);
      return new EmbeddedSentinel(members, servers, sentinels);
    } catch (IOException e) {
      members.close();
      throw new CacheException(
          "The private Sentinel deployment could not be formed: " + e.getMessage(), e);
    } catch (RuntimeException | Error e) {
      members.close();
      throw e;
    }
  }

  private static List<String> monitoring(int master, String password) {
    List<String> lines = new ArrayList<>();
    lines.add("sentinel monitor " + MASTER_NAME + " 127.0.0.1 " + master + " " + QUORUM);
    lines.add("sentinel auth-user " + MASTER_NAME + " " + Members.USER);
    lines.add("sentinel auth-pass " + MASTER_NAME + " " + password);
    lines.add("sentinel down-after-milliseconds " + MASTER_NAME + " 1000");
    lines.add("sentinel failover-timeout " + MASTER_NAME + " 2000");
    return lines;
  }

  private static void await(AdminConnection server, String section, String expected)
      throws IOException {
    long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS);
    while (!server.call("INFO", section).contains(expected)) {
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new IOException(
            "waited "
                + TIMEOUT_MILLIS
                + " ms for \""
                + expected
                + "\" of the server on port "
                + server.port()
                + ", which says:\n"
                + server.call("INFO", section));
      }
      BoundedWait.pause(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
    }
  }

  @Override
  public Settings.Deployment deployment() {
    return new Settings.Deployment(
        Settings.Deployment.Kind.SENTINEL,
        sentinels.stream().map(Members::address).toList(),
        MASTER_NAME,
        /* sentinelUser= */ null,
        members.password(),
        /* sentinelTls= */ false);
  }

  @Override
  public String password() {
    return members.password();
  }

  /** A new master needs the agreement of most sentinels. */
  @Override
  public boolean isAlive() {
    return servers.stream().anyMatch(RedisProcess::isAlive)
        && sentinels.stream().filter(RedisProcess::isAlive).count() >= QUORUM;
  }

  List<RedisProcess> processes() {
    List<RedisProcess> all = new ArrayList<>(servers);
    all.addAll(sentinels);
    return all;
  }

  @Override
  public void close() {
    members.close();
  }
}
