package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.configuration.Settings;
import io.yokedcache.jcache.internal.maintenance.KeyStatisticsReport.Size;
import io.yokedcache.jcache.internal.metrics.KeyStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Lease;
import io.yokedcache.jcache.internal.redis.MissingPermission;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.redis.ScriptRunner;
import io.yokedcache.jcache.internal.store.KeySpace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * How many entries the caches of a namespace have in Redis, and how large they are.
 *
 * <p>One JVM at a time counts, by a {@link Lease}, and writes its {@link KeyStatisticsReport} into
 * Redis; all others read that. A count is a chain of small steps with pauses in between, so that
 * the server is busy with it for a set share of time only. Whoever asks {@link #of} gets what was
 * read last, and never causes a command.
 *
 * <p>The first figures come within seconds of a cache's first entries: once a cache is new here, or
 * has got its first entries or many more from here, the next census is due when half of the time
 * since then has passed, at least two seconds, until nothing more is written.
 *
 * <p>Safe for use by several threads; all work is done by the one thread of its executor.
 */
public final class KeyStatisticsCollector implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(KeyStatisticsCollector.class);
  private static final String OPERATION = KeyStatisticsPass.OPERATION;

  private static final Duration MIN_LEASE = Duration.ofSeconds(5);
  private static final Duration MAX_LEASE = Duration.ofSeconds(30);
  private static final Duration MIN_TICK = Duration.ofMillis(100);
  private static final Duration MAX_TICK = Duration.ofSeconds(2);

  /** The least age of a report that is replaced, however much has happened since. */
  private static final Duration MIN_AGE = Duration.ofSeconds(2);

  /** By which share of what was counted a cache grows before it is counted again soon. */
  private static final double GROWTH = 0.5;

  /** The longest that a count may take: a keyspace that outgrows the scan must not keep it. */
  private static final Duration MAX_PASS = Duration.ofHours(6);

  /** How long a report stays in Redis if nobody writes another one. */
  private static final Duration MIN_KEPT = Duration.ofHours(1);

  private final RedisExecutor executor;
  private final String namespace;
  private final Settings.KeyStatistics settings;
  private final ScheduledExecutorService background;
  private final long leaseNanos;
  private final Lease lease;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean warned = new AtomicBoolean();
  private final AtomicBoolean warnedOfRight = new AtomicBoolean();

  /** The census that this JVM is making, if any; written by the background thread only. */
  private volatile @Nullable Running running;

  /** When to ask Redis for the report again; of the background thread, as are those below. */
  private long nextLookNanos = System.nanoTime();

  /** When this JVM began its last count, or {@code null} before the first. */
  private @Nullable Long beganNanos;

  /** Since when figures are wanted soon, or {@code null} while the interval is soon enough. */
  private @Nullable Long hurriesSinceNanos;

  /** When there was no report and one was wanted soon for that, or {@code null}. */
  private @Nullable Long missedNanos;

  private final Map<String, Mark> marks = new HashMap<>();

  private volatile @Nullable Seen seen;

  private boolean closed;

  public KeyStatisticsCollector(
      RedisExecutor executor,
      String namespace,
      Settings.KeyStatistics settings,
      ScheduledExecutorService background) {
    this.executor = executor;
    this.namespace = namespace;
    this.settings = settings;
    this.background = background;
    Duration held = clamp(settings.interval(), MIN_LEASE, MAX_LEASE);
    this.leaseNanos = held.toNanos();
    this.lease = new Lease(executor, OPERATION, KeySpace.keyStatisticsLeaseKey(namespace), held);
  }

  private static Duration clamp(Duration value, Duration least, Duration most) {
    return value.compareTo(least) < 0 ? least : value.compareTo(most) > 0 ? most : value;
  }

  /**
   * Begins to count and to read what others counted, unless that is disabled or was done before.
   *
   * @param writes the caches whose figures somebody here wants, and how many entries each has been
   *     given here so far; asked now and then, and if there is none nothing is sent
   */
  public void start(Supplier<Map<String, Long>> writes) {
    if (settings.enabled() && started.compareAndSet(false, true)) {
      long millis = clamp(settings.interval().dividedBy(20), MIN_TICK, MAX_TICK).toMillis();
      try {
        var unused =
            background.scheduleWithFixedDelay(
                () -> tick(writes), MIN_TICK.toMillis(), millis, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException closed) {
        logger.debug("No census, the manager is closed");
      }
    }
  }

  /** What the last count found of a cache, or {@code null} if there was none yet. */
  public @Nullable KeyStatistics of(String cacheName) {
    Seen last = seen;
    if (last == null) {
      return null;
    }
    Size size =
        last.report.caches().getOrDefault(KeySpace.escape(cacheName), KeyStatisticsReport.NOTHING);
    long sinceMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - last.nanos);
    // Where a fail-over has put the clock back, the census must not seem to come from the future.
    long ageMillis = Math.max(0, last.millis - last.report.beganMillis()) + sinceMillis;
    return new KeyStatistics(size.keys(), size.bytes(), ageMillis);
  }

  private void tick(Supplier<Map<String, Long>> writes) {
    if (running != null) {
      return;
    }
    Map<String, Long> wanted = writes.get();
    notice(wanted);
    if (wanted.isEmpty() || System.nanoTime() - nextLookNanos < 0) {
      return;
    }
    try {
      Running census = begin(writes);
      if (census != null) {
        census.run();
      }
    } catch (RuntimeException e) {
      warnOfMissingRight(e);
      logger.debug("A count could not begin; it is tried again", e);
      nextLookNanos = System.nanoTime() + MAX_TICK.toNanos();
    }
  }

  /** Finds out whether a cache is new here, or has grown by much since it was counted. */
  private void notice(Map<String, Long> writes) {
    marks.keySet().retainAll(writes.keySet());
    long now = System.nanoTime();
    writes.forEach(
        (cache, count) -> {
          Mark mark = marks.get(cache);
          if (mark == null) {
            mark = new Mark(KeySpace.escape(cache), count);
            marks.put(cache, mark);
            if (counted(mark) == 0) {
              hurry(mark, now);
            }
          } else if (count > mark.writes) {
            boolean hasFirst = mark.writes == 0;
            mark.writes = count;
            if (hasFirst || hasGrown(mark, now)) {
              hurry(mark, now);
            }
          }
        });
  }

  /** Whether a cache may have many more entries than were counted. */
  private boolean hasGrown(Mark mark, long now) {
    long keys = counted(mark);
    if (keys == 0) {
      // What is written and expires between two censuses must not hurry them for ever.
      return now - mark.nanos > settings.interval().toNanos();
    }
    // Nor must what is written again and again: it had to grow after the last time, too.
    return mark.writes - mark.countedWrites >= keys * GROWTH
        && (mark.keys < 0 || keys >= mark.keys * (1 + GROWTH));
  }

  private long counted(Mark mark) {
    Seen last = seen;
    return last == null
        ? 0
        : last.report.caches().getOrDefault(mark.escaped, KeyStatisticsReport.NOTHING).keys();
  }

  private void hurry(Mark mark, long now) {
    mark.nanos = now;
    mark.keys = counted(mark) == 0 ? -1 : counted(mark);
    hurry(now);
  }

  private void hurry(long now) {
    hurriesSinceNanos = now;
    nextLookNanos = now;
  }

  /** How old a report may become, by what has happened here. */
  private long allowedMillis() {
    long interval = settings.interval().toMillis();
    Long since = hurriesSinceNanos;
    if (since == null) {
      return interval;
    }
    long half = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since) / 2;
    if (half >= interval) {
      hurriesSinceNanos = null;
    }
    return Math.min(Math.max(half, MIN_AGE.toMillis()), interval);
  }

  /**
   * Reads the last report, and whether it is time for another. If not, it is left alone till then.
   */
  private boolean isDue() {
    Seen before = seen;
    Seen last = look();
    seen = last;
    if (before == null || last == null || !before.report.equals(last.report)) {
      marks.values().forEach(mark -> mark.countedWrites = mark.writes);
    }
    long dueInMillis = last == null ? dueWithoutReport() : dueAfter(last);
    nextLookNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.max(0, dueInMillis));
    return dueInMillis <= 0;
  }

  private long dueAfter(Seen last) {
    long intervalMillis = settings.interval().toMillis();
    long soonMillis = Math.max(allowedMillis(), last.report.tookMillis());
    // A clock that was put back must not put off the next census for more than the interval.
    long dueInMillis =
        Math.min(last.report.endedMillis() + intervalMillis - last.millis, intervalMillis);
    return hurriesSinceNanos == null
        ? dueInMillis
        : Math.min(dueInMillis, last.report.beganMillis() + soonMillis - last.millis);
  }

  /**
   * There is none, it was lost, or something else is in its place. What takes reports away again
   * and again must not have entries counted all the time.
   */
  private long dueWithoutReport() {
    Long began = beganNanos;
    if (began == null) {
      return 0;
    }
    long now = System.nanoTime();
    if (missedNanos == null || now - missedNanos > settings.interval().toNanos()) {
      missedNanos = now;
      hurriesSinceNanos = now;
    }
    return allowedMillis() - TimeUnit.NANOSECONDS.toMillis(now - began);
  }

  /**
   * Takes the turn if it is time, or returns {@code null}. Excludes {@link #close}, which would not
   * give back a turn that is just being taken.
   */
  private synchronized @Nullable Running begin(Supplier<Map<String, Long>> writes) {
    if (closed || !isDue() || !lease.take()) {
      return null;
    }
    // Another JVM may have ended its census between the look and the lease.
    if (!isDue()) {
      lease.release();
      return null;
    }
    Running census =
        new Running(
            writes, new KeyStatisticsPass(executor, namespace, settings.pageSize()), nowMillis());
    running = census;
    beganNanos = System.nanoTime();
    return census;
  }

  private @Nullable Seen look() {
    byte[] key = KeySpace.keyStatisticsKey(namespace);
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
    // A key of another type in its place will be replaced by a report.
    Object raw =
        replies.get(1) instanceof JedisDataException e
                && String.valueOf(e.getMessage()).startsWith("WRONGTYPE")
            ? null
            : scripts.checked(OPERATION, replies.get(1));
    KeyStatisticsReport report =
        raw instanceof byte[] text ? KeyStatisticsReport.parse(text) : null;
    return report == null ? null : new Seen(report, millis, nanos);
  }

  /** The time by Redis' clock. */
  private long nowMillis() {
    return millis(
        new ScriptRunner(executor)
            .command(
                OPERATION,
                Bytes.of(KeySpace.keyStatisticsKey(namespace)),
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

  private void publish(KeyStatisticsReport report) {
    byte[] key = KeySpace.keyStatisticsKey(namespace);
    long keptMillis =
        Math.max(MIN_KEPT.toMillis(), 10 * (settings.interval().toMillis() + report.tookMillis()));
    var unused =
        new ScriptRunner(executor).call(OPERATION, Script.report(key, report.format(), keptMillis));
  }

  private void warnOfMissingRight(RuntimeException e) {
    String missing = MissingPermission.of(e);
    if (missing != null && warnedOfRight.compareAndSet(false, true)) {
      logger.warn(
          "Caches on {} have no KeysCount and SizeBytes: {}. Or set yokedcache.key-statistics.enabled = false.",
          executor.address(),
          missing);
    }
  }

  /** Gives the lease back if this JVM is counting, so that another one can. */
  @Override
  public synchronized void close() {
    closed = true;
    if (running != null) {
      try {
        lease.release();
      } catch (RuntimeException redisIsAway) {
        logger.debug("The lease of a count was not given back; it expires", redisIsAway);
      }
    }
  }

  /** What is known of a cache whose figures are wanted. */
  private static final class Mark {
    final String escaped;

    /** How many entries it had been given here when they were last noticed. */
    long writes;

    /** The same when the last report was read. */
    long countedWrites;

    /** When figures were last wanted soon because of it. */
    long nanos;

    /** How many entries had been counted then, or -1 if none. */
    long keys = -1;

    Mark(String escaped, long writes) {
      this.escaped = escaped;
      this.writes = writes;
    }
  }

  /** A report, and when it was read by Redis' clock and by ours. */
  private record Seen(KeyStatisticsReport report, long millis, long nanos) {}

  /** The census that this JVM is making. */
  private final class Running implements Runnable {

    private final Supplier<Map<String, Long>> writes;
    private final Map<String, Long> writesBefore;
    private final KeyStatisticsPass pass;
    private final long beganMillis;
    private final long beganNanos = System.nanoTime();
    private long renewedNanos = beganNanos;

    /** Whether all was counted, which is not done again at once if nobody can be told. */
    private boolean isCounted;

    Running(Supplier<Map<String, Long>> writes, KeyStatisticsPass pass, long beganMillis) {
      this.writes = writes;
      this.writesBefore = writes.get();
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
          isCounted = true;
          end();
        }
      } catch (RejectedExecutionException closed) {
        logger.debug("A count ended early, the manager is closed");
      } catch (RuntimeException e) {
        warnOfMissingRight(e);
        logger.debug("A count ended early; another one follows", e);
        putOff();
      } catch (Error e) {
        putOff(); // else there would never be another one
        throw e;
      }
    }

    private void putOff() {
      Duration pause = isCounted ? settings.interval() : MAX_TICK;
      nextLookNanos = System.nanoTime() + pause.toNanos();
      running = null;
    }

    /** Whether to go on: the lease is ours, somebody wants to know, and there is time left. */
    private boolean isStillOurs() {
      long now = System.nanoTime();
      if (now - renewedNanos > leaseNanos / 2) {
        if (!lease.renew()) {
          logger.debug("A count ended early: another JVM has taken over");
          return false;
        }
        renewedNanos = now;
      }
      if (!writes.get().isEmpty() && now - beganNanos < MAX_PASS.toNanos()) {
        return true;
      }
      lease.release();
      nextLookNanos = now + settings.interval().toNanos();
      return false;
    }

    private void end() {
      if (lease.renew()) {
        KeyStatisticsReport report =
            new KeyStatisticsReport(beganMillis, nowMillis() - beganMillis, pass.sizes());
        publish(report);
        if (writes.get().equals(writesBefore)) {
          hurriesSinceNanos = null; // nothing has come from here that was not counted
        }
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
