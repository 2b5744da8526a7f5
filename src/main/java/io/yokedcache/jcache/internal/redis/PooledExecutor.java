package io.yokedcache.jcache.internal.redis;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.PooledConnections.Place;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import io.yokedcache.jcache.internal.settings.Settings;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
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
 * <p>{@link RetryPolicy} says which requests are sent again.
 */
public final class PooledExecutor implements RedisExecutor {

  private final Endpoint server;
  private final Settings.Connection settings;
  private final RetryPolicy policy;
  private final PooledConnections pool;
  private final NodeBreaker breaker;
  private final LostConnections lost;
  private final Failures failures;
  private final WriteGuard guard;
  private final ReconnectCount reconnects;
  private final Supplier<RoundTripTimer> timer;

  /** Creates the executor of an endpoint; nothing is connected yet. */
  public PooledExecutor(Endpoint server) {
    this(server, new LostConnections());
  }

  /**
   * Creates the executor of an endpoint that others have used.
   *
   * @param lost the connections that they have lost under changes
   */
  public PooledExecutor(Endpoint server, LostConnections lost) {
    this.timer = RoundTripTimer::none;
    this.reconnects = new ReconnectCount();
    this.server = server;
    this.settings = server.settings();
    this.guard = new WriteGuard(settings.commandTimeout());
    this.breaker =
        new NodeBreaker(
            settings.circuitBreaker(),
            () -> server.lookup().address(),
            () -> JedisConnections.serves(server));
    this.lost = lost;
    this.failures = new Failures(server, breaker);
    this.policy = server.policy();
    this.pool =
        new PooledConnections(
            settings, millis -> JedisConnections.open(server, millis), policy, reconnects);
  }

  private PooledExecutor(PooledExecutor shared, Supplier<RoundTripTimer> timer) {
    this.timer = timer;
    this.server = shared.server;
    this.settings = shared.settings;
    this.policy = shared.policy;
    this.pool = shared.pool;
    this.breaker = shared.breaker;
    this.lost = shared.lost;
    this.failures = shared.failures;
    this.guard = shared.guard;
    this.reconnects = shared.reconnects;
  }

  @Override
  public PooledExecutor timedBy(Supplier<RoundTripTimer> times) {
    return new PooledExecutor(this, times);
  }

  /** The server, with the retry policy of all connections to it. */
  public Endpoint server() {
    return server;
  }

  /** Makes the exceptions of all requests to the server. */
  public Failures failures() {
    return failures;
  }

  /** The circuit breaker of all requests to the server. */
  public NodeBreaker breaker() {
    return breaker;
  }

  /** The connections to the server that were lost under changes. */
  public LostConnections lost() {
    return lost;
  }

  /** The retry policy of all connections to the server. */
  public RetryPolicy policy() {
    return policy;
  }

  @Override
  public List<@Nullable Object> execute(Request request) {
    return new Exchange(request).finish();
  }

  /**
   * Sends a request and returns before its replies have come, so that the caller can send requests
   * to other servers in the same time. A caller that holds several exchanges begins them in the
   * order of the servers' names: threads that wait for a connection then never wait for each other.
   */
  public Exchange begin(Request request) {
    Exchange exchange = new Exchange(request);
    exchange.start();
    return exchange;
  }

  /**
   * A request under way, on a borrowed connection. Each is {@linkplain #finish finished} or
   * {@linkplain #abandon abandoned} by the thread that began it.
   */
  public final class Exchange {

    private final Request request;
    private final long startNanos = System.nanoTime();
    private long attemptNanos = startNanos;
    private int losses;
    private boolean timedOut;
    private boolean wasRefused;

    /** The borrowed connection while commands are under way on it. */
    private @Nullable Place place;

    /** When the connection of the last attempt was made. */
    private long madeNanos;

    private RoundTripTimer current = RoundTripTimer.none();
    private long writeNanos;

    /** The failure of the first attempt to send, to be handled with the replies. */
    private @Nullable RuntimeException failure;

    private Exchange(Request request) {
      this.request = request;
    }

