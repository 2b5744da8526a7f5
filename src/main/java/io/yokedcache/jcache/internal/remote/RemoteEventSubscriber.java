package io.yokedcache.jcache.internal.remote;

import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.Subscription;
import io.yokedcache.jcache.internal.redis.SubscriptionLoop;
import io.yokedcache.jcache.internal.store.Announcement;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The subscription of a manager, on one connection and one thread, that serves the feeds of all its
 * caches. It starts with the first feed and lasts until the manager closes.
 *
 * <p>A connection that is lost or silent is replaced. Changes that are published until then are not
 * received, which is logged. A channel that the server refuses is logged as well, and does not
 * affect the others.
 */
public final class RemoteEventSubscriber implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(RemoteEventSubscriber.class);

  /** The time after which a silent connection is replaced; pings are sent three times as often. */
  private static final Duration SILENCE = Duration.ofSeconds(6);

  private static final long MIN_PAUSE_MILLIS = 50;
  private static final long MAX_PAUSE_MILLIS = 5_000;

  private final Settings.Connection settings;
  private final Settings.Events events;
  private final Announcement announcement;
  private final ExpiryNotices expiryNotices;
  private final String address;
  private final byte[] baseChannel;
  private final byte[] expiredChannel;
  private final ScheduledExecutorService pings;
  private final ScheduledExecutorService background;
  private final BackgroundErrors errors;
  private final SubscriptionLoop loop;

  /** The feeds by their channels. */
  private final Map<Bytes, RemoteEventFeed> feeds = new ConcurrentHashMap<>();

  /** The feeds whose lease is to be renewed at once. */
  private final Set<RemoteEventFeed> unsure = ConcurrentHashMap.newKeySet();

  /** The channels whose refusal was logged. */
  private final Set<Bytes> refused = ConcurrentHashMap.newKeySet();

  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean renewalPlanned = new AtomicBoolean();
  private volatile @Nullable ScheduledFuture<?> pinging;
  private volatile @Nullable ScheduledFuture<?> upkeep;

  public RemoteEventSubscriber(
      RedisExecutor executor,
      Endpoint server,
      Settings.Events events,
      String namespace,
      Announcement announcement,
      BackgroundErrors errors,
      ScheduledExecutorService pings,
      ScheduledExecutorService background) {
    this.settings = server.settings();
    this.events = events;
    this.announcement = announcement;
    this.expiryNotices = new ExpiryNotices(executor);
    this.address = settings.address();
    this.baseChannel = utf8(namespace + ":events");
    this.expiredChannel = utf8("__keyevent@" + settings.database() + "__:expired");
    this.pings = pings;
    this.background = background;
    this.errors = errors;
    this.loop =
        new SubscriptionLoop(
            "yokedcache-events",
            "Events of other JVMs are missed, there is no subscription",
            () -> server,
            SILENCE,
            new Backoff(MIN_PAUSE_MILLIS, MAX_PAUSE_MILLIS),
            errors,
            present -> new Inbox());
  }

  /**
   * Adds a feed, in place of another one if there is one. Returns when the feed receives every
   * change that begins from now on, or after the command time-out. It then receives changes as soon
   * as Redis answers.
   */
  public void add(RemoteEventFeed feed, @Nullable RemoteEventFeed before) {
    feeds.put(Bytes.of(feed.channel()), feed);
    if (loop.start()) {
      long third = events.lease().toMillis() / 3;
      long every = Math.max(1, Math.min(third, SILENCE.toMillis() / 3));
      pinging =
          pings.scheduleWithFixedDelay(
              () -> loop.writeIfFree(Subscription::ping), every, every, TimeUnit.MILLISECONDS);
      upkeep = background.scheduleWithFixedDelay(new Upkeep(), every, every, TimeUnit.MILLISECONDS);
    } else {
      loop.write(connection -> subscribe(connection, feed));
    }
    try {
      announcement.begin();
      if (!feed.awaitAnswer(settings.commandTimeout())) {
        logger.warn("No subscription on {} yet: events of other JVMs arrive later", address);
      }
      feed.register(events.lease());
      BoundedWait.await(closed, announcement.remainingMillis());
    } catch (RuntimeException e) {
      logger.warn("Events of other JVMs arrive later: {}", e.getMessage());
      renewSoon(feed);
    }
    if (feed.wantsExpirations()) {
      expiryNotices.check(background);
    }
  }

  public void remove(RemoteEventFeed feed) {
    if (feeds.remove(Bytes.of(feed.channel()), feed)) {
      unsure.remove(feed);
      loop.write(connection -> connection.unsubscribe(feed.channel()));
    }
  }

  private void subscribe(Subscription connection, RemoteEventFeed feed) {
    connection.subscribe(feed.channel());
    if (feed.wantsExpirations()) {
      connection.subscribe(expiredChannel);
    }
  }

  /** Registers a feed again in another thread, at once and then until it succeeds. */
  private void renewSoon(RemoteEventFeed feed) {
    unsure.add(feed);
    if (renewalPlanned.compareAndSet(false, true)) {
      try {
        background.execute(this::renewUnsure);
      } catch (RejectedExecutionException closing) {
        logger.debug("No lease is renewed, the manager is closed");
      }
    }
  }

  private void renewUnsure() {
    renewalPlanned.set(false); // before the set is read: a later addition plans another renewal
    for (RemoteEventFeed feed : List.copyOf(unsure)) {
      unsure.remove(feed);
      if (feeds.containsValue(feed)) {
        renew(feed);
      }
    }
  }

  private void renew(RemoteEventFeed feed) {
    try {
      feed.register(events.lease());
    } catch (RuntimeException e) {
      unsure.add(feed);
      logger.debug("A lease on {} could not be renewed; next time", address, e);
    }
  }

  @Override
  public void close() {
    closed.countDown();
    cancel(pinging);
    cancel(upkeep);
    loop.close();
  }

  private static void cancel(@Nullable ScheduledFuture<?> running) {
    if (running != null) {
      running.cancel(/* mayInterruptIfRunning= */ false);
    }
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Renews the leases of all feeds, which waits for Redis. */
  private final class Upkeep implements Runnable {

    private long renewedNanos = System.nanoTime();

    @Override
    public void run() {
      long now = System.nanoTime();
      if (now - renewedNanos < events.lease().toNanos() / 3) {
        renewUnsure();
        return;
      }
      renewedNanos = now;
      unsure.clear();
      feeds.values().forEach(RemoteEventSubscriber.this::renew);
    }
  }

  /** The messages that arrive on one connection. */
  private final class Inbox implements SubscriptionLoop.Session {

    private volatile boolean ready;

    @Override
    public void begin(Subscription opened) {
      // One channel is always subscribed, so that the subscription outlives its feeds.
      opened.subscribe(baseChannel);
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void subscribed(byte[] channel) {
      refused.remove(Bytes.of(channel));
      if (Arrays.equals(baseChannel, channel)) {
        ready = true;
        // Leases may have been lost with the connection before, as in a restart of the server.
        feeds.values().forEach(feed -> loop.write(connection -> subscribe(connection, feed)));
        feeds.values().forEach(RemoteEventSubscriber.this::renewSoon);
        loop.write(Subscription::ping);
      }
      RemoteEventFeed feed = feeds.get(Bytes.of(channel));
      if (feed != null) {
        feed.confirmSubscribed();
      }
    }

    @Override
    public void refused(byte[] channel, JedisDataException refusal) {
      if (Arrays.equals(baseChannel, channel)) {
        throw refusal;
      }
      RemoteEventFeed feed = feeds.get(Bytes.of(channel));
      if (feed != null) {
        feed.refuse(String.valueOf(refusal.getMessage()));
      }
      if (refused.add(Bytes.of(channel))) {
        String name = new String(channel, StandardCharsets.UTF_8);
        logger.warn(
            "Redis on {} refuses to subscribe to {}, so that {} do not arrive: {}. Allow the user that channel: &{}",
            address,
            name,
            feed == null ? "expired events" : "events of other JVMs",
            refusal.getMessage(),
            name);
      }
    }

    @Override
    public void answered(@Nullable JedisDataException refusal) {
      loop.worked(); // an error reply is an answer as well: the connection is alive
    }

    @Override
    public void message(byte[] channel, byte @Nullable [] payload) {
      if (payload == null) {
        return;
      }
      if (Arrays.equals(channel, expiredChannel)) {
        feeds.values().forEach(feed -> deliver(() -> feed.onExpired(payload)));
        return;
      }
      RemoteEventFeed feed = feeds.get(Bytes.of(channel));
      if (feed != null) {
        deliver(
            () -> {
              if (feed.onMessage(payload)) {
                renewSoon(feed);
              }
            });
      }
    }

    private void deliver(Runnable delivery) {
      try {
        delivery.run();
      } catch (Throwable e) { // the connection is fine, and other events are to come
        errors.survived("Delivery to a listener's cache", e);
      }
    }

    @Override
    public void end() {
      ready = false;
    }
  }
}
