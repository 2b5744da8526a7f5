package io.yokedcache.jcache.internal.remote;

import static java.util.stream.Collectors.toSet;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.concurrent.Throttle;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.Subscription;
import io.yokedcache.jcache.internal.redis.SubscriptionLoop;
import io.yokedcache.jcache.internal.redis.Topology;
import io.yokedcache.jcache.internal.settings.Settings;
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
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The subscription of a manager, on one connection and one thread, that serves the feeds of all its
 * caches. It starts with the first feed and lasts until the manager closes.
 *
 * <p>Redis Cluster broadcasts a published message to all its nodes. So the channels are subscribed
 * on one master, another one at each attempt; only expired keys need a subscription on each.
 *
 * <p>A connection that is lost or silent is replaced. Changes that are published until then are not
 * received, which is logged. A channel that the server refuses is logged as well, and does not
 * affect the others.
 */
public final class RemoteEventSubscriber implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(RemoteEventSubscriber.class);

  /** The time after which a silent connection is replaced; pings are sent three times as often. */
  static final Duration SILENCE = Duration.ofSeconds(6);

  private final Settings.Connection settings;
  private final Settings.Events events;
  private final Announcement announcement;
  private final ExpiryNotices expiryNotices;
  private final Topology topology;
  private final String address;
  private final byte[] baseChannel;
  private final byte[] expiredChannel;

  /**
   * The subscriptions to expired keys on a cluster; on one server the channels' serves for them.
   */
  private final @Nullable ExpiredKeySubscriptions expiredKeys;

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

  /** Guards the fields below. */
  private final ReentrantLock choosing = new ReentrantLock();

  /** The master that the last attempt connects to. */
  private Topology.@Nullable Master chosen;

  /** The number of attempts; begins anywhere, so that JVMs use different masters. */
  private int attempts = ThreadLocalRandom.current().nextInt(Short.MAX_VALUE);

  /** The names of the masters after the last change of the topology. */
  private Set<String> masters = Set.of();

  /** Of expired entries of which listeners do not hear. */
  private final Throttle warnings = new Throttle(Duration.ofMinutes(1));

  private final CountDownLatch closed = new CountDownLatch(1);
  private final AtomicBoolean renewalPlanned = new AtomicBoolean();
  private volatile @Nullable ScheduledFuture<?> pinging;
  private volatile @Nullable ScheduledFuture<?> upkeep;

  public RemoteEventSubscriber(
      RedisExecutor executor,
      Topology topology,
      Settings.Events events,
      String namespace,
      Announcement announcement,
      BackgroundErrors errors,
      ScheduledExecutorService pings,
      ScheduledExecutorService background) {
    this.topology = topology;
    this.settings = topology.masters().get(0).endpoint().settings();
    this.events = events;
    this.announcement = announcement;
    this.expiryNotices = new ExpiryNotices(executor);
    this.address = executor.address();
    this.baseChannel = utf8(namespace + ":events");
    String expired = "__keyevent@" + settings.database() + "__:expired";
    this.expiredChannel = utf8(expired);
    this.expiredKeys =
        settings.deployment().kind() == Settings.Deployment.Kind.CLUSTER
            ? new ExpiredKeySubscriptions(topology, expired, errors, this::expired)
            : null;
    this.pings = pings;
    this.background = background;
    this.errors = errors;
    this.loop =
        new SubscriptionLoop(
            "yokedcache-events",
            "Events of other JVMs are missed, there is no subscription",
            this::choose,
            SILENCE,
            pauses(),
            errors,
            endpoint -> new Session(endpoint.settings().address()));
    topology.onChange(this::follow);
  }

  /** The pauses between attempts to connect. */
  static Backoff pauses() {
    return new Backoff(50, 5_000);
  }

  private Endpoint choose() {
    choosing.lock();
    try {
      List<Topology.Master> present = topology.masters();
      Topology.Master next = present.get(Math.floorMod(attempts++, present.size()));
      chosen = next;
      return next.endpoint();
    } finally {
      choosing.unlock();
    }
  }

  /**
   * Follows a change of the topology. A node that was removed from its cluster still answers, but
   * hears nothing that others publish.
   */
  private void follow() {
    boolean isGone;
    boolean isOtherMaster;
    choosing.lock();
    try {
      List<Topology.Master> present = topology.masters();
      Set<String> names = present.stream().map(Topology.Master::name).collect(toSet());
      isGone = chosen != null && !present.contains(chosen);
      isOtherMaster = !names.equals(masters);
      masters = names;
    } finally {
      choosing.unlock();
    }
    if (isGone) {
      loop.replace();
    }
    if (expiredKeys != null) {
      expiredKeys.follow();
    }
    if (isOtherMaster) { // which may have lost the leases, or may not tell of expired keys
      feeds.values().forEach(this::renewSoon);
      checkExpiryNotices();
    }
  }

  private void checkExpiryNotices() {
    if (isExpiryWanted()) {
      expiryNotices.check(background);
    }
  }

  private boolean isExpiryWanted() {
    return feeds.values().stream().anyMatch(RemoteEventFeed::wantsExpirations);
  }

  /**
   * Whether the expiry of an entry is heard in one order with its changes. It is not on a cluster,
   * where it comes by another connection.
   */
  public boolean ordersExpirations() {
    return expiredKeys == null;
  }

  /**
   * Adds a feed, in place of the one of its channel if there is one. Returns when the feed receives
   * every change that begins from now on, or after the command time-out. It then receives changes
   * as soon as Redis answers.
   */
  public void add(RemoteEventFeed feed) {
    feeds.put(Bytes.of(feed.channel()), feed);
    if (loop.start()) {
      long third = events.lease().toMillis() / 3;
      long every = Math.max(1, Math.min(third, SILENCE.toMillis() / 3));
      pinging = pings.scheduleWithFixedDelay(this::ping, every, every, TimeUnit.MILLISECONDS);
      upkeep = background.scheduleWithFixedDelay(new Upkeep(), every, every, TimeUnit.MILLISECONDS);
    } else {
      loop.write(connection -> subscribe(connection, feed));
    }
    if (expiredKeys != null) {
      expiredKeys.want(isExpiryWanted());
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
    checkExpiryNotices();
  }

  private void ping() {
    loop.writeIfFree(Subscription::ping);
    if (expiredKeys != null) {
      expiredKeys.ping();
    }
  }

  public void remove(RemoteEventFeed feed) {
    if (feeds.remove(Bytes.of(feed.channel()), feed)) {
      unsure.remove(feed);
      loop.write(connection -> connection.unsubscribe(feed.channel()));
      if (expiredKeys != null) {
        expiredKeys.want(isExpiryWanted());
      }
    }
  }

  private void subscribe(Subscription connection, RemoteEventFeed feed) {
    connection.subscribe(feed.channel());
    if (feed.wantsExpirations() && expiredKeys == null) {
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
    if (expiredKeys != null) {
      expiredKeys.close();
    }
    loop.close();
  }

  private static void cancel(@Nullable ScheduledFuture<?> running) {
    if (running != null) {
      running.cancel(/* mayInterruptIfRunning= */ false);
    }
  }

  private void expired(byte[] key) {
    feeds.values().forEach(feed -> deliver(() -> feed.onExpired(key)));
  }

  private void deliver(Runnable delivery) {
    try {
      delivery.run();
    } catch (CacheException e) { // the generation of an expired entry could not be read
      if (warnings.passes()) {
        logger.warn("Listeners do not hear of some expired entries: {}", e.getMessage());
      } else {
        logger.debug("Listeners do not hear of an expired entry", e);
      }
    } catch (Throwable e) { // the connection is fine, and other events are to come
      errors.survived("Delivery to a listener's cache", e);
    }
  }

  static byte[] utf8(String text) {
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

  /** The subscription on one connection. */
  private final class Session extends SubscriptionLoop.Session {

    private final String server;

    Session(String server) {
      this.server = server;
    }

    @Override
    protected void begin(Subscription opened) {
      // One channel is always subscribed, so that the subscription outlives its feeds.
      opened.subscribe(baseChannel);
    }

    @Override
    public void subscribed(byte[] channel) {
      refused.remove(Bytes.of(channel));
      if (Arrays.equals(baseChannel, channel)) {
        ready();
        // Leases may have been lost with the connection before, as in a restart of the server.
        feeds.values().forEach(feed -> loop.write(connection -> subscribe(connection, feed)));
        feeds.values().forEach(RemoteEventSubscriber.this::renewSoon);
        loop.write(Subscription::ping);
      }
      RemoteEventFeed feed = feeds.get(Bytes.of(channel));
      if (feed != null) {
        feed.onAnswer();
      }
    }

    @Override
    public void refused(byte[] channel, JedisDataException refusal) {
      if (Arrays.equals(baseChannel, channel)) {
        throw refusal;
      }
      RemoteEventFeed feed = feeds.get(Bytes.of(channel));
      if (feed != null) {
        feed.onAnswer();
      }
      if (refused.add(Bytes.of(channel))) {
        String name = new String(channel, StandardCharsets.UTF_8);
        logger.warn(
            "Redis on {} refuses to subscribe to {}, so that {} do not arrive: {}. Allow the user that channel: &{}",
            server,
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
        expired(payload);
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
  }
}
