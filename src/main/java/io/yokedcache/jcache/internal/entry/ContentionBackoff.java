package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;

/**
 * Paces the retries of an operation that concurrent changes defeat: at once at first, then after
 * growing random pauses, until the time is up. Used by one thread.
 */
public final class ContentionBackoff {

  private static final int ATTEMPTS_WITHOUT_PAUSE = 2;
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(50);
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final Duration timeout;
  private final long startNanos = System.nanoTime();
  private int spoilt;

  public ContentionBackoff(Duration timeout) {
    this.timeout = timeout;
  }

  /** Notes a failed attempt, and returns when the next one may begin. */
  public void spoilt(String what, Object key) {
    spoilt++;
    if (System.nanoTime() - startNanos > timeout.toNanos()) {
      throw new CacheException(
          "%s of a key of %s gave up after %s attempts in %s ms: other threads and JVMs, or the processor itself by the cache, changed the entry each time. Raise contention-timeout (%s ms) or make the changes rarer."
              .formatted(
                  what,
                  key.getClass(),
                  spoilt,
                  TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos),
                  timeout.toMillis()));
    }
    if (spoilt > ATTEMPTS_WITHOUT_PAUSE) {
      long most =
          Math.min(
              MAX_PAUSE_NANOS, FIRST_PAUSE_NANOS << Math.min(10, spoilt - ATTEMPTS_WITHOUT_PAUSE));
      BoundedWait.pause(ThreadLocalRandom.current().nextLong(most));
    }
  }
}
