package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.configuration.CensusSettings;
import io.yokedcache.jcache.internal.store.CensusReport.Size;
import io.yokedcache.jcache.internal.store.RedisExecutor.Request;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/**
 * How many entries the caches of a namespace have in Redis, and how large they are.
 *
 * <p>One JVM at a time counts, by a {@link Lease}, and writes its {@link CensusReport} into Redis;
 * all others read that. A census is a chain of small steps with pauses in between, so that the
 * server is busy with it for a set share of time only. Whoever asks {@link #of} gets what was read
 * last, and never causes a command.
 *
 * <p>Safe for use by several threads; all work is done by the one thread of its executor.
 */
public final class Census implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(Census.class);
  private static final String OPERATION = CensusPass.OPERATION;

  private static final Duration MIN_LEASE = Duration.ofSeconds(5);
  private static final Duration MAX_LEASE = Duration.ofSeconds(30);
  private static final Duration MIN_TICK = Duration.ofMillis(100);
  private static final Duration MAX_TICK = Duration.ofSeconds(5);

  /** The longest that a census may take: a keyspace that outgrows the scan must not keep it. */
  private static final Duration MAX_PASS = Duration.ofHours(6);

  /** How long a report stays in Redis if nobody writes another one. */
  private static final Duration MIN_KEPT = Duration.ofHours(1);

  private final RedisExecutor executor;
  private final String namespace;
  private final CensusSettings settings;
  private final ScheduledExecutorService background;
  private final long leaseNanos;
  private final Lease lease;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean warned = new AtomicBoolean();

  /** The census that this JVM is making, if any; written by the background thread only. */
  private volatile @Nullable Running running;

  /** When to ask Redis for the report again; of the background thread. */
  private long nextLookNanos = System.nanoTime();

  private volatile @Nullable Seen seen;

  Census(
      RedisExecutor executor,
      String namespace,
      CensusSettings settings,
      ScheduledExecutorService background) {
    this.executor = executor;
    this.namespace = namespace;
    this.settings = settings;
    this.background = background;
    Duration held = clamp(settings.interval(), MIN_LEASE, MAX_LEASE);
    this.leaseNanos = held.toNanos();
    this.lease = new Lease(executor, OPERATION, KeySpace.censusLeaseKey(namespace), held);
  }

  private static Duration clamp(Duration value, Duration least, Duration most) {
    return value.compareTo(least) < 0 ? least : value.compareTo(most) > 0 ? most : value;
  }

  /**
   * Begins to count and to read what others counted, unless that is disabled or was done before.
   *
   * @param wanted whether anybody here wants to know, asked now and then; if not, nothing is sent
   */
  public void start(BooleanSupplier wanted) {
    if (settings.enabled() && started.compareAndSet(false, true)) {
      long millis = clamp(settings.interval().dividedBy(20), MIN_TICK, MAX_TICK).toMillis();
      try {
        var unused =
            background.scheduleWithFixedDelay(
                () -> tick(wanted), MIN_TICK.toMillis(), millis, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException closed) {
        logger.debug("No census, the manager is closed");
      }
    }
  }

  /** What the last census found of a cache, or {@code null} if there was none yet. */
  public @Nullable CacheCensus of(String cacheName) {
    Seen last = seen;
    if (last == null) {
      return null;
    }
    Size size = last.report.caches().getOrDefault(KeySpace.escape(cacheName), CensusReport.NOTHING);
    long sinceMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - last.nanos);
    // Where a fail-over has put the clock back, the census must not seem to come from the future.
    long ageMillis = Math.max(0, last.millis - last.report.beganMillis()) + sinceMillis;
    return new CacheCensus(size.keys(), size.bytes(), ageMillis);
  }

  private void tick(BooleanSupplier wanted) {
    if (running != null || System.nanoTime() - nextLookNanos < 0 || !wanted.getAsBoolean()) {
      return;
    }
    try {
      if (isDue() && lease.take()) {
        // Another JVM may have ended its census between the look and the lease.
        if (isDue()) {
          begin(wanted);
        } else {
          lease.release();
        }
      }
    } catch (RuntimeException e) {
      logger.debug("A census could not begin; it is tried again", e);
      nextLookNanos = System.nanoTime() + MAX_TICK.toNanos();
    }
  }

  /**
   * Reads the last report, and whether it is time for another. If not, it is left alone till then.
   */
  private boolean isDue() {
    Seen last = look();
    seen = last;
    if (last == null) {
      return true;
    }
    long intervalMillis = settings.interval().toMillis();
    // A clock that was put back must not put off the next census for more than the interval.
    long dueInMillis =
        Math.min(last.report.endedMillis() + intervalMillis - last.millis, intervalMillis);
    nextLookNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.max(0, dueInMillis));
    return dueInMillis <= 0;
  }

  private void begin(BooleanSupplier wanted) {
    Running census =
        new Running(wanted, new CensusPass(executor, namespace, settings.pageSize()), nowMillis());
    running = census;
    census.run();
  }

  private @Nullable Seen look() {
    byte[] key = KeySpace.censusKey(namespace);
    List<@Nullable Object> replies =
        executor.execute(
            new Request(
                OPERATION,
                Bytes.of(key),
                /* idempotent= */ true,
                List.of(
                    new CommandArguments(Command.TIME),
                    new CommandArguments(Command.GET).add(key))));
    long nanos = System.nanoTime();
    ScriptRunner scripts = new ScriptRunner(executor);
    long millis = millis(scripts.checked(OPERATION, replies.get(0)));
    Object raw = scripts.checked(OPERATION, replies.get(1));
    CensusReport report = raw instanceof byte[] text ? CensusReport.parse(text) : null;
    return report == null ? null : new Seen(report, millis, nanos);
  }

  /** The time by Redis' clock. */
  private long nowMillis() {
    return millis(
        new ScriptRunner(executor)
            .command(
                OPERATION,
                Bytes.of(KeySpace.censusKey(namespace)),
                /* idempotent= */ true,
                new CommandArguments(Command.TIME)));
  }

  private static long millis(@Nullable Object reply) {
    if (reply instanceof List<?> parts
        && parts.size() == 2
        && parts.get(0) instanceof byte[] seconds
        && parts.get(1) instanceof byte[] micros) {
      return TimeUnit.SECONDS.toMillis(number(seconds)) + number(micros) / 1_000;
    }
    throw new CacheException("Redis answered TIME with " + reply);
  }

  private static long number(byte[] digits) {
    return Long.parseLong(new String(digits, StandardCharsets.US_ASCII));
  }

  private void publish(CensusReport report) {
    byte[] key = KeySpace.censusKey(namespace);
    long keptMillis =
        Math.max(MIN_KEPT.toMillis(), 10 * (settings.interval().toMillis() + report.tookMillis()));
    var unused =
        new ScriptRunner(executor)
            .command(
                OPERATION,
                Bytes.of(key),
                /* idempotent= */ true,
                new CommandArguments(Command.SET)
                    .add(key)
                    .add(report.format())
                    .add(Keyword.PX)
                    .add(keptMillis));
  }

  /** Gives the lease back if this JVM is counting, so that another one can. */
  @Override
  public void close() {
    if (running != null) {
      try {
        lease.release();
      } catch (RuntimeException redisIsAway) {
        logger.debug("The lease of a census was not given back; it expires", redisIsAway);
      }
    }
  }

  /** A report, and when it was read by Redis' clock and by ours. */
  private record Seen(CensusReport report, long millis, long nanos) {}

  /** The census that this JVM is making. */
  private final class Running implements Runnable {

    private final BooleanSupplier wanted;
    private final CensusPass pass;
    private final long beganMillis;
    private final long beganNanos = System.nanoTime();
    private long renewedNanos = beganNanos;

    Running(BooleanSupplier wanted, CensusPass pass, long beganMillis) {
      this.wanted = wanted;
      this.pass = pass;
      this.beganMillis = beganMillis;
    }

    @Override
    public void run() {
      try {
        long startNanos = System.nanoTime();
        boolean more = pass.step();
        long tookNanos = System.nanoTime() - startNanos;
        if (!isStillOurs()) {
          running = null;
        } else if (more) {
          double pause = tookNanos * (1 / settings.dutyCycle() - 1);
          // The lease is renewed when half of it is over.
          long pauseNanos = (long) Math.min(pause, leaseNanos / 4.0);
          var unused = background.schedule(this, pauseNanos, TimeUnit.NANOSECONDS);
        } else {
          end();
        }
      } catch (RejectedExecutionException closed) {
        logger.debug("A census ended early, the manager is closed");
      } catch (RuntimeException e) {
        logger.debug("A census ended early; another one follows", e);
        nextLookNanos = System.nanoTime() + MAX_TICK.toNanos();
        running = null;
      }
    }

    /** Whether to go on: the lease is ours, somebody wants to know, and there is time left. */
    private boolean isStillOurs() {
      long now = System.nanoTime();
      if (now - renewedNanos > leaseNanos / 2) {
        if (!lease.renew()) {
          logger.debug("A census ended early: another JVM has taken over");
          return false;
        }
        renewedNanos = now;
      }
      if (wanted.getAsBoolean() && now - beganNanos < MAX_PASS.toNanos()) {
        return true;
      }
      lease.release();
      nextLookNanos = now + settings.interval().toNanos();
      return false;
    }

    private void end() {
      if (lease.renew()) {
        CensusReport report =
            new CensusReport(beganMillis, nowMillis() - beganMillis, pass.sizes());
        publish(report);
        var unused = isDue(); // shows it here
        lease.release();
        logger.debug("Counted the entries of {} caches", report.caches().size());
        warnOfRefusal(pass.refusal());
      }
      running = null;
    }

    private void warnOfRefusal(@Nullable String refusal) {
      if (refusal != null && warned.compareAndSet(false, true)) {
        logger.warn(
            "Caches on {} have no SizeBytes: the server refused MEMORY USAGE ({}). Allow it by +memory|usage.",
            executor.address(),
            refusal);
      }
    }
  }
}
