package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Keeps one subscription on its own thread until it is closed. A connection that dies, falls silent
 * or is refused is replaced, at intervals that grow until one has proved that it works. Each
 * attempt asks anew which server to connect to. Only {@link #stop} and {@link #close} end the
 * thread; no exception and no {@code Error} does.
 *
 * <p>The log has one line with the reason when the subscription stops working, one for each further
 * error of the server, and one when it works again.
 */
public final class SubscriptionLoop implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(SubscriptionLoop.class);

  /** How old a connection is at least that is replaced because others were refused. */
  private static final long MIN_AGE_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** The pause if even the way to the usual one fails. It needs no memory. */
  private static final long PAUSE_AFTER_ERROR_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  private static final Duration ANY_TIME = Duration.ofDays(1);

  private final String threadName;
  private final String consequence;
  private final Supplier<Endpoint> servers;
  private final Duration silence;
  private final Backoff backoff;
  private final BackgroundErrors errors;
  private final Function<Endpoint, Session> sessions;
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Guards the fields below and all writing on the connection; its reader needs no lock. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Thread thread;
  private @Nullable Subscription connection;
  private @Nullable Session session;

  /** The server of the present or last attempt, or {@code null} before the first. */
  private @Nullable Endpoint server;

  /** Whether the present attempt, connected or not, is to make way for another one. */
  private boolean replaces;

  /** When the present connection began to be made. */
  private long madeNanos;

  /** The last logged reason, or {@code null} while it works; only used by the thread. */
  private @Nullable String logged;

  /** The use of one connection. All methods are called by the thread. */
  public abstract static class Session implements Subscription.Hearer {

    private volatile boolean isReady;

    /** Sends the commands that the subscription needs, and subscribes. */
    protected abstract void begin(Subscription opened);

    /** Lets others write on the connection: the server has confirmed the subscription. */
    protected final void ready() {
      isReady = true;
    }

    /**
     * How long it may take to connect, and each answer before {@link #begin}; at most the time-outs
     * of the server's settings.
     */
    protected Duration patience() {
      return ANY_TIME;
    }

    /**
     * The attempt failed before the session was ready.
     *
     * @param startNanos when the attempt began
     */
    protected void failed(Throwable failure, long startNanos) {}

    /** The server refuses a channel; another connection is tried then. */
    @Override
    public void refused(byte[] channel, JedisDataException refusal) {
      throw refusal;
    }

    /** The connection has ended. */
    protected void end() {}
  }

  /**
   * Creates it; it does nothing before {@link #start}.
   *
   * @param consequence the consequence of a lost connection, as a log line
   * @param servers the server of the next attempt; called by the thread, and by {@link
   *     #followServer}; must not wait
   * @param silence how long the server may be silent before the connection counts as dead
   * @param sessions makes the session of an attempt
   */
  public SubscriptionLoop(
      String threadName,
      String consequence,
      Supplier<Endpoint> servers,
      Duration silence,
      Backoff backoff,
      BackgroundErrors errors,
      Function<Endpoint, Session> sessions) {
    this.threadName = threadName;
    this.consequence = consequence;
    this.servers = servers;
    this.silence = silence;
    this.backoff = backoff;
    this.errors = errors;
    this.sessions = sessions;
  }

  /** Starts the thread, and returns whether it did not run before. */
  public boolean start() {
    lock.lock();
    try {
      if (thread != null || closed.getCount() == 0) {
        return false;
      }
      Thread started = DaemonThreads.create(threadName, this::run);
      started.start();
      thread = started;
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (closed.getCount() > 0) {
      Throwable failure = null;
      try {
        connect();
      } catch (Throwable e) { // whatever it was, the next connection may be better
        failure = e;
      }
      pause(failure);
    }
  }

  private void connect() {
    Endpoint next = servers.get();
    Session current = sessions.apply(next);
    long beforeNanos = System.nanoTime();
    try {
      setServer(next);
      try (Subscription opened =
          new Subscription(
              JedisConnections.openForSubscription(next, silence, current.patience()))) {
        if (adopt(opened, current, beforeNanos)) {
          current.begin(opened);
          opened.read(current);
        }
      }
    } catch (Throwable e) {
      if (!current.isReady) {
        current.failed(e, beforeNanos);
      }
      throw e;
    } finally {
      current.isReady = false;
      current.end();
    }
  }

  private void setServer(Endpoint next) {
    lock.lock();
    try {
      server = next;
    } finally {
      lock.unlock();
    }
  }

  /** Makes a connection the current one, unless it is not wanted any more. */
  private boolean adopt(Subscription opened, Session current, long beforeNanos) {
    lock.lock();
    try {
      madeNanos = beforeNanos;
      connection = opened;
      session = current;
      return closed.getCount() > 0 && !replaces;
    } finally {
      lock.unlock();
    }
  }

  private void pause(@Nullable Throwable failure) {
    try {
      boolean wasReplaced = isReplaced();
      if (!wasReplaced || failure instanceof Error) {
        logFailure(failure);
      }
      if (BoundedWait.await(closed, backoff.nextMillis())) {
        logger.debug("{} ends", threadName);
      }
    } catch (Throwable notEvenThat) {
      // For example out of memory while it logs or waits: the thread must continue.
      errors.survived(threadName, notEvenThat);
      BoundedWait.pause(PAUSE_AFTER_ERROR_NANOS);
    }
  }

  private boolean isReplaced() {
    lock.lock();
    try {
      boolean was = replaces;
      replaces = false;
      return was;
    } finally {
      lock.unlock();
    }
  }

  private void logFailure(@Nullable Throwable failure) {
    if (failure == null || closed.getCount() == 0) {
      return;
    }
    if (failure instanceof JedisException || failure instanceof CacheException) {
      String reason = Failures.reason(failure);
      // Silence and broken pipes have many forms; each error reply is worth a line.
      if (logged == null || (failure instanceof JedisDataException && !logged.equals(reason))) {
        logged = reason;
        logger.warn("{}: {}", consequenceThere(), reason);
      } else {
        logger.debug("Still: {}", consequenceThere(), failure);
      }
    } else {
      errors.survived(threadName, failure);
      logged = String.valueOf(failure);
    }
  }

  private String consequenceThere() {
    Endpoint last;
    lock.lock();
    try {
      last = server;
    } finally {
      lock.unlock();
    }
    return last == null ? consequence : consequence + " on " + last.lookup().address();
  }

  /** Notes that the present connection does its work; for its session. */
  public void worked() {
    backoff.worked();
    if (logged != null) {
      logged = null;
      logger.info("No more: {}", consequenceThere());
    }
  }

  /** Writes on the present connection, if there is one that is ready. */
  public void write(Consumer<Subscription> writing) {
    lock.lock();
    try {
      writeLocked(writing);
    } finally {
      lock.unlock();
    }
  }

  /** The same, unless somebody writes just now. */
  public void writeIfFree(Consumer<Subscription> writing) {
    if (lock.tryLock()) {
      try {
        writeLocked(writing);
      } finally {
        lock.unlock();
      }
    }
  }

  private void writeLocked(Consumer<Subscription> writing) {
    Subscription current = connection;
    if (isCondemned()) {
      logger.debug("{}: the server has perhaps lost its role", threadName);
      replace();
    } else if (current != null && session != null && session.isReady) {
      try {
        writing.accept(current);
      } catch (JedisException e) {
        logger.debug("Writing failed, the connection will be replaced", e);
      }
    }
  }

  /**
   * Whether operations were refused in a way that lets them use fresh connections: this one works,
   * but may lead to a server that has lost its role and hears of nothing any more. A server that
   * refuses for ever is not subscribed to all the time.
   */
  private boolean isCondemned() {
    return connection != null
        && server != null
        && !replaces
        && server.policy().isCondemned(madeNanos)
        && System.nanoTime() - madeNanos >= MIN_AGE_NANOS;
  }

  /** Has the present connection, or the attempt to make one, replaced by another one, soon. */
  public void replace() {
    lock.lock();
    try {
      replaces = true;
      disconnect();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has the connection replaced if another server is to be connected to now, or if all connections
   * of this age are.
   */
  public void followServer() {
    Endpoint now = servers.get();
    lock.lock();
    try {
      if (server != null
          && (!server.equals(now)
              || (connection != null && server.policy().isCondemned(madeNanos)))) {
        replace();
      }
    } finally {
      lock.unlock();
    }
  }

  private void disconnect() {
    if (connection != null) {
      connection.disconnect(); // wakes the reader
    }
  }

  /** Ends the subscription and its thread, without a wait for it. */
  public void stop() {
    closed.countDown();
    lock.lock();
    try {
      disconnect();
    } finally {
      lock.unlock();
    }
  }

  /** Ends the subscription, and waits for its thread for the time of a command at most. */
  @Override
  public void close() {
    stop();
    Thread running;
    Duration longest;
    lock.lock();
    try {
      running = thread;
      longest = server == null ? silence : server.settings().commandTimeout();
    } finally {
      lock.unlock();
    }
    if (running != null && !BoundedWait.join(running, longest.toMillis())) {
      logger.debug("{} still runs", running.getName());
    }
  }
}
