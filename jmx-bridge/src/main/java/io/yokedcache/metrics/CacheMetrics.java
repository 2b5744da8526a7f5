package io.yokedcache.metrics;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The application's entry point to its metrics: each call goes to every collector.
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
 * <p>{@link #observeCaches()} sends the events of YokedCache's caches to the collectors as well.
 *
 * <p>Thread-safe. A collector that throws or hangs is counted and logged, and neither the caller
 * nor the other collectors notice. Without a collector everything is dropped.
 */
public final class CacheMetrics implements AutoCloseable {

  /** How many timers may run at once; the oldest is forgotten when one more is started. */
  public static final int MAX_OPEN_TIMERS = 10_000;

  /** How many calls may wait for a collector that may block. */
  static final int QUEUE_CAPACITY = 10_000;

  /** How long {@link #close()} waits for all collectors together. */
  static final int CLOSE_SECONDS = 5;

  private static final Logger logger = LoggerFactory.getLogger(CacheMetrics.class);
  private static final Map<String, String> NO_TAGS = Map.of();

  @FunctionalInterface
  interface Event {
    void sendTo(MetricsCollector collector);
  }

  private final List<Slot> slots = new CopyOnWriteArrayList<>();
  private final LongAdder failures = new LongAdder();
  private final LongAdder drops = new LongAdder();

  /** Start times by id. The ids ascend, so the first is the oldest. */
  private final ConcurrentSkipListMap<Long, Long> openTimers = new ConcurrentSkipListMap<>();

  private final AtomicLong openTimerCount = new AtomicLong();
  private final AtomicLong timerIds = new AtomicLong();

  /** Guarded by the slots. */
  private CacheEvents.@Nullable Subscription caches;

  /** Guarded by the slots. */
  private boolean isClosed;

  /** Creates metrics that go to the given collectors, which are closed with them. */
  public CacheMetrics(MetricsCollector... collectors) {
    this(List.of(collectors));
  }

  /** Creates metrics that go to the given collectors, which are closed with them. */
  public CacheMetrics(Collection<? extends MetricsCollector> collectors) {
    collectors.forEach(this::addCollector);
  }

  /**
   * Sends everything from now on to one more collector, which is closed with these metrics. Adding
   * it again has no effect.
   *
   * @throws IllegalStateException if these metrics are closed
   */
  public void addCollector(MetricsCollector collector) {
    requireNonNull(collector, "collector");
    synchronized (slots) {
      if (isClosed) {
        throw new IllegalStateException(
            "These metrics are closed; add " + collector.getClass().getName() + " to new ones");
      }
      if (slots.stream().noneMatch(slot -> slot.collector == collector)) {
        slots.add(new Slot(collector));
      }
    }
  }

  /** Sends nothing more to a collector, and closes it as {@link #close()} does. */
  public void removeCollector(MetricsCollector collector) {
    List<Slot> removed;
    synchronized (slots) {
      removed = slots.stream().filter(slot -> slot.collector == collector).toList();
      slots.removeAll(removed);
    }
    close(removed);
  }

  /** Returns a copy of the list of collectors, in the order in which they were added. */
  public List<MetricsCollector> collectors() {
    return slots.stream().map(slot -> slot.collector).toList();
  }

  /**
   * Sends each operation of all caches of YokedCache in this JVM to the collectors as it happens,
   * until these metrics are closed: counters {@code cache.gets} (with the tag {@code result}),
   * {@code cache.sets}, {@code cache.deletes}, {@code cache.invalidations} ({@code type}) and
   * {@code cache.errors} ({@code operation}, {@code error_type}), and the timing {@code
   * cache.operation_duration} ({@code operation}), all with the tags {@code cache} and {@code
   * cache_manager}. Collectors that {@linkplain MetricsCollector#readsCaches() read the caches'
   * figures} do not get them a second time.
   *
   * <p>Needs the provider in this JVM and caches whose statistics are on. A second call has no
   * effect.
   *
   * @return these metrics
   */
  public CacheMetrics observeCaches() {
    synchronized (slots) {
      if (caches == null && !isClosed) {
        caches = CacheEvents.sendTo(this);
      }
    }
    return this;
  }

  /** Returns how many calls of collectors have failed. */
  public long collectorFailures() {
    return failures.sum();
  }

  /**
   * Returns how many calls were dropped: a collector that {@linkplain MetricsCollector#mayBlock()
   * may block} had 10,000 of them waiting, or was closed.
   */
  public long collectorDrops() {
    return drops.sum();
  }

  public void increment(String metric) {
    increment(metric, 1, NO_TAGS);
  }

  public void increment(String metric, Map<String, String> tags) {
    increment(metric, 1, tags);
  }

  /** Adds to a counter; the value must not be negative. */
  public void increment(String metric, double value) {
    increment(metric, value, NO_TAGS);
  }

  /** Adds to a counter; the value must not be negative. */
  public void increment(String metric, double value, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    Map<String, String> kept = Map.copyOf(tags);
    send(collector -> collector.increment(metric, value, kept));
  }

  /** Sets a value that can go up and down. */
  public void gauge(String metric, double value) {
    gauge(metric, value, NO_TAGS);
  }

  /** Sets a value that can go up and down. */
  public void gauge(String metric, double value, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    Map<String, String> kept = Map.copyOf(tags);
    send(collector -> collector.gauge(metric, value, kept));
  }

  /** Removes a gauge that is no longer set from collectors that show the last value. */
  public void removeGauge(String metric, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    Map<String, String> kept = Map.copyOf(tags);
    send(collector -> collector.removeGauge(metric, kept));
  }

  /** Adds a value, in whatever unit the metric has, to a distribution. */
  public void histogram(String metric, double value) {
    histogram(metric, value, NO_TAGS);
  }

  /** Adds a value, in whatever unit the metric has, to a distribution. */
  public void histogram(String metric, double value, Map<String, String> tags) {
    requireNonNull(metric, "metric");
    Map<String, String> kept = Map.copyOf(tags);
    send(collector -> collector.histogram(metric, value, kept));
  }

  /** Adds a duration in seconds to a distribution, whose name has no unit. */
  public void timing(String metric, double seconds) {
    timing(metric, seconds, NO_TAGS);
  }

  /** Adds a duration in seconds to a distribution, whose name has no unit. */
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

  public void endTimer(long id, String metric) {
    endTimer(id, metric, NO_TAGS);
  }

  /**
   * Ends a timer and sends its duration as a {@link #timing(String, double, Map)}.
   *
   * @param id from {@link #startTimer}; one that is unknown or has ended has no effect
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

  public Timer timer(String metric) {
    return timer(metric, NO_TAGS);
  }

  public Timer timer(String metric, Map<String, String> tags) {
    return new Timer(this, metric, tags);
  }

  /**
   * Closes every collector once, whatever the others throw; may be called twice. All together get 5
   * s for what still waits for them.
   *
   * @throws RuntimeException the first failure; the others are suppressed ones of it
   */
  @Override
  public void close() {
    synchronized (slots) {
      if (isClosed) {
        return;
      }
      isClosed = true;
      if (caches != null) {
        caches.close();
      }
    }
    close(slots);
  }

  private static void close(List<Slot> closing) {
    closing.forEach(Slot::beginClose);
    long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(CLOSE_SECONDS);
    RuntimeException failure = null;
    for (Slot slot : closing) {
      try {
        slot.endClose(deadlineNanos);
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
    List<Event> single = List.of(event);
    for (Slot slot : slots) {
      slot.accept(single);
    }
  }

  boolean wantsCaches() {
    for (Slot slot : slots) {
      if (slot.wantsCaches()) {
        return true;
      }
    }
    return false;
  }

  /** Sends to the collectors that do not read the figures of caches themselves. */
  void sendOfCaches(List<Event> events) {
    if (!events.isEmpty()) {
      for (Slot slot : slots) {
        if (slot.wantsCaches()) {
          slot.accept(events);
        }
      }
    }
  }

  /**
   * Isolates a collector: its failures and delays do not reach the caller. A collector that may
   * block gets a thread and a bounded queue; a full queue drops calls and counts them.
   */
  private final class Slot {

    private final List<Event> end = new ArrayList<>();

    private final MetricsCollector collector;
    private final @Nullable BlockingQueue<List<Event>> queue;
    private final Thread thread;
    private final CompletableFuture<@Nullable Void> closed = new CompletableFuture<>();
    private final AtomicBoolean hasFailed = new AtomicBoolean();
    private volatile boolean isClosing;
    private volatile boolean isAbandoned;

    Slot(MetricsCollector collector) {
      this.collector = collector;
      boolean mayBlock = collector.mayBlock();
      this.queue = mayBlock ? new ArrayBlockingQueue<>(QUEUE_CAPACITY) : null;
      // Where there is no queue it only closes the collector, which might hang.
      this.thread =
          new Thread(this::run, "yokedcache-metrics-" + collector.getClass().getSimpleName());
      thread.setDaemon(true);
      if (mayBlock) {
        thread.start();
      }
    }

    boolean wantsCaches() {
      try {
        return !collector.readsCaches();
      } catch (Throwable e) {
        failed(e);
        return false;
      }
    }

    /** Makes calls that belong together: all of them, or none if the queue has no room. */
    void accept(List<Event> events) {
      if (isClosing || (queue != null && !queue.offer(events))) {
        drops.add(events.size());
      } else if (queue == null) {
        call(events);
      }
    }

    private void call(List<Event> events) {
      for (Event event : events) {
        try {
          event.sendTo(collector);
        } catch (Throwable e) {
          failed(e);
        }
      }
    }

    /**
     * Counts any Throwable, since a missing library is an Error, and other languages throw checked
     * exceptions from anywhere. An application must not stop for the sake of its metrics.
     */
    private void failed(Throwable e) {
      failures.increment();
      if (hasFailed.compareAndSet(false, true)) {
        logger.warn(
            "The metrics collector {} failed; its further failures are only counted",
            collector.getClass().getName(),
            e);
      }
    }

    private void run() {
      List<Event> events = queue == null ? end : take(queue);
      while (events != end) {
        call(events);
        events = take(requireNonNull(queue));
      }
      try {
        if (!isAbandoned) {
          collector.close();
        }
        closed.complete(null);
      } catch (Throwable e) {
        closed.completeExceptionally(e);
      }
    }

    private List<Event> take(BlockingQueue<List<Event>> queue) {
      while (!isAbandoned) {
        try {
          // A full queue has no room for the mark of the end, and then empties.
          return isClosing && queue.isEmpty() ? end : queue.take();
        } catch (InterruptedException e) {
          // By the collector, which may interrupt its own thread, unless the slot is abandoned.
        }
      }
      return end;
    }

    void beginClose() {
      isClosing = true;
      if (queue == null) {
        thread.start();
      } else {
        queue.offer(end);
      }
    }

    void endClose(long deadlineNanos) {
      try {
        closed.get(Math.max(0, deadlineNanos - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        abandon();
        logger.warn(
            "The metrics collector {} did not take its last values and close within {} s; they are"
                + " lost",
            collector.getClass().getName(),
            CLOSE_SECONDS);
      } catch (InterruptedException e) {
        abandon();
        Thread.currentThread().interrupt();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(
            "The metrics collector " + collector.getClass().getName() + " did not close",
            e.getCause());
      }
    }

    private void abandon() {
      isAbandoned = true;
      thread.interrupt();
      if (queue != null) {
        queue.stream().mapToInt(List::size).forEach(drops::add);
      }
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
     * Adds a tag, or replaces the tag of this name; for values that are known only after the work.
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
