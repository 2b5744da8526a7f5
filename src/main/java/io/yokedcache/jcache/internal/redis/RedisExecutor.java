package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;

/**
 * Sends commands to the servers of one deployment. This is the seam between what is said to Redis
 * and how it gets there: a pool of connections now, shared pipelines and Cluster behind the same
 * methods later. Safe for use by several threads; every wait is bounded by the connection's
 * time-outs.
 */
public interface RedisExecutor extends AutoCloseable {

  /**
   * Sends a request's commands together to the server that owns its route, in one round trip.
   *
   * @return the raw replies in order: {@code byte[]}, {@code Long}, {@code List} or {@code null},
   *     and a {@code JedisDataException} in place of a reply that is an error
   * @throws javax.cache.CacheException if there was no connection or no reply
   */
  List<@Nullable Object> execute(Request request);

  /**
   * Sends several requests; those of one server share a round trip.
   *
   * @return the replies of each request, in the order of the requests
   */
  List<List<@Nullable Object>> executeAll(List<Request> requests);

  /** One executor for each master, for commands such as {@code SCAN} that have no key. */
  List<RedisExecutor> masters();

  /** What messages call the server: scheme, host and port, without credentials. */
  String address();

  /** How many connections there are now, without asking a server. */
  ConnectionStatistics.Counts connections();

  /**
   * The same executor over the same connections for requests that are timed.
   *
   * @param timer returns what times the requests, and is asked at each round trip
   */
  RedisExecutor timedBy(Supplier<RoundTripTimer> timer);

  /**
   * Asks every connection that nobody uses whether it still works, and closes those that do not.
   * Takes a {@code PING}'s time-out for each at most.
   *
   * @param silence for how long it was not heard of
   */
  default void keepAlive(Duration silence) {}

  /** Closes all connections; operations under way fail. May be called twice. */
  @Override
  void close();

  /**
   * Commands for one server.
   *
   * @param operation what messages call it, such as {@code get on cache orders}
   * @param route a key of the slot that all commands' keys belong to
   * @param idempotent whether sending it twice does no harm, so that it may be sent again after a
   *     connection failed; true for reads, and for what ends in the same state if done twice
   * @param commands what to send, in order
   * @param replyBytes how many bytes the replies probably have, as far as that may be much
   */
  public record Request(
      String operation,
      Bytes route,
      boolean idempotent,
      List<CommandArguments> commands,
      int replyBytes) {

    /** Commands with short replies. */
    public Request(
        String operation, Bytes route, boolean idempotent, List<CommandArguments> commands) {
      this(operation, route, idempotent, commands, 0);
    }
  }
}
