package io.yokedcache.metrics.statsd;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.SeriesFilter;
import io.yokedcache.metrics.series.SeriesWalk;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.Target;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the figures of caches to StatsD every few seconds: the exact growth of counters, current
 * levels, and durations as samples with weights. It costs the caches nothing, since it reads
 * counters that exist anyway.
 *
 * <p>Durations: DogStatsD gets one value for every cell of the distribution that has grown, with a
 * sample rate of 1 by its growth. A plain daemon gets at most {@link Builder#timerSamples} values
 * at equal steps of rank, with a common sample rate, because it does not weigh values. Either way
 * the daemon's count is exact, and percentiles are as exact as the cells.
 *
 * <p>A counter that shrank was reset and is sent as a whole. Growth for which the queue has no room
 * is sent with the next report. Thread-safe. Closing it leaves its collector open.
 */
public final class StatsDReporter implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(StatsDReporter.class);

  /** What a {@link StatsDOperationObserver} sends, and a report must not send too. */
  private static final Set<CacheMetric> PER_OPERATION =
      Set.of(
          CacheMetric.GETS,
          CacheMetric.SETS,
          CacheMetric.DELETES,
          CacheMetric.OPERATION_DURATION,
          CacheMetric.ERRORS);

  private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final StatsDCollector collector;
  private final Target target;
  private final boolean ownsTarget;
  private final List<CacheMetric> metrics;
  private final SeriesWalk walk;
  private final PeriodicReport report;
  private final long patienceNanos;
  private final ScheduledExecutorService executor;
  private final AtomicBoolean isClosed = new AtomicBoolean();

  /** Only used by the thread that reports, under the lock of {@link #report()}. */
  private long queueDeadlineNanos;

  private volatile boolean hasFailed;

  private StatsDReporter(Builder settings) {
    this.collector = settings.collector;
    collector.setReadsCaches();
    this.target = Target.of(settings.target, settings.source, Target.DEFAULT_LIMIT);
    this.ownsTarget = target != settings.source;
    boolean isRealtime = settings.mode == StatsDMode.REALTIME;
    this.metrics =
        settings.series.metrics().stream().filter(metric -> !metric.needsConfigurations()).toList();
    this.walk =
        new SeriesWalk(
            settings.target,
            new SeriesWalk.Options(
                collector.operationNames(),
                settings.cacheTags,
                Integer.MAX_VALUE,
                (metric, cache) ->
                    isRealtime
                        && PER_OPERATION.contains(metric)
                        && collector.isObserved(cache.manager(), cache.cache())));
    this.report =
        new PeriodicReport(
            collector.flavour(), settings.timerSamples, settings.sendsHistory, this::queue);
    walk.bridge(Map.of("errors", 0, "refused", 0), metrics, report); // counted from 0 on
    this.patienceNanos = Math.min(settings.interval.toNanos(), collector.timeout().toNanos());
    this.executor =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "yokedcache-statsd-report");
              thread.setDaemon(true);
              return thread;
            });
    long nanos = settings.interval.toNanos();
    // Without history, what counts begins now and not an interval later.
    long firstNanos = settings.sendsHistory ? nanos : 0;
    ScheduledFuture<?> unused =
        executor.scheduleAtFixedRate(this::reportSafely, firstNanos, nanos, TimeUnit.NANOSECONDS);
  }

  /**
   * Returns settings for a new reporter.
   *
   * @param source what to report; it must throw if it cannot read everything, since a cache that is
   *     missing for three reports is taken for one that was closed
   * @param collector where to send it
   * @return all defaults
   */
  public static Builder builder(CacheSource source, StatsDCollector collector) {
    return new Builder(source, collector);
  }

  /**
   * Reports now, between the regular times.
   *
   * @throws IOException if the source cannot be read: nothing is lost, the next report has it all
   */
  public synchronized void report() throws IOException {
    Target.Outcome outcome = target.beginAnew(SeriesWalk.selection(metrics)).await();
    IOException failure = outcome.failure();
    queueDeadlineNanos = System.nanoTime() + patienceNanos;
    walk.bridge(
        Map.of(
            "up", outcome.isUp() ? 1 : 0, "errors", outcome.errors(), "refused", outcome.refused()),
        metrics,
        report);
    if (failure != null) {
      throw failure;
    }
    walk.caches(outcome.readings(), metrics, outcome.startNanos(), report);
    report.end();
  }

  /**
   * Reports a last time and stops, waiting no longer than the collector's timeout. May be called
   * twice. Close the caches and the collector afterwards.
   */
  @Override
  public void close() {
    if (!isClosed.compareAndSet(false, true)) {
      return;
    }
    executor.execute(this::reportSafely);
    executor.shutdown();
    try {
      if (!executor.awaitTermination(collector.timeout().toNanos(), TimeUnit.NANOSECONDS)) {
        logger.warn(
            "The last report to StatsD was given up after {} ms; statsd.timeout is the limit",
            collector.timeout().toMillis());
        executor.shutdownNow();
      }
    } catch (InterruptedException endOfThread) {
      executor.shutdownNow();
      Thread.currentThread().interrupt();
    }
    if (ownsTarget) {
      target.close();
    }
  }

  private void reportSafely() {
    try {
      report();
      hasFailed = false;
    } catch (IOException e) {
      logger.debug(
          "Cannot report to StatsD; the next report has it all", e); // logged by the target
    } catch (Throwable e) {
      // An exception or error that left this method would end the schedule.
      warn(e);
      hasFailed = true;
    }
  }

  private void warn(Throwable failure) {
    try {
      if (hasFailed) {
        logger.debug("Still cannot report to StatsD", failure);
      } else {
        logger.warn("Cannot report to StatsD; the next report contains its counts", failure);
      }
    } catch (Throwable notEvenThat) {
      // Out of memory or of stack, for instance.
    }
  }

  /** Waits for room, since a report may be larger than the queue: for all its events together. */
  private boolean queue(List<Event> events) {
    while (!collector.offerAll(events)) {
      if (System.nanoTime() - queueDeadlineNanos >= 0 || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(RETRY_NANOS);
    }
    return true;
  }

  public static final class Builder {

    private static final Duration SHORTEST = Duration.ofSeconds(1);
    private static final Duration LONGEST = Duration.ofHours(1);

    private final CacheSource source;
    private final StatsDCollector collector;
    private Duration interval = Duration.ofSeconds(10);
    private boolean cacheTags = true;
    private boolean sendsHistory = true;
    private int timerSamples = 100;
    private String target = "";
    private StatsDMode mode = StatsDMode.PERIODIC;
    private SeriesFilter series = SeriesFilter.ALL;

    private Builder(CacheSource source, StatsDCollector collector) {
      this.source = requireNonNull(source, "source");
      this.collector = requireNonNull(collector, "collector");
    }

    /**
     * Sets the time between reports, 1 second to 1 hour, best the daemon's own interval; 10 seconds
     * by default.
     */
    public Builder interval(Duration value) {
      if (value.compareTo(SHORTEST) < 0 || value.compareTo(LONGEST) > 0) {
        throw new IllegalArgumentException("interval must be 1 second to 1 hour, but is " + value);
      }
      interval = value;
      return this;
    }

    /**
     * Sets whether series have the tags {@code cache_manager} and {@code cache}; true by default.
     * If not, all caches add up to one.
     */
    public Builder cacheTags(boolean value) {
      cacheTags = value;
      return this;
    }

    /**
     * Sets whether the first report has all that was counted before it, as by default. That suits a
     * bridge that starts with its caches; one that comes to a process that has run for days says
     * false.
     */
    public Builder sendHistory(boolean value) {
      sendsHistory = value;
      return this;
    }

    /**
     * Sets how many durations of an operation a plain daemon gets in a report, 1 to 1000; 100 by
     * default. With 100, its 99th percentile is within a few percent; each takes about 40 bytes.
     */
    public Builder timerSamples(int value) {
      if (value < 1 || value > 1000) {
        throw new IllegalArgumentException("timerSamples must be 1 to 1000, but is " + value);
      }
      timerSamples = value;
      return this;
    }

    /**
     * Sets the name of the process that is read, which every series has as the tag {@code target};
     * by default empty, for no tag.
     */
    public Builder target(String value) {
      target = requireNonNull(value, "target");
      return this;
    }

    /**
     * Sets the way in which operations of caches are sent; {@link StatsDMode#PERIODIC} by default.
     * With {@link StatsDMode#REALTIME} this reporter leaves out gets, sets, deletes, durations of
     * operations and errors of the caches that have a {@link StatsDOperationObserver} for the same
     * collector, so that nothing is counted twice. All other caches are reported in full.
     */
    public Builder mode(StatsDMode value) {
      mode = requireNonNull(value, "mode");
      return this;
    }

    /** Leaves out some metrics, which are not read then; none by default. */
    public Builder series(SeriesFilter value) {
      series = requireNonNull(value, "series");
      return this;
    }

    /** Starts the reporter, which has its own thread and must be closed before its collector. */
    public StatsDReporter start() {
      return new StatsDReporter(this);
    }
  }
}
