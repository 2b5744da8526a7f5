package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.lease.Lease;
import io.yokedcache.jcache.internal.maintenance.KeyStatisticsReport.Size;
import io.yokedcache.jcache.internal.metrics.KeyStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
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
 * The number of entries of each cache of a namespace in Redis, and their sizes.
 *
 * <p>One JVM at a time counts, under a {@link Lease}, and writes a {@link KeyStatisticsReport} to
 * Redis, which all JVMs read. {@link #of} answers from the last report that was read and sends no
 * command.
 *
 * <p>The first figures come within seconds of a cache's first entries. If a cache is new here, or
 * gets its first entries or many more from here, the next count is due when half of the time since
 * then has passed, at least two seconds, until nothing more is written.
 *
 * <p>Safe for use by several threads; all work is done by the one thread of its executor.
 */
public final class KeyStatisticsCollector implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(KeyStatisticsCollector.class);
  private static final String OPERATION = "count of entries";
  private static final KeyWalk.Texts TEXTS =
      new KeyWalk.Texts(
          OPERATION,
          "Caches on %s have no KeysCount and SizeBytes",
          "yokedcache.key-statistics.enabled = false");

  private static final Duration MIN_LEASE = Duration.ofSeconds(5);
  private static final Duration MAX_LEASE = Duration.ofSeconds(30);
  private static final Duration MIN_TICK = Duration.ofMillis(100);
  private static final Duration MAX_TICK = Duration.ofSeconds(2);

  /** A report is never replaced before this age. */
  private static final Duration MIN_AGE = Duration.ofSeconds(2);

  /** A cache that grew by this ratio of its counted entries is counted again soon. */
  private static final double GROWTH = 0.5;

  /**
   * The longest duration of a count: a keyspace that grows faster than the scan must not keep it.
   */
  private static final Duration MAX_COUNT = Duration.ofHours(6);

  /** The least time to live of a report. */
  private static final Duration MIN_REPORT_LIFE = Duration.ofHours(1);

  private final RedisExecutor executor;
  private final Settings.KeyStatistics settings;
  private final KeyWalk.Task task;
  private final byte[] reportKey;
  private final AtomicBoolean started = new AtomicBoolean();
  private final AtomicBoolean warnedOfSizes = new AtomicBoolean();

  /** The count under way in this JVM; written by the background thread only. */
  private volatile @Nullable Count running;

  /** The last report that was read. */
  private volatile @Nullable Seen seen;

  // The fields below are used by the background thread only.

  /** The time of the next read of the report. */
  private long nextLookNanos = System.nanoTime();

  /** The beginning of the last count in this JVM, or {@code null} before the first. */
  private @Nullable Long beganNanos;

  /** The time since when a count is wanted soon, or {@code null} if the interval is soon enough. */
  private @Nullable Long urgentSinceNanos;

  /** The last time when the report was missing and a count was made urgent for that reason. */
  private @Nullable Long missedNanos;

  private final Map<String, Growth> growths = new HashMap<>();

  /** Guarded by this object's monitor. */
  private boolean closed;

  /**
   * Creates it; nothing is sent before {@link #start}.
   *
   * @param background the thread that does all work
   */
  public KeyStatisticsCollector(
      RedisExecutor executor,
      String namespace,
      Settings.KeyStatistics settings,
      ScheduledExecutorService background) {
    this.executor = executor;
    this.settings = settings;
    this.reportKey = KeySpace.keyStatisticsKey(namespace);
    this.task =
        new KeyWalk.Task(
            TEXTS,
            executor,
            background,
            namespace,
            new KeyWalk.Load(settings.pageSize(), settings.dutyCycle()),
            KeySpace.keyStatisticsLeaseKey(namespace),
            clamp(settings.interval(), MIN_LEASE, MAX_LEASE));
  }

  private static Duration clamp(Duration value, Duration least, Duration most) {
    return value.compareTo(least) < 0 ? least : value.compareTo(most) > 0 ? most : value;
  }

  /**
   * Begins to count and to read reports, unless that is disabled or has begun.
   *
   * @param writes returns the caches whose figures this JVM shows, with the number of entries that
   *     each was given here; while there is none, no command is sent
   */
  public void start(Supplier<Map<String, Long>> writes) {
    if (settings.enabled() && started.compareAndSet(false, true)) {
      long millis = clamp(settings.interval().dividedBy(20), MIN_TICK, MAX_TICK).toMillis();
      try {
        var unused =
            task.background.scheduleWithFixedDelay(
                () -> tick(writes), MIN_TICK.toMillis(), millis, TimeUnit.MILLISECONDS);
      } catch (RejectedExecutionException managerIsClosed) {
        logger.debug("No {}: the manager is closed", OPERATION);
      }
    }
  }

  /** The figures of a cache by the last report, or {@code null} if there was none yet. */
  public @Nullable KeyStatistics of(String cacheName) {
    Seen last = seen;
    if (last == null) {
      return null;
    }
    Size size = last.report.size(KeySpace.escape(cacheName));
    long sinceMillis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - last.nanos);
    // A fail-over may set the clock back; the age must not become negative.
    long ageMillis = Math.max(0, last.millis - last.report.beganMillis()) + sinceMillis;
    return new KeyStatistics(size.keys(), size.bytes(), ageMillis);
  }

  private void tick(Supplier<Map<String, Long>> writes) {
    if (running != null) {
      return;
    }
    Map<String, Long> wanted = writes.get();
    noteGrowth(wanted);
    if (wanted.isEmpty() || System.nanoTime() - nextLookNanos < 0) {
      return;
    }
    try {
      Count count = begin(writes);
      if (count != null) {
        count.run();
      }
    } catch (RuntimeException e) {
      task.warnIfForbidden(e);
      logger.debug("A {} could not begin and is tried again", OPERATION, e);
      nextLookNanos = System.nanoTime() + MAX_TICK.toNanos();
    }
  }

  /** Makes a count urgent if a cache is new here, or has grown by much since it was counted. */
  private void noteGrowth(Map<String, Long> writes) {
    growths.keySet().retainAll(writes.keySet());
    long now = System.nanoTime();
    writes.forEach(
        (cache, count) -> {
          Growth growth = growths.get(cache);
          if (growth == null) {
            growth = new Growth(KeySpace.escape(cache), count);
            growths.put(cache, growth);
            if (countedKeys(growth) == 0) {
              makeUrgent(growth, now);
            }
          } else if (count > growth.writes) {
            boolean hasFirst = growth.writes == 0;
            growth.writes = count;
            if (hasFirst || hasGrown(growth, now)) {
              makeUrgent(growth, now);
            }
          }
        });
  }

  /** Whether a cache may have many more entries than were counted. */
  private boolean hasGrown(Growth growth, long now) {
    long keys = countedKeys(growth);
    if (keys == 0) {
      // Entries that expire between two counts must not make every count urgent.
      return now - growth.urgentNanos > settings.interval().toNanos();
    }
    // Nor must entries that are written again and again: the count must have grown as well.
    return growth.writes - growth.countedWrites >= keys * GROWTH
        && (growth.urgentKeys < 0 || keys >= growth.urgentKeys * (1 + GROWTH));
  }

  /** The entries of a cache by the last report. */
  private long countedKeys(Growth growth) {
    Seen last = seen;
    return last == null ? 0 : last.report.size(growth.escaped).keys();
  }

  private void makeUrgent(Growth growth, long now) {
    growth.urgentNanos = now;
    long keys = countedKeys(growth);
    growth.urgentKeys = keys == 0 ? -1 : keys;
    urgentSinceNanos = now;
    nextLookNanos = now;
  }

  /** The age at which a report is to be replaced. */
  private long maxAgeMillis() {
    long interval = settings.interval().toMillis();
    Long since = urgentSinceNanos;
    if (since == null) {
      return interval;
    }
    long half = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - since) / 2;
    if (half >= interval) {
      urgentSinceNanos = null;
    }
    return Math.min(Math.max(half, MIN_AGE.toMillis()), interval);
  }

  /** Reads the last report, and returns whether a count is due; if not, sets the next look. */
  private boolean isDue() {
    Seen before = seen;
    Seen last = look();
    seen = last;
    if (before == null || last == null || !before.report.equals(last.report)) {
      growths.values().forEach(growth -> growth.countedWrites = growth.writes);
    }
    long dueInMillis = last == null ? dueWithoutReport() : dueAfter(last);
    nextLookNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(Math.max(0, dueInMillis));
    return dueInMillis <= 0;
  }

  private long dueAfter(Seen last) {
    long intervalMillis = settings.interval().toMillis();
    long soonMillis = Math.max(maxAgeMillis(), last.report.tookMillis());
    // A clock that was set back must not delay the next count by more than the interval.
    long dueInMillis =
        Math.min(last.report.endedMillis() + intervalMillis - last.millis, intervalMillis);
    return urgentSinceNanos == null
        ? dueInMillis
        : Math.min(dueInMillis, last.report.beganMillis() + soonMillis - last.millis);
  }

  /**
   * The report is missing, lost or replaced by another value. If somebody deletes reports again and
   * again, the entries must not be counted all the time.
   */
  private long dueWithoutReport() {
    Long began = beganNanos;
    if (began == null) {
      return 0;
    }
    long now = System.nanoTime();
    if (missedNanos == null || now - missedNanos > settings.interval().toNanos()) {
      missedNanos = now;
      urgentSinceNanos = now;
    }
    return maxAgeMillis() - TimeUnit.NANOSECONDS.toMillis(now - began);
  }

  /**
   * Takes the lease if a count is due, or returns {@code null}. Excludes {@link #close}, which
   * would not release a lease that is just being taken.
   */
  private synchronized @Nullable Count begin(Supplier<Map<String, Long>> writes) {
    if (closed || !isDue() || !task.lease.take()) {
      return null;
    }
    // Another JVM may have ended its count between the look and the lease.
    if (!isDue()) {
      task.lease.release();
      return null;
    }
    Count count = new Count(writes, nowMillis());
    running = count;
    beganNanos = System.nanoTime();
    return count;
  }

  private @Nullable Seen look() {
    List<@Nullable Object> replies =
        executor.execute(
            new Request(
                OPERATION,
                Bytes.of(reportKey),
                /* idempotent= */ true,
                List.of(
                    new CommandArguments(Command.TIME),
                    new CommandArguments(Command.GET).add(reportKey))));
    long nanos = System.nanoTime();
    long millis = millis(executor.checked(OPERATION, replies.get(0)));
    // A key of another type is replaced by the next report.
    Object raw =
        replies.get(1) instanceof JedisDataException e
                && String.valueOf(e.getMessage()).startsWith("WRONGTYPE")
            ? null
            : executor.checked(OPERATION, replies.get(1));
    KeyStatisticsReport report =
        raw instanceof byte[] text ? KeyStatisticsReport.parse(text) : null;
    return report == null ? null : new Seen(report, millis, nanos);
  }

  /** The time by the clock of Redis. */
  private long nowMillis() {
    return millis(
        executor.command(
            OPERATION,
            Bytes.of(reportKey),
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

  /** Releases the lease if this JVM is counting, so that another one can. */
  @Override
  public synchronized void close() {
    closed = true;
    if (running != null) {
      try {
        task.lease.release();
      } catch (RuntimeException redisIsAway) {
        logger.debug("The lease of a {} was not released; it expires", OPERATION, redisIsAway);
      }
    }
  }

  /** The writes to a cache here, beside its counted entries. */
  private static final class Growth {
    final String escaped;

    /** The number of writes at the last look. */
    long writes;

    /** The number of writes when the last report was read. */
    long countedWrites;

    /** The time when this cache last made a count urgent. */
    long urgentNanos;

    /** The counted entries at that time, or -1 if there were none. */
    long urgentKeys = -1;

    Growth(String escaped, long writes) {
      this.escaped = escaped;
      this.writes = writes;
    }
  }

  /** A report, and the time when it was read by the clocks of Redis and of this JVM. */
  private record Seen(KeyStatisticsReport report, long millis, long nanos) {}

  private final class Count extends KeyStatisticsPass {

    private final Supplier<Map<String, Long>> writes;
    private final Map<String, Long> writesBefore;
    private final long beganMillis;
    private final long startNanos = System.nanoTime();

    /** Whether the walk is complete. It is not repeated at once if the report cannot be written. */
    private boolean isCounted;

    Count(Supplier<Map<String, Long>> writes, long beganMillis) {
      super(task);
      this.writes = writes;
      this.writesBefore = writes.get();
      this.beganMillis = beganMillis;
    }

    @Override
    boolean isWanted() {
      return !writes.get().isEmpty() && System.nanoTime() - startNanos < MAX_COUNT.toNanos();
    }

    @Override
    void publish() {
      isCounted = true;
      KeyStatisticsReport report =
          new KeyStatisticsReport(beganMillis, nowMillis() - beganMillis, sizes());
      long lifeMillis =
          Math.max(
              MIN_REPORT_LIFE.toMillis(),
              10 * (settings.interval().toMillis() + report.tookMillis()));
      var unusedReply =
          executor.call(OPERATION, KeyWalk.report(reportKey, report.format(), lifeMillis));
      if (writes.get().equals(writesBefore)) {
        urgentSinceNanos = null; // every write of this JVM is counted
      }
      var unused = isDue(); // reads the report for the figures of this JVM
      logger.debug("Counted the entries of {} caches", report.caches().size());
      if (refusal() != null && warnedOfSizes.compareAndSet(false, true)) {
        logger.warn(
            "Caches on {} have no SizeBytes: the server refused MEMORY USAGE ({}). Allow it by +memory|usage.",
            executor.address(),
            refusal());
      }
    }

    @Override
    void ended(End end) {
      if (end != End.COMPLETED) {
        boolean waits = isCounted || end == End.UNWANTED;
        nextLookNanos = System.nanoTime() + (waits ? settings.interval() : MAX_TICK).toNanos();
      }
      running = null;
    }
  }
}
