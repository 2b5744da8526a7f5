package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.configuration.ConnectionSettings;
import io.yokedcache.jcache.configuration.EventSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.BinaryJedisPubSub;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The one subscription of a manager, on a connection and a thread of its own, that serves the feeds
 * of all its caches. It starts with the first feed and lasts until the manager closes.
 *
 * <p>A connection that dies or falls silent is replaced, at growing intervals, for as long as the
 * manager lives; what was published meanwhile is lost to this JVM, which is logged.
 */
final class ChangeSubscriber implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(ChangeSubscriber.class);

  /** How long the server may be silent; a ping is sent three times as often. */
  private static final Duration SILENCE = Duration.ofSeconds(6);

  private static final long MIN_PAUSE_MILLIS = 50;
  private static final long MAX_PAUSE_MILLIS = 5_000;

  private final ConnectionSettings settings;
  private final EventSettings events;
  private final String address;
  private final byte[] baseChannel;
  private final byte[] expiredChannel;
  private final ScheduledExecutorService background;
  private final List<ChangeFeed> feeds = new CopyOnWriteArrayList<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Whether the leases were renewed since the connection was made, or else must be at once. */
  private final AtomicBoolean leasesAreSure = new AtomicBoolean(true);

  /** Guards the fields below and all writing on the connection; its reader needs no lock. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable Thread thread;
  private @Nullable ScheduledFuture<?> upkeep;
  private @Nullable Connection connection;
  private @Nullable Inbox inbox;

  ChangeSubscriber(
      ConnectionSettings settings,
      EventSettings events,
      String namespace,
      ScheduledExecutorService background) {
    this.settings = settings;
    this.events = events;
    this.address = settings.address();
    this.baseChannel = utf8(namespace + ":events");
    this.expiredChannel = utf8("__keyevent@" + settings.database() + "__:expired");
    this.background = background;
  }

  /**
   * Adds a feed, in place of another one where that is given, and returns when it hears of every
   * change that begins from now on, or after the command time-out, in which case it will as soon as
   * Redis answers.
   */
  void add(ChangeFeed feed, @Nullable ChangeFeed before) {
    if (before == null) {
      feeds.add(feed);
    } else {
      feeds.replaceAll(each -> each == before ? feed : each);
    }
    lock.lock();
    try {
      if (thread == null) {
        start();
      } else {
        subscribe(feed);
      }
    } finally {
      lock.unlock();
    }
    try {
      if (!feed.awaitSubscribed(settings.commandTimeout())) {
        logger.warn("No subscription on {} yet: events of other JVMs will come later", address);
      }
      feed.register(events.lease());
      // From now on every writer notices the feed with its next reply; until it gets one, it may
      // go by what it knew for this long.
      closed.await(events.announce().toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      logger.warn("Events of other JVMs will come later: {}", e.getMessage());
    }
  }

  void remove(ChangeFeed feed) {
    feeds.remove(feed);
    lock.lock();
    try {
      Inbox current = inbox;
      if (current != null && current.isSubscribed()) {
        current.unsubscribe(feed.channel());
      }
    } catch (JedisException lostAnyway) {
      logger.debug("Unsubscribing on {} failed", address, lostAnyway);
    } finally {
      lock.unlock();
    }
  }

  private void start() {
    Thread started = new Thread(this::run, "yokedcache-events");
    started.setDaemon(true);
    started.start();
    thread = started;
    long third = events.lease().toMillis() / 3;
    long every = Math.max(1, Math.min(third, SILENCE.toMillis() / 3));
    upkeep = background.scheduleWithFixedDelay(new Upkeep(), every, every, TimeUnit.MILLISECONDS);
  }

  /** Subscribes to a feed's channels, if there is a connection; the lock must be held. */
  private void subscribe(ChangeFeed feed) {
    Inbox current = inbox;
    if (current == null || !current.isSubscribed()) {
      return; // the connection subscribes to all feeds as soon as it is up
    }
    try {
      current.subscribe(feed.channel());
      if (feed.wantsExpirations()) {
        current.subscribe(expiredChannel);
      }
    } catch (JedisException e) {
      logger.debug("Subscribing on {} failed, the connection will be replaced", address, e);
    }
  }

  private void run() {
    long pauseMillis = MIN_PAUSE_MILLIS;
    while (closed.getCount() > 0) {
      Inbox current = new Inbox();
      try (Connection opened = Connections.single(settings, SILENCE)) {
        if (!adopt(opened, current)) {
          return;
        }
        opened.setTimeoutInfinite(); // that is, SILENCE
        // One channel that is always there, so that the subscription outlives its feeds.
        current.proceed(opened, baseChannel);
      } catch (RuntimeException e) { // whatever it was, the next connection may be better
        if (closed.getCount() > 0) {
          if (current.wasSubscribed) {
            logger.warn("Lost the subscription on {}, events are missed: {}", address, message(e));
            pauseMillis = MIN_PAUSE_MILLIS;
          } else {
            logger.debug("No subscription on {}", address, e);
          }
        }
      }
      pauseMillis = pause(pauseMillis);
    }
  }

  /** Makes a connection the current one, unless the subscriber was closed meanwhile. */
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

  /** Waits before the next attempt and returns how long the one after that shall wait. */
  private long pause(long millis) {
    try {
      closed.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      closed.countDown();
    }
    return Math.min(2 * millis, MAX_PAUSE_MILLIS);
  }

  @Override
  public void close() {
    closed.countDown();
    lock.lock();
    try {
      if (upkeep != null) {
        upkeep.cancel(/* mayInterruptIfRunning= */ false);
      }
      if (connection != null) {
        Connections.disconnect(connection); // wakes the reader
      }
    } catch (IOException goneAnyway) {
      logger.debug("Closing the subscription on {} failed", address, goneAnyway);
    } finally {
      lock.unlock();
    }
    Thread running = thread;
    if (running != null) {
      try {
        running.join(settings.commandTimeout().toMillis());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static String message(Throwable failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    return String.valueOf(cause.getMessage());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Renews the leases of all feeds and keeps the connection from falling silent. */
  private final class Upkeep implements Runnable {

    private long renewedNanos = System.nanoTime();

    @Override
    public void run() {
      ping();
      long now = System.nanoTime();
      if (leasesAreSure.getAndSet(true) && now - renewedNanos < events.lease().toNanos() / 3) {
        return;
      }
      renewedNanos = now;
      for (ChangeFeed feed : feeds) {
        try {
          feed.register(events.lease());
        } catch (RuntimeException e) {
          logger.debug("A lease on {} could not be renewed; next time", address, e);
        }
      }
    }

    private void ping() {
      if (!lock.tryLock()) {
        return; // somebody writes just now, which serves as well
      }
      try {
        Inbox current = inbox;
        if (current != null && current.isSubscribed()) {
          current.ping();
        }
      } catch (JedisException e) {
        logger.debug("Ping on {} failed, the connection will be replaced", address, e);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Brings a new connection to where the one before was; leases may have been lost meanwhile. */
  private void subscribeAll() {
    lock.lock();
    try {
      feeds.forEach(this::subscribe);
    } finally {
      lock.unlock();
    }
    leasesAreSure.set(false);
  }

  /** What arrives on one connection. */
  private final class Inbox extends BinaryJedisPubSub {

    private volatile boolean wasSubscribed;

    @Override
    public void onSubscribe(byte[] channel, int count) {
      if (Arrays.equals(baseChannel, channel)) {
        wasSubscribed = true;
        subscribeAll();
      }
      for (ChangeFeed feed : feeds) {
        if (Arrays.equals(feed.channel(), channel)) {
          feed.confirmSubscribed();
        }
      }
    }

    @Override
    public void onMessage(byte[] channel, byte[] message) {
      boolean expired = Arrays.equals(channel, expiredChannel);
      for (ChangeFeed feed : feeds) {
        try {
          if (expired) {
            feed.onExpired(message);
          } else {
            feed.onMessage(channel, message);
          }
        } catch (RuntimeException e) {
          logger.warn("An event on {} could not be delivered", address, e);
        }
      }
    }
  }
}
