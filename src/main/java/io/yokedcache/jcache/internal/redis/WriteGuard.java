package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Ends a large write to a server that has stopped reading. A socket's time-out is for reading only:
 * a request that does not fit into the buffers would block its thread for as long as the server
 * hangs. Small requests always fit, and are not watched.
 *
 * <p>Its thread only closes sockets and so never waits. It exists only while a write is watched,
 * and for a while after that. On a thread shared with other tasks, a slow task would delay the end
 * of a write, and could not end its own write.
 *
 * <p>The thread does not wake for each write: while there are writes, it looks at them when the
 * oldest would have taken too long. The set of writes and the mark are safe for several threads and
 * need no lock.
 */
final class WriteGuard implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(WriteGuard.class);

  /** The least that systems give a socket as its buffer. */
  private static final int LARGE_BYTES = 16 << 10;

  private static final long IDLE_SECONDS = 10;

  private final ScheduledThreadPoolExecutor watcher;
  private final long timeoutMillis;
  private final long timeoutNanos;

  /** The writes under way. */
  private final Set<Watch> watches = ConcurrentHashMap.newKeySet();

  /** Whether the watcher is to look at the writes. A watch is in the set before this is read. */
  private final AtomicBoolean looking = new AtomicBoolean();

  /**
   * Creates the guard of a server's connections.
   *
   * @param commandTimeout half of the time that writing may take
   */
  WriteGuard(Duration commandTimeout) {
    this.watcher =
        new ScheduledThreadPoolExecutor(
            1, task -> DaemonThreads.detached("yokedcache-writes", task));
    watcher.setKeepAliveTime(IDLE_SECONDS, TimeUnit.SECONDS);
    watcher.allowCoreThreadTimeOut(true);
    this.timeoutMillis = 2 * commandTimeout.toMillis();
    this.timeoutNanos = TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
  }

  /**
   * Watches the writing of commands, which begins now, until {@link Watch#end}.
   *
   * @return {@code null} for a request that needs no watch
   */
  @Nullable Watch watch(SocketConnection connection, List<CommandArguments> commands) {
    if (!isLarge(commands)) {
      return null;
    }
    Watch watch = new Watch(connection);
    watches.add(watch);
    boolean isWatched = false;
    try {
      lookAfter(timeoutNanos);
      isWatched = true;
    } finally {
      if (!isWatched) {
        watches.remove(watch);
      }
    }
    return watch;
  }

  /** Has the watcher look at the writes, unless it is to look at them anyway. */
  private void lookAfter(long nanos) {
    if (!looking.compareAndSet(false, true)) {
      return;
    }
    boolean isScheduled = false;
    try {
      ScheduledFuture<?> unused = watcher.schedule(this::look, nanos, TimeUnit.NANOSECONDS);
      isScheduled = true;
    } catch (RejectedExecutionException closing) {
      logger.debug("The manager closes, and its connections with it", closing);
    } finally {
      if (!isScheduled) {
        looking.set(false);
      }
    }
  }

  /** Ends the writes that take too long, and looks again when the next one would. */
  private void look() {
    long waitNanos = timeoutNanos;
    try {
      long nowNanos = System.nanoTime();
      for (Watch watch : watches) {
        long leftNanos = watch.deadlineNanos - nowNanos;
        if (leftNanos <= 0) {
          watch.disconnect();
        } else {
          waitNanos = Math.min(waitNanos, leftNanos);
        }
      }
    } finally {
      looking.set(false);
      if (!watches.isEmpty()) {
        lookAfter(waitNanos);
      }
    }
  }

  /** The watch of one write. */
  final class Watch {

    private final SocketConnection connection;
    private final AtomicBoolean ended = new AtomicBoolean();
    private final long deadlineNanos = System.nanoTime() + timeoutNanos;

    private Watch(SocketConnection connection) {
      this.connection = connection;
    }

    private void disconnect() {
      if (ended.compareAndSet(false, true)) {
        connection.closeSocket(); // wakes the writer
      }
    }

    /**
     * Ends the watch.
     *
     * @throws JedisConnectionException caused by a {@link SocketTimeoutException} if writing took
     *     too long, in place of the failure that this caused
     */
    void end() {
      watches.remove(this);
      if (!ended.compareAndSet(false, true)) {
        throw new JedisConnectionException(
            new SocketTimeoutException("Writing took longer than " + timeoutMillis + " ms"));
      }
    }
  }

  /** Ends the thread; the caller closes the connections. */
  @Override
  public void close() {
    watcher.shutdownNow();
  }

  private static boolean isLarge(List<CommandArguments> commands) {
    long size = 0;
    for (CommandArguments command : commands) {
      for (Rawable argument : command) {
        size += argument.getRaw().length;
      }
    }
    return size >= LARGE_BYTES;
  }
}
