package io.yokedcache.jcache.internal.redis;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.concurrent.StackCheck;
import io.yokedcache.jcache.internal.settings.Settings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A fixed number of places for connections, which are made at first need. A thread holds a place
 * while it uses the connection in it. Places are tried in order, so that the connections of a peak
 * become idle together.
 *
 * <p>A connection that may have died while it was idle must answer a {@code PING} before it is
 * lent. If one has died, the idle connections that have received nothing since are closed without a
 * {@code PING}: they have probably died as well, and each {@code PING} could take a time-out.
 *
 * <p>Giving back allocates nothing and needs less {@linkplain StackCheck stack} than borrowing
 * makes sure of: no place is lost if a thread runs out of memory or stack. Safe for use by several
 * threads.
 */
final class PooledConnections implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(PooledConnections.class);

  /**
   * After how much silence a connection may have died unnoticed: for reads, which are sent again if
   * it has, and for requests that must not be sent twice.
   */
  private static final long DOUBTFUL_FOR_READS_NANOS = TimeUnit.SECONDS.toNanos(1);

  private static final long DOUBTFUL_FOR_CHANGES_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** After how long a connection that no operation used is closed. */
  private static final long UNUSED_NANOS = TimeUnit.MINUTES.toNanos(1);

  /**
   * The longest wait for a {@code PING}: a server that is as slow as that gets a new connection.
   */
  private static final int MAX_PING_MILLIS = 500;

  private final IntFunction<SocketConnection> connect;
  private final RetryPolicy policy;
  private final ReconnectCount reconnects;
  private final int pingMillis;
  private final int commandMillis;
  private final List<Place> places;

  /** One permit for each free place. */
  private final Semaphore free;

  /** Connections that were last heard of before this are asked before they are used. */
  private volatile long suspectNanos = System.nanoTime();

  /** Connections that were last heard of before this are closed without being asked. */
  private volatile long deadNanos = System.nanoTime();

  private volatile boolean closed;

  /**
   * Creates the pool; nothing is connected yet.
   *
   * @param connect makes a connection, given how many milliseconds each answer to its greeting may
   *     take
   * @param reconnects counts connections that are made in place of failed ones
   */
  PooledConnections(
      Settings.Connection settings,
      IntFunction<SocketConnection> connect,
      RetryPolicy policy,
      ReconnectCount reconnects) {
    this.connect = connect;
    this.policy = policy;
    this.reconnects = reconnects;
    this.commandMillis =
        Math.toIntExact(Math.min(settings.commandTimeout().toMillis(), Integer.MAX_VALUE));
    this.pingMillis = Math.max(1, Math.min(commandMillis / 4, MAX_PING_MILLIS));
    this.places = Stream.generate(Place::new).limit(settings.poolSize()).toList();
    this.free = new Semaphore(settings.poolSize());
  }

  /**
   * Lends a connection that works, as far as can be known. Interrupts are kept for later.
   *
   * @param repeatable whether the request may be sent again if the connection turns out to be dead
   * @param quick whether to take no longer than a ping may to find out that the server still does
   *     not answer, since the caller has waited for an answer already
   * @return the place, to be {@linkplain #giveBack given back}; {@code null} if none became free in
   *     time, or if the pool was closed
   * @throws JedisException if there was no connection in it and none could be made
   */
  @Nullable Place borrow(Duration wait, boolean repeatable, boolean quick) {
    StackCheck.ensure();
    boolean acquired =
        free.tryAcquire()
            || BoundedWait.await(
                wait.toNanos(), nanos -> free.tryAcquire(nanos, TimeUnit.NANOSECONDS));
    Place place = acquired ? take() : null;
    if (place == null) {
      return null;
    }
    boolean ready = false;
    try {
      place.makeReady(repeatable ? DOUBTFUL_FOR_READS_NANOS : DOUBTFUL_FOR_CHANGES_NANOS, quick);
      ready = true;
    } finally {
      if (!ready) {
        release(place);
      }
    }
    return place;
  }

  /**
   * A free place for a thread that has a permit, with an idle connection if there is one. There is
   * a place, but it may have become free only after the loop looked at it.
   */
  private @Nullable Place take() {
    while (!closed) {
      for (Place place : places) {
        if (place.connection != null && place.taken.compareAndSet(false, true)) {
          return place;
        }
      }
      for (Place place : places) {
        if (place.taken.compareAndSet(false, true)) {
          return place;
        }
      }
    }
    return null;
  }

  /**
   * Takes a connection back.
   *
   * @param whole whether all its replies were read; if not, it is closed and never used again
   */
  void giveBack(Place place, boolean whole) {
    SocketConnection spoilt = null;
    if (whole) {
      place.heardNanos = System.nanoTime();
      place.usedNanos = place.heardNanos;
    } else {
      spoilt = place.connection;
      place.connection = null;
      suspectNanos = System.nanoTime();
      reconnects.failed();
    }
    release(place);
    if (spoilt != null) {
      spoilt.closeSocket();
    }
  }

  private void release(Place place) {
    place.taken.set(false);
    free.release();
  }

  /**
   * Sends a {@code PING} on idle connections, and closes connections that were not used for a
   * minute.
   */
  void keepAlive(Duration silence) {
    for (Place place : places) {
      if (place.connection == null || !free.tryAcquire()) {
        continue;
      }
      if (!place.taken.compareAndSet(false, true)) {
        free.release();
        continue;
      }
      try {
        place.keepAlive(silence.toNanos());
      } catch (RuntimeException e) {
        logger.debug("An idle connection could not be asked", e);
      } finally {
        release(place);
      }
    }
  }

  int active() {
    return (int) places.stream().filter(place -> place.taken.get()).count();
  }

  int idle() {
    return (int)
        places.stream().filter(place -> !place.taken.get() && place.connection != null).count();
  }

  int waiting() {
    return free.getQueueLength();
  }

  boolean isClosed() {
    return closed;
  }

  /** Closes all connections, also connections in use, and wakes the threads that wait for one. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    free.release(Integer.MAX_VALUE / 2); // no thread waits any more
    for (Place place : places) {
      SocketConnection connection = place.connection;
      if (connection != null) {
        connection.closeSocket();
      }
    }
  }

  /** A place and the connection in it, if any; written only by the thread that has taken it. */
  final class Place {

    private final AtomicBoolean taken = new AtomicBoolean();
    private volatile @Nullable SocketConnection connection;
    private volatile long madeNanos;
    private volatile long heardNanos;
    private volatile long usedNanos;

    private Place() {}

    /** The connection, for the thread that has borrowed it. */
    SocketConnection connection() {
      return requireNonNull(connection, "connection");
    }

    /** When the connection began to be made. */
    long madeNanos() {
      return madeNanos;
    }

    private void makeReady(long doubtfulNanos, boolean quick) {
      if (connection != null && !(quick ? wasHeardLately(doubtfulNanos) : works(doubtfulNanos))) {
        drop();
      }
      if (connection == null) {
        long beforeNanos = System.nanoTime();
        SocketConnection made = connect.apply(quick ? pingMillis : commandMillis);
        made.setSoTimeout(commandMillis);
        reconnects.made();
        madeNanos = beforeNanos;
        heardNanos = System.nanoTime();
        usedNanos = heardNanos;
        connection = made;
        if (closed) { // before or after close() looked for connections: one of both sees the other
          drop();
          throw new JedisException("The pool was closed");
        }
      }
    }

    private void keepAlive(long silenceNanos) {
      if (connection == null || closed) {
        return;
      }
      if (System.nanoTime() - usedNanos >= UNUSED_NANOS || !works(silenceNanos)) {
        drop();
      }
    }

    /** Whether the connection was heard of since another one was not answered, and works. */
    private boolean wasHeardLately(long doubtfulNanos) {
      return heardNanos - suspectNanos >= 0 && works(doubtfulNanos);
    }

    /** Whether the connection can be used, to be asked if it was silent for longer than that. */
    private boolean works(long silenceNanos) {
      long heard = heardNanos;
      if (policy.isCondemned(madeNanos)) {
        reconnects.failed();
        return false;
      }
      if (heard - deadNanos < 0) {
        return false;
      }
      if (heard - suspectNanos >= 0 && System.nanoTime() - heard < silenceNanos) {
        return true;
      }
      return answers();
    }

    private boolean answers() {
      SocketConnection asked = connection();
      long beforeNanos = System.nanoTime();
      try {
        asked.setSoTimeout(pingMillis);
        ping(asked);
        asked.setSoTimeout(commandMillis);
      } catch (JedisException e) {
        logger.debug("A connection has died while it was idle", e);
        deadNanos = beforeNanos;
        reconnects.failed();
        return false;
      }
      heardNanos = System.nanoTime();
      return true;
    }

    /** Any reply will do: an error reply says nothing about the connection. */
    private void ping(SocketConnection asked) {
      try {
        boolean unused = asked.ping();
      } catch (JedisDataException error) {
        logger.debug("The server refuses PING", error);
      }
    }

    private void drop() {
      SocketConnection dropped = connection;
      connection = null;
      if (dropped != null) {
        dropped.closeSocket();
      }
    }
  }
}
