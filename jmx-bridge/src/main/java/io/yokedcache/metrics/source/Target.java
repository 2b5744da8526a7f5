package io.yokedcache.metrics.source;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One JVM whose caches are read, shared by all outputs: its readings, its time limit, and the log
 * lines when it goes away and comes back.
 *
 * <p>A daemon thread reads the source, one reading at a time, and callers wait at most for the
 * limit. While a reading has not returned, further ones fail at once. One that never comes back
 * would leave the target dark for ever, so after a minute a further reading is tried in a new
 * thread, but only a few times, because nothing can end a thread that waits for a peer that does
 * not answer.
 *
 * <p>Thread-safe. A target that is not closed holds no thread for longer than half a minute.
 */
public final class Target implements CacheSource.Selective, AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(Target.class);

  /** For targets that are made without a limit: less than the 10 seconds Prometheus waits. */
  public static final Duration DEFAULT_LIMIT = Duration.ofSeconds(8);

  /** How long a reading may take before it is given up as lost. */
  static final Duration LOST_AFTER = Duration.ofMinutes(1);

  /** How many threads may wait for readings that are lost. */
  private static final int MAX_LOST = 3;

  private static final String CLOSED = "its readings have been closed";

  private static final int MAX_WAITING = 16;
  private static final int MAX_LINE = 500;

  /** How long a reading is shared after its end. */
  private static final long RECENT_MILLIS = 500;

  private final String name;
  private final CacheSource source;
  private final long limitNanos;
  private final long lostAfterNanos;
  private final Runnable whenLost;
  private volatile long usualNanos;

  // Guarded by this.
  private ScheduledThreadPoolExecutor thread = newThread();
  private @Nullable ScheduledFuture<?> release;
  private @Nullable Reading latest;
  private @Nullable Reading running;
  private @Nullable Reading stuck;
  private int lost;
  private long errors;
  private long refused;
  private boolean isUp = true;
  private boolean isClosed;

  Target(String name, CacheSource source, Duration limit, Duration lostAfter, Runnable whenLost) {
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
   * Creates a target. A source that is a target of the same name already is returned as it is, so
   * that outputs that are given the same one share it.
   *
   * @param name how errors and labels call it; empty for this JVM
   * @param source reads its caches; not closed with the target
   * @param limit how long a reading may take; greater than zero
   * @throws IllegalArgumentException if the limit is not positive
   */
  public static Target of(String name, CacheSource source, Duration limit) {
    return source instanceof Target known && known.name.equals(name)
        ? known
        : new Target(name, source, limit, LOST_AFTER, () -> {});
  }

  private static long saturatedNanos(Duration duration) {
    return duration.compareTo(Duration.ofDays(365)) > 0
        ? TimeUnit.DAYS.toNanos(365)
        : duration.toNanos();
  }

  /** A thread of this target also releases readings: the JVM's scheduler would keep our loader. */
  private static ScheduledThreadPoolExecutor newThread() {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "yokedcache-metrics-read");
              thread.setDaemon(true);
              return thread;
            });
    executor.setKeepAliveTime(30, TimeUnit.SECONDS);
    executor.allowCoreThreadTimeOut(true);
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  /** Returns the value of the label {@code target}; empty for this JVM, which needs no label. */
  public String name() {
    return name;
  }

  /** Returns how long a reading may take. */
  public Duration timeLimit() {
    return Duration.ofNanos(limitNanos);
  }

  /** Returns how long the last reading took that succeeded; zero before it. */
  public Duration usualTime() {
    return Duration.ofNanos(usualNanos);
  }

  public String description() {
    return name.isEmpty() ? "this JVM" : name;
  }

  /**
   * Begins a reading of the wanted figures, or joins a running one. Never fails; the outcome has
   * the failure.
   */
  public Reading begin(Selection wanted) {
    return begin(wanted, running -> !running.task.isDone());
  }

  /** As {@link #begin}, but also takes a reading of the last half second. */
  public Reading beginOrRecent(Selection wanted) {
    return begin(wanted, recent -> true);
  }

  /** Begins a reading that contains everything that happened before this call. */
  public Reading beginAnew(Selection wanted) {
    return begin(wanted, other -> false);
  }

  /** Begins a new reading. The caller gets the exception, so that nothing is logged. */
  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    Outcome outcome = beginAnew(wanted).get(limitNanos);
    if (outcome.failure() != null) {
      throw outcome.failure();
    }
    return outcome.readings();
  }

  @SuppressWarnings("CatchingUnchecked") // also where the JVM can make no more threads
  private synchronized Reading begin(Selection wanted, Predicate<Reading> isShared) {
    try {
      return beginOrJoin(wanted, isShared);
    } catch (RuntimeException | Error e) {
      return failedReading("its reading could not begin: " + e);
    }
  }

  private Reading beginOrJoin(Selection wanted, Predicate<Reading> isShared) {
    if (isClosed) {
      return failedReading(CLOSED);
    }
    if (running != null && running.ageNanos() >= limitNanos) {
      stuck = running; // also without a waiting caller
    }
    if (stuck != null) {
      long stuckNanos = stuck.ageNanos();
      if (stuckNanos < lostAfterNanos || lost >= MAX_LOST) {
        return failedReading(notFor(stuckNanos));
      }
      replaceThread(stuck);
    }
    Reading known = latest;
    if (known != null && known.wanted.covers(wanted) && isShared.test(known)) {
      return known;
    }
    if (thread.getQueue().size() >= MAX_WAITING) {
      return failedReading("too many readings of it are waiting already");
    }
    Reading reading = new Reading(wanted, () -> source.read(wanted));
    thread.execute(reading::run);
    latest = reading;
    return reading;
  }

  private static String notFor(long nanos) {
    return "it has not answered for " + TimeUnit.NANOSECONDS.toSeconds(nanos) + " s";
  }

  /** A reading that is over, without a thread. */
  private Reading failedReading(String reason) {
    Reading reading =
        new Reading(
            Selection.ALL,
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
    running = null;
    latest = null;
    lost++;
    thread.shutdownNow();
    thread = newThread();
    whenLost.run();
  }

  private synchronized void began(Reading reading) {
    if (!reading.isLost) {
      running = reading;
    }
  }

  private synchronized void timedOut(Reading reading) {
    if (reading == running) {
      stuck = reading;
    } else {
      reading.task.cancel(/* mayInterruptIfRunning= */ false); // it still waits for its turn
    }
    forget(reading);
  }

  private synchronized void ended(Reading reading) {
    if (reading == running) {
      running = null;
    }
    if (reading == stuck) {
      stuck = null;
    }
    if (reading.isLost) {
      lost--;
    }
    if (release != null) {
      release.cancel(/* mayInterruptIfRunning= */ false);
    }
    if (isClosed) {
      latest = null;
    } else { // released even without another request: a reading of many caches is large
      release = thread.schedule(() -> forget(reading), RECENT_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private synchronized void forget(Reading reading) {
    if (reading == latest) {
      latest = null;
    }
  }

  /**
   * Counts the outcome of a reading once, regardless of the number of waiting callers.
   *
   * @return the outcome with the sums of the target
   */
  private synchronized Outcome countOnce(Reading reading, Outcome outcome) {
    if (!reading.isCounted && !isClosed) {
      reading.isCounted = true;
      errors += outcome.failure() == null ? 0 : 1;
      refused += outcome.readings().refused();
    }
    return new Outcome(
        outcome.readings(),
        outcome.failure(),
        outcome.startNanos(),
        outcome.tookNanos(),
        errors,
        refused);
  }

  /** Logs one line when the target goes and one when it is back. */
  private void logChange(@Nullable IOException failure) {
    boolean wasUp;
    synchronized (this) {
      if (isClosed) {
        return;
      }
      wasUp = isUp;
      isUp = failure == null;
    }
    if (failure != null && wasUp) {
      logger.warn(
          "Cannot read the caches of {}: {} They are not shown until it answers; each reading tries"
              + " again, and bridge_errors_total counts failures",
          description(),
          sentence(line(failure)));
    } else if (failure == null && !wasUp) {
      logger.info("The caches of {} can be read again", description());
    }
    if (failure != null) {
      logger.debug("Where the reading of {} failed", description(), failure);
    }
  }

  /** A message in one line and without control characters; RMI's messages have several lines. */
  private static String line(IOException failure) {
    String text = String.valueOf(failure.getMessage()).replaceAll("[\\s\\p{Cntrl}]+", " ").strip();
    return text.length() > MAX_LINE ? text.substring(0, MAX_LINE) + "..." : text;
  }

  /** A message that ends with a mark, so that a sentence may follow. */
  private static String sentence(String message) {
    return message.endsWith("?") || message.endsWith(".") ? message : message + ".";
  }

  /** Ends reading; may be called twice. A reading that does not come back is not waited for. */
  @Override
  public synchronized void close() {
    isClosed = true;
    latest = null;
    thread.shutdownNow();
  }

  /**
   * The outcome of a reading.
   *
   * @param readings the figures; empty if it failed
   * @param failure absent if the reading succeeded; its message does not name the target, because
   *     those who show it do
   * @param startNanos its start, on the clock of {@link System#nanoTime}
   * @param tookNanos its duration, or its age if it has not ended
   * @param errors the number of failed readings of the target so far
   * @param refused the number of invalid values in its readings so far
   */
  public record Outcome(
      CacheReadings readings,
      @Nullable IOException failure,
      long startNanos,
      long tookNanos,
      long errors,
      long refused) {

    public boolean isUp() {
      return failure == null;
    }

    /** Returns the message of the failure; absent if there is none. */
    public @Nullable String error() {
      return failure == null ? null : String.valueOf(failure.getMessage());
    }
  }

  /** A reading under way, which several may await. */
  public final class Reading {
    private final long startNanos = System.nanoTime();
    private final Selection wanted;
    private final FutureTask<CacheReadings> task;
    private volatile long endNanos;
    private boolean isLost; // guarded by the target
    private boolean isCounted; // guarded by the target

    private Reading(Selection wanted, Callable<CacheReadings> read) {
      this.wanted = wanted;
      this.task =
          new FutureTask<>(read) {
            @Override
            protected void set(CacheReadings readings) {
              usualNanos = ageNanos();
              super.set(readings);
            }

            @Override
            protected void done() {
              endNanos = System.nanoTime();
            }
          };
    }

    private long ageNanos() {
      return System.nanoTime() - startNanos;
    }

    private void run() {
      began(this);
      try {
        task.run();
      } finally {
        ended(this);
      }
    }

    /** Waits for the figures, until the limit since the reading began is over. */
    public Outcome await() {
      return await(Duration.ofNanos(limitNanos));
    }

    /** Waits for the figures, but no longer than the given time if that is less than the limit. */
    public Outcome await(Duration patience) {
      Outcome outcome = get(saturatedNanos(patience));
      if (outcome.failure() == null || task.isDone() || ageNanos() >= limitNanos) {
        logChange(outcome.failure());
      }
      return outcome;
    }

    private Outcome get(long patienceNanos) {
      try {
        long limit = Math.min(patienceNanos, limitNanos - ageNanos());
        return outcome(task.get(Math.max(0, limit), TimeUnit.NANOSECONDS), null);
      } catch (TimeoutException e) {
        if (ageNanos() < limitNanos) {
          return failed(new InterruptedIOException(notFor(ageNanos())));
        }
        timedOut(this);
        return failed(
            new InterruptedIOException(
                "it has not answered within " + timeLimit().toMillis() + " ms"));
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return failed(new InterruptedIOException("its reading was interrupted"));
      } catch (CancellationException e) {
        return failed(new IOException(CLOSED, e));
      } catch (ExecutionException e) {
        return failed(
            e.getCause() instanceof IOException failure
                ? failure
                : new IOException("its reading failed: " + e.getCause(), e));
      }
    }

    private Outcome failed(IOException failure) {
      return outcome(CacheReadings.EMPTY, failure);
    }

    private Outcome outcome(CacheReadings readings, @Nullable IOException failure) {
      long tookNanos = task.isDone() ? endNanos - startNanos : ageNanos();
      Outcome outcome = new Outcome(readings, failure, startNanos, tookNanos, 0, 0);
      boolean isOver = failure == null || task.isDone() || ageNanos() >= limitNanos;
      return isOver ? countOnce(this, outcome) : outcome;
    }
  }
}
