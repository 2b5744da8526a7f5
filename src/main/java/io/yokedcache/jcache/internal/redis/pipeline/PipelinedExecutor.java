package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.concurrent.StackCheck;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Failures;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RetryPolicy;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Sends the commands of several threads together, over two shared connections to one stand-alone
 * server. Large requests go over a pool of connections, since all later requests on a shared
 * connection would wait for them. So do requests that find too many threads waiting.
 */
public final class PipelinedExecutor implements RedisExecutor {

  private static final Logger logger = LoggerFactory.getLogger(PipelinedExecutor.class);

  /** Larger requests would delay the others. A socket always takes this much at once. */
  private static final int MAX_BYTES = 8 << 10;

  private static final int MAX_COMMANDS = 16;

  /** Larger replies would delay the others. This is the size of one read from the socket. */
  private static final int MAX_REPLY_BYTES = 32 << 10;

  /**
   * How many threads may wait on a connection. Further threads use the pool, where each waits for a
   * free connection, at most for {@code pool.wait}.
   */
  private static final int MAX_OPEN_CALLS = 16_384;

  /** After how much silence a connection may have died unnoticed. */
  private static final long DOUBTFUL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * The longest wait for a {@code PING}: a server that is as slow as that gets a new connection.
   */
  private static final long MAX_PING_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final List<CommandArguments> PING =
      List.of(new CommandArguments(Protocol.Command.PING));

  private final PipelinedConnections connections;
  private final PooledExecutor pool;
  private final Supplier<RoundTripTimer> timer;
  private final Failures failures;
  private final NodeBreaker breaker;
  private final long timeoutNanos;
  private final long pingNanos;

  /**
   * Creates the executor; nothing is connected yet.
   *
   * @param pool takes requests that do not suit shared connections, and names the server; closed
   *     with this executor
   */
  public PipelinedExecutor(PooledExecutor pool) {
    this(
        new PipelinedConnections(pool.server()),
        pool,
        RoundTripTimer::none,
        pool.server().settings().commandTimeout().toNanos());
  }

  private PipelinedExecutor(
      PipelinedConnections connections,
      PooledExecutor pool,
      Supplier<RoundTripTimer> timer,
      long timeoutNanos) {
    this.connections = connections;
    this.pool = pool;
    this.timer = timer;
    this.failures = pool.failures();
    this.breaker = pool.breaker();
    this.timeoutNanos = timeoutNanos;
    this.pingNanos = Math.min(timeoutNanos, MAX_PING_NANOS);
  }

  @Override
  public RedisExecutor timedBy(Supplier<RoundTripTimer> times) {
    return new PipelinedExecutor(connections, pool.timedBy(times), times, timeoutNanos);
  }

  @Override
  public List<@Nullable Object> execute(Request request) {
    if (breaker.isOpen()) {
      throw failures.refusedByBreaker(request.operation());
    }
    PipelinedConnections.Slot slot = connections.leastUsed();
    if (slot.openCalls() >= MAX_OPEN_CALLS || !isSmall(request)) {
      return pool.execute(request);
    }
    return execute(request, slot, System.nanoTime(), null, null);
  }

