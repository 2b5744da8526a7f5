package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import javax.cache.integration.CompletionListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code loadAll} calls of one cache that are running, and its refreshes of old entries. Each
 * call reports its end to its listener, also after an error. {@link #close} rejects new ones, waits
 * for the running ones, and drops refreshes that have not begun.
 */
final class BackgroundLoads implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(BackgroundLoads.class);

  private final String cacheName;
  private final Executor executor;
  private final Executor refreshes;
  private final Duration closeTimeout;

  /**
   * Created by the first load. This object's monitor guards it and {@code closed}, so that {@link
   * #close} sees every load that begins. No thread waits while it holds the monitor.
   */
  private @Nullable Set<Load> running;

  private boolean closed;

  BackgroundLoads(String cacheName, Executor executor, Executor refreshes, Duration closeTimeout) {
    this.cacheName = cacheName;
    this.executor = executor;
    this.refreshes = refreshes;
    this.closeTimeout = closeTimeout;
  }

  /**
   * Runs a load elsewhere, and tells the listener, if there is one, how it ended.
   *
   * @throws IllegalStateException if the cache is closed
   */
  void start(Runnable task, @Nullable CompletionListener listener) {
    start(executor, new Load(task, listener, /* isRefresh= */ false));
  }

  /**
   * Runs a refresh elsewhere.
   *
   * @param task a task that throws nothing
   * @throws IllegalStateException if the cache is closed
   * @throws java.util.concurrent.RejectedExecutionException if too many refreshes wait
   */
  void refresh(Runnable task) {
    start(refreshes, new Load(task, null, /* isRefresh= */ true));
  }

  private void start(Executor threads, Load load) {
    begin(load);
    try {
      threads.execute(load);
    } catch (Throwable e) { // no thread, no place, or the manager closes
      load.end();
      throw e;
    }
  }

  private synchronized void begin(Load load) {
    if (closed) {
      throw new IllegalStateException("Cache " + cacheName + " is closed");
    }
    if (running == null) {
      running = new HashSet<>();
    }
    running.add(load);
  }

  private synchronized void forget(Load load) {
    if (running != null) {
      running.remove(load);
    }
  }

  /** Whether a load may run now. A refresh of a closed cache is dropped. */
  private synchronized boolean mayRun(Load load) {
    load.thread = Thread.currentThread();
    return !closed || !load.isRefresh;
  }

  /** Rejects new loads, and returns the running ones. */
  private synchronized List<Load> end() {
    closed = true;
    List<Load> left = running == null ? new ArrayList<>() : new ArrayList<>(running);
    left.removeIf(load -> load.isRefresh && load.thread == null);
    return left;
  }

  /** Waits for the running loads, except for the load whose listener closes the cache. */
  @Override
  public void close() {
    List<Load> left = end();
    long deadlineNanos = System.nanoTime() + closeTimeout.toNanos();
    for (Load load : left) {
      if (load.thread != Thread.currentThread()
          && !BoundedWait.await(
              deadlineNanos - System.nanoTime(),
              nanos -> load.ended.await(nanos, TimeUnit.NANOSECONDS))) {
        logger.warn(
            "A {} of cache {} still runs {} ms after close",
            load.isRefresh ? "refresh" : "loadAll",
            cacheName,
            closeTimeout.toMillis());
      }
    }
  }

  /** One {@code loadAll}, or one refresh. */
  private final class Load implements Runnable {

    private final Runnable task;
    private final @Nullable CompletionListener listener;
    private final boolean isRefresh;
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Thread thread;

    Load(Runnable task, @Nullable CompletionListener listener, boolean isRefresh) {
      this.task = task;
      this.listener = listener;
      this.isRefresh = isRefresh;
    }

    @Override
    public void run() {
      try {
        if (mayRun(this)) {
          reportCompletion(load());
        }
      } catch (Throwable e) {
        logger.warn("The listener of a loadAll of cache {} failed", cacheName, e);
      } finally {
        end();
      }
    }

    /** Loads, and returns the failure or {@code null}. */
    private @Nullable Throwable load() {
      try {
        task.run();
        return null;
      } catch (Throwable e) {
        // Errors are reported too, such as a missing class: a caller that waits for the listener
        // must not hang.
        return e;
      }
    }

    private void reportCompletion(@Nullable Throwable failure) {
      if (listener == null) {
        if (failure != null) {
          logger.warn("loadAll failed, and nobody listens to its completion", failure);
        }
      } else if (failure == null) {
        listener.onCompletion();
      } else {
        listener.onException(
            failure instanceof CacheException already
                ? already
                : ApplicationCode.LOADER.failure("loadAll", failure));
      }
    }

    void end() {
      forget(this);
      ended.countDown();
    }
  }
}
