package io.yokedcache.jcache.stress;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/**
 * For each key the least number that a get of this JVM may still return. What was learnt of other
 * JVMs, from a get or from the second truth, holds for gets that begin a bound later; what this JVM
 * did itself holds at once. {@link #ripen} is for one thread, all else for any.
 */
final class LeastNumbers {

  private final AtomicLongArray firm;
  private final AtomicLongArray learnt;
  private final long boundNanos;
  private final Queue<Snapshot> snapshots = new ArrayDeque<>();

  /** What had been learnt at some moment. */
  private record Snapshot(long nanos, List<Long> numbers) {}

  LeastNumbers(int keys, long boundNanos) {
    this.firm = new AtomicLongArray(keys);
    this.learnt = new AtomicLongArray(keys);
    this.boundNanos = boundNanos;
  }

  /** The least number that a get may return that has not begun yet. */
  long of(int key) {
    return firm.get(key);
  }

  /** Some JVM was told by now that nothing less is in the cache. */
  void learn(int key, long number) {
    learnt.accumulateAndGet(key, number, Math::max);
  }

  /** This JVM was told by now that nothing less is in the cache. */
  void know(int key, long number) {
    firm.accumulateAndGet(key, number, Math::max);
  }

  /** Lets what was learnt more than a bound ago hold from now on. To be called often. */
  void ripen() {
    List<Long> numbers = IntStream.range(0, learnt.length()).mapToObj(learnt::get).toList();
    snapshots.add(new Snapshot(System.nanoTime(), numbers)); // the time after they were read
    Snapshot oldest = snapshots.element();
    while (System.nanoTime() - oldest.nanos > boundNanos) {
      for (int key = 0; key < numbers.size(); key++) {
        know(key, oldest.numbers.get(key));
      }
      snapshots.remove();
      if (snapshots.isEmpty()) {
        return;
      }
      oldest = snapshots.element();
    }
  }
}
