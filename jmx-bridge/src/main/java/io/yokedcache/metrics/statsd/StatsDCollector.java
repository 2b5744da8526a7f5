package io.yokedcache.metrics.statsd;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.MetricsCollector;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.StatsDStatistics;
import io.yokedcache.metrics.statsd.Event.Kind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends metrics to a StatsD or DogStatsD daemon by UDP, each as it happens:
 *
 * <pre>{@code
 * StatsDCollector collector =
 *     StatsDCollector.builder().host("statsd.example.com").prefix("myapp.cache").build();
 * collector.increment("cache.gets.total", 1, Map.of("result", "hit"));
 *   // PLAIN:     myapp.cache.gets.hit:1|c
 *   // DOGSTATSD: myapp.cache.gets:1|c|#result:hit
 * }</pre>
 *
 * <p>Figures of caches come here by a {@link StatsDReporter}, which costs the cache nothing and
 * loses nothing, or each as it happens by a {@link StatsDOperationObserver}. Above about 20,000
 * events a second a sample rate is needed.
 *
 * <p>Thread-safe. No method but {@link #close()} ever waits: events go into a bounded queue, and
 * are dropped and counted when it is full. A daemon that is away, slow or unknown to the name
 * server harms nobody; the name is resolved again every minute.
 */
public final class StatsDCollector implements MetricsCollector {

  /** The time that {@link #close()} may take beyond its timeout, for the thread to end. */
  private static final Duration CLOSE_MARGIN = Duration.ofMillis(250);

  /** Beyond it all caches count as observed, so that no series is sent twice. */
  private static final int MAX_OBSERVED = 100_000;

  private final Set<Object> observed = ConcurrentHashMap.newKeySet();
  private volatile boolean allObserved;
  private final EventQueue queue;
  private final Tally tally = new Tally();
  private final Deadline deadline = new Deadline();
  private final Thread thread;
  private final StatsDFlavour flavour;
  private final OperationNames operationNames;
  private final double sampleRate;
  private final Duration timeout;
  private final MetricsCollector sampled;
  private final MetricsCollector unsampled = new Weighed(/* rate= */ 1);
  private volatile boolean readsCaches;

  StatsDCollector(StatsDBuilder settings, Transport.Factory transports) {
    this.flavour = settings.flavour;
    this.operationNames = settings.operationNames;
    this.sampleRate = settings.sampleRate;
    this.timeout = settings.timeout;
    this.sampled = new Weighed(sampleRate);
    this.queue = new EventQueue(settings.queueCapacity, tally);
    PacketPump pump =
        new PacketPump(
            queue,
            new StatsDLineEncoder(flavour, settings.prefix, settings.constantTags),
            transports.create(tally, deadline),
            tally,
            deadline,
            settings.maxPacketBytes);
    this.thread = new Thread(pump, "yokedcache-statsd");
    this.thread.setDaemon(true);
    this.thread.start();
  }

  public static StatsDBuilder builder() {
    return new StatsDBuilder();
  }

  @Override
  public void increment(String metric, double value, Map<String, String> tags) {
    if (isSampled()) {
      sampled.increment(metric, value, tags);
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>Never sampled: other levels do not replace one that is left out.
   */
  @Override
  public void gauge(String metric, double value, Map<String, String> tags) {
    unsampled.gauge(metric, value, tags);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Plain daemons know no histograms but timers: they get the value, in its own unit, as one.
   */
  @Override
  public void histogram(String metric, double value, Map<String, String> tags) {
    if (isSampled()) {
      sampled.histogram(metric, value, tags);
    }
  }

  /**
   * {@inheritDoc}
   *
   * <p>Sent in milliseconds to a plain daemon, in seconds to DogStatsD.
   */
  @Override
  public void timing(String metric, double seconds, Map<String, String> tags) {
    if (isSampled()) {
      sampled.timing(metric, seconds, tags);
    }
  }

  /** {@return false: no call waits for anything} */
  @Override
  public boolean mayBlock() {
    return false;
  }

  /** {@return whether a reporter or observers send the figures of caches here} */
  @Override
  public boolean readsCaches() {
    return readsCaches;
  }

  void setReadsCaches() {
    readsCaches = true;
  }

  /** Returns counts of the measurements so far: each is exact, but not all of one moment. */
  public StatsDStatistics statistics() {
    return tally.statistics(queue.size());
  }

  /**
   * Sends the queued events within the timeout. Remaining and later events are dropped and counted.
   * Can be called twice.
   */
  @Override
  public void close() {
    deadline.set(timeout);
    LockSupport.unpark(thread);
    try {
      long bound = Math.max(0, deadline.remainingNanos()) + CLOSE_MARGIN.toNanos();
      TimeUnit.NANOSECONDS.timedJoin(thread, bound);
    } catch (InterruptedException endOfThread) {
      Thread.currentThread().interrupt();
    }
    queue.close();
  }

  /** Notes that operations of a cache are sent as they happen. */
  void noteObserved(String manager, String cache) {
    setReadsCaches();
    if (observed.size() < MAX_OBSERVED) {
      observed.add(List.of(manager, cache));
    } else {
      allObserved = true;
    }
  }

  /** Whether operations of a cache are sent as they happen, and must not be reported too. */
  boolean isObserved(String manager, String cache) {
    return allObserved || observed.contains(List.of(manager, cache));
  }

  OperationNames operationNames() {
    return operationNames;
  }

  StatsDFlavour flavour() {
    return flavour;
  }

  Duration timeout() {
    return timeout;
  }

  /** Queues all of these, or none of them: then the caller keeps them, and nothing is counted. */
  boolean offerAll(List<Event> events) {
    return queue.offerAll(events);
  }

  /** Decides at random for one measurement, or for several that are sent or left out together. */
  boolean isSampled() {
    return sampleRate >= 1 || ThreadLocalRandom.current().nextDouble() < sampleRate;
  }

  /** Returns the receiver of measurements for which {@link #isSampled()} returned true. */
  MetricsCollector sampled() {
    return sampled;
  }

  MetricsCollector unsampled() {
    return unsampled;
  }

  /** This collector without the random decision: all events are queued, with a given rate. */
  private final class Weighed implements MetricsCollector {

    private final double rate;

    private Weighed(double rate) {
      this.rate = rate;
    }

    @Override
    public void increment(String metric, double value, Map<String, String> tags) {
      offer(Kind.COUNTER, metric, value, tags, rate);
    }

    @Override
    public void gauge(String metric, double value, Map<String, String> tags) {
      offer(Kind.GAUGE, metric, value, tags, /* rate= */ 1);
    }

    @Override
    public void histogram(String metric, double value, Map<String, String> tags) {
      offer(Kind.HISTOGRAM, metric, value, tags, rate);
    }

    @Override
    public void timing(String metric, double seconds, Map<String, String> tags) {
      offer(Kind.TIMING, metric, seconds, tags, rate);
    }

    @Override
    public boolean mayBlock() {
      return false;
    }
  }

  private void offer(
      Kind kind, String metric, double value, Map<String, String> tags, double rate) {
    requireNonNull(metric, "metric");
    queue.offer(new Event(kind, metric, value, Map.copyOf(tags), rate));
  }
}
