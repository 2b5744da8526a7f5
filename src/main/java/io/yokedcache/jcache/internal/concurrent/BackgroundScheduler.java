package io.yokedcache.jcache.internal.concurrent;

import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread for periodic tasks, started by the first task. A task that throws runs again: the
 * JDK's scheduler would forget it silently, and leases or pings would end for ever.
 *
 * <p>A periodic task runs again at its next time. A delayed task, such as the next step of a pass
 * over all keys, runs again after a pause that grows with each failure; one that is due at once
 * ({@code execute}) does not. Tasks that wait at shutdown are not run.
 */
public final class BackgroundScheduler extends ScheduledThreadPoolExecutor {

  private static final Logger logger = LoggerFactory.getLogger(BackgroundScheduler.class);
  private static final long MIN_PAUSE_MILLIS = 1_000;
  private static final long MAX_PAUSE_MILLIS = 60_000;

  /** The longest that a close waits for the thread. */
  private static final long END_MILLIS = 100;

  private final String name;
  private final BackgroundErrors errors;
  private volatile @Nullable Thread thread;

  public BackgroundScheduler(String name, BackgroundErrors errors) {
    super(1);
    this.name = name;
    this.errors = errors;
    setThreadFactory(
        task -> {
          Thread created = DaemonThreads.create(name, task);
          thread = created;
          return created;
        });
    setRemoveOnCancelPolicy(true);
    setExecuteExistingDelayedTasksAfterShutdownPolicy(false);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initialDelay, long delay, TimeUnit unit) {
    return super.scheduleWithFixedDelay(() -> run(task), initialDelay, delay, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    return super.scheduleAtFixedRate(() -> run(task), initialDelay, period, unit);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    return super.schedule(() -> runUntilDone(task, MIN_PAUSE_MILLIS), delay, unit);
  }

  @Override
  public void execute(Runnable task) {
    ScheduledFuture<?> unused = super.schedule(() -> run(task), 0, TimeUnit.NANOSECONDS);
  }

  /**
   * Waits until the thread has ended after a shutdown, for at most 100 ms: web servers warn of
   * threads that are alive when their application has been stopped. Returns at once in the thread
   * itself.
   */
  public void awaitEnd() {
    Thread last = thread;
    if (last != null && last != Thread.currentThread()) {
      BoundedWait.join(last, END_MILLIS);
    }
  }

  /** Runs a task, and returns whether it threw nothing. */
  private boolean run(Runnable task) {
    try {
      task.run();
      return true;
    } catch (Throwable e) {
      errors.survived(name, e);
      return false;
    }
  }

  private void runUntilDone(Runnable task, long pauseMillis) {
    long pause = pauseMillis;
    while (!run(task) && !runsLater(task, pause)) {
      BoundedWait.pause(TimeUnit.MILLISECONDS.toNanos(pause));
      pause = longer(pause);
    }
  }

  /** Plans another run of a task, and returns false if there is no memory for that. */
  private boolean runsLater(Runnable task, long pauseMillis) {
    try {
      long next = longer(pauseMillis);
      ScheduledFuture<?> unused =
          super.schedule(() -> runUntilDone(task, next), pauseMillis, TimeUnit.MILLISECONDS);
      return true;
    } catch (RejectedExecutionException closed) {
      logger.debug("{} ends, and leaves a task undone", name);
      return true;
    } catch (Throwable e) { // nobody else would run the task again
      errors.survived(name, e);
      return isShutdown();
    }
  }

  private static long longer(long pauseMillis) {
    return Math.min(2 * pauseMillis, MAX_PAUSE_MILLIS);
  }
}
