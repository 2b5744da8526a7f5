package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.concurrent.StackCheck;
import io.yokedcache.jcache.internal.concurrent.VirtualThreads;
import io.yokedcache.jcache.internal.redis.ErrorReplyPolicy;
import io.yokedcache.jcache.internal.redis.ReconnectCount;
import java.net.SocketTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A lane that is made at first need, and anew after it has failed. Threads that need it at the same
 * time share one attempt to connect and its outcome, so that an outage costs each of them one
 * connect time-out and not all of them one after the other.
 */
final class PipelinedConnectionSlot implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(PipelinedConnectionSlot.class);

  /** How many attempts of others are waited for that end without an answer. */
  private static final int MAX_FOLLOWED = 8;

  private final Settings.Connection settings;
  private final ErrorReplyPolicy refusals;
  private final long maxValueBytes;
  private final AtomicReference<@Nullable CompletableFuture<PipelinedConnection>> attempt =
      new AtomicReference<>();
  private final ReconnectCount reconnects = new ReconnectCount();
  private volatile @Nullable PipelinedConnection lane;
  private volatile boolean closed;

  /**
   * Creates it; nothing is connected yet.
   *
   * @param refusals knows lanes that work, but lead to a server that has lost its role
   * @param maxValueBytes how long one value of the application may be; longer ones are not read
   */
  PipelinedConnectionSlot(
      Settings.Connection settings, ErrorReplyPolicy refusals, long maxValueBytes) {
    this.settings = settings;
    this.refusals = refusals;
    this.maxValueBytes = maxValueBytes;
  }

  /** Whether there is a lane that has not failed. */
  boolean isOpen() {
    PipelinedConnection current = lane;
    return current != null && current.isOpen();
  }

  /** How many lanes were made in place of failed ones. */
  long reconnects() {
    return reconnects.sum();
  }

  /** How many threads have calls on the lane now. */
  int openCalls() {
    PipelinedConnection current = lane;
    return current == null ? 0 : current.openCalls();
  }

  /**
   * A lane that has not failed yet.
   *
   * @throws JedisException if the server cannot be reached or refuses us
   */
  PipelinedConnection get() {
    for (int i = 0; i < MAX_FOLLOWED; i++) {
      PipelinedConnection current = lane;
      if (current != null && isGood(current)) {
        return current;
      }
      StackCheck.ensure();
      CompletableFuture<PipelinedConnection> own = new CompletableFuture<>();
      CompletableFuture<PipelinedConnection> running = attempt.compareAndExchange(null, own);
      if (running == null && !VirtualThreads.isVirtual(Thread.currentThread())) {
        return connect(own);
      }
      if (running == null) {
        connectElsewhere(own);
      }
      PipelinedConnection made = await(running == null ? own : running);
      if (made != null) {
        return made;
      }
    }
    throw new JedisConnectionException("Other threads ended while they connected");
  }

  /** The lane that there is now, if any. */
  @Nullable PipelinedConnection current() {
    PipelinedConnection current = lane;
    return current != null && current.isOpen() ? current : null;
  }

  private PipelinedConnection connect(CompletableFuture<PipelinedConnection> outcome) {
    try {
      PipelinedConnection made = open();
      attempt.set(null);
      outcome.complete(made);
      return made;
    } catch (Throwable e) {
      attempt.set(
          null); // first, so that who comes from now on does not share a failure of the past
      outcome.completeExceptionally(e);
      throw e;
    }
  }

  private boolean isGood(PipelinedConnection current) {
    return current.isOpen() && !refusals.isCondemned(current.madeNanos());
  }

  /** An interrupt of a virtual thread would close the socket that others wait for. */
  private void connectElsewhere(CompletableFuture<PipelinedConnection> outcome) {
    Thread thread =
        new Thread(
            null,
            () -> {
              try {
                PipelinedConnection unused = connect(outcome);
              } catch (RuntimeException e) {
                logger.debug("Connecting failed", e); // the outcome has it
              }
            },
            "yokedcache-connect",
            0,
            /* inheritThreadLocals= */ false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    boolean isStarted = false;
    try {
      thread.start();
      isStarted = true;
    } finally {
      if (!isStarted) {
        attempt.set(null);
        outcome.completeExceptionally(new IllegalStateException("No thread to connect in"));
      }
    }
  }

  private PipelinedConnection open() {
    PipelinedConnection current = lane;
    if (current == null || !isGood(current)) {
      if (current != null) {
        current.retire();
        reconnects.failed();
        lane = null; // counted once, however often connecting fails
      }
      long beforeNanos = System.nanoTime();
      current = new PipelinedConnection(SocketTransport.open(settings, maxValueBytes), beforeNanos);
      reconnects.made();
      lane = current;
    }
    if (closed) { // before or after close() looked for a lane: one of the two sees the other
      current.close();
    }
    return current;
  }

  /**
   * Waits for another thread's attempt. Interrupts are kept for later.
   *
   * @return {@code null} if that thread failed by an error of its own, which says nothing about
   *     Redis
   */
  private @Nullable PipelinedConnection await(CompletableFuture<PipelinedConnection> running) {
    // Connecting, and then two replies to who we are, each with its own limit.
    long endNanos =
        System.nanoTime()
            + settings.connectTimeout().toNanos()
            + 2 * settings.commandTimeout().toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return running.get(endNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } catch (TimeoutException e) {
      throw new JedisConnectionException(new SocketTimeoutException("Connecting takes too long"));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof JedisException reason) {
        throw reason;
      }
      return null;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    PipelinedConnection current = lane;
    if (current != null) {
      current.close();
    }
  }
}
