package io.yokedcache.jcache.internal.management;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * The counts and times of one cache in this JVM, for JSR-107 and by operation. They only grow;
 * {@code clear} of the MBean moves a baseline instead, so that what is derived from them elsewhere
 * stays monotonic.
 */
public final class CacheStatistics implements StatisticsRecorder {

  private static final double NANOS_PER_SECOND = 1e9;

  /** Hits and misses of what looks entries up and is not a plain get. */
  private final LongAdder hits = new LongAdder();

  private final LongAdder misses = new LongAdder();
  private final LongAdder puts = new LongAdder();
  private final LongAdder removals = new LongAdder();

  /** Times of what looks entries up and is not a plain get. */
  private final LongAdder getNanos = new LongAdder();

  private final LongAdder putNanos = new LongAdder();
  private final LongAdder removeNanos = new LongAdder();

  /** Made at first need, since most operations of a cache are never used. */
  private final AtomicReferenceArray<Timer> timers =
      new AtomicReferenceArray<>(Operation.values().length);

  /** Gets that found nothing; the timer of {@link Operation#GET} has only those that did. */
  private final Timer missedGets = new Timer();

  private final Map<OperationError, LongAdder> errors = new ConcurrentHashMap<>();

  private final LongAdder expirations = new LongAdder();
  private volatile boolean hearsExpirations;
  private final long createdNanos = System.nanoTime();

  @Override
  public long start() {
    return System.nanoTime();
  }

  @Override
  public void record(
      Operation operation,
      int hitCount,
      int missCount,
      int putCount,
      int removalCount,
      long startNanos) {
    long nanos = System.nanoTime() - startNanos;
    if (operation == Operation.GET) {
      // The commonest operation, of one entry: its timers count hits and misses as well.
      (hitCount > 0 ? timer(operation) : missedGets).record(nanos);
      return;
    }
    timer(operation).record(nanos);
    add(hitCount, missCount, putCount, removalCount, nanos);
  }

  @Override
  public void count(int hitCount, int missCount, int putCount, int removalCount, long startNanos) {
    add(hitCount, missCount, putCount, removalCount, System.nanoTime() - startNanos);
  }

  /** Times a part of an operation, which JSR-107's statistics know nothing of. */
  public void time(Operation part, long nanos) {
    timer(part).record(nanos);
  }

  @Override
  public void failed(Operation operation, ErrorType error) {
    errors
        .computeIfAbsent(new OperationError(operation, error), unused -> new LongAdder())
        .increment();
  }

  @SuppressWarnings("EnumOrdinal") // an EnumMap that many threads may fill, in memory only
  private static int slot(Operation operation) {
    return operation.ordinal();
  }

  private Timer timer(Operation operation) {
    Timer timer = timers.get(slot(operation));
    if (timer != null) {
      return timer;
    }
    Timer created = new Timer();
    Timer other = timers.compareAndExchange(slot(operation), null, created);
    return other == null ? created : other;
  }

  /** The durations of an operation so far. */
  TimerReading read(Operation operation) {
    Timer timer = timers.get(slot(operation));
    TimerReading reading = timer == null ? TimerReading.NONE : timer.read();
    return operation == Operation.GET ? reading.plus(missedGets.read()) : reading;
  }

  /** The errors of an operation so far; types that never came are not in it. */
  Map<ErrorType, Long> errors(Operation operation) {
    Map<ErrorType, Long> counts = new EnumMap<>(ErrorType.class);
    errors.forEach(
        (key, count) -> {
          if (key.operation == operation) {
            counts.put(key.error, count.sum());
          }
        });
    return counts;
  }

  /** How often an operation failed so far. */
  long errorCount(Operation operation) {
    return errors(operation).values().stream().mapToLong(Long::longValue).sum();
  }

  private record OperationError(Operation operation, ErrorType error) {}

  private void add(int hitCount, int missCount, int putCount, int removalCount, long nanos) {
    add(hits, hitCount);
    add(misses, missCount);
    add(puts, putCount);
    add(removals, removalCount);
    add(getNanos, hitCount + missCount > 0 ? nanos : 0);
    add(putNanos, putCount > 0 ? nanos : 0);
    add(removeNanos, removalCount > 0 ? nanos : 0);
  }

  private static void add(LongAdder counter, long amount) {
    if (amount != 0) {
      counter.add(amount);
    }
  }

  /** How often operations failed so far. */
  long errorCount() {
    return errors.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Notes that expirations are counted from now on. */
  public void hearExpirations() {
    hearsExpirations = true;
  }

  /** Counts an entry that Redis says has expired. */
  public void expired() {
    expirations.increment();
  }

  boolean hearsExpirations() {
    return hearsExpirations;
  }

  long expirations() {
    return expirations.sum();
  }

  /** How many entries were put or loaded so far. */
  public long writes() {
    Timer loads = timers.get(slot(Operation.LOAD));
    return puts.sum() + (loads == null ? 0 : loads.count());
  }

  double uptimeSeconds() {
    return (System.nanoTime() - createdNanos) / NANOS_PER_SECOND;
  }

  /** The counts so far. */
  Sums sums() {
    return new Sums(
        hits.sum() + timer(Operation.GET).count(),
        misses.sum() + missedGets.count(),
        puts.sum(),
        removals.sum(),
        getNanos.sum() + timer(Operation.GET).sumNanos() + missedGets.sumNanos(),
        putNanos.sum(),
        removeNanos.sum());
  }

  /** All counts at one moment, as nearly as they can be read while they grow. */
  record Sums(
      long hits,
      long misses,
      long puts,
      long removals,
      long getNanos,
      long putNanos,
      long removeNanos) {

    static final Sums ZERO = new Sums(0, 0, 0, 0, 0, 0, 0);

    /** The share of lookups that found an entry, 0 to 1; 0 if there were none. */
    double hitRate() {
      long lookups = hits + misses;
      return lookups == 0 ? 0 : (double) hits / lookups;
    }

    Sums since(Sums base) {
      return new Sums(
          hits - base.hits,
          misses - base.misses,
          puts - base.puts,
          removals - base.removals,
          getNanos - base.getNanos,
          putNanos - base.putNanos,
          removeNanos - base.removeNanos);
    }
  }
}
