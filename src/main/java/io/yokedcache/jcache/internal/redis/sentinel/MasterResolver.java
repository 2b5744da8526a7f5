package io.yokedcache.jcache.internal.redis.sentinel;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.NoMasterException;
import io.yokedcache.jcache.internal.redis.ServerLookup;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.redis.failover.SingleMaster;
import io.yokedcache.jcache.internal.redis.sentinel.Sentinels.Answer;
import io.yokedcache.jcache.internal.redis.sentinel.Sentinels.NoAnswerException;
import io.yokedcache.jcache.internal.redis.sentinel.Sentinels.Reason;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisConnectionException;

/**
 * Leads each new connection to the master that the sentinels name, and has all connections replaced
 * when they name another one.
 *
 * <p>The sentinels are asked for each connection; threads that connect at the same time share an
 * answer. A server that says that it is a replica is not used, and the sentinels are asked again.
 * If no sentinel answers, connections lead to the last known master. An answer of an older
 * configuration than a known one comes from a sentinel that is cut off from the others, and does
 * not count. A {@link MasterWatch} hears of a new master while no connection is made.
 *
 * <p>Safe for use by several threads. All waits are bounded by the connect time-out.
 */
public final class MasterResolver implements ServerLookup, AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(MasterResolver.class);

  /** How long an answer serves further connections: an outage must not flood the sentinels. */
  private static final long FRESH_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** How long the sentinels are not asked again after none answered, if a master is known. */
  private static final long REST_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The pause before the sentinels are asked again for another master. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /**
   * After how long without a confirmation an older configuration counts again: the sentinels were
   * set up anew.
   */
  private static final long FORGET_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** The least time for one sentinel. */
  private static final long MIN_SHARE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final Settings.Connection settings;
  private final String masterName;
  private final String address;
  private final SingleMaster topology;
  private final Sentinels sentinels;
  private final MasterWatch watch;

  /** Held while sentinels are asked; guards all writing of the fields below. */
  private final ReentrantLock lock = new ReentrantLock();

  private volatile @Nullable Answer present;
  private volatile long answeredNanos;
  private volatile long failedNanos;
  private @Nullable NoMasterException failure;

  /** When a sentinel last named a master of the present configuration or a newer one. */
  private long confirmedNanos;

  /** When all sentinels were last asked for another master than the present one. */
  private long askedAllNanos;

  /**
   * Creates it; nothing is connected before {@link #start} or the first connection.
   *
   * @param maxValueBytes how long one value of the application may be
   * @param background calls listeners of changes
   * @param failOver repairs a new master
   */
  public MasterResolver(
      Settings.Connection settings,
      long maxValueBytes,
      ScheduledExecutorService background,
      ScheduledExecutorService pings,
      BackgroundErrors errors,
      FailOverListener failOver) {
    Settings.Deployment deployment = settings.deployment();
    this.settings = settings;
    this.masterName = requireNonNull(deployment.masterName(), "masterName");
    this.address =
        deployment.nodes().stream()
            .map(Address::toString)
            .collect(
                Collectors.joining(
                    ",",
                    settings.tls() ? "rediss-sentinel://" : "redis-sentinel://",
                    "/" + masterName + (settings.database() > 0 ? "/" + settings.database() : "")));
    this.topology = new SingleMaster(address, settings, maxValueBytes, this, background, failOver);
    this.sentinels = new Sentinels(settings);
    this.watch = new MasterWatch(this, sentinels, masterName, pings, errors);
    long now = System.nanoTime();
    this.answeredNanos = now - REST_NANOS;
    this.failedNanos = now - REST_NANOS;
    this.confirmedNanos = now;
    this.askedAllNanos = now - PAUSE_NANOS;
  }

  /** Begins to watch the sentinels. */
  public void start() {
    watch.start();
  }

  /** Watches by a new connection, which has the present credentials of the sentinels. */
  public void renewWatch() {
    watch.renew();
  }

  /** The deployment for connections. */
  public SingleMaster topology() {
    return topology;
  }

  @Override
  public @Nullable Address present() {
    Answer known = present;
    return known == null ? null : known.master();
  }

  @Override
  public String address() {
    Answer known = present;
    return known == null ? address : address + " (master " + known.master() + ")";
  }

  @Override
  public String advice() {
    Answer known = present;
    return known == null
        ? ""
        : ("The sentinel %s names %s as the master. If that is an address of another network,"
                + " sentinel monitor of the sentinels, and replica-announce-ip and"
                + " replica-announce-port of the servers, should name one that is reached from"
                + " here.")
            .formatted(known.sentinel(), known.master());
  }

  @Override
  public <T> T connect(Function<Settings.Connection, T> attempt) {
    long endNanos = System.nanoTime() + settings.connectTimeout().toNanos();
    Address master = master();
    while (true) {
      try {
        return attempt.apply(settings.node(master));
      } catch (JedisConnectionException e) {
        boolean late = System.nanoTime() - endNanos >= 0;
        Address next = late ? master : otherThan(master);
        if (next.equals(master)) {
          if (!(e instanceof NoMasterException)) {
            throw e;
          }
          if (late) {
            throw wrongRole(e);
          }
          BoundedWait.pause(PAUSE_NANOS);
        }
        master = next;
      }
    }
  }

  private NoMasterException wrongRole(JedisConnectionException e) {
    return new NoMasterException(
        ("the sentinels name no other server for %s, and %s. Either a fail-over is under way, or"
                + " the sentinels have lost each other; SENTINEL MASTER %s on each of them tells more")
            .formatted(masterName, e.getMessage(), masterName));
  }

  /** The master as of now, or the last known one if no sentinel answers. */
  private Address master() {
    long callNanos = System.nanoTime();
    Answer known = present;
    if (known != null
        && (callNanos - answeredNanos < FRESH_NANOS || callNanos - failedNanos < REST_NANOS)) {
      return known.master();
    }
    return alone(
        () -> {
          Answer present = this.present;
          if (present != null && answeredNanos - callNanos > 0) {
            return present.master();
          }
          if (failure == null || failedNanos - callNanos < 0) {
            ask(/* not= */ null);
          }
          present = this.present;
          if (present == null) {
            throw requireNonNull(failure, "failure");
          }
          return present.master();
        });
  }

  /** Another master than one that cannot be used, if a sentinel names one. */
  private Address otherThan(Address unusable) {
    return alone(
        () -> {
          Answer known = requireNonNull(present, "present");
          long now = System.nanoTime();
          if (known.master().equals(unusable) && now - askedAllNanos >= PAUSE_NANOS) {
            ask(unusable);
            askedAllNanos = System.nanoTime();
          }
          return requireNonNull(present, "present").master();
        });
  }

  private <T> T alone(Supplier<T> action) {
    // A thread before this one asks for the connect time-out at most.
    long patienceNanos = 2 * settings.connectTimeout().toNanos();
    if (!BoundedWait.await(patienceNanos, nanos -> lock.tryLock(nanos, TimeUnit.NANOSECONDS))) {
      throw new NoMasterException(
          "other threads have asked the sentinels for longer than twice"
              + " yokedcache.connection.connect-timeout");
    }
    try {
      return action.get();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Asks the sentinels in turn until one has an answer that counts.
   *
   * @param not a master that cannot be used: all sentinels are asked unless one names another
   */
  private void ask(@Nullable Address not) {
    long endNanos = System.nanoTime() + settings.connectTimeout().toNanos();
    List<Address> order = sentinels.inOrder();
    List<String> reasons = new ArrayList<>();
    Reason reason = Reason.UNREACHABLE;
    Answer newest = null;
    for (int i = 0; i < order.size(); i++) {
      long leftNanos = endNanos - System.nanoTime();
      if (leftNanos <= 0) {
        reasons.add(order.get(i) + " was not asked in time");
        continue;
      }
      long shareNanos = Math.max(MIN_SHARE_NANOS, leftNanos / (order.size() - i));
      try {
        Answer answer = sentinels.ask(order.get(i), Duration.ofNanos(shareNanos));
        if (newest == null || answer.epoch() > newest.epoch()) {
          newest = answer;
        }
        if (!isOld(answer) && !answer.master().equals(not)) {
          break;
        }
      } catch (NoAnswerException e) {
        logger.debug("The sentinel {} names no master", order.get(i), e);
        reasons.add(order.get(i) + " " + e.getMessage());
        reason = e.reason().compareTo(reason) < 0 ? e.reason() : reason;
      }
    }
    if (newest != null) {
      accept(newest);
    } else {
      failure =
          new NoMasterException(
              "no sentinel names the master %s: %s. %s"
                  .formatted(masterName, String.join("; ", reasons), reason.advice()),
              reason == Reason.CREDENTIALS ? Kind.ACCESS_DENIED : Kind.UNREACHABLE);
      failedNanos = System.nanoTime();
    }
  }

  /** Asks one sentinel; for the thread that watches. */
  void check(Address sentinel, Duration patience) {
    Answer answer;
    try {
      answer = sentinels.ask(sentinel, patience);
    } catch (NoAnswerException e) {
      logger.debug("The sentinel {} names no master", sentinel, e);
      return;
    }
    boolean unused =
        alone(
            () -> {
              accept(answer);
              return true;
            });
    topology.repair();
  }

  private boolean isOld(Answer answer) {
    Answer known = present;
    return known != null && answer.epoch() < known.epoch();
  }

  private void accept(Answer answer) {
    long now = System.nanoTime();
    answeredNanos = now;
    Answer known = present;
    if (isOld(answer) && now - confirmedNanos < FORGET_NANOS) {
      logger.debug("An older configuration than {} does not count: {}", known, answer);
      return;
    }
    confirmedNanos = now;
    if (known == null) {
      present = answer;
    } else if (isReplaced(known, answer)) {
      replace(known, answer);
    } else {
      // One server may have several names; the first one stays.
      present = new Answer(known.master(), answer.epoch(), answer.sentinel());
    }
  }

  /** Whether another master took over, or others did and the known one is master again. */
  private static boolean isReplaced(Answer known, Answer answer) {
    return !isSame(known.master(), answer.master())
        || (known.epoch() != Sentinels.UNKNOWN_EPOCH && answer.epoch() > known.epoch());
  }

  private void replace(Answer known, Answer answer) {
    topology.replaced(() -> present = answer);
    logger.info(
        "Master {} is now {} and no longer {}, as the sentinel {} says",
        masterName,
        answer.master(),
        known.master(),
        answer.sentinel());
  }

  private static boolean isSame(Address one, Address other) {
    if (one.equals(other)) {
      return true;
    }
    try {
      return one.port() == other.port()
          && InetAddress.getByName(one.host()).equals(InetAddress.getByName(other.host()));
    } catch (UnknownHostException e) {
      return false;
    }
  }

  @Override
  public void close() {
    watch.close();
  }
}
