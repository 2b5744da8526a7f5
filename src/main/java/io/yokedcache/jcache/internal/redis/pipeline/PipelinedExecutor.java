package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.concurrent.Pauses;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.Commands;
import io.yokedcache.jcache.internal.redis.ErrorReply;
import io.yokedcache.jcache.internal.redis.ErrorReplyPolicy;
import io.yokedcache.jcache.internal.redis.Failures;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Sends the commands of threads that come at the same time together, over two shared connections to
 * one stand-alone server. What is large goes over a pool of connections instead, since all that
 * came later would have to wait for it; and so does what finds too many others waiting.
 */
public final class PipelinedExecutor implements RedisExecutor {

  private static final Logger logger = LoggerFactory.getLogger(PipelinedExecutor.class);

  /** Larger requests would hold up the others. Also, what a socket always takes at once. */
  private static final int MAX_BYTES = 8 << 10;

  private static final int MAX_COMMANDS = 16;

  /** Larger replies, too, would hold up the others; what comes with one read from the socket. */
  private static final int MAX_REPLY_BYTES = 32 << 10;

  /** How many threads may wait on a lane; those beyond use the pool, whose waits are bounded. */
  private static final int MAX_OPEN_CALLS = 1024;

  /** How often a request is made again whose connection dies, if that does no harm. */
  private static final int MAX_LOSSES = 2;

  /** How often another connection is used because one died before the request was written. */
  private static final int MAX_UNSENT = 4;

  /** How often a request is made again that was not answered in time, if that does no harm. */
  private static final int MAX_TIMEOUTS = 1;

  /** After how much silence a connection may have died unnoticed. */
  private static final long DOUBTFUL_NANOS = TimeUnit.SECONDS.toNanos(1);

  /**
   * The longest wait for a {@code PING}: a server that is as slow as that gets a new connection.
   */
  private static final long MAX_PING_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  private static final List<CommandArguments> PING =
      List.of(new CommandArguments(Protocol.Command.PING));

  private final PipelinedConnectionSlot[] lanes;
  private final PooledExecutor pool;
  private final Failures failures;
  private final ErrorReplyPolicy refusals;
  private final long timeoutNanos;
  private final long pingNanos;
  private volatile boolean closed;

  /** When a connection last failed: whatever it was, the others may have died with it. */
  private volatile long lastFailureNanos = System.nanoTime();

  /**
   * Creates the executor; nothing is connected yet.
   *
   * @param pool takes what does not suit lanes; closed with this executor
   * @param maxValueBytes how long one value of the application may be; longer ones are not read
   */
  public PipelinedExecutor(Settings.Connection settings, PooledExecutor pool, long maxValueBytes) {
    this.refusals = pool.refusals();
    this.lanes =
        new PipelinedConnectionSlot[] {
          new PipelinedConnectionSlot(settings, refusals, maxValueBytes),
          new PipelinedConnectionSlot(settings, refusals, maxValueBytes)
        };
    this.pool = pool;
    this.failures = new Failures(settings);
    this.timeoutNanos = settings.commandTimeout().toNanos();
    this.pingNanos = Math.min(timeoutNanos, MAX_PING_NANOS);
  }

