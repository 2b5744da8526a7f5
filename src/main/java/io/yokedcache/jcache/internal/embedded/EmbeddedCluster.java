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
final class EmbeddedCluster {

  private static final Logger logger = LoggerFactory.getLogger(EmbeddedCluster.class);

  private EmbeddedCluster() {}

  /**
   * Starts a cluster and returns when it serves all slots.
   *
   * @param masters number of masters, at least 1
   * @param replicas number of replicas of each master
   * @throws CacheException if it cannot be started; the message has the cause and the cure
   */
  static Members.Formed start(RedisBinaries binaries, int masters, int replicas) {
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
      return members.formed(
          Settings.Deployment.Kind.CLUSTER,
          nodes,
          /* masterName= */ null,
          () -> servesAllSlots(nodes, masters));
    } catch (RuntimeException | Error e) {
      members.close();
      throw e;
    }
  }

  /**
   * Each part of the slots needs a server that has it.
   *
   * @param nodes the masters, then the replicas as {@link ClusterFormation} deals them out
   */
  private static boolean servesAllSlots(List<RedisProcess> nodes, int masters) {
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
}
