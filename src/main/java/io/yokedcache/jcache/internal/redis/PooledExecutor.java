package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.PooledConnections.Place;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Commands over a pool of connections to one stand-alone server: a caller borrows a connection,
 * writes its commands, reads their replies and gives it back.
 *
 * <p>A connection that failed, or whose replies were not all read, is closed and never used again:
 * it would silently reopen without authentication and database.
 *
 * <p>A request that the server answers with an {@link ErrorReply} is sent again for as long as
 * {@link ErrorReply.Policy} says.
 */
public final class PooledExecutor implements RedisExecutor {

  /**
   * How often a read is sent again after a lost connection. More than once: several connections may
   * die at the same moment.
   */
  private static final int MAX_LOSSES = 2;

  /** How often a read is sent again after a time-out. */
  private static final int MAX_TIMEOUTS = 1;

  private final Settings.Connection settings;
  private final ErrorReply.Policy policy;
  private final PooledConnections pool;
  private final Failures failures;
  private final WriteGuard guard;
  private final ReconnectCount reconnects;
  private final Supplier<RoundTripTimer> timer;

  /**
   * Creates the executor; nothing is connected yet.
   *
   * @param maxValueBytes the longest value of the application; longer ones are not read
   */
  public PooledExecutor(Settings.Connection settings, long maxValueBytes) {
    this.timer = RoundTripTimer::none;
    this.reconnects = new ReconnectCount();
    this.settings = settings;
    this.guard = new WriteGuard(settings.commandTimeout());
    this.failures = new Failures(settings);
    this.policy = new ErrorReply.Policy(settings.commandTimeout());
    long maxReplyBytes = ReplyReader.limit(maxValueBytes, 1);
    this.pool =
        new PooledConnections(
            settings,
            millis -> JedisConnections.open(settings, millis, maxReplyBytes),
            policy,
            reconnects);
  }

  private PooledExecutor(PooledExecutor shared, Supplier<RoundTripTimer> timer) {
    this.timer = timer;
    this.settings = shared.settings;
    this.policy = shared.policy;
    this.pool = shared.pool;
    this.failures = shared.failures;
    this.guard = shared.guard;
    this.reconnects = shared.reconnects;
  }

  @Override
  public PooledExecutor timedBy(Supplier<RoundTripTimer> times) {
    return new PooledExecutor(this, times);
  }

  /** Makes the exceptions of all requests to the server. */
  public Failures failures() {
    return failures;
  }

  /** The retry policy of all connections to the server. */
  public ErrorReply.Policy policy() {
    return policy;
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
        send(new Request(first.operation(), first.route(), idempotent, commands, 0), commands);
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
    // JSR-107's operations cannot be interrupted, and all their waits are bounded. A virtual thread
    // that is interrupted would close the socket that it reads.
    boolean interrupted = Thread.interrupted();
    long startNanos = System.nanoTime();
    long attemptNanos = startNanos;
    int losses = 0;
    boolean timedOut = false;
    try {
      while (true) {
        Place place = borrow(request, startNanos, timedOut);
        interrupted |= Thread.interrupted();
        long pauseNanos = 0;
        try {
          List<@Nullable Object> replies = exchange(place, commands, attemptNanos);
          JedisDataException error = ErrorReply.find(replies);
          if (error == null) {
            return replies;
          }
          boolean mayRepeat = request.mayRepeat(replies) && !pool.isClosed();
          pauseNanos = policy.decide(error, mayRepeat, place.madeNanos(), startNanos);
          if (pauseNanos < 0) {
            throw failures.refused(request, error);
          }
        } catch (JedisConnectionException e) {
          losses++;
          timedOut = isTimeout(e);
          if (!mayRepeat(request, timedOut, losses)) {
            throw pool.isClosed()
                ? failures.closed(request.operation(), e)
                : failures.lost(request, startNanos, e);
          }
        }
        interrupted |= Thread.interrupted();
        BoundedWait.pause(pauseNanos);
        attemptNanos = System.nanoTime();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** An idempotent request is sent again after a lost connection; once after a time-out. */
  private boolean mayRepeat(Request request, boolean timedOut, int losses) {
    int most = timedOut ? MAX_TIMEOUTS : MAX_LOSSES;
    return request.idempotent() && losses <= most && !pool.isClosed();
  }

  @SuppressWarnings("NullAway") // Jedis is not annotated: a reply may be null
  private List<@Nullable Object> exchange(
      Place place, List<CommandArguments> commands, long attemptNanos) {
    boolean complete = false;
    try {
      Connection connection = place.connection();
      RoundTripTimer current = timer.get();
      long writeNanos = current.now();
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
      current.answered(attemptNanos, writeNanos, current.now());
      return replies;
    } finally {
      pool.giveBack(place, complete);
    }
  }

  private Place borrow(Request request, long startNanos, boolean timedOut) {
    try {
      Place place = pool.borrow(settings.poolWait(), request.idempotent(), timedOut);
      if (place != null) {
        return place;
      }
    } catch (JedisException e) {
      throw pool.isClosed()
          ? failures.closed(request.operation(), e)
          : failures.noConnection(request.operation(), startNanos, e);
    }
    throw pool.isClosed()
        ? failures.closed(request.operation(), new JedisException("The pool was closed"))
        : failures.exhausted(request.operation(), startNanos);
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
  public ConnectionStatistics.Counts connections() {
    return new ConnectionStatistics.Counts(
        pool.active(), pool.idle(), pool.waiting(), settings.poolSize(), reconnects.sum());
  }

  @Override
  public void keepAlive(Duration silence) {
    pool.keepAlive(silence);
  }

  @Override
  public void close() {
    pool.close();
    guard.close();
  }
}
