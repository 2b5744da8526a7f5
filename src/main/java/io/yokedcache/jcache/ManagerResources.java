package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.backend.RedisBackend;
import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.BackgroundScheduler;
import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import io.yokedcache.jcache.internal.embedded.EmbeddedServers;
import io.yokedcache.jcache.internal.redis.health.HealthCheck;
import io.yokedcache.jcache.internal.settings.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The resources of a manager: threads, connections, and its lease of embedded servers. */
final class ManagerResources implements AutoCloseable {

  /**
   * The number of concurrent {@code loadAll} calls, and of those that wait for a thread; a further
   * call runs in the calling thread.
   */
  private static final int MAX_LOADS = 8;

  private static final int MAX_WAITING_LOADS = 1_000;

  /** The number of concurrent refreshes of old entries, and of those that wait for a thread. */
  private static final int MAX_REFRESHES = 4;

  private static final int MAX_WAITING_REFRESHES = 1_000;

  private final BackgroundErrors errors = new BackgroundErrors();

  // One thread each. Tasks wait up to their time-outs for a Redis that hangs. A pass over all
  // keys must not delay a lease, and neither of them a ping.
  private final BackgroundScheduler health = new BackgroundScheduler("yokedcache-health", errors);
  private final BackgroundScheduler pings = new BackgroundScheduler("yokedcache-pings", errors);
  private final BackgroundScheduler statistics =
      new BackgroundScheduler("yokedcache-statistics", errors);
  private final BackgroundScheduler background =
      new BackgroundScheduler("yokedcache-background", errors);

  private final ThreadPoolExecutor loads =
      threads("yokedcache-load", MAX_LOADS, MAX_WAITING_LOADS, ManagerResources::runInCaller);

  /** The threads that run a {@code loadAll}, whose loader or listener may call another one. */
  private final Set<Thread> loading = ConcurrentHashMap.newKeySet();

  /** Rejects tasks instead of running them in the calling thread: readers do not wait for them. */
  private final ThreadPoolExecutor refreshes =
      threads(
          "yokedcache-refresh",
          MAX_REFRESHES,
          MAX_WAITING_REFRESHES,
          new ThreadPoolExecutor.AbortPolicy());

  private final AsyncQueue async;

  /** {@code null} if the servers are not embedded. */
  private final EmbeddedServers.@Nullable Lease servers;

  private final RedisBackend backend;

  /**
   * Opens the resources.
   *
   * @param loader finds the application's classes
   * @param listener hears when Redis stops and begins to answer
   */
  ManagerResources(
      Settings settings,
      @Nullable ClassLoader loader,
      EmbeddedServers embeddedServers,
      HealthCheck.Listener listener) {
    async = new AsyncQueue(settings.connection().commandTimeout(), errors, background);
    EmbeddedServers.Lease leased = null;
    try {
      Settings reachable = settings;
      if (settings.embedded() != null) {
        leased = embeddedServers.acquire(settings.embedded());
        reachable =
            settings.withConnection(
                settings.connection().at(leased.deployment(), leased.password()));
      }
      servers = leased;
      backend =
          new RedisBackend(
              reachable,
              loader,
              new RedisBackend.Schedulers(pings, background, statistics, health),
              errors,
              listener);
    } catch (RuntimeException | Error e) {
      Closing.closeAfter(e, inOrderOfClosing(/* opened= */ null, leased));
      throw e;
    }
  }

  /** The users of Redis before their connections, these before the servers. */
  private List<AutoCloseable> inOrderOfClosing(
      @Nullable RedisBackend opened, EmbeddedServers.@Nullable Lease leased) {
    List<AutoCloseable> all =
        new ArrayList<>(
            List.<AutoCloseable>of(refreshes::shutdown, loads::shutdown, background::shutdownNow));
    if (opened != null) {
      all.add(opened); // the background tasks used it
    }
    all.addAll(
        List.<AutoCloseable>of(
            statistics::shutdownNow, pings::shutdownNow, health::shutdownNow, async));
    if (leased != null) {
      all.add(leased);
    }
    List.of(health, pings, statistics, background).forEach(last -> all.add(last::awaitEnd));
    return all;
  }

  /** Up to {@code max} threads, which end after 10 s without a task. */
  private static ThreadPoolExecutor threads(
      String name, int max, int maxWaiting, RejectedExecutionHandler overflow) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            max,
            max,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(maxWaiting),
            DaemonThreads.numbered(name),
            overflow);
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /**
   * Runs a task in the calling thread if the queue is full. Unlike the JDK's policy, it rejects
   * tasks after the close.
   */
  private static void runInCaller(Runnable task, ThreadPoolExecutor pool) {
    if (pool.isShutdown()) {
      throw new RejectedExecutionException("The cache manager is closed");
    }
    task.run();
  }

  /** How many errors the threads have survived that serve for ever. */
  long backgroundErrors() {
    return errors.count();
  }

  RedisBackend backend() {
    return backend;
  }

  /** Runs the tasks of statistics. */
  ScheduledExecutorService statistics() {
    return statistics;
  }

  /** Completes asynchronous operations. */
  AsyncQueue async() {
    return async;
  }

  Executor loadThreads() {
    return this::load;
  }

  /**
   * Runs a {@code loadAll} elsewhere; in the calling thread if that runs one, since it may wait for
   * this one while all other threads wait too.
   */
  private void load(Runnable task) {
    if (loading.contains(Thread.currentThread())) {
      runInCaller(task, loads);
    } else {
      loads.execute(
          () -> {
            Thread thread = Thread.currentThread();
            loading.add(thread);
            try {
              task.run();
            } finally {
              loading.remove(thread);
            }
          });
    }
  }

  /** Rejects a refresh for which it has no place. */
  Executor refreshes() {
    return refreshes;
  }

  @Override
  public void close() {
    Closing.closeAll(inOrderOfClosing(backend, servers));
  }
}
