package io.yokedcache.jcache.internal.concurrent;

import java.time.Duration;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The asynchronous operations of a manager: how many may be under way, and the threads that
 * complete them.
 *
 * <p>The threads run the steps of operations that follow a reply of Redis, with the callbacks of
 * the application, and the few steps that may wait. There are at most {@link #MAX_THREADS}, made at
 * need, and they end when they had nothing to do for ten seconds. One wake is for all tasks that
 * were added, so that the replies of one read from a socket cost one. A task may take long: while
 * tasks wait, another thread looks after them every {@link #LOOK_MILLIS}.
 *
 * <p>Callbacks must not wait, but some do. If all threads are in tasks, and no task is begun for
 * {@link #STALL_MILLIS} although some wait, there may be twice as many threads, up to {@link
 * #MAX_SPARE} more, until half of the first ones are free again. So callbacks that wait for
 * operations of the same manager are slow, but do not wait for ever.
 *
 * <p>If no thread can be made, for lack of memory, the background thread tries it again every
 * {@link #RETRY_MILLIS} as long as tasks wait.
 *
 * <p>An operation has a {@linkplain #enter place} until it is complete, and at most one task at a
 * time, so the number of places bounds the number of tasks. Safe for use by several threads; all
 * state is in concurrent queues, semaphores and atomics.
 */
public final class AsyncQueue implements AutoCloseable {

  /**
   * How many operations of threads of the application may be under way, and how many that callbacks
   * have begun.
   */
  public static final int MAX_UNDER_WAY = 1024;

  static final int MAX_THREADS = 8;

  /** As many as the operations that callbacks can have under way, and wait for. */
  private static final int MAX_SPARE = MAX_UNDER_WAY;

  private static final long STALL_MILLIS = 500;
  private static final long LOOK_MILLIS = 10;
  private static final long RETRY_MILLIS = 100;
  private static final long IDLE_SECONDS = 10;
  private static final String NAME = "yokedcache-async";

  /** The longest that a close waits for the threads. */
  private static final int END_MILLIS = 100;

  private static final Logger logger = LoggerFactory.getLogger(AsyncQueue.class);

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final BackgroundErrors errors;
  private final long waitNanos;
  private final ScheduledExecutorService background;
  private final ScheduledThreadPoolExecutor threads;

  /** The threads that have begun, and some that have ended. */
  private final Set<Thread> alive = ConcurrentHashMap.newKeySet();

  private final Place outer = new Place();
  private final Place inner = new Place();

  /** Whether a thread is about to look at the tasks. */
  private final AtomicBoolean isWoken = new AtomicBoolean();

  /** Whether a thread will look at the tasks after a while. */
  private final AtomicBoolean isWatched = new AtomicBoolean();

  /** How many threads are in tasks. */
  private final AtomicInteger busy = new AtomicInteger();

  /** How many threads there may be. */
  private volatile int limit = MAX_THREADS;

  /** Whether the background thread will look whether all threads wait. */
  private final AtomicBoolean isGuarded = new AtomicBoolean();

  private final AtomicBoolean hasWarned = new AtomicBoolean();

  /** Whether the background thread will try again to make a thread. */
  private final AtomicBoolean isRetried = new AtomicBoolean();

  /**
   * Creates the queue; there is no thread yet. Its threads will have the context class loader of
   * this one.
   *
   * @param wait how long an operation waits for a place: the command time-out
   * @param background has a thread for short tasks
   */
  public AsyncQueue(Duration wait, BackgroundErrors errors, ScheduledExecutorService background) {
    this(wait, errors, background, workers());
  }

  AsyncQueue(
      Duration wait,
      BackgroundErrors errors,
      ScheduledExecutorService background,
      ThreadFactory workers) {
    this.errors = errors;
    this.waitNanos = wait.toNanos();
    this.background = background;
    this.threads =
        new ScheduledThreadPoolExecutor(
            MAX_THREADS,
            task ->
                workers.newThread(
                    () -> {
                      alive.removeIf(thread -> !thread.isAlive());
                      alive.add(Thread.currentThread());
                      task.run();
                    }));
    threads.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    threads.allowCoreThreadTimeOut(true);
  }

  static ThreadFactory workers() {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    AtomicInteger number = new AtomicInteger();
    return task -> new Worker(task, NAME + "-" + number.incrementAndGet(), loader);
  }

  /** A thread of such a queue, which must not wait for a place: it makes places free. */
  private static final class Worker extends Thread {

    Worker(Runnable task, String name, @Nullable ClassLoader loader) {
      super(null, task, name, 0, /* inheritThreadLocals= */ false);
      setDaemon(true);
      setContextClassLoader(loader);
    }
  }

  /** The right to have an operation under way. */
  public static final class Place {

    private final Semaphore free = new Semaphore(MAX_UNDER_WAY);

    private Place() {}

    /** Gives the right back; called once for each {@link #enter}. */
    public void leave() {
      free.release();
    }
  }

  /**
   * Waits until one more operation may be under way, for at most the command time-out. Callbacks do
   * not wait.
   *
   * @throws RejectedExecutionException if there is no place in that time
   */
  public Place enter() {
    boolean isCallback = Thread.currentThread() instanceof Worker;
    Place place = isCallback ? inner : outer;
    if (place.free.tryAcquire()) {
      return place;
    }
    boolean isFree =
        !isCallback
            && BoundedWait.await(
                waitNanos, left -> place.free.tryAcquire(left, TimeUnit.NANOSECONDS));
    if (!isFree) {
      throw new RejectedExecutionException(
          isCallback
              ? "%s operations that callbacks of asynchronous operations have begun are under way, and a callback does not wait. Begin fewer of them in one callback."
                  .formatted(MAX_UNDER_WAY)
              : "%s asynchronous operations of the cache manager are under way, and none ended within yokedcache.connection.command-timeout (%s ms). Wait for some before you begin others, and let no callback wait."
                  .formatted(MAX_UNDER_WAY, TimeUnit.NANOSECONDS.toMillis(waitNanos)));
    }
    return place;
  }

  /** Adds a task, which a thread runs after the next {@link #wake}. */
  public void add(Runnable task) {
    tasks.add(task);
  }

  /** Has a thread run the tasks that were added. */
  public void wake() {
    if (!isWoken.get() && isWoken.compareAndSet(false, true)) {
      try {
        threads.execute(this::runTasks);
      } catch (Throwable e) {
        isWoken.set(false);
        noThread(e);
      }
    }
    guard();
  }

  private void noThread(Throwable cause) {
    errors.survived(NAME, cause);
    if (isRetried.compareAndSet(false, true)) {
      try {
        ScheduledFuture<?> unused =
            background.schedule(this::retry, RETRY_MILLIS, TimeUnit.MILLISECONDS);
      } catch (Throwable e) { // the next wake tries it again
        isRetried.set(false);
        errors.survived(NAME, e);
      }
    }
  }

  /** Makes a thread for what the pool was given while it could not make one. */
  private void retry() {
    isRetried.set(false);
    if (tasks.isEmpty()) {
      return;
    }
    if (threads.getQueue().isEmpty()) {
      wake();
      return;
    }
    try {
      boolean unused = threads.prestartCoreThread();
    } catch (Throwable e) {
      noThread(e);
    }
  }

  /** Adds a task and has it run. */
  public void run(Runnable task) {
    add(task);
    wake();
  }

  private void runTasks() {
    isWoken.set(false);
    busy.incrementAndGet();
    try {
      for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
        if (!tasks.isEmpty()) {
          watch();
          guard();
        }
        try {
          task.run();
        } catch (Throwable e) {
          errors.survived(NAME, e);
        }
      }
    } finally {
      if (busy.decrementAndGet() < MAX_THREADS / 2 && limit > MAX_THREADS) {
        setLimit(MAX_THREADS);
      }
    }
  }

  /** Has the background thread look after a while whether all threads wait. */
  private void guard() {
    if (busy.get() < limit || isGuarded.get() || !isGuarded.compareAndSet(false, true)) {
      return;
    }
    Runnable first = tasks.peek();
    try {
      ScheduledFuture<?> unused =
          background.schedule(() -> relieve(first), STALL_MILLIS, TimeUnit.MILLISECONDS);
    } catch (RejectedExecutionException closed) {
      // It is not tried again: the manager is closed, and what is left fails without a wait.
    } catch (Throwable e) { // the next wake tries it again
      isGuarded.set(false);
      errors.survived(NAME, e);
    }
  }

  /**
   * Allows more threads if no task was begun for a while.
   *
   * @param first the first task at the beginning of that time, {@code null} if there was none
   */
  private void relieve(@Nullable Runnable first) {
    isGuarded.set(false);
    if (first != null && tasks.peek() == first && busy.get() >= limit) {
      if (hasWarned.compareAndSet(false, true)) {
        logger.warn(
            "All {} threads {} wait, and further asynchronous operations with them: more threads are"
                + " made, up to {}. Callbacks, loaders or writers of the application wait for"
                + " something; give callbacks that wait an executor, by thenApplyAsync and the like",
            limit,
            NAME,
            MAX_THREADS + MAX_SPARE);
      }
      setLimit(Math.min(2 * limit, MAX_THREADS + MAX_SPARE));
    }
    if (!tasks.isEmpty()) {
      guard();
    }
  }

  private synchronized void setLimit(int threadCount) {
    limit = threadCount;
    try {
      threads.setCorePoolSize(threadCount);
    } catch (Throwable e) { // it begins threads if tasks wait
      noThread(e);
    }
  }

  private void watch() {
    if (!isWatched.get() && isWatched.compareAndSet(false, true)) {
      try {
        ScheduledFuture<?> unused =
            threads.schedule(this::look, LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (Throwable e) {
        isWatched.set(false);
        noThread(e);
      }
    }
  }

  private void look() {
    isWatched.set(false);
    runTasks();
  }

  /**
   * Ends the threads as soon as they have nothing to do, and waits for them for at most 100 ms.
   * Tasks are run nevertheless. A thread of this queue does not wait.
   */
  @Override
  public void close() {
    threads.setKeepAliveTime(1, TimeUnit.MILLISECONDS);
    if (Thread.currentThread() instanceof Worker) {
      return;
    }
    long endNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(END_MILLIS);
    for (Thread thread : alive) {
      long left = endNanos - System.nanoTime();
      if (left > 0) {
        BoundedWait.join(thread, TimeUnit.NANOSECONDS.toMillis(left));
      }
    }
  }
}
