package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.redis.error.ErrorMessages;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.redis.error.ErrorReply.Retry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Decides for all connections to one server whether a request is sent again. While a server changes
 * its role, or starts, each request waits for at most the command time-out. If the change takes
 * longer, requests fail at once, except that now and then one has fresh connections made: the first
 * request after the change succeeds, and a server that refuses for ever is not connected to for
 * each request. Safe for use by several threads.
 */
public final class RetryPolicy {

  private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Errors that are further apart than this are unrelated. */
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final long patienceNanos;
  private final boolean isOfNode;
  private volatile Consumer<String> listener = words -> {};
  private long firstNanos;
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

  /** Sets the listener of errors: the server's words and the cure. */
  public void tell(Consumer<String> newListener) {
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

  /** Has all connections replaced that were made before. */
  public synchronized void condemn() {
    condemnedNanos = System.nanoTime();
  }

  /** Whether connections that were made then are to be replaced, though they work. */
  public boolean isCondemned(long madeNanos) {
    return madeNanos - condemnedNanos < 0;
  }

  /**
   * Decides about a request.
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
    if (now - lastNanos >= QUIET_NANOS) {
      firstNanos = now;
      pauseNanos = MIN_PAUSE_NANOS;
    }
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
