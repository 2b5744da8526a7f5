package io.yokedcache.benchmarks.load;

import io.yokedcache.benchmarks.contender.Target;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * One thread's part of the load: repeats a step until a deadline, and notes how long each operation
 * took and whether its answer was right. Used by one thread at a time.
 */
final class Worker {

  private static final long START_TIMEOUT_SECONDS = 30;

  private final Workload workload;
  private final int valueBytes;
  private final Target target;
  private final KeyRange keys;
  private final Trace trace;
  private final int index;
  private final int workers;
  private final Target own;
  private final Histogram nanos = Slice.newHistogram();
  private long place;
  private long operations;
  private long timedNanos;
  private long wrong;

  /**
   * Creates a worker.
   *
   * @param index which of the workers it is
   * @param workers how many there are
   * @param own a cache that only this worker uses, if the workload wants that
   */
  Worker(Cell cell, Target target, KeyRange keys, Trace trace, int index, int workers, Target own) {
    this.workload = cell.workload();
    this.valueBytes = cell.valueBytes();
    this.target = target;
    this.keys = keys;
    this.trace = trace;
    this.index = index;
    this.workers = workers;
    this.own = own;
    // Apart from each other, so that no two walk side by side.
    this.place = trace.isEmpty() ? index * 977L : (long) trace.length() * index / workers;
  }

  /** Works until the deadline; the first failure ends it. */
  void run(CountDownLatch start, long forNanos) throws InterruptedException {
    nanos.reset();
    operations = 0;
    timedNanos = 0;
    wrong = 0;
    if (!start.await(START_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("The other threads did not start in time");
    }
    long begin = System.nanoTime();
    do {
      Steps.run(workload, this);
      operations++;
    } while (System.nanoTime() - begin < forNanos);
    if (!workload.hasUntimedPart()) {
      timedNanos = System.nanoTime() - begin;
    }
  }

  /** Times the operation, which is all that counts of a step. */
  <T extends @Nullable Object> T time(Supplier<T> operation) {
    long begin = System.nanoTime();
    T answer = operation.get();
    long duration = System.nanoTime() - begin;
    timedNanos += duration;
    nanos.recordValue(Math.min(duration, nanos.getHighestTrackableValue()));
    return answer;
  }

  /** Times an operation without an answer. */
  void perform(Runnable operation) {
    Boolean unused =
        time(
            () -> {
              operation.run();
              return true;
            });
  }

  /** Notes whether the answer was right. */
  void check(boolean right) {
    wrong += right ? 0 : 1;
  }

  Target target() {
    return target;
  }

  Target ownCache() {
    return own;
  }

  KeyRange keys() {
    return keys;
  }

  int randomKey() {
    return ThreadLocalRandom.current().nextInt(keys.count());
  }

  /** A key that no other worker's number leads to. */
  int ownKey() {
    int share = keys.count() / workers;
    return index + workers * ThreadLocalRandom.current().nextInt(Math.max(1, share));
  }

  int traceKey() {
    return trace.key(place++);
  }

  /** Apart for each size of values, so that all found have the right one. */
  String traceName(int key) {
    return "trace" + valueBytes + ":" + key;
  }

  /** Where this worker is in an endless sequence; one further each time. */
  long nextPlace() {
    return place++;
  }

  long operations() {
    return operations;
  }

  long wrong() {
    return wrong;
  }

  Histogram nanos() {
    return nanos;
  }

  /** Operations in a second, had this worker done nothing else. */
  double perSecond() {
    return timedNanos == 0 ? 0 : operations * 1e9 / timedNanos;
  }
}
