package io.yokedcache.jcache.internal.redis.pipeline;

import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import io.yokedcache.jcache.internal.concurrent.StackCheck;
import io.yokedcache.jcache.internal.concurrent.VirtualThreads;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.ReconnectCount;
import io.yokedcache.jcache.internal.redis.RetryPolicy;
import io.yokedcache.jcache.internal.settings.Settings;
import java.net.SocketTimeoutException;
import java.util.List;
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
 * The two shared connections to a server, or one to each node of a cluster, where the same threads
 * are spread over several connections already: fewer of them share more system calls. Each has a
 * slot: it is made at first need, and again after it has failed. Threads that need it at the same
 * time share one attempt to connect and its outcome, so that an outage costs each of them one
 * connect time-out. Safe for use by several threads.
 */
final class PipelinedConnections implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(PipelinedConnections.class);

  /** How many attempts of other threads that end without an outcome a thread waits for. */
  private static final int MAX_FOLLOWED = 8;

  private final Endpoint server;
  private final Settings.Connection settings;
  private final RetryPolicy policy;
  private final ReconnectCount reconnects = new ReconnectCount();
  private final Slot first = new Slot();

  /** The same as the first if there is only one. */
  private final Slot second;

  /** When a connection last failed. The others may have failed for the same reason. */
  private volatile long lastFailureNanos = System.nanoTime();

  private volatile boolean closed;

  /** Creates the slots; nothing is connected yet. */
  PipelinedConnections(Endpoint server) {
    this.server = server;
    this.settings = server.settings();
    this.policy = server.policy();
    boolean isOne = settings.deployment().kind() == Settings.Deployment.Kind.CLUSTER;
    this.second = isOne ? first : new Slot();
  }

  Slot leastUsed() {
    return first.openCalls() <= second.openCalls() ? first : second;
  }

  /**
   * The slot of asynchronous calls. It is one: its calls share more system calls, and are sent in
   * the order in which they were made.
   */
  Slot ofAsyncCalls() {
    return first;
  }

  List<Slot> slots() {
    return first == second ? List.of(first) : List.of(first, second);
  }

  void noteFailure() {
    lastFailureNanos = System.nanoTime();
  }

  /** Whether the server has answered on a connection since any of them failed. */
  boolean wasAliveSinceFailure(PipelinedConnection connection) {
    return connection.wasAliveAfter(lastFailureNanos);
  }

  boolean isClosed() {
    return closed;
  }

  /** These connections and the connections of the pool. */
  ConnectionStatistics.Counts add(ConnectionStatistics.Counts pooled) {
    int active = pooled.active();
    int idle = pooled.idle();
    for (Slot slot : slots()) {
      PipelinedConnection connection = slot.current();
      if (connection != null && connection.openCalls() > 0) {
        active++;
      } else if (connection != null) {
        idle++;
      }
    }
    return new ConnectionStatistics.Counts(
        active,
        idle,
        pooled.waiting(),
        pooled.size() + slots().size(),
        pooled.reconnects() + reconnects.sum());
  }

  /** Fails all open calls. */
  @Override
  public void close() {
    closed = true;
    for (Slot slot : slots()) {
      PipelinedConnection current = slot.connection;
      if (current != null) {
        current.close();
      }
    }
  }

  /** The place of one connection. */
  final class Slot {

    private final AtomicReference<@Nullable CompletableFuture<PipelinedConnection>> attempt =
        new AtomicReference<>();
    private volatile @Nullable PipelinedConnection connection;

    /** How many threads have calls on the connection now. */
    int openCalls() {
      PipelinedConnection current = connection;
      return current == null ? 0 : current.openCalls();
    }

    /** The connection, if there is one that has not failed. */
    @Nullable PipelinedConnection current() {
      PipelinedConnection current = connection;
      return current != null && current.isOpen() ? current : null;
    }

    /** The connection if it can be used without a wait. */
    @Nullable PipelinedConnection ready() {
      PipelinedConnection current = connection;
      return current != null && isGood(current) ? current : null;
    }

    /**
     * Returns a connection that has not failed yet.
     *
     * @throws JedisException if the server cannot be reached or refuses the connection
     */
    PipelinedConnection get() {
      for (int i = 0; i < MAX_FOLLOWED; i++) {
        PipelinedConnection current = connection;
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

    /**
     * Closes the connection if it is to be replaced, after the open calls; the next one opens
     * another.
     */
    void retireIfCondemned() {
      PipelinedConnection current = connection;
      if (current != null && policy.isCondemned(current.madeNanos())) {
        current.retire();
      }
    }

    private boolean isGood(PipelinedConnection current) {
      return current.isOpen() && !policy.isCondemned(current.madeNanos());
    }

    private PipelinedConnection connect(CompletableFuture<PipelinedConnection> outcome) {
      try {
        PipelinedConnection made = open();
        attempt.set(null);
        outcome.complete(made);
        return made;
      } catch (Throwable e) {
        attempt.set(null); // first: threads that come from now on make their own attempt
        outcome.completeExceptionally(e);
        throw e;
      }
    }

    /** An interrupt of a virtual thread would close the socket that others wait for. */
    private void connectElsewhere(CompletableFuture<PipelinedConnection> outcome) {
      Thread thread =
          DaemonThreads.detached(
              "yokedcache-connect",
              () -> {
                try {
                  PipelinedConnection unused = connect(outcome);
                } catch (RuntimeException e) {
                  logger.debug("Connecting failed", e); // the outcome has it
                }
              });
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
      PipelinedConnection current = connection;
      if (current == null || !isGood(current)) {
        if (current != null) {
          current.retire();
          reconnects.failed();
          connection = null; // counted once, however often connecting fails
        }
        long beforeNanos = System.nanoTime();
        current = new PipelinedConnection(SocketTransport.open(server), beforeNanos);
        reconnects.made();
        connection = current;
      }
      if (closed) { // before or after close() looked for connections: one of both sees the other
        current.close();
      }
      return current;
    }

    /**
     * Waits for another thread's attempt. Interrupts are kept for later.
     *
     * @return {@code null} if that thread ended by an error that says nothing about Redis
     */
    private @Nullable PipelinedConnection await(CompletableFuture<PipelinedConnection> running) {
      // Connecting, and then two replies to the greeting, each with its own limit.
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
  }
}
