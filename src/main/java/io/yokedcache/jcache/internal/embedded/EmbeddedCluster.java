package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.settings.Settings;
import java.util.List;
import javax.cache.CacheException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A private Redis Cluster for development and tests: masters with their replicas, without
 * persistence and with random passwords. A master that does not answer is replaced after a second.
 *
 * <p>Redis protects the bus by which nodes talk to each other with TLS only, which these nodes do
 * not use: other users of the machine reach it.
 */
final class EmbeddedCluster implements EmbeddedDeployment {

  private static final Logger logger = LoggerFactory.getLogger(EmbeddedCluster.class);

  private final Members members;

  /** The masters, then the replicas as {@link ClusterFormation} deals them out. */
  private final List<RedisProcess> nodes;

  private final int masters;

  private EmbeddedCluster(Members members, List<RedisProcess> nodes, int masters) {
    this.members = members;
    this.nodes = nodes;
    this.masters = masters;
  }

  /**
   * Starts a cluster and returns when it serves all slots.
   *
   * @param masters number of masters, at least 1
   * @param replicas number of replicas of each master
   * @throws CacheException if it cannot be started; the message has the cause and the cure
   */
  static EmbeddedCluster start(RedisBinaries binaries, int masters, int replicas) {
    Members members = new Members(binaries);
    try {
      List<RedisProcess> nodes = members.startNodes(masters * (1 + replicas));
      List<Integer> ports = nodes.stream().map(RedisProcess::port).toList();
      ClusterFormation.form(
          ports.subList(0, masters),
          ports.subList(masters, ports.size()),
          Members.USER,
          members.memberPassword());
      logger.info(
          "Private Redis Cluster on ports {} of 127.0.0.1: {} masters, then {} replicas of each",
          ports,
          masters,
          replicas);
      return new EmbeddedCluster(members, nodes, masters);
    } catch (RuntimeException | Error e) {
      members.close();
      throw e;
    }
  }

  @Override
  public Settings.Deployment deployment() {
    return new Settings.Deployment(
        Settings.Deployment.Kind.CLUSTER,
        nodes.stream().map(Members::address).toList(),
        /* masterName= */ null,
        /* sentinelUser= */ null,
        /* sentinelPassword= */ null,
        /* sentinelTls= */ false);
  }

  @Override
  public String password() {
    return members.password();
  }

  /** Each part of the slots needs a server that has it. */
  @Override
  public boolean isAlive() {
    for (int master = 0; master < masters; master++) {
      boolean alive = false;
      for (int node = master; node < nodes.size(); node += masters) {
        alive |= nodes.get(node).isAlive();
      }
      if (!alive) {
        return false;
      }
    }
    return true;
  }

  List<RedisProcess> processes() {
    return nodes;
  }

  @Override
  public void close() {
    members.close();
  }
}
