package io.yokedcache.jcache.internal.redis.replica;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/**
 * Waits until replicas have what was written a moment ago, by {@code WAIT}.
 *
 * <p>{@code WAIT} covers the writes of its connection, and the keys were written over others. So
 * each master gets one request over one connection of its pool, all masters at the same time: it
 * reads the keys, writes another one that soon expires, and waits. The replication of a master is
 * one ordered stream, so a replica that has acknowledged the last key has those that were read
 * before it.
 *
 * <p>For one thread.
 */
public final class ReplicaAcknowledgement {

  private static final int MARK_MILLIS = 1_000;

  private final PooledExecutor server;
  private final Bytes mark;
  private final List<Written> written = new ArrayList<>();

  /** The keys of one master. */
  private ReplicaAcknowledgement(PooledExecutor server, Bytes mark) {
    this.server = server;
    this.mark = mark;
  }

  /**
   * A key that was written.
   *
   * @param mark a key of the same slot that may be written and expires
   * @param isThere whether the content of the key is what was written
   */
  public record Written(Bytes key, Bytes mark, Predicate<byte[]> isThere) {}

  /**
   * The answers of the masters.
   *
   * @param isThere whether each key was where it is looked for, and had what was written
   * @param acknowledged the number of replicas that have it, of the master that has the fewest
   */
  public record Answer(boolean isThere, long acknowledged) {}

  /**
   * Waits for the replicas of all masters of some keys.
   *
   * @param timeout less than the time-out of a command
   * @throws javax.cache.CacheException if a master was not asked, or refuses to wait
   */
  public static Answer ask(
      RedisExecutor executor,
      String operation,
      List<Written> written,
      int replicas,
      Duration timeout) {
    Map<PooledExecutor, ReplicaAcknowledgement> byServer = new LinkedHashMap<>();
    for (Written each : written) {
      PooledExecutor server = executor.poolOf(each.key);
      if (server == null) {
        return new Answer(/* isThere= */ false, 0);
      }
      byServer
          .computeIfAbsent(server, unused -> new ReplicaAcknowledgement(server, each.mark))
          .written
          .add(each);
    }
    List<ReplicaAcknowledgement> all = new ArrayList<>(byServer.values());
    // The order in which threads that need several connections borrow them.
    all.sort(Comparator.comparing(each -> each.server.address()));
    List<PooledExecutor.Exchange> exchanges = new ArrayList<>(all.size());
    try {
      for (ReplicaAcknowledgement each : all) {
        exchanges.add(each.server.begin(each.request(operation, replicas, timeout)));
      }
      boolean isThere = true;
      long fewest = Long.MAX_VALUE;
      for (int i = 0; i < exchanges.size(); i++) {
        ReplicaAcknowledgement each = all.get(i);
        List<@Nullable Object> replies = exchanges.get(i).finish();
        isThere &= each.isThere(operation, replies);
        Object count = each.server.checked(operation, replies.get(replies.size() - 1));
        fewest = Math.min(fewest, count instanceof Long number ? number : 0);
      }
      return new Answer(isThere, fewest);
    } finally {
      exchanges.forEach(PooledExecutor.Exchange::abandon); // does nothing to one that is finished
    }
  }

  private Request request(String operation, int replicas, Duration timeout) {
    List<CommandArguments> commands = new ArrayList<>(written.size() + 2);
    for (Written each : written) {
      commands.add(new CommandArguments(Command.GET).add(each.key));
    }
    commands.add(
        new CommandArguments(Command.SET)
            .add(mark)
            .add(new byte[0])
            .add(Keyword.PX)
            .add(MARK_MILLIS));
    commands.add(new CommandArguments(Command.WAIT).add(replicas).add((int) timeout.toMillis()));
    return new Request(operation, written.get(0).key, /* idempotent= */ true, commands);
  }

  /** Whether the master has the keys, and has written the mark after it read them. */
  private boolean isThere(String operation, List<@Nullable Object> replies) {
    for (int i = 0; i <= written.size(); i++) {
      Object reply = replies.get(i);
      if (ErrorReply.ofCluster(reply) != null) {
        return false;
      }
      Object content = server.checked(operation, reply);
      if (i < written.size()
          && !(content instanceof byte[] raw && written.get(i).isThere.test(raw))) {
        return false;
      }
    }
    return true;
  }
}
