package io.yokedcache.jcache.internal.redis.replica;

import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.replica.Replicas.Replica;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Sends the reads of one cache to replicas. A read that no replica answers is left to the caller,
 * which asks the master; a replica that does not answer is not asked again before it has proved to
 * be there. Safe for use by several threads.
 */
public final class ReplicaReader {

  private final Replicas replicas;
  private final Supplier<RoundTripTimer> timer;

  /** The executors of this timer; replicas that are gone are few. */
  private final Map<Replica, Timed> timed = new ConcurrentHashMap<>();

  private record Timed(RedisExecutor executor, PooledExecutor pool) {}

  ReplicaReader(Replicas replicas, Supplier<RoundTripTimer> timer) {
    this.replicas = replicas;
    this.timer = timer;
  }

  /** How far a replica may be behind. */
  public long maxLagNanos() {
    return replicas.maxLagNanos();
  }

  private Timed on(Replica replica) {
    Timed known = timed.get(replica);
    if (known != null) {
      return known;
    }
    timed.keySet().removeIf(Replica::isClosed);
    return timed.computeIfAbsent(
        replica, added -> new Timed(added.executor().timedBy(timer), added.pool().timedBy(timer)));
  }

  /**
   * Sends a read, which is not repeated.
   *
   * @return the replies, none of which is an error; {@code null} if the master must be asked
   */
  public @Nullable List<@Nullable Object> execute(Request read) {
    Replica replica = replicas.find(read.route());
    if (replica == null) {
      return null;
    }
    try {
      return complete(on(replica).executor().execute(read));
    } catch (CacheException e) {
      replica.forget();
      return null;
    }
  }

  /**
   * Sends reads, one pipeline for each replica and all at the same time.
   *
   * @return the replies to each read as those of {@link #execute}
   */
  public List<@Nullable List<@Nullable Object>> executeAll(List<Request> reads) {
    List<@Nullable List<@Nullable Object>> replies =
        new ArrayList<>(Collections.nCopies(reads.size(), null));
    Map<String, Group> groups = new TreeMap<>();
    for (int i = 0; i < reads.size(); i++) {
      Replica replica = replicas.find(reads.get(i).route());
      if (replica != null) {
        groups.computeIfAbsent(replica.name(), name -> new Group(replica)).add(i, reads.get(i));
      }
    }
    try {
      groups
          .values()
          .forEach(group -> group.exchange = on(group.replica).pool().begin(group.together()));
      groups.values().forEach(group -> group.finish(replies));
    } finally {
      groups.values().forEach(Group::abandon);
    }
    return replies;
  }

  private static @Nullable List<@Nullable Object> complete(List<@Nullable Object> replies) {
    for (Object reply : replies) {
      if (reply instanceof JedisDataException) {
        return null; // the slot has moved, or this user may not read there
      }
    }
    return replies;
  }

  /** The reads for one replica; for one thread. */
  private static final class Group {

    private final Replica replica;
    private final List<Integer> places = new ArrayList<>();
    private final List<Request> reads = new ArrayList<>();
    private PooledExecutor.@Nullable Exchange exchange;

    Group(Replica replica) {
      this.replica = replica;
    }

    void add(int place, Request read) {
      places.add(place);
      reads.add(read);
    }

    Request together() {
      return Request.together(reads);
    }

    void finish(List<@Nullable List<@Nullable Object>> replies) {
      PooledExecutor.Exchange begun = exchange;
      if (begun == null) {
        return;
      }
      try {
        List<List<@Nullable Object>> each = Request.split(reads, begun.finish());
        for (int i = 0; i < places.size(); i++) {
          replies.set(places.get(i), complete(each.get(i)));
        }
      } catch (CacheException e) {
        replica.forget();
      }
    }

    void abandon() {
      if (exchange != null) {
        exchange.abandon();
      }
    }
  }
}
