package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.redis.ErrorReply.Repetition;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Decides for all connections to one server what becomes of a refused request. While a server
 * changes its role, or starts, requests wait for that, each at most for the command time-out. If it
 * takes longer, requests fail at once, but now and then one has fresh connections made: so that the
 * first one after the change succeeds, and a server that refuses for ever is not connected to for
 * each request. Safe for use by several threads.
 */
public final class ErrorReplyPolicy {

  private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

  /** Refusals that are further apart than this have nothing to do with each other. */
  private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final long patienceNanos;

  private volatile Consumer<String> listener = words -> {};

  private long firstNanos;
  private long lastNanos = System.nanoTime() - QUIET_NANOS;
  private long pauseNanos = MIN_PAUSE_NANOS;
  private volatile long condemnedNanos = System.nanoTime();

  /**
   * Creates it for a server.
   *
   * @param patience how long requests wait, and for how long after a first refusal
   */
  public ErrorReplyPolicy(Duration patience) {
    this.patienceNanos = patience.toNanos();
  }

  /** Has somebody hear of each refusal: what the server said, and what to do about it. */
  public void tell(Consumer<String> hearing) {
    listener = hearing;
  }

  /** Whether connections that were made then are to be replaced, though they work. */
  public boolean isCondemned(long madeNanos) {
    return madeNanos - condemnedNanos < 0;
  }

  /**
   * Decides about a request of which a command was refused.
   *
   * @param reply the first reply that is a refusal
   * @param mayRepeat whether the request may be made again as a whole
   * @param madeNanos when the connection was made
   * @param startNanos when the operation began
   * @return after how many nanoseconds it is made again; -1 if it fails
   */
  public long decide(JedisDataException reply, boolean mayRepeat, long madeNanos, long startNanos) {
    ErrorReply refusal = ErrorReply.of(reply);
    if (refusal == null) {
      return -1;
    }
    listener.accept(ErrorReply.words(reply.getMessage()) + ". " + refusal.advice());
    return mayRepeat && refusal.repetition() != Repetition.NONE
        ? decide(refusal.repetition(), madeNanos, startNanos)
        : -1;
  }

  private synchronized long decide(Repetition repetition, long madeNanos, long startNanos) {
    long now = System.nanoTime();
    if (now - lastNanos >= QUIET_NANOS) {
      firstNanos = now;
      pauseNanos = MIN_PAUSE_NANOS;
    }
    lastNanos = now;
    boolean fresh = repetition == Repetition.FRESH_CONNECTION;
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
