package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.CollectorSlot.Event;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/**
 * The application's way to its metrics: whatever is recorded here goes to every collector.
 *
 * <pre>{@code
 * CacheMetrics metrics = new CacheMetrics(PrometheusCollector.builder().start());
 * metrics.increment("user.login", Map.of("source", "api", "method", "oauth"));
 * metrics.gauge("active_sessions", sessions.size());
 * try (CacheMetrics.Timer timer = metrics.timer("request_processing")) {
 *   timer.tag("status_code", String.valueOf(serve(request)));
 * }
 * }</pre>
 *
 * <p>Thread-safe. A collector that throws or hangs is counted and logged, and neither the caller
 * nor the other collectors notice. Without a collector everything is dropped.
 */
public final class CacheMetrics implements AutoCloseable {

  /** How many timers may run at once; the oldest is forgotten when one more is started. */
  public static final int MAX_OPEN_TIMERS = 10_000;

  private static final Map<String, String> NO_TAGS = Map.of();

  private final List<CollectorSlot> slots = new CopyOnWriteArrayList<>();
  private final LongAdder failures = new LongAdder();
  private final LongAdder drops = new LongAdder();

  /** Start times by id. The ids ascend, so the first is the oldest. */
  private final ConcurrentSkipListMap<Long, Long> openTimers = new ConcurrentSkipListMap<>();

  private final AtomicLong openTimerCount = new AtomicLong();
  private final AtomicLong timerIds = new AtomicLong();

  /**
   * Creates metrics that go to the given collectors, which are closed with them.
   *
   * @param collectors none, for metrics that are dropped until a collector is added
   */
  public CacheMetrics(MetricsCollector... collectors) {
    this(List.of(collectors));
  }

  /**
   * Creates metrics that go to the given collectors, which are closed with them.
   *
   * @param collectors may be empty, for metrics that are dropped until a collector is added
   */
  public CacheMetrics(Collection<? extends MetricsCollector> collectors) {
    collectors.forEach(this::addCollector);
  }

  /**
   * Sends everything from now on to one more collector, which is closed with these metrics.
   *
   * @param collector the collector; adding it again has no effect
   */
  public void addCollector(MetricsCollector collector) {
    requireNonNull(collector, "collector");
    synchronized (slots) {
      if (!collectors().contains(collector)) {
        DirectSlot slot = new DirectSlot(collector, failures);
        slots.add(collector.mayBlock() ? new QueuedSlot(slot, drops).start() : slot);
      }
    }
  }

  /** Sends nothing more to a collector, and closes it. */
  public void removeCollector(MetricsCollector collector) {
    List<CollectorSlot> removed =
        slots.stream().filter(slot -> slot.collector().equals(collector)).toList();
    slots.removeAll(removed);
    removed.forEach(CollectorSlot::close);
  }

  /**
   * Returns the collectors, in the order in which they were added.
   *
   * @return a copy
   */
  public List<MetricsCollector> collectors() {
    return slots.stream().map(CollectorSlot::collector).toList();
  }

  /**
   * Returns how many calls of collectors have failed.
   *
   * @return the number since these metrics were created
   */
  public long collectorFailures() {
    return failures.sum();
  }

  /**
   * Returns how many calls were dropped because a collector that {@linkplain
   * MetricsCollector#mayBlock() may block} had 10,000 of them waiting.
   *
   * @return the number since these metrics were created
   */
  public long collectorDrops() {
    return drops.sum();
  }

  /**
   * Adds 1 to a counter.
   *
   * @param metric the name, with dots
   */
  public void increment(String metric) {
    increment(metric, 1, NO_TAGS);
  }

  /**
   * Adds 1 to a counter.
   *
   * @param metric the name, with dots
   * @param tags names and values that tell apart the series of the metric
   */
  public void increment(String metric, Map<String, String> tags) {
    increment(metric, 1, tags);
  }

  /**
   * Adds to a counter.
   *
   * @param metric the name, with dots
   * @param value how much to add, not negative
   */
  public void increment(String metric, double value) {
    increment(metric, value, NO_TAGS);
  }

  /**
   * Adds to a counter.
   *
   * @param metric the name, with dots
   * @param value how much to add, not negative
   * @param tags names and values that tell apart the series of the metric
   */
  public void increment(String metric, double value, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    Map<String, String> kept = Map.copyOf(tags);
    send(collector -> collector.increment(metric, value, kept));
  }

  /**
   * Sets a value that can go up and down.
   *
   * @param metric the name, with dots
   * @param value the value from now on
   */
  public void gauge(String metric, double value) {
    gauge(metric, value, NO_TAGS);
  }

  /**
   * Sets a value that can go up and down.
   *
   * @param metric the name, with dots
   * @param value the value from now on
   * @param tags names and values that tell apart the series of the metric
   */
  public void gauge(String metric, double value, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    Map<String, String> kept = Map.copyOf(tags);
    send(collector -> collector.gauge(metric, value, kept));
  }

