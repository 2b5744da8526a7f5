package io.yokedcache.jcache.internal.metrics;

import static java.util.Objects.requireNonNull;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The counts and times of one cache in this JVM, for JSR-107 and by operation. They only grow;
 * {@code clear} of the MBean moves a baseline instead, so that metrics stay monotonic.
 */
public final class CacheStatistics implements StatisticsRecorder {

  private static final double NANOS_PER_SECOND = 1e9;

  /** The slot of gets that missed; the slot of {@link Operation#GET} has only hits. */
  private static final int MISSED_GETS = Operation.values().length;

  /** Counts of all operations but plain gets, created at first use. */
  private final AtomicReference<@Nullable Totals> totals = new AtomicReference<>();

  /** Created at first use, since most operations of a cache are never used. */
  private volatile @Nullable AtomicReferenceArray<@Nullable Timer> timers;

  /** Created at the first error. */
  private final AtomicReference<@Nullable Map<OperationError, LongAdder>> errors =
      new AtomicReference<>();

  /** Called at the first use of an operation. */
  private volatile Consumer<Operation> listener = operation -> {};

  private volatile boolean hearsExpirations;
  private volatile boolean refreshesAhead;
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
      timer(hitCount > 0 ? slot(operation) : MISSED_GETS, operation).record(nanos);
      return;
    }
    timer(operation).record(nanos);
    add(hitCount, missCount, putCount, removalCount, nanos);
  }

  @Override
  public void count(int hitCount, int missCount, int putCount, int removalCount, long startNanos) {
    add(hitCount, missCount, putCount, removalCount, System.nanoTime() - startNanos);
  }

  /** Times a phase of an operation, which does not count for JSR-107's statistics. */
  public void time(Operation part, long nanos) {
    timer(part).record(nanos);
  }

  @Override
  public void failed(Operation operation, ErrorType error) {
    Map<OperationError, LongAdder> counts = errors.get();
    if (counts == null) {
      errors.compareAndSet(null, new ConcurrentHashMap<>());
      counts = requireNonNull(errors.get());
    }
    OperationError kind = new OperationError(operation, error);
    LongAdder count = counts.get(kind);
    if (count == null) {
      count = counts.computeIfAbsent(kind, unused -> new LongAdder());
      listener.accept(operation);
    }
    count.increment();
  }

  /**
   * Sets a listener of the first use of each operation. The thread that uses the operation calls
   * it, perhaps more than once.
   */
  public void tellOfFirstUse(Consumer<Operation> other) {
    listener = other;
  }

  /** Whether an operation was used, or failed. */
  public boolean isUsed(Operation operation) {
    return existing(slot(operation)) != null
        || (operation == Operation.GET && existing(MISSED_GETS) != null)
        || !errors(operation).isEmpty();
  }

  @SuppressWarnings("EnumOrdinal") // an EnumMap that many threads may fill, in memory only
  private static int slot(Operation operation) {
    return operation.ordinal();
  }

  private Timer timer(Operation operation) {
    return timer(slot(operation), operation);
  }

  private Timer timer(int slot, Operation operation) {
    Timer timer = existing(slot);
    return timer != null ? timer : create(slot, operation);
  }

  private @Nullable Timer existing(int slot) {
    AtomicReferenceArray<@Nullable Timer> made = timers;
    return made == null ? null : made.get(slot);
  }

  private synchronized AtomicReferenceArray<@Nullable Timer> madeTimers() {
    AtomicReferenceArray<@Nullable Timer> made = timers;
    if (made == null) {
      made = new AtomicReferenceArray<>(MISSED_GETS + 1);
      timers = made;
    }
    return made;
  }

  private Timer create(int slot, Operation operation) {
    Timer created = new Timer();
    Timer other = madeTimers().compareAndExchange(slot, null, created);
    if (other != null) {
      return other;
    }
    listener.accept(operation);
    return created;
  }

  /** The durations of an operation so far. */
  public TimerReading read(Operation operation) {
    TimerReading reading = read(slot(operation));
    return operation == Operation.GET ? reading.plus(read(MISSED_GETS)) : reading;
  }

  private TimerReading read(int slot) {
    Timer timer = existing(slot);
    return timer == null ? TimerReading.NONE : timer.read();
  }

  /** The number of times that an operation did its work so far. */
  public long count(Operation operation) {
    long count = count(slot(operation));
    return operation == Operation.GET ? count + count(MISSED_GETS) : count;
  }

  private long count(int slot) {
    Timer timer = existing(slot);
    return timer == null ? 0 : timer.count();
  }

  private long sumNanos(int slot) {
    Timer timer = existing(slot);
    return timer == null ? 0 : timer.sumNanos();
  }

  /** The errors of an operation so far; types without any are absent. */
  public Map<ErrorType, Long> errors(Operation operation) {
    Map<ErrorType, Long> counts = new EnumMap<>(ErrorType.class);
    allErrors()
        .forEach(
            (key, count) -> {
              if (key.operation == operation) {
                counts.put(key.error, count.sum());
              }
            });
    return counts;
  }

  private Map<OperationError, LongAdder> allErrors() {
    Map<OperationError, LongAdder> counts = errors.get();
    return counts == null ? Map.of() : counts;
  }

  /** How often an operation failed so far. */
  public long errorCount(Operation operation) {
    return errors(operation).values().stream().mapToLong(Long::longValue).sum();
  }

  private record OperationError(Operation operation, ErrorType error) {}

  private void add(int hitCount, int missCount, int putCount, int removalCount, long nanos) {
    if ((hitCount | missCount | putCount | removalCount) == 0) {
      return;
    }
    Totals into = totals();
    add(into.hits, hitCount);
    add(into.misses, missCount);
    add(into.puts, putCount);
    add(into.removals, removalCount);
    add(into.getNanos, hitCount + missCount > 0 ? nanos : 0);
    add(into.putNanos, putCount > 0 ? nanos : 0);
    add(into.removeNanos, removalCount > 0 ? nanos : 0);
  }

  private Totals totals() {
    Totals existing = totals.get();
    if (existing != null) {
      return existing;
    }
    totals.compareAndSet(null, new Totals());
    return requireNonNull(totals.get());
  }

  private static void add(LongAdder counter, long amount) {
    if (amount != 0) {
      counter.add(amount);
    }
  }

  /** How often operations failed so far. */
  public long errorCount() {
    return allErrors().values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Enables the count of expirations. */
  public void hearExpirations() {
    hearsExpirations = true;
  }

  /** Counts an entry whose expiry Redis reported. */
  public void expired() {
    totals().expirations.increment();
  }

  /** Counts a value that another JVM loaded while a reader of this one waited. */
  public void awaitedLoad() {
    totals().awaitedLoads.increment();
  }

  public long awaitedLoads() {
    return sum(counts -> counts.awaitedLoads);
  }

  private long sum(Function<Totals, LongAdder> counter) {
    Totals counts = totals.get();
    return counts == null ? 0 : counter.apply(counts).sum();
  }

  /** How the refresh of an old entry ended. */
  public enum Refresh {
    /** The entry was replaced, or removed since it has no value any more. */
    STORED,
    /** The load failed, or Redis did. */
    FAILED,
    /** There were too many refreshes. */
    SKIPPED
  }

  /** Enables the counts of refreshes. */
  public void refreshAhead() {
    refreshesAhead = true;
  }

  /** Counts keys whose refresh ended. */
  public void refreshed(Refresh result, int keys) {
    totals().refreshes(result).add(keys);
  }

  /** The number of keys whose refresh ended so, or {@code null} if entries are not refreshed. */
  public @Nullable Long refreshes(Refresh result) {
    return refreshesAhead ? (Long) sum(counts -> counts.refreshes(result)) : null;
  }

  public boolean hearsExpirations() {
    return hearsExpirations;
  }

  public long expirations() {
    return sum(counts -> counts.expirations);
  }

  /** How many entries were put or loaded so far. */
  public long writes() {
    return sum(counts -> counts.puts) + count(slot(Operation.LOAD));
  }

  public double uptimeSeconds() {
    return (System.nanoTime() - createdNanos) / NANOS_PER_SECOND;
  }

  /** The counts so far. */
  public Sums sums() {
    Totals counts = totals.get();
    Sums others = counts == null ? Sums.ZERO : counts.sums();
    return new Sums(
        others.hits + count(slot(Operation.GET)),
        others.misses + count(MISSED_GETS),
        others.puts,
        others.removals,
        others.getNanos + sumNanos(slot(Operation.GET)) + sumNanos(MISSED_GETS),
        others.putNanos,
        others.removeNanos);
  }

  /** Counters of all operations but plain gets. */
  private static final class Totals {
    final LongAdder hits = new LongAdder();
    final LongAdder misses = new LongAdder();
    final LongAdder puts = new LongAdder();
    final LongAdder removals = new LongAdder();
    final LongAdder getNanos = new LongAdder();
    final LongAdder putNanos = new LongAdder();
    final LongAdder removeNanos = new LongAdder();
    final LongAdder expirations = new LongAdder();
    final LongAdder awaitedLoads = new LongAdder();
    final LongAdder refreshes = new LongAdder();
    final LongAdder failedRefreshes = new LongAdder();
    final LongAdder skippedRefreshes = new LongAdder();

    LongAdder refreshes(Refresh result) {
      return switch (result) {
        case STORED -> refreshes;
        case FAILED -> failedRefreshes;
        case SKIPPED -> skippedRefreshes;
      };
    }

    Sums sums() {
      return new Sums(
          hits.sum(),
          misses.sum(),
          puts.sum(),
          removals.sum(),
          getNanos.sum(),
          putNanos.sum(),
          removeNanos.sum());
    }
  }

  /** All counts at one moment, as nearly as they can be read while they grow. */
  public record Sums(
      long hits,
      long misses,
      long puts,
      long removals,
      long getNanos,
      long putNanos,
      long removeNanos) {

    public static final Sums ZERO = new Sums(0, 0, 0, 0, 0, 0, 0);

    /** The ratio of lookups that found an entry, 0 to 1; 0 if there were none. */
    public double hitRate() {
      long lookups = hits + misses;
      return lookups == 0 ? 0 : (double) hits / lookups;
    }

    public Sums since(Sums base) {
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
