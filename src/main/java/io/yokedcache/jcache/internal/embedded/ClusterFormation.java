package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.embedded.AdminConnection.Question;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * Makes a cluster of servers of 127.0.0.1 that run in cluster mode and do not know each other yet,
 * as {@code redis-cli --cluster create} does: the slots are spread evenly over the masters, and the
 * replicas are dealt out to the masters in turn.
 */
public final class ClusterFormation implements AutoCloseable {

  private static final int SLOTS = 16_384;

  /** A node forgets a node that it was told to meet and that did not answer within this time. */
  private static final long HANDSHAKE_MILLIS = 1_000;

  private final List<AdminConnection> nodes = new ArrayList<>();
  private final int masters;
  private long metNanos;

  private ClusterFormation(int masters) {
    this.masters = masters;
  }

  /**
   * Forms the cluster, and returns when each node says that it is well and has all replicas.
   *
   * @param masters ports of the masters
   * @param replicas ports of the replicas
   * @param user ACL user name at all nodes, or {@code null} for the default user
   * @param password its password, or {@code null} for none
   * @throws CacheException if a node refuses a command, or the cluster is not well in time
   */
  public static void form(
      List<Integer> masters,
      List<Integer> replicas,
      @Nullable String user,
      @Nullable String password) {
    try (ClusterFormation formation = new ClusterFormation(masters.size())) {
      for (int port : masters) {
        formation.nodes.add(AdminConnection.open(port, user, password));
      }
      for (int port : replicas) {
        formation.nodes.add(AdminConnection.open(port, user, password));
      }
      formation.spreadSlots();
      formation.introduce();
      formation.attachReplicas();
      formation.await("the cluster to be well", formation::isWell);
    } catch (IOException e) {
      throw new CacheException("The private cluster could not be formed: " + e.getMessage(), e);
    }
  }

  /** {@code ADDSLOTSRANGE} is shorter, and unknown before Redis 7.0. */
  private void spreadSlots() throws IOException {
    for (int i = 0; i < masters; i++) {
      List<String> command = new ArrayList<>(List.of("CLUSTER", "ADDSLOTS"));
      for (int slot = SLOTS * i / masters; slot < SLOTS * (i + 1) / masters; slot++) {
        command.add(Integer.toString(slot));
      }
      nodes.get(i).call(command.toArray(String[]::new));
    }
  }

  private void introduce() throws IOException {
    for (int i = 0; i < nodes.size(); i++) {
      nodes.get(i).call("CLUSTER", "SET-CONFIG-EPOCH", Integer.toString(i + 1));
    }
    meetAll();
    await("the nodes to know each other", this::meets);
  }

  /** Meeting a node that is known already changes nothing. */
  private void meetAll() throws IOException {
    for (AdminConnection other : nodes.subList(1, nodes.size())) {
      nodes.get(0).call("CLUSTER", "MEET", "127.0.0.1", Integer.toString(other.port()));
    }
    metNanos = System.nanoTime();
  }

  /** On a busy machine a handshake may fail, which nobody repeats. */
  private boolean meets(AdminConnection node) throws IOException {
    if (System.nanoTime() - metNanos > TimeUnit.MILLISECONDS.toNanos(HANDSHAKE_MILLIS)) {
      meetAll();
    }
    return knowsAll(node);
  }

  private void attachReplicas() throws IOException {
    for (int i = masters; i < nodes.size(); i++) {
      String master = nodes.get((i - masters) % masters).call("CLUSTER", "MYID");
      nodes.get(i).call("CLUSTER", "REPLICATE", master);
    }
  }

  private boolean knowsAll(AdminConnection node) throws IOException {
    String known = node.call("CLUSTER", "NODES");
    return known.lines().count() == nodes.size() && !known.contains("handshake");
  }

  private boolean isWell(AdminConnection node) throws IOException {
    String replicating = node.call("INFO", "replication");
    return node.call("CLUSTER", "INFO").contains("cluster_state:ok")
        && knowsAll(node) // and no node of another cluster, which would claim the same slots
        && replicasKnownBy(node) == nodes.size() - masters
        && (replicating.contains("role:master") || replicating.contains("master_link_status:up"));
  }

  private static long replicasKnownBy(AdminConnection node) throws IOException {
    return node.call("CLUSTER", "NODES").lines().filter(line -> line.contains("slave ")).count();
  }

  private void await(String expected, Question question) throws IOException {
    for (AdminConnection node : nodes) {
      node.await(expected, question, "CLUSTER", "NODES");
    }
  }

  @Override
  public void close() throws IOException {
    for (AdminConnection node : nodes) {
      node.close();
    }
  }
}