    private void start() {
      // JSR-107's operations cannot be interrupted, and all their waits are bounded. A virtual
      // thread that is interrupted would close the socket that it reads.
      boolean interrupted = Thread.interrupted();
      try {
        write();
      } catch (RuntimeException e) {
        failure = e;
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    /**
     * Reads the replies, after further attempts if the request may be repeated.
     *
     * @throws io.yokedcache.jcache.RedisUnavailableException if there was no connection or no reply
     */
    public List<@Nullable Object> finish() {
      boolean interrupted = Thread.interrupted();
      try {
        while (true) {
          try {
            if (failure != null) {
              RuntimeException first = failure;
              failure = null;
              throw first;
            }
            if (place == null) {
              write();
            }
            List<@Nullable Object> replies = read();
            if (accepts(request, replies, madeNanos, startNanos, wasRefused)) {
              return replies;
            }
            wasRefused = true;
          } catch (JedisConnectionException e) {
            losses++;
            timedOut = RetryPolicy.isTimeout(e);
            if (isOver() || !RetryPolicy.mayRepeatLost(request, losses, timedOut)) {
              throw pool.isClosed()
                  ? failures.closed(request.operation(), e)
                  : failures.lost(request, startNanos, e);
            }
          }
          interrupted |= Thread.interrupted();
          attemptNanos = System.nanoTime();
        }
      } finally {
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
      }
    }

    private void write() {
      if (breaker.isOpen() && losses == 0) {
        throw failures.refusedByBreaker(request.operation());
      }
      Place borrowed = borrow(request, startNanos, timedOut);
      madeNanos = borrowed.madeNanos();
      boolean written = false;
      try {
        SocketConnection connection = borrowed.connection();
        current = timer.get();
        writeNanos = current.now();
        WriteGuard.Watch watch = guard.watch(connection, request.commands());
        try {
          for (CommandArguments command : request.commands()) {
            connection.sendCommand(command);
          }
          connection.flush();
        } finally {
          if (watch != null) {
            watch.end();
          }
        }
        written = true;
      } finally {
        if (written) {
          place = borrowed;
        } else {
          giveUp(borrowed);
        }
      }
    }

    @SuppressWarnings("NullAway") // Jedis is not annotated: a reply may be null
    private List<@Nullable Object> read() {
      Place borrowed = requireNonNull(place, "place");
      boolean complete = false;
      try {
        List<@Nullable Object> replies = borrowed.connection().getMany(request.commands().size());
        complete = true;
        current.answered(attemptNanos, writeNanos, current.now());
        return replies;
      } finally {
        place = null;
        if (complete) {
          pool.giveBack(borrowed, /* whole= */ true);
        } else {
          giveUp(borrowed);
        }
      }
    }

    /** Closes a connection on which the request may be under way. */
    private void giveUp(Place borrowed) {
      try {
        if (request.mayChange()) {
          lost.add(borrowed.connection().client());
        }
      } finally { // also without memory for the list
        pool.giveBack(borrowed, /* whole= */ false);
      }
    }

    /** Closes the connection, since its replies are not read. */
    public void abandon() {
      Place borrowed = place;
      if (borrowed != null) {
        place = null;
        giveUp(borrowed);
      }
    }
  }

  /**
   * Whether the replies are the result of a request. If the server refused it, waits until it may
   * be sent again.
   *
   * @param madeNanos when the connection was made
   * @param startNanos when the operation began
   * @param wasRefused whether this method has returned false for the request before
   * @throws io.yokedcache.jcache.RedisUnavailableException if it may not be sent again
   */
  public boolean accepts(
      Request request,
      List<@Nullable Object> replies,
      long madeNanos,
      long startNanos,
      boolean wasRefused) {
    JedisDataException error = policy.find(replies);
    if (error == null) {
      if (wasRefused) {
        policy.accepted();
      }
      breaker.answered();
      return true;
    }
    boolean mayRepeat = request.mayRepeat(replies) && !pool.isClosed();
    long pauseNanos = policy.decide(error, mayRepeat, madeNanos, startNanos);
    if (pauseNanos < 0) {
      throw failures.refused(request, error);
    }
    BoundedWait.pause(pauseNanos);
    return false;
  }

  private boolean isOver() {
    return breaker.isOpen() || pool.isClosed();
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

  @Override
  public PooledExecutor poolOf(Bytes route) {
    return this;
  }

  @Override
  public boolean isAway(Bytes route) {
    return breaker.isOpen();
  }

  @Override
  public boolean endLostConnections(String operation, Collection<Bytes> routes) {
    return lost.end(
        commands ->
            execute(
                new Request(
                    operation, routes.iterator().next(), /* idempotent= */ true, commands)));
  }

  @Override
  public List<RedisExecutor> masters() {
    return List.of(this);
  }

  @Override
  public List<ConnectionStatistics.Node> nodes(
      Function<RedisExecutor, ConnectionStatistics.Ping> pings) {
    Settings.Address present = server.lookup().present();
    return present == null
        ? List.of()
        : List.of(
            new ConnectionStatistics.Node(
                present.toString(),
                /* isMaster= */ true,
                /* slots= */ 0,
                pings.apply(this),
                breaker.statistics()));
  }

  @Override
  public String address() {
    return server.lookup().address();
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
    breaker.close();
    pool.close();
    guard.close();
  }
}