  /**
   * Sends a request until it has replies or has failed.
   *
   * @param sentOn the connection of the first attempt if that is over already, else {@code null}
   * @param sent that attempt, or {@code null}
   */
  private List<@Nullable Object> execute(
      Request request,
      PipelinedConnections.Slot slot,
      long startNanos,
      @Nullable PipelinedConnection sentOn,
      @Nullable PipelinedCall sent) {
    // JSR-107's operations cannot be interrupted, and all their waits are bounded: the interrupt
    // flag is set again when the operation is over.
    boolean interrupted = Thread.interrupted();
    int losses = 0;
    int unsent = 0;
    boolean wasRefused = false;
    PipelinedCall begun = sent;
    try {
      while (true) {
        PipelinedConnection connection =
            begun != null && sentOn != null ? sentOn : connection(slot, request, startNanos);
        interrupted |= Thread.interrupted();
        try {
          if (begun == null && isDoubtful(connection)) {
            ensureAlive(connection);
            interrupted |= Thread.interrupted();
          }
          List<@Nullable Object> replies;
          if (begun == null) {
            replies = connection.call(request.commands(), timer.get(), timeoutNanos);
          } else {
            PipelinedCall first = begun;
            begun = null;
            replies = connection.finish(first);
          }
          if (pool.accepts(request, replies, connection.madeNanos(), startNanos, wasRefused)) {
            return replies;
          }
          wasRefused = true;
        } catch (LostCallException e) {
          noteLost(request, connection, e);
          losses += e.isSent() ? 1 : 0;
          unsent += e.isSent() ? 0 : 1;
          if (!mayRepeat(request, e, losses, unsent)) {
            throw lost(request, startNanos, e);
          }
        }
        interrupted |= Thread.interrupted();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void noteLost(Request request, PipelinedConnection connection, LostCallException e) {
    connections.noteFailure();
    if (e.isSent() && request.mayChange()) {
      pool.lost().add(connection.client());
    }
  }

  private boolean mayRepeat(Request request, LostCallException e, int losses, int unsent) {
    boolean mayRepeat =
        e.isSent()
            ? RetryPolicy.mayRepeatLost(request, losses, RetryPolicy.isTimeout(e.reason()))
            : RetryPolicy.mayRepeatUnsent(unsent);
    return mayRepeat && !breaker.isOpen() && !connections.isClosed();
  }

  /**
   * {@inheritDoc}
   *
   * <p>The first attempt takes no thread if a shared connection can be used at once; the thread
   * that goes on makes the further ones.
   */
  @Override
  public void begin(Request request, AsyncQueue queue, Consumer<Pending> arrived) {
    StackCheck.ensure();
    PipelinedConnections.Slot slot = connections.ofAsyncCalls();
    PipelinedConnection connection = slot.ready();
    if (connection == null
        || connection.openCalls() >= MAX_OPEN_CALLS
        || breaker.isOpen()
        || connections.isClosed()
        || isDoubtful(connection)
        || !isSmall(request)) {
      queue.run(() -> arrived.accept(() -> execute(request)));
      return;
    }
    new Begun(request, slot, connection, arrived).send(queue);
  }

  /** A request whose first attempt takes no thread. */
  private final class Begun implements Runnable, Pending {

    private final Request request;
    private final PipelinedConnections.Slot slot;
    private final PipelinedConnection connection;
    private final Consumer<Pending> arrived;
    private final long startNanos = System.nanoTime();
    private @Nullable PipelinedCall call;

    Begun(
        Request request,
        PipelinedConnections.Slot slot,
        PipelinedConnection connection,
        Consumer<Pending> arrived) {
      this.request = request;
      this.slot = slot;
      this.connection = connection;
      this.arrived = arrived;
    }

    void send(AsyncQueue queue) {
      PipelinedCall made =
          new PipelinedCall(
              request.commands(),
              timer.get(),
              startNanos,
              timeoutNanos,
              new PipelinedCall.Continuation(queue, this));
      call = made;
      try {
        connection.begin(made);
      } catch (LostCallException replaced) {
        call = null; // nothing was sent
        queue.run(this);
      }
    }

    @Override
    public void run() {
      arrived.accept(this);
    }

    @Override
    public List<@Nullable Object> finish() {
      return PipelinedExecutor.this.execute(request, slot, startNanos, connection, call);
    }
  }

  private static boolean isSmall(Request request) {
    List<CommandArguments> commands = request.commands();
    if (commands.size() > MAX_COMMANDS || request.replyBytes() > MAX_REPLY_BYTES) {
      return false;
    }
    int size = 0;
    for (CommandArguments command : commands) {
      for (Rawable argument : command) {
        size += argument.getRaw().length;
        if (size > MAX_BYTES) {
          return false;
        }
      }
    }
    return true;
  }

  private PipelinedConnection connection(
      PipelinedConnections.Slot slot, Request request, long startNanos) {
    try {
      if (connections.isClosed()) {
        throw failures.closed(request.operation(), new JedisException("closed"));
      }
      return slot.get();
    } catch (JedisException e) {
      connections.noteFailure();
      throw failures.noConnection(request.operation(), startNanos, e);
    }
  }

  /** Whether it may be that the connection has died since it was last used. */
  private boolean isDoubtful(PipelinedConnection connection) {
    return !connections.wasAliveSinceFailure(connection)
        || !connection.wasAliveAfter(System.nanoTime() - DOUBTFUL_NANOS);
  }

  /**
   * Finds out whether the connection has died while it was silent, before it matters: a change must
   * not be made twice, and a read would wait for the whole command time-out.
   */
  private void ensureAlive(PipelinedConnection connection) throws LostCallException {
    try {
      List<@Nullable Object> unused = connection.call(PING, RoundTripTimer.none(), pingNanos);
    } catch (LostCallException e) {
      throw new LostCallException(/* sent= */ false, e.reason());
    }
  }

  private RuntimeException lost(Request request, long startNanos, LostCallException e) {
    if (!connections.isClosed() && !e.isSent()) {
      return failures.notSent(request.operation(), startNanos, e.reason());
    }
    return connections.isClosed()
        ? failures.closed(request.operation(), e.reason())
        : failures.lost(request, startNanos, e.reason());
  }

  /** Pings the idle shared connections, and then the pool's. */
  @Override
  public void keepAlive(Duration silence) {
    long sinceNanos = System.nanoTime() - silence.toNanos();
    for (PipelinedConnections.Slot slot : connections.slots()) {
      slot.retireIfCondemned();
      PipelinedConnection connection = slot.current();
      if (connection != null
          && connection.openCalls() == 0
          && !connection.wasAliveAfter(sinceNanos)) {
        try {
          ensureAlive(connection);
        } catch (LostCallException e) {
          logger.debug("A shared connection has died while nobody used it", e);
        }
      }
    }
    pool.keepAlive(silence);
  }

  @Override
  public PooledExecutor poolOf(Bytes route) {
    return pool;
  }

  @Override
  public boolean isAway(Bytes route) {
    return breaker.isOpen();
  }

  @Override
  public boolean endLostConnections(String operation, Collection<Bytes> routes) {
    return pool.endLostConnections(operation, routes);
  }

  /** The pool: commands without a key are background work, and must not delay operations. */
  @Override
  public List<RedisExecutor> masters() {
    return pool.masters();
  }

  @Override
  public List<ConnectionStatistics.Node> nodes(
      Function<RedisExecutor, ConnectionStatistics.Ping> pings) {
    return pool.nodes(pings);
  }

  @Override
  public String address() {
    return pool.address();
  }

  @Override
  public ConnectionStatistics.Counts connections() {
    return connections.add(pool.connections());
  }

  @Override
  public void close() {
    connections.close();
    pool.close();
  }
}
