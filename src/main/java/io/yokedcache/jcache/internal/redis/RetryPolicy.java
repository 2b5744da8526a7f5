package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.error.ErrorMessages;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.redis.error.ErrorReply.Retry;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Decides whether a request is sent again, for all connections to one server. Executors send none
 * again while the circuit breaker is open, or after they were closed.
 *
 * <ul>
 *   <li>The server refused it with an {@link ErrorReply}: {@link #decide}. While a server changes
 *       its role, or starts, each request waits for at most the command time-out. If the change
 *       takes longer, requests fail at once, except that now and then one has fresh connections
 *       made: the first request after the change succeeds, and a server that refuses for ever is
 *       not connected to for each request. The change is over when a request that was refused is
 *       {@linkplain #accepted accepted}, or when none was refused for a while.
 *   <li>The connection was lost, or no reply came in time: {@link #mayRepeatLost}.
 *   <li>The connection was lost before the request was written: {@link #mayRepeatUnsent}.
 *   <li>It failed at one node of a cluster: {@link #mayRepeatElsewhere}.
 * </ul>
 *
 * <p>Safe for use by several threads.
 */
public final class RetryPolicy {

  /**
   * How often a request is sent again after a lost connection. More than once: several connections
   * may die at the same moment.
   */
  private static final int MAX_LOSSES = 2;

  /** How often a request is sent again after a time-out. */
  private static final int MAX_TIMEOUTS = 1;

  /** How often another connection is used because one died before the request was written. */
  private static final int MAX_UNSENT = 4;

  private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Errors that are further apart than this are unrelated. */
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final long patienceNanos;
  private final boolean isOfNode;
  private volatile Consumer<String> listener = words -> {};

  /** When the present change began; the next refusal begins another one if it is over. */
  private long firstNanos;

  private boolean isOver;
  private long lastNanos = System.nanoTime() - QUIET_NANOS;
  private long pauseNanos = MIN_PAUSE_NANOS;
  private volatile long condemnedNanos = System.nanoTime();

  /**
   * Creates it for a server.
   *
   * @param patience how long requests wait, and for how long after a first error
   */
  public RetryPolicy(Duration patience) {
    this(patience, /* isOfNode= */ false);
  }

  /**
   * Creates it for a server.
   *
   * @param isOfNode whether the server is a node of a cluster. Errors about the state of the
   *     cluster are then left to the caller, which may ask another node.
   */
  public RetryPolicy(Duration patience, boolean isOfNode) {
    this.patienceNanos = patience.toNanos();
    this.isOfNode = isOfNode;
  }

  /** Sets the listener of refusals: it gets the server's words and the cure. */
  public void onRefusal(Consumer<String> newListener) {
    listener = newListener;
  }

  /** The first reply that this policy decides about, or {@code null}. */
  public @Nullable JedisDataException find(List<? extends @Nullable Object> replies) {
    for (int i = 0; i < replies.size(); i++) { // of every operation: no iterator
      if (replies.get(i) instanceof JedisDataException error) {
        ErrorReply known = ErrorReply.of(error.getMessage());
        if (known != null && !(isOfNode && known.isOfCluster())) {
          return error;
        }
      }
    }
    return null;
  }

  /**
   * Whether a request may be sent again that the server may have got.
   *
   * @param losses how often its connection was lost, or no reply came in time
   * @param isTimeout whether no reply came in time now
   */
  public static boolean mayRepeatLost(Request request, int losses, boolean isTimeout) {
    return request.idempotent() && losses <= (isTimeout ? MAX_TIMEOUTS : MAX_LOSSES);
  }

  /**
   * Whether a request may be sent again that the server has not got.
   *
   * @param losses how often its connection was lost before it was written
   */
  public static boolean mayRepeatUnsent(int losses) {
    return losses <= MAX_UNSENT;
  }

  /**
   * Whether a request that failed at a node of a cluster may go to the present master of its slot.
   *
   * @param isClosed whether the node has left the cluster
   */
  public static boolean mayRepeatElsewhere(
      RedisUnavailableException failure, boolean isIdempotent, boolean isClosed) {
    return switch (failure.kind()) {
      case UNREACHABLE -> true;
      case NO_ANSWER, CONNECTION_LOST -> isIdempotent;
      case NOT_ASKED -> isClosed;
      case REFUSED, ACCESS_DENIED -> false;
    };
  }

  /** Whether a connection failed because no reply came in time. */
  public static boolean isTimeout(JedisConnectionException failure) {
    return failure.getCause() instanceof SocketTimeoutException;
  }

  /** Has all connections replaced that were made before. */
  public synchronized void condemn() {
    condemnedNanos = System.nanoTime();
  }

  /** Whether connections that were made then are to be replaced, though they work. */
  public boolean isCondemned(long madeNanos) {
    return madeNanos - condemnedNanos < 0;
  }

  /** Notes that the server has executed a request that it had refused before. */
  public synchronized void accepted() {
    isOver = true;
  }

  /**
   * Decides about a request that was refused.
   *
   * @param reply the first reply for which there is an {@link ErrorReply}
   * @param mayRepeat whether the request may be sent again as a whole
   * @param madeNanos when the connection was made
   * @param startNanos when the operation began
   * @return after how many nanoseconds it is sent again; -1 if it fails
   */
  public long decide(JedisDataException reply, boolean mayRepeat, long madeNanos, long startNanos) {
    ErrorReply error = ErrorReply.of(reply);
    if (error == null) {
      return -1;
    }
    listener.accept(ErrorMessages.words(reply.getMessage()) + ". " + error.advice());
    return mayRepeat && error.retry() != Retry.NONE
        ? decide(error.retry(), madeNanos, startNanos)
        : -1;
  }

  private synchronized long decide(Retry retry, long madeNanos, long startNanos) {
    long now = System.nanoTime();
    boolean isUnrelated = now - lastNanos >= QUIET_NANOS;
    if (isUnrelated || isOver) {
      firstNanos = now;
    }
    if (isUnrelated) {
      pauseNanos = MIN_PAUSE_NANOS;
    }
    isOver = false;
    lastNanos = now;
    boolean fresh = retry == Retry.FRESH_CONNECTION;
    long waitedNanos = now - startNanos;
    if (fresh && isCondemned(madeNanos) && waitedNanos < 2 * patienceNanos) {
      return 0; // newer ones may lead elsewhere
    }
    long sinceNanos = now - condemnedNanos;
    if (fresh && sinceNanos >= pauseNanos) {
      condemnedNanos = now;
      pauseNanos = Math.min(2 * pauseNanos, MAX_PAUSE_NANOS);
      return 0;
    }
    if (now - firstNanos >= patienceNanos || waitedNanos >= patienceNanos) {
      return -1;
    }
    long pause = fresh ? pauseNanos - sinceNanos : waitedNanos / 4;
    return Math.max(MIN_PAUSE_NANOS, Math.min(pause, MAX_PAUSE_NANOS));
  }
}
