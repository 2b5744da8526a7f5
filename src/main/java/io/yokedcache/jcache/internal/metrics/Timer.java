package io.yokedcache.jcache.internal.metrics;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * How long one operation took, each time. Cells, sum and maximum only grow and are never reset: the
 * growth since a moment is the difference to the {@link TimerReading} of that moment. Never blocks;
 * safe for use by several threads, and exact also then.
 */
final class Timer {

  /** Created at first use: the durations of an operation fall into few cells. */
  private final AtomicReferenceArray<LongAdder> cells =
      new AtomicReferenceArray<>(TimerCells.COUNT);

  private final LongAdder sumNanos = new LongAdder();
  private final AtomicLong maxNanos = new AtomicLong();

  /** Adds a duration; a negative one, of a clock that went back, counts as zero. */
  void record(long nanos) {
    long duration = Math.max(0, nanos);
    cell(TimerCells.indexOf(duration)).increment();
    sumNanos.add(duration);
    long max = maxNanos.get();
    while (duration > max && !maxNanos.compareAndSet(max, duration)) {
      max = maxNanos.get();
    }
  }

  private LongAdder cell(int index) {
    LongAdder cell = cells.get(index);
    if (cell != null) {
      return cell;
    }
    LongAdder created = new LongAdder();
    LongAdder other = cells.compareAndExchange(index, null, created);
    return other == null ? created : other;
  }

  /** The number of durations so far. */
  long count() {
    long count = 0;
    for (int i = 0; i < TimerCells.COUNT; i++) {
      LongAdder cell = cells.get(i);
      count += cell == null ? 0 : cell.sum();
    }
    return count;
  }

  /** The sum of the durations so far. */
  long sumNanos() {
    return sumNanos.sum();
  }

  /** Reads the durations so far; not atomic while others are recorded. */
  TimerReading read() {
    long[] counts = new long[TimerCells.COUNT];
    for (int i = 0; i < counts.length; i++) {
      LongAdder cell = cells.get(i);
      counts[i] = cell == null ? 0 : cell.sum();
    }
    return new TimerReading(counts, sumNanos.sum(), maxNanos.get());
  }
}