  @Override
  public List<@Nullable Object> execute(Request request) {
    PipelinedConnectionSlot slot = leastUsed();
    if (slot.openCalls() >= MAX_OPEN_CALLS || !isSmall(request)) {
      return pool.execute(request);
    }
    // JSR-107's operations cannot be interrupted, and all their waits are bounded: the interrupt is
    // put aside until the operation is over, whatever has to be done again in it.
    boolean interrupted = Thread.interrupted();
    long startNanos = System.nanoTime();
    int losses = 0;
    int unsent = 0;
    try {
      while (true) {
        PipelinedConnection lane = lane(slot, request, startNanos);
        interrupted |= Thread.interrupted();
        try {
          if (isDoubtful(lane)) {
            makeSure(lane);
            interrupted |= Thread.interrupted();
          }
          List<@Nullable Object> replies =
              lane.call(request.commands(), request.timer(), timeoutNanos);
          JedisDataException refusal = ErrorReply.find(replies);
          if (refusal == null) {
            return replies;
          }
          waitOrThrow(request, replies, refusal, lane, startNanos);
        } catch (LostCallException e) {
          lastFailureNanos = System.nanoTime();
          losses += e.isSent() ? 1 : 0;
          unsent += e.isSent() ? 0 : 1;
          if (unsent > MAX_UNSENT || !mayRepeat(request, e, losses)) {
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

  /** Waits until a refused request may be made again; throws if it may not. */
  private void waitOrThrow(
      Request request,
      List<@Nullable Object> replies,
      JedisDataException reply,
      PipelinedConnection lane,
      long startNanos) {
    boolean mayRepeat = Commands.mayRepeat(request, replies) && !closed;
    long pauseNanos = refusals.decide(reply, mayRepeat, lane.madeNanos(), startNanos);
    if (pauseNanos < 0) {
      throw failures.refused(request, reply);
    }
    Pauses.pause(pauseNanos);
  }

  private boolean mayRepeat(Request request, LostCallException e, int losses) {
    boolean harmless = request.idempotent() || !e.isSent();
    int most = isTimeout(e) ? MAX_TIMEOUTS : MAX_LOSSES;
    return harmless && (losses <= most || !e.isSent()) && !closed;
  }

  private PipelinedConnectionSlot leastUsed() {
    return lanes[0].openCalls() <= lanes[1].openCalls() ? lanes[0] : lanes[1];
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

  private PipelinedConnection lane(PipelinedConnectionSlot slot, Request request, long startNanos) {
    try {
      if (closed) {
        throw failures.closed(request.operation(), new JedisException("closed"));
      }
      return slot.get();
    } catch (JedisException e) {
      lastFailureNanos = System.nanoTime();
      throw failures.noConnection(request.operation(), startNanos, e);
    }
  }

  /** Whether it may be that the connection has died since it was last used. */
  private boolean isDoubtful(PipelinedConnection lane) {
    return !lane.wasAliveAfter(lastFailureNanos)
        || !lane.wasAliveAfter(System.nanoTime() - DOUBTFUL_NANOS);
  }

  /**
   * Finds out whether the connection has died while it was silent, before it matters: a change must
   * not be made twice, and a read would wait in vain for as long as the command time-out.
   */
  private void makeSure(PipelinedConnection lane) throws LostCallException {
    try {
      List<@Nullable Object> unused = lane.call(PING, RoundTripTimer.none(), pingNanos);
    } catch (LostCallException e) {
      throw new LostCallException(/* sent= */ false, e.reason());
    }
  }

  private RuntimeException lost(Request request, long startNanos, LostCallException e) {
    if (!closed && !e.isSent()) {
      return failures.notSent(request.operation(), startNanos, e.reason());
    }
    return closed
        ? failures.closed(request.operation(), e.reason())
        : failures.lost(request, startNanos, e.reason());
  }

  private static boolean isTimeout(LostCallException e) {
    return e.reason().getCause() instanceof SocketTimeoutException;
  }

  @Override
  public List<List<@Nullable Object>> executeAll(List<Request> requests) {
    if (requests.size() != 1) {
      return pool.executeAll(requests);
    }
    List<List<@Nullable Object>> replies = new ArrayList<>();
    replies.add(execute(requests.get(0)));
    return replies;
  }

  /** Asks the lanes that nobody has used for so long, and then the pool's connections. */
  @Override
  public void keepAlive(Duration silence) {
    long sinceNanos = System.nanoTime() - silence.toNanos();
    for (PipelinedConnectionSlot slot : lanes) {
      PipelinedConnection lane = slot.current();
      if (lane != null && lane.openCalls() == 0 && !lane.wasAliveAfter(sinceNanos)) {
        try {
          makeSure(lane);
        } catch (LostCallException e) {
          logger.debug("A shared connection has died while nobody used it", e);
        }
      }
    }
    pool.keepAlive(silence);
  }

  /** The pool: what has no key is for the background, and should not hold up operations. */
  @Override
  public List<RedisExecutor> masters() {
    return pool.masters();
  }

  @Override
  public String address() {
    return pool.address();
  }

  /** Those of the pool, and the lanes that there are now. */
  @Override
  public ConnectionStatistics.Counts connections() {
    ConnectionStatistics.Counts pooled = pool.connections();
    int active = pooled.active();
    int idle = pooled.idle();
    long reconnects = pooled.reconnects();
    for (PipelinedConnectionSlot lane : lanes) {
      active += lane.isOpen() && lane.openCalls() > 0 ? 1 : 0;
      idle += lane.isOpen() && lane.openCalls() == 0 ? 1 : 0;
      reconnects += lane.reconnects();
    }
    return new ConnectionStatistics.Counts(
        active, idle, pooled.waiting(), pooled.size() + lanes.length, reconnects);
  }

  @Override
  public void close() {
    closed = true;
    for (PipelinedConnectionSlot lane : lanes) {
      lane.close();
    }
    pool.close();
  }
}
