package io.yokedcache.jcache.internal.near;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.Subscription;
import io.yokedcache.jcache.internal.redis.SubscriptionLoop;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

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
public final class InvalidationListener implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(InvalidationListener.class);
  private static final byte[] CHANNEL = "__redis__:invalidate".getBytes(US_ASCII);
  private static final long MIN_PAUSE_MILLIS = 20;
  private static final long MAX_PAUSE_MILLIS = 2_000;

  /** Pings for each time that copies stay good after one. */
  private static final int PINGS = 4;

  private final String address;
  private final ScheduledExecutorService background;
  private final Duration maxStaleness;
  private final SubscriptionLoop loop;
  private final List<TrackedCache> caches = new CopyOnWriteArrayList<>();

  /** Guards the two fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable ScheduledFuture<?> pings;

  /** Whether the present connection was told which caches there are. */
  private boolean hasBegun;

  /** The session of the present connection; set when it is ready. */
  private volatile @Nullable Inbox inbox;

  /** The refusal of a ping that was logged, until one is answered; only used by the thread. */
  private @Nullable String told;

  public InvalidationListener(
      Endpoint server,
      Duration maxStaleness,
      BackgroundErrors errors,
      ScheduledExecutorService background) {
    this.address = server.settings().address();
    this.maxStaleness = maxStaleness;
    this.background = background;
    this.loop =
        new SubscriptionLoop(
            "yokedcache-near",
            "Near caches are not used, Redis does not tell of changes",
            server,
            maxStaleness.multipliedBy(2),
            new Backoff(MIN_PAUSE_MILLIS, MAX_PAUSE_MILLIS),
            errors,
            Inbox::new);
  }

  /** Hears of a further cache soon; until then it is not tracked. */
  public void add(TrackedCache cache) {
    lock.lock();
    try {
      caches.add(cache);
      if (loop.start()) {
        long every = Math.max(1, maxStaleness.toMillis() / PINGS);
        pings =
            background.scheduleWithFixedDelay(
                () -> loop.writeIfFree(this::ping), every, every, TimeUnit.MILLISECONDS);
      } else if (hasBegun) {
        // Prefixes cannot be added to a subscribed connection.
        hasBegun = false;
        loop.replace();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Hears of a cache no more. */
  public void remove(TrackedCache cache) {
    caches.remove(cache); // what Redis still tells of it is for nobody
  }

  private void ping(Subscription connection) {
    Inbox current = inbox;
    if (current != null && current.pingNanos == 0) {
      current.pingNanos = System.nanoTime() | 1; // never 0
      connection.ping();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (pings != null) {
        pings.cancel(/* mayInterruptIfRunning= */ false);
      }
    } finally {
      lock.unlock();
    }
    loop.close();
  }

  /** What arrives on one connection. */
  private final class Inbox implements SubscriptionLoop.Session {

    /** The caches that this connection is told of. */
    private List<TrackedCache> tracked = List.of();

    private volatile boolean ready;

    /** When the ping was sent that is not answered yet; 0 if there is none. */
    private volatile long pingNanos;

    /** Has the server tell this connection of changes, before it subscribes to that. */
    @Override
    public void begin(Subscription opened) {
      Object id = opened.ask(new CommandArguments(Command.CLIENT).add("ID"));
      // A cache twice, as after one that could not be created, has one prefix: Redis refuses equal
      // ones, and all with them. None can begin with another one, since it ends with a '#'.
      Set<Bytes> wanted = new LinkedHashSet<>();
      lock.lock();
      try {
        tracked = List.copyOf(caches);
        tracked.forEach(cache -> wanted.add(Bytes.of(cache.prefix())));
        hasBegun = true;
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
      wanted.forEach(prefix -> tracking.add("PREFIX").add(prefix.array()));
      opened.ask(tracking);
      opened.subscribe(CHANNEL);
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void subscribed(byte[] channel) {
      // Reads that began before Redis tracked must leave no copy.
      tracked.forEach(TrackedCache::flush);
      inbox = this;
      ready = true;
      loop.write(InvalidationListener.this::ping);
    }

    @Override
    public void refused(byte[] channel, JedisDataException refusal) {
      throw refusal;
    }

    @Override
    public void answered(@Nullable JedisDataException refusal) {
      long untilNanos = pingNanos + maxStaleness.toNanos();
      pingNanos = 0;
      note(refusal);
      if (refusal == null || isForPingsOnly(refusal)) {
        tracked.forEach(cache -> cache.goodUntil(untilNanos));
        loop.worked();
      }
    }

    /**
     * Whether Redis only minds the ping: then the refusal, which is as well sent behind everything
     * before it, serves as a pong. Others say that the server has trouble with its data.
     */
    private boolean isForPingsOnly(JedisDataException refusal) {
      String words = String.valueOf(refusal.getMessage());
      return words.startsWith("NOPERM") || words.startsWith("MISCONF");
    }

    private void note(@Nullable JedisDataException refusal) {
      if (refusal == null) {
        if (told != null) {
          told = null;
          logger.info("Redis on {} answers the PING of near caches again", address);
        }
        return;
      }
      String words = String.valueOf(refusal.getMessage());
      if (!words.equals(told)) {
        told = words;
        logger.warn(
            isForPingsOnly(refusal)
                ? "Redis on {} refuses the PING of near caches, which are used all the same; allow the user +ping, and see what the server says: {}"
                : "Near caches are not used, since Redis on {} answers their PING: {}",
            address,
            words);
      }
    }

    @Override
    public void message(byte[] channel, byte @Nullable [] key) {
      if (key == null) {
        tracked.forEach(TrackedCache::flush); // all keys of the server are gone
        return;
      }
      for (TrackedCache cache : tracked) {
        cache.onChange(key);
      }
    }

    @Override
    public void end() {
      ready = false;
      tracked.forEach(TrackedCache::lose);
    }
  }
}
