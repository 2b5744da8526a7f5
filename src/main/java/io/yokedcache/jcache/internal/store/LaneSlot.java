package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.configuration.ConnectionSettings;
import java.net.SocketTimeoutException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A lane that is made at first need, and anew after it has failed. Threads that need it at the same
 * time share one attempt to connect and its outcome, so that an outage costs each of them one
 * connect time-out and not all of them one after the other.
 */
final class LaneSlot implements AutoCloseable {

  private final ConnectionSettings settings;
  private final Refusals refusals;
  private final AtomicReference<@Nullable CompletableFuture<Lane>> attempt =
      new AtomicReference<>();
  private final ReconnectCount reconnects = new ReconnectCount();
  private volatile @Nullable Lane lane;
  private volatile boolean closed;

  /**
   * Creates it; nothing is connected yet.
   *
   * @param refusals knows lanes that work, but lead to a server that has lost its role
   */
  LaneSlot(ConnectionSettings settings, Refusals refusals) {
    this.settings = settings;
    this.refusals = refusals;
  }

  /** Whether there is a lane that has not failed. */
  boolean isOpen() {
    Lane current = lane;
    return current != null && current.isOpen();
  }

  /** How many lanes were made in place of failed ones. */
  long reconnects() {
    return reconnects.sum();
  }

  /** How many threads have calls on the lane now. */
  int openCalls() {
    Lane current = lane;
    return current == null ? 0 : current.openCalls();
  }

  /**
   * A lane that has not failed yet.
   *
   * @throws JedisException if the server cannot be reached or refuses us
   * @throws InterruptedException if the thread is interrupted while another one connects for it
   */
  Lane get() throws InterruptedException {
    Lane current = lane;
    if (current != null && isGood(current)) {
      return current;
    }
    CompletableFuture<Lane> own = new CompletableFuture<>();
    CompletableFuture<Lane> running = attempt.compareAndExchange(null, own);
    return running == null ? connect(own) : await(running);
  }

  /** The lane that there is now, if any. */
  @Nullable Lane current() {
    Lane current = lane;
    return current != null && current.isOpen() ? current : null;
  }

  private Lane connect(CompletableFuture<Lane> outcome) {
    try {
      Lane made = open();
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

  private boolean isGood(Lane current) {
    return current.isOpen() && !refusals.isCondemned(current.madeNanos());
  }

  private Lane open() {
    Lane current = lane;
    if (current == null || !isGood(current)) {
      if (current != null) {
        current.retire();
        reconnects.failed();
        lane = null; // counted once, however often connecting fails
      }
      long beforeNanos = System.nanoTime();
      current = new Lane(LaneConnection.open(settings), beforeNanos);
      reconnects.made();
      lane = current;
    }
    if (closed) { // before or after close() looked for a lane: one of the two sees the other
      current.close();
    }
    return current;
  }

  private Lane await(CompletableFuture<Lane> running) throws InterruptedException {
    // Connecting, and then two replies to who we are, each with its own limit.
    long millis = settings.connectTimeout().toMillis() + 2 * settings.commandTimeout().toMillis();
    try {
      return running.get(millis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new JedisConnectionException(new SocketTimeoutException("Connecting takes too long"));
    } catch (ExecutionException e) {
      if (e.getCause() instanceof JedisException reason) {
        throw reason;
      }
      throw new JedisConnectionException("Cannot connect", e.getCause());
    }
  }

  @Override
  public void close() {
    closed = true;
    Lane current = lane;
    if (current != null) {
      current.close();
    }
  }
}
