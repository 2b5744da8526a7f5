package io.yokedcache.metrics.page;

import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A JVM whose caches the page shows. There is one reading at a time, which all who ask while it
 * runs, and a moment longer, share: ten viewers cost the application what one does, and a JVM that
 * hangs holds one thread, not one a request. Thread-safe.
 */
final class Target {

  private static final Logger logger = LoggerFactory.getLogger(Target.class);

  /** When a reading is no longer shared. */
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(500, TimeUnit.MILLISECONDS, Runnable::run);

  private final String name;
  private final CacheSource source;
  private final Executor executor;
  private @Nullable Reading current;

  /** A reading that runs or has just ended. */
  final class Reading {
    private final long startNanos = System.nanoTime();
    private final CompletableFuture<Outcome> outcome =
        CompletableFuture.supplyAsync(() -> read(startNanos), executor);

    /** Waits for the end; never throws for a failure of the reading. */
    Outcome await(long deadlineNanos) {
      try {
        return outcome.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - startNanos);
        return failed(startNanos, "has not answered for " + seconds + " s");
      } catch (ExecutionException e) {
        logger.debug("Cannot read the caches of target \"{}\"", name, e.getCause());
        return failed(startNanos, String.valueOf(e.getCause()));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return failed(startNanos, "the status page's server is being stopped");
      }
    }
  }

  /**
   * What came of a reading.
   *
   * @param readings the figures; nothing if it failed
   * @param atMillis when it began, on a clock that only goes forward
   * @param error why it failed; absent if it did not
   */
  record Outcome(CacheReadings readings, double atMillis, @Nullable String error) {}

  /**
   * Creates a target.
   *
   * @param executor must have a thread free for each target
   */
  Target(String name, CacheSource source, Executor executor) {
    this.name = name;
    this.source = source;
    this.executor = executor;
  }

  CacheSource source() {
    return source;
  }

  String name() {
    return name;
  }

  /** Begins a reading, or joins the one that there is. */
  synchronized Reading read() {
    if (current == null) {
      current = new Reading();
    }
    return current;
  }

  private synchronized void forget() {
    current = null;
  }

  private Outcome read(long startNanos) {
    try {
      return new Outcome(source.read(), startNanos / 1e6, null);
    } catch (IOException | RuntimeException e) {
      logger.debug("Cannot read the caches of target \"{}\"", name, e);
      return failed(startNanos, e.toString());
    } finally {
      // Forgotten even if nobody asks again: a reading of many caches is large.
      LATER.execute(this::forget);
    }
  }

  private static Outcome failed(long startNanos, String error) {
    return new Outcome(CacheReadings.EMPTY, startNanos / 1e6, error);
  }
}
