package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.configuration.ConnectionSettings;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionPool;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Commands over a pool of connections to one stand-alone server: a caller borrows a connection,
 * writes its commands, reads their replies and gives it back.
 *
 * <p>A connection that failed, or whose replies were not all read, is closed and never used again:
 * it would silently reopen without authentication and database. After a failure the idle ones are
 * closed as well, since they most likely share its fate.
 */
final class PooledExecutor implements RedisExecutor {

  /**
   * How often a read is sent that finds its connection dead. Not only twice: a thread may give one
   * back that died a moment ago, just after the dead ones were thrown away.
   */
  private static final int MAX_ATTEMPTS = 3;

  private final ConnectionSettings settings;
  private final ConnectionPool pool;
  private final Failures failures;
  private final WriteGuard guard;
  private final ReconnectCount reconnects = new ReconnectCount();

  /**
   * Creates the executor; nothing is connected yet.
   *
   * @param background runs what ends a write to a server that has stopped reading
   */
  PooledExecutor(ConnectionSettings settings, ScheduledExecutorService background) {
    this.settings = settings;
    this.guard = new WriteGuard(background, settings.commandTimeout());
    this.failures = new Failures(settings);
    this.pool = Connections.pool(settings, reconnects);
  }

  @Override
  public List<@Nullable Object> execute(Request request) {
    return send(request, request.commands());
  }

  @Override
  public List<List<@Nullable Object>> executeAll(List<Request> requests) {
    if (requests.isEmpty()) {
      return List.of();
    }
    List<CommandArguments> commands = new ArrayList<>();
    boolean idempotent = true;
    for (Request request : requests) {
      commands.addAll(request.commands());
      idempotent &= request.idempotent();
    }
    Request first = requests.get(0);
    List<@Nullable Object> replies =
        send(
            new Request(first.operation(), first.route(), idempotent, commands, 0, first.timer()),
            commands);
    List<List<@Nullable Object>> split = new ArrayList<>(requests.size());
    int from = 0;
    for (Request request : requests) {
      int to = from + request.commands().size();
      split.add(replies.subList(from, to));
      from = to;
    }
    return split;
  }

  private List<@Nullable Object> send(Request request, List<CommandArguments> commands) {
    long startNanos = System.nanoTime();
    long attemptNanos = startNanos;
    int attempt = 1;
    while (true) {
      try {
        return sendOnce(request, commands, startNanos, attemptNanos);
      } catch (JedisConnectionException e) {
        if (!request.idempotent() || isTimeout(e) || attempt == MAX_ATTEMPTS) {
          throw failures.lost(request.operation(), startNanos, e);
        }
        attempt++;
        attemptNanos = System.nanoTime();
      }
    }
  }

  @SuppressWarnings("NullAway") // Jedis is not annotated: a reply may be null
  private List<@Nullable Object> sendOnce(
      Request request, List<CommandArguments> commands, long startNanos, long attemptNanos) {
    Connection connection = borrow(request, startNanos);
    WireTimer timer = request.timer();
    long writeNanos = timer.now();
    boolean complete = false;
    try {
      List<@Nullable Object> replies = new ArrayList<>(commands.size());
      guard.run(
          connection,
          commands,
          () -> {
            for (CommandArguments command : commands) {
              connection.sendCommand(command);
            }
            replies.addAll(connection.getMany(1));
          });
      if (commands.size() > 1) {
        replies.addAll(connection.getMany(commands.size() - 1));
      }
      complete = true;
      timer.answered(attemptNanos, writeNanos, timer.now());
      return replies;
    } finally {
      giveBack(connection, complete);
    }
  }

  private void giveBack(Connection connection, boolean complete) {
    if (!complete) {
      connection.setBroken();
    }
    // Not connection.close(): for a broken one the pool would then open another at once, in this
    // thread, and throw what Jedis throws if that fails. But to the pool, which closes connections
    // that it drops, close() must mean just that.
    connection.setHandlingPool(null);
    pool.returnResource(connection);
    if (!complete) {
      pool.clear();
    }
  }

  private Connection borrow(Request request, long startNanos) {
    try {
      return pool.getResource();
    } catch (JedisException e) {
      // What the pool threw itself is the cause of what Jedis throws.
      if (e.getCause() instanceof InterruptedException) {
        Thread.currentThread().interrupt();
        throw failures.interrupted(request.operation(), startNanos, e);
      }
      if (pool.isClosed()) {
        throw failures.closed(request.operation(), e);
      }
      throw failures.noConnection(request.operation(), startNanos, e);
    }
  }

  private static boolean isTimeout(JedisConnectionException e) {
    return e.getCause() instanceof SocketTimeoutException;
  }

  @Override
  public List<RedisExecutor> masters() {
    return List.of(this);
  }

  @Override
  public String address() {
    return (settings.tls() ? "rediss://" : "redis://") + settings.address();
  }

  @Override
  public ConnectionReading.Counts connections() {
    return new ConnectionReading.Counts(
        pool.getNumActive(),
        pool.getNumIdle(),
        pool.getNumWaiters(),
        settings.poolSize(),
        reconnects.sum());
  }

  @Override
  public void close() {
    pool.close();
  }
}
