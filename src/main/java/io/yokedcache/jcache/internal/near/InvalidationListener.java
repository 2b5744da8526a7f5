package io.yokedcache.jcache.internal.near;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.Backoff;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.Subscription;
import io.yokedcache.jcache.internal.redis.SubscriptionLoop;
import io.yokedcache.jcache.internal.store.KeySpace;
import java.time.Duration;
import java.util.Arrays;
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
 * Receives the invalidations of all near caches of a manager, on one connection and one thread.
 * Redis tracks keys by their prefixes (client tracking in broadcasting mode), and tells the
 * connection that asked for it.
 *
 * <p>Pings bound the age of near entries. Redis answers a ping after all invalidations that it sent
 * before. So when the answer arrives, the invalidation of every change made before the ping was
 * sent has arrived. Near entries are used only while the last answered ping is younger than the
 * bound. A connection that is lost, silent or slow makes readers go to Redis, and never lets them
 * see an older value.
 */
public final class InvalidationListener implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(InvalidationListener.class);
  private static final byte[] CHANNEL = "__redis__:invalidate".getBytes(US_ASCII);
  private static final long MIN_PAUSE_MILLIS = 20;
  private static final long MAX_PAUSE_MILLIS = 2_000;

  /** The number of pings in the time for which near entries may be used after one. */
  private static final int PINGS = 4;

  private final String address;
  private final ScheduledExecutorService background;
  private final Duration maxStaleness;
  private final SubscriptionLoop loop;
  private final List<Tracked> caches = new CopyOnWriteArrayList<>();

  /** Guards the two fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable ScheduledFuture<?> pings;

  /** Whether the present connection has asked for the prefixes of the caches. */
  private boolean hasBegun;

  /** The session of the present connection; set when it is ready. */
  private volatile @Nullable Inbox inbox;

  /** The logged error reply to a ping, until a ping is answered; used by the thread only. */
  private @Nullable String logged;

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
            "Near caches are not used, since Redis sends no invalidations",
            () -> server,
            maxStaleness.multipliedBy(2),
            new Backoff(MIN_PAUSE_MILLIS, MAX_PAUSE_MILLIS),
            errors,
            present -> new Inbox());
  }

  /** Begins to track a cache soon; until then its near cache is not used. */
  public void add(KeySpace names, NearCache<?> near) {
    lock.lock();
    try {
      caches.add(new Tracked(Bytes.of(names.trackedPrefix()), names, near));
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

  /** Ends the tracking of a cache; later invalidations of it are ignored. */
  public void remove(NearCache<?> near) {
    caches.removeIf(cache -> cache.near == near);
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

  /** A cache whose keys begin with a prefix that no key of another cache has. */
  private record Tracked(Bytes prefix, KeySpace names, NearCache<?> near) {

    /** Handles the change of a key: of an entry, of a generation, or of another key. */
    void onChange(byte[] key) {
      byte[] start = prefix.array();
      if (key.length < start.length
          || Arrays.mismatch(key, 0, start.length, start, 0, start.length) >= 0) {
        return;
      }
      KeySpace.EntryName entry = names.parse(key);
      if (entry != null) {
        near.onInvalidation(entry.bucket(), entry.token(), entry.key());
      } else if (!KeySpace.isAbout(key)) {
        near.onGenerationChange(); // the cache was cleared, or listeners registered
      }
    }
  }

  /** The messages that arrive on one connection. */
  private final class Inbox implements SubscriptionLoop.Session {

    /** The caches whose prefixes this connection has asked for. */
    private List<Tracked> tracked = List.of();

    private volatile boolean ready;

    /** The time when the unanswered ping was sent; 0 if there is none. */
    private volatile long pingNanos;

    /** Asks the server to send invalidations to this connection, before it subscribes to them. */
    @Override
    public void begin(Subscription opened) {
      Object id = opened.ask(new CommandArguments(Command.CLIENT).add("ID"));
      // A cache may be registered twice, as after a failed creation. Redis refuses equal
      // prefixes, and with them the whole command. No prefix begins with another one, since each
      // ends with '#'.
      Set<Bytes> wanted = new LinkedHashSet<>();
      lock.lock();
      try {
        tracked = List.copyOf(caches);
        tracked.forEach(cache -> wanted.add(cache.prefix));
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
      // Reads that began before Redis tracked must leave no near entry.
      tracked.forEach(cache -> cache.near.flush());
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
        tracked.forEach(cache -> cache.near.freshUntil(untilNanos));
        loop.worked();
      }
    }

    /**
     * Whether an error reply concerns the ping alone. It is then as good as an answer, since it is
     * sent after all invalidations before it. Other errors say that the server has no valid data.
     */
    private boolean isForPingsOnly(JedisDataException refusal) {
      String words = String.valueOf(refusal.getMessage());
      return words.startsWith("NOPERM") || words.startsWith("MISCONF");
    }

    private void note(@Nullable JedisDataException refusal) {
      if (refusal == null) {
        if (logged != null) {
          logged = null;
          logger.info("Redis on {} answers the PING of near caches again", address);
        }
        return;
      }
      String words = String.valueOf(refusal.getMessage());
      if (!words.equals(logged)) {
        logged = words;
        logger.warn(
            isForPingsOnly(refusal)
                ? "Redis on {} refuses the PING of near caches, which are used nevertheless; allow the user +ping: {}"
                : "Near caches are not used, since Redis on {} answers their PING: {}",
            address,
            words);
      }
    }

    @Override
    public void message(byte[] channel, byte @Nullable [] key) {
      if (key == null) {
        tracked.forEach(cache -> cache.near.flush()); // all keys of the server are gone
        return;
      }
      for (Tracked cache : tracked) {
        cache.onChange(key);
      }
    }

    @Override
    public void end() {
      ready = false;
      for (Tracked cache : tracked) {
        cache.near.trackingLost();
        cache.near.flush();
      }
    }
  }
}
