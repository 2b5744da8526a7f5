package io.yokedcache.jcache.internal.redis.sentinel;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.Subscription;
import io.yokedcache.jcache.internal.redis.SubscriptionLoop;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Subscribes to the news of one sentinel, and moves on to the next one when it dies. A message, a
 * new subscription and every second ping have a sentinel asked for the master. Pings ask the other
 * sentinels in turn: the one that is subscribed to may be cut off from them.
 */
final class MasterWatch implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(MasterWatch.class);

  /** A sentinel uses another master from now on. */
  private static final byte[] SWITCHED = "+switch-master".getBytes(US_ASCII);

  /**
   * The sentinel that leads a fail-over names the new master, but tells that it uses it only when
   * the other replicas follow it, or after {@code failover-timeout}. The other sentinels learn of
   * the new master at once, and so do JVMs that ask or hear them.
   */
  private static final byte[] PROMOTED = "+promoted-slave".getBytes(US_ASCII);

  private static final long MIN_PAUSE_MILLIS = 20;
  private static final long MAX_PAUSE_MILLIS = 2_000;
  private static final long PING_MILLIS = 1_000;
  private static final Duration SILENCE = Duration.ofMillis(3 * PING_MILLIS);

  /** The longest wait for a sentinel, since news of the others wait as well. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private static final int MAX_MESSAGE_BYTES = 1 << 16;

  private final MasterResolver resolver;
  private final Sentinels sentinels;
  private final String masterName;
  private final ScheduledExecutorService pings;
  private final SubscriptionLoop loop;

  private volatile @Nullable ScheduledFuture<?> ticks;

  /** The sentinel of the next attempt; JVMs begin with different ones. Used by the thread only. */
  private int next = ThreadLocalRandom.current().nextInt(1 << 16);

  /** The next of the others to ask; used by the thread only. */
  private int nextAsked = next;

  /** Used by the thread only. */
  private boolean isRefusalTold;

  MasterWatch(
      MasterResolver resolver,
      Sentinels sentinels,
      String masterName,
      ScheduledExecutorService pings,
      BackgroundErrors errors) {
    this.resolver = resolver;
    this.sentinels = sentinels;
    this.masterName = masterName;
    this.pings = pings;
    this.loop =
        new SubscriptionLoop(
            "yokedcache-sentinel",
            "A fail-over may be noticed late, since no sentinel tells of it",
            this::next,
            SILENCE,
            new Backoff(MIN_PAUSE_MILLIS, MAX_PAUSE_MILLIS),
            errors,
            Session::new);
  }

  void start() {
    if (loop.start()) {
      ticks =
          pings.scheduleWithFixedDelay(
              () -> loop.writeIfFree(Subscription::ping),
              PING_MILLIS,
              PING_MILLIS,
              TimeUnit.MILLISECONDS);
    }
  }

  void renew() {
    loop.replace();
  }

  private Endpoint next() {
    List<Address> all = sentinels.all();
    Address sentinel = all.get(Math.floorMod(next++, all.size()));
    return new Endpoint(sentinels.settings(sentinel, SILENCE), MAX_MESSAGE_BYTES);
  }

  /** One connection to a sentinel. */
  private final class Session extends SubscriptionLoop.Session {

    private final Address sentinel;
    private int answers;

    Session(Endpoint server) {
      this.sentinel = new Address(server.settings().host(), server.settings().port());
    }

    @Override
    protected void begin(Subscription opened) {
      opened.subscribe(SWITCHED);
      opened.subscribe(PROMOTED);
    }

    @Override
    public void subscribed(byte[] channel) {
      ready();
      ask(sentinel); // a master may have been replaced before
    }

    /** If both are refused the connection stays silent, and makes way for the next sentinel. */
    @Override
    public void refused(byte[] channel, JedisDataException error) {
      if (!isRefusalTold) {
        isRefusalTold = true;
        logger.warn(
            "The sentinel {} refuses SUBSCRIBE ({}): a fail-over may be noticed some seconds late."
                + " Allow the user of yokedcache.connection.sentinel +subscribe and the channels"
                + " +switch-master and +promoted-slave",
            sentinel,
            error.getMessage());
      }
      ask(sentinel);
    }

    @Override
    public void answered(@Nullable JedisDataException error) {
      loop.worked();
      List<Address> all = sentinels.all();
      if (answers++ % 2 == 0) {
        ask(all.get(Math.floorMod(nextAsked++, all.size())));
      }
    }

    @Override
    public void message(byte[] channel, byte @Nullable [] payload) {
      if (payload != null && isAboutMaster(channel, new String(payload, UTF_8))) {
        ask(sentinel);
      }
    }

    private boolean isAboutMaster(byte[] channel, String words) {
      return Arrays.equals(channel, PROMOTED)
          ? words.contains(" @ " + masterName + " ") // slave, its name and address @ the master
          : words.startsWith(masterName + " "); // its former address and its new one
    }

    private void ask(Address asked) {
      try {
        resolver.check(asked, PATIENCE);
      } catch (RuntimeException e) {
        logger.debug("The new master cannot be used yet", e);
      }
    }
  }

  @Override
  public void close() {
    ScheduledFuture<?> started = ticks;
    if (started != null) {
      started.cancel(/* mayInterruptIfRunning= */ false);
    }
    loop.close();
  }
}
