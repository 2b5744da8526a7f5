package io.yokedcache.jcache.internal.concurrent;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Growing pauses between the attempts to keep a connection. They are short again only after a
 * connection has worked and then lasted: a server that accepts a connection, or answers a first
 * ping, and then hangs up must not be asked again at once for ever.
 *
 * <p>Safe for use by several threads.
 */
public final class Backoff {

  private final long minMillis;
  private final LongSupplier maxMillis;
  private final LongSupplier nanoTime;

  private long nextMillis;

  /** When the present attempt began to work; meaningless unless {@link #works}. */
  private long workedNanos;

  private boolean works;

  /**
   * Creates it; the first pause is the shortest.
   *
   * @param minMillis the shortest pause
   * @param maxMillis the longest pause
   */
  public Backoff(long minMillis, long maxMillis) {
    this(minMillis, () -> maxMillis);
  }

  /**
   * The same with a limit that changes.
   *
   * @param maxMillis returns the longest pause; must not wait
   */
  public Backoff(long minMillis, LongSupplier maxMillis) {
    this(minMillis, maxMillis, System::nanoTime);
  }

  /** The same by another clock. */
  Backoff(long minMillis, LongSupplier maxMillis, LongSupplier nanoTime) {
    this.minMillis = minMillis;
    this.maxMillis = maxMillis;
    this.nanoTime = nanoTime;
    this.nextMillis = minMillis;
  }

  /** Notes that the present attempt does its work, for instance that a first pong came. */
  public synchronized void worked() {
    if (!works) {
      works = true;
      workedNanos = nanoTime.getAsLong();
    }
  }

  /**
   * Ends an attempt and returns the pause before the next one. Many JVMs that lose a server at the
   * same time do not come back together: up to a quarter of the pause is left to chance.
   *
   * @return milliseconds, from three quarters of the shortest to the longest
   */
  public synchronized long nextMillis() {
    long workedForNanos = nanoTime.getAsLong() - workedNanos;
    boolean lasted = works && TimeUnit.NANOSECONDS.toMillis(workedForNanos) >= nextMillis;
    long limit = maxMillis.getAsLong();
    long pause = lasted ? minMillis : Math.min(nextMillis, limit);
    works = false;
    nextMillis = Math.min(2 * pause, limit);
    return pause - ThreadLocalRandom.current().nextLong(pause / 4 + 1);
  }
}
