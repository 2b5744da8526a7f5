package io.yokedcache.metrics.source;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A source that never makes its reader wait for longer than a limit. The other source is read in a
 * daemon thread, one reading at a time; while one has not come back, further ones fail at once.
 *
 * <p>A reading that never comes back would leave its target dark for ever. So after some time a
 * further reading is tried in a new thread, but only a few times, because nothing can end a thread
 * that waits for a peer that does not answer.
 *
 * <p>Thread-safe.
 */
public final class TimeLimitedSource implements CacheSource, AutoCloseable {

  /** How long a reading may take before it is given up as lost. */
  static final Duration LOST_AFTER = Duration.ofMinutes(1);

  /** How many threads may wait for readings that are lost. */
  private static final int MAX_LOST = 3;

  private static final int MAX_WAITING = 16;

  private final String name;
  private final CacheSource source;
  private final long limitNanos;
  private final long lostAfterNanos;
  private final Runnable whenLost;

  // Guarded by this.
  private ThreadPoolExecutor thread = newThread();
  private @Nullable Reading stuck;
  private int lost;
  private boolean isClosed;

  TimeLimitedSource(
      String name, CacheSource source, Duration limit, Duration lostAfter, Runnable whenLost) {
    this.name = requireNonNull(name, "name");
    this.source = requireNonNull(source, "source");
    if (limit.isNegative() || limit.isZero()) {
      throw new IllegalArgumentException("The time limit must be positive, not " + limit);
    }
    this.limitNanos = saturatedNanos(limit);
    this.lostAfterNanos = saturatedNanos(lostAfter);
    this.whenLost = whenLost;
  }

  /**
   * Creates a source.
   *
   * @param name how errors call the other source
   * @param source the other source; not closed with this one
   * @param limit how long a reading may take; greater than zero
   * @return the source
   * @throws IllegalArgumentException if the limit is not positive
   */
  public static TimeLimitedSource of(String name, CacheSource source, Duration limit) {
    return new TimeLimitedSource(name, source, limit, LOST_AFTER, () -> {});
  }

  private static long saturatedNanos(Duration duration) {
    return duration.compareTo(Duration.ofDays(365)) > 0
        ? TimeUnit.DAYS.toNanos(365)
        : duration.toNanos();
  }

  private static ThreadPoolExecutor newThread() {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            1,
            1,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_WAITING),
            task -> {
              Thread thread = new Thread(task, "yokedcache-metrics-read");
              thread.setDaemon(true);
              return thread;
            });
    executor.allowCoreThreadTimeOut(true);
    return executor;
  }

  @Override
  public CacheReadings read() throws IOException {
    return begin().await();
  }

  @Override
  public CacheReadings readFigures() throws IOException {
    return begin(Selection.FIGURES).await();
  }

  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    return begin(wanted).await();
  }

  /**
   * Begins to read everything, so that several sources can be read at the same time.
   *
   * @return what is being read; to be awaited
   */
  public Reading begin() {
    return begin(Selection.ALL);
  }

  /**
   * Begins to read what is wanted.
   *
   * @param wanted what is of interest
   * @return what is being read; to be awaited
   */
  public Reading begin(Selection wanted) {
    return begin(() -> source.read(wanted));
  }

  private synchronized Reading begin(Callable<CacheReadings> read) {
    if (isClosed) {
      return failed("Reading of " + name + " has been closed");
    }
    if (stuck != null) {
      long stuckNanos = System.nanoTime() - stuck.startNanos;
      if (stuckNanos < lostAfterNanos || lost >= MAX_LOST) {
        return failed(
            name + " has not answered for " + TimeUnit.NANOSECONDS.toSeconds(stuckNanos) + " s");
      }
      replaceThread(stuck);
    }
    Reading reading = new Reading(read);
    try {
      thread.execute(reading::run);
    } catch (RejectedExecutionException e) {
      return failed("Too many readings of " + name + " wait for their turn already");
    }
    return reading;
  }

  private Reading failed(String reason) {
    Reading reading =
        new Reading(
            () -> {
              throw new IOException(reason);
            });
    reading.task.run();
    return reading;
  }

  /** Leaves the thread to the reading that it waits for; it ends when that comes back. */
  private void replaceThread(Reading gone) {
    gone.isLost = true;
    stuck = null;
    lost++;
    thread.shutdownNow();
    thread = newThread();
    whenLost.run();
  }

  private synchronized void timedOut(Reading reading) {
    reading.task.cancel(/* mayInterruptIfRunning= */ false); // it may still wait for its turn
    if (reading.isRunning) {
      stuck = reading;
    }
  }

  private synchronized void ended(Reading reading) {
    reading.isRunning = false;
    if (reading == stuck) {
      stuck = null;
    }
    if (reading.isLost) {
      lost--;
    }
  }

  /** Ends reading; may be called twice. A reading that does not come back is not waited for. */
  @Override
  public synchronized void close() {
    isClosed = true;
    thread.shutdownNow();
  }

  /** A reading under way. */
  public final class Reading {
    private final long startNanos = System.nanoTime();
    private final FutureTask<CacheReadings> task;
    private volatile boolean isRunning;
    private boolean isLost;

    private Reading(Callable<CacheReadings> read) {
      this.task = new FutureTask<>(read);
    }

    private void run() {
      isRunning = true;
      try {
        task.run();
      } finally {
        ended(this);
      }
    }

    /**
     * Waits for the figures, until the limit since the reading began is over.
     *
     * @return the figures
     * @throws IOException if the source cannot be reached, or not in time
     */
    public CacheReadings await() throws IOException {
      try {
        long waitedNanos = System.nanoTime() - startNanos;
        return task.get(Math.max(0, limitNanos - waitedNanos), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        timedOut(this);
        throw new InterruptedIOException(
            name + " has not answered within " + Duration.ofNanos(limitNanos).toMillis() + " ms");
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("Reading of " + name + " was interrupted");
      } catch (CancellationException e) {
        throw new IOException("Reading of " + name + " has been closed", e);
      } catch (ExecutionException e) {
        throw failure(e.getCause());
      }
    }

    private IOException failure(@Nullable Throwable cause) {
      if (cause instanceof IOException failure) {
        return failure;
      }
      return new IOException("Cannot read " + name + ": " + cause, cause);
    }
  }
}
