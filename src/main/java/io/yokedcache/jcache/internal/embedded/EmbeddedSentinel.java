package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.settings.Settings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.cache.CacheException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private master with replicas, watched by three sentinels, for development and tests; without
 * persistence and with random passwords. A master that does not answer is replaced after a second.
 */
final class EmbeddedSentinel {

  private static final Logger logger = LoggerFactory.getLogger(EmbeddedSentinel.class);

  static final String MASTER_NAME = "embedded";

  private static final int SENTINELS = 3;
  private static final int QUORUM = 2;

  private EmbeddedSentinel() {}

  /**
   * Starts the servers and sentinels, and returns when all replicas have the master's data and all
   * sentinels know all others.
   *
   * @param replicas number of replicas
   * @throws CacheException if they cannot be started; the message has the cause and the cure
   */
  static Members.Formed start(RedisBinaries binaries, int replicas) {
    Members members = new Members(binaries);
    try {
      List<RedisProcess> servers = members.startServers(1 + replicas);
      int master = servers.get(0).port();
      String password = members.memberPassword();
      for (RedisProcess replica : servers.subList(1, servers.size())) {
        try (AdminConnection admin = AdminConnection.open(replica.port(), Members.USER, password)) {
          admin.call("REPLICAOF", "127.0.0.1", Integer.toString(master));
          awaitInfo(admin, "replication", "master_link_status:up");
        }
      }
      List<RedisProcess> sentinels =
          members.startSentinels(SENTINELS, monitoring(master, password));
      for (RedisProcess sentinel : sentinels) {
        try (AdminConnection admin =
            AdminConnection.open(sentinel.port(), null, members.password())) {
          awaitInfo(admin, "sentinel", "slaves=" + replicas + ",sentinels=" + SENTINELS);
        }
      }
      List<Integer> ports = servers.stream().map(RedisProcess::port).toList();
      logger.info("Private master and replicas on ports {} of 127.0.0.1, with sentinels", ports);
      return members.formed(
          Settings.Deployment.Kind.SENTINEL,
          sentinels,
          MASTER_NAME,
          () -> // a new master needs the agreement of most sentinels
          servers.stream().anyMatch(RedisProcess::isAlive)
                  && sentinels.stream().filter(RedisProcess::isAlive).count() >= QUORUM);
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

  private static void awaitInfo(AdminConnection server, String section, String expected)
      throws IOException {
    server.await(
        expected, asked -> asked.call("INFO", section).contains(expected), "INFO", section);
  }
}
