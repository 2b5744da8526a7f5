package io.yokedcache.jcache.internal.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.yokedcache.jcache.configuration.ConnectionSettings;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisException;

/**
 * Hears of every change of the caches that have copies in this JVM, whoever makes it, on one
 * connection and one thread for all of a manager's caches. Redis tracks the keys by their prefixes
 * and tells the very connection that asked it to.
 *
 * <p>How old a copy may be is bounded by pings. Redis answers a ping behind all it had to tell
 * before; so when a pong is there, every change made before its ping was sent has been heard.
 * Copies are used only while the last answered ping is younger than the bound: a connection that is
 * lost, silent or slow makes readers go to Redis, and never lets them see something older.
 */
final class ChangeTracker implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(ChangeTracker.class);
  private static final byte[] CHANNEL = "__redis__:invalidate".getBytes(US_ASCII);
  private static final long MIN_PAUSE_MILLIS = 20;
  private static final long MAX_PAUSE_MILLIS = 2_000;

  /** Pings for each time that copies stay good after one. */
  private static final int PINGS = 4;

  private final ConnectionSettings settings;
  private final ScheduledExecutorService background;
  private final Duration maxStaleness;
  private final List<TrackedCache> caches = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Guards the fields below, and all writing on the connection; its reader needs no lock. */
  private final ReentrantLock lock = new ReentrantLock();

  /** Only used by the thread of this tracker. */
  private boolean hasWarned;

  private @Nullable Thread thread;
  private @Nullable ScheduledFuture<?> pings;
  private @Nullable Connection connection;
  private @Nullable Inbox inbox;

  ChangeTracker(
      ConnectionSettings settings, Duration maxStaleness, ScheduledExecutorService background) {
    this.settings = settings;
    this.maxStaleness = maxStaleness;
    this.background = background;
  }

  /** Hears of a further cache soon; until then it is not tracked. */
  void add(TrackedCache cache) {
    lock.lock();
    try {
      caches.add(cache);
      Inbox current = inbox;
      if (thread == null) {
        start();
      } else if (current != null) {
        current.beReplaced(); // prefixes cannot be added to a subscribed connection
      }
    } finally {
      lock.unlock();
    }
  }

  /** Hears of a cache no more. */
  void remove(TrackedCache cache) {
    caches.remove(cache); // what Redis still tells of it is for nobody
  }

  private void start() {
    Thread started = new Thread(this::run, "yokedcache-near");
    started.setDaemon(true);
    started.start();
    thread = started;
    long every = Math.max(1, maxStaleness.toMillis() / PINGS);
    pings = background.scheduleWithFixedDelay(this::ping, every, every, TimeUnit.MILLISECONDS);
  }

  private void run() {
    long pauseMillis = MIN_PAUSE_MILLIS;
    while (closed.getCount() > 0) {
      Inbox current = new Inbox();
      try (Connection opened = Connections.single(settings, maxStaleness.multipliedBy(2))) {
        if (adopt(opened, current)) {
          current.track(opened);
          opened.setTimeoutInfinite(); // that is, the silence given above
          current.proceed(opened, CHANNEL);
        }
      } catch (RuntimeException e) { // whatever it was, the next connection may be better
        log(current, e);
      } finally {
        current.tracked.forEach(TrackedCache::lose);
      }
      pauseMillis = current.wasSubscribed ? MIN_PAUSE_MILLIS : pauseMillis;
      pauseMillis = pause(pauseMillis);
    }
  }

  private void log(Inbox current, RuntimeException e) {
    if (closed.getCount() == 0) {
      return;
    }
    if (current.wasSubscribed) {
      logger.debug("Lost the connection of near caches to {}", settings.address(), e);
    } else if (!hasWarned) {
      hasWarned = true; // the next attempts are soon and many
      logger.warn(
          "Near caches are not used: {} does not tell of changes: {}",
          settings.address(),
          e.getMessage());
    } else {
      logger.debug("Near caches are still not used", e);
    }
  }

  private boolean adopt(Connection opened, Inbox current) {
    lock.lock();
    try {
      connection = opened;
      inbox = current;
      return closed.getCount() > 0;
    } finally {
      lock.unlock();
    }
  }

  private long pause(long millis) {
    try {
      boolean unused = closed.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed.countDown();
    }
    return Math.min(2 * millis, MAX_PAUSE_MILLIS);
  }

  private void ping() {
    if (!lock.tryLock()) {
      return; // somebody connects or closes just now
    }
    try {
      Inbox current = inbox;
      if (current != null && current.isSubscribed()) {
        current.pingNow();
      }
    } catch (JedisException e) {
      logger.debug("Ping on {} failed, the connection will be replaced", settings.address(), e);
    } finally {
      lock.unlock();
    }
  }

  private void disconnect() {
    Connection current = connection;
    if (current != null) {
      try {
        Connections.disconnect(current); // wakes the reader
      } catch (IOException goneAnyway) {
        logger.debug("Closing the connection of near caches failed", goneAnyway);
      }
    }
  }

  @Override
  public void close() {
    closed.countDown();
    Thread running;
    lock.lock();
    try {
      if (pings != null) {
        pings.cancel(/* mayInterruptIfRunning= */ false);
      }
      disconnect();
      running = thread;
    } finally {
      lock.unlock();
    }
    if (running != null) {
      try {
        running.join(settings.commandTimeout().toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** What arrives on one connection. */
  private final class Inbox extends BinaryJedisPubSub {

    /** The caches that this connection is told of. */
    private List<TrackedCache> tracked = List.of();

    /** Whether there are further caches by now; guarded by the lock. */
    private boolean isOutdated;

    private volatile boolean wasSubscribed;

    /** When the ping was sent that is not answered yet; 0 if there is none. */
    private volatile long pingNanos;

    /** Has the server tell this connection of changes, before it subscribes to that. */
    void track(Connection opened) {
      Object id = opened.executeCommand(new CommandArguments(Command.CLIENT).add("ID"));
      lock.lock();
      try {
        tracked = List.copyOf(caches);
        isOutdated = false;
      } finally {
        lock.unlock();
      }
      CommandArguments tracking =
          new CommandArguments(Command.CLIENT)
              .add("TRACKING")
              .add("ON")
              .add("REDIRECT")
              .add(String.valueOf(id))
              .add("BCAST");
      for (TrackedCache cache : tracked) {
        tracking.add("PREFIX").add(cache.prefix());
      }
      opened.executeCommand(tracking);
    }

    /** Gives way to a connection that is told of more caches; the lock must be held. */
    void beReplaced() {
      isOutdated = true;
      if (wasSubscribed) { // else it does so as soon as it is
        disconnect();
      }
    }

    /** Sends a ping, unless one is on its way; the lock must be held. */
    void pingNow() {
      if (pingNanos == 0) {
        pingNanos = System.nanoTime() | 1; // never 0
        ping();
      }
    }

    @Override
    public void onSubscribe(byte[] channel, int count) {
      // Reads that began before Redis tracked must leave no copy.
      tracked.forEach(TrackedCache::flush);
      lock.lock();
      try {
        wasSubscribed = true;
        if (isOutdated) {
          disconnect();
        } else {
          pingNow();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onPong(byte[] pattern) {
      long untilNanos = pingNanos + maxStaleness.toNanos();
      pingNanos = 0;
      tracked.forEach(cache -> cache.goodUntil(untilNanos));
    }

    @Override
    public void onMessage(byte[] channel, byte @Nullable [] key) {
      if (key == null) {
        tracked.forEach(TrackedCache::flush); // all keys of the server are gone
        return;
      }
      for (TrackedCache cache : tracked) {
        cache.onChange(key);
      }
    }
  }
}