  /**
   * Adds a value to a distribution.
   *
   * @param metric the name, with dots
   * @param value the value, in whatever unit the metric has
   */
  public void histogram(String metric, double value) {
    histogram(metric, value, NO_TAGS);
  }

  /**
   * Adds a value to a distribution.
   *
   * @param metric the name, with dots
   * @param value the value, in whatever unit the metric has
   * @param tags names and values that tell apart the series of the metric
   */
  public void histogram(String metric, double value, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    Map<String, String> kept = Map.copyOf(tags);
    send(collector -> collector.histogram(metric, value, kept));
  }

  /**
   * Adds a duration to a distribution.
   *
   * @param metric the name, with dots and without a unit
   * @param seconds the duration in seconds
   */
  public void timing(String metric, double seconds) {
    timing(metric, seconds, NO_TAGS);
  }

  /**
   * Adds a duration to a distribution.
   *
   * @param metric the name, with dots and without a unit
   * @param seconds the duration in seconds
   * @param tags names and values that tell apart the series of the metric
   */
  public void timing(String metric, double seconds, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    Map<String, String> kept = Map.copyOf(tags);
    send(collector -> collector.timing(metric, seconds, kept));
  }

  /**
   * Starts a timer whose end may be in another method or thread; {@link #timer} suits the rest.
   *
   * @param metric the name, for readers of the code: the one given at the end counts
   * @return the timer's id, for {@link #endTimer(long, String, Map)}
   */
  public long startTimer(String metric) {
    requireNonNull(metric, "metric");
    long id = timerIds.incrementAndGet();
    openTimers.put(id, System.nanoTime());
    if (openTimerCount.incrementAndGet() > MAX_OPEN_TIMERS && openTimers.pollFirstEntry() != null) {
      openTimerCount.decrementAndGet();
    }
    return id;
  }

  /**
   * Ends a timer and sends its duration as a {@link #timing(String, double)}.
   *
   * @param id from {@link #startTimer}; one that is unknown or has ended has no effect
   * @param metric the name, with dots and without a unit
   */
  public void endTimer(long id, String metric) {
    endTimer(id, metric, NO_TAGS);
  }

  /**
   * Ends a timer and sends its duration as a {@link #timing(String, double, Map)}.
   *
   * @param id from {@link #startTimer}; one that is unknown or has ended has no effect
   * @param metric the name, with dots and without a unit
   * @param tags names and values that tell apart the series of the metric
   */
  public void endTimer(long id, String metric, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    requireNonNull(tags, "tags");
    Long startNanos = openTimers.remove(id);
    if (startNanos != null) {
      openTimerCount.decrementAndGet();
      timing(metric, (System.nanoTime() - startNanos) / 1e9, tags);
    }
  }

  /**
   * Starts a timer for a try-with-resources statement.
   *
   * @param metric the name, with dots and without a unit
   * @return the running timer
   */
  public Timer timer(String metric) {
    return timer(metric, NO_TAGS);
  }

  /**
   * Starts a timer for a try-with-resources statement.
   *
   * @param metric the name, with dots and without a unit
   * @param tags names and values that tell apart the series of the metric
   * @return the running timer
   */
  public Timer timer(String metric, Map<String, String> tags) {
    return new Timer(this, metric, tags);
  }

  /**
   * Closes every collector, whatever the others throw; may be called twice. One that may block gets
   * 5 s for what still waits for it.
   *
   * @throws RuntimeException the first failure; the others are suppressed ones of it
   */
  @Override
  public void close() {
    RuntimeException failure = null;
    for (CollectorSlot slot : slots) {
      try {
        slot.close();
      } catch (RuntimeException e) {
        if (failure == null) {
          failure = e;
        } else {
          failure.addSuppressed(e);
        }
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void send(Event event) {
    for (CollectorSlot slot : slots) {
      slot.accept(event);
    }
  }

  /** A running timer, which ends with the try statement that holds it. For one thread. */
  public static final class Timer implements AutoCloseable {

    private final CacheMetrics metrics;
    private final String metric;
    private final long startNanos = System.nanoTime();
    private Map<String, String> tags;
    private boolean isEnded;

    private Timer(CacheMetrics metrics, String metric, Map<String, String> tags) {
      this.metrics = metrics;
      this.metric = requireNonNull(metric, "metric");
      this.tags = Map.copyOf(tags);
    }

    /**
     * Adds a tag, or replaces the one of this name; for what is known only after the work.
     *
     * @param name the tag's name
     * @param value the tag's value
     * @return this timer
     */
    public Timer tag(String name, String value) {
      Map<String, String> more = new HashMap<>(tags);
      more.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
      tags = Map.copyOf(more);
      return this;
    }

    /** Sends the duration since the start; a second time has no effect. */
    @Override
    public void close() {
      if (!isEnded) {
        isEnded = true;
        metrics.timing(metric, (System.nanoTime() - startNanos) / 1e9, tags);
      }
    }
  }
}
