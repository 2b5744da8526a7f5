package io.yokedcache.examples.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;

/**
 * The same operation many times, by several threads that begin together. For one run.
 *
 * @param name what is done
 * @param operation does it once, for a number from 0 to below {@code operations}
 * @param operations how often in all
 * @param threads by how many threads
 * @param done grows with each operation
 */
record BenchmarkPhase(
    String name, IntConsumer operation, int operations, int threads, LongAdder done) {

  private static final long MAX_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final int DIGITS = 3;

  /**
   * Runs it.
   *
   * @param maxSeconds how long it may take
   * @throws ExecutionException if an operation fails
   * @throws TimeoutException if it takes longer; the threads are interrupted
   */
  PhaseResult run(long maxSeconds)
      throws InterruptedException, ExecutionException, TimeoutException {
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      CyclicBarrier start = new CyclicBarrier(threads);
      List<Future<Share>> shares = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        shares.add(executor.submit(share(i, start)));
      }
      long deadlineNanos = System.nanoTime() + TimeUnit.SECONDS.toNanos(maxSeconds);
      Histogram all = new Histogram(MAX_NANOS, DIGITS);
      long sumNanos = 0;
      long beginNanos = Long.MAX_VALUE;
      long endNanos = Long.MIN_VALUE;
      for (Future<Share> future : shares) {
        long leftNanos = Math.max(0, deadlineNanos - System.nanoTime());
        Share share = future.get(leftNanos, TimeUnit.NANOSECONDS);
        all.add(share.nanos);
        sumNanos += share.sumNanos;
        beginNanos = Math.min(beginNanos, share.beginNanos);
        endNanos = Math.max(endNanos, share.endNanos);
      }
      return new PhaseResult(name, endNanos - beginNanos, sumNanos, all);
    } finally {
      executor.shutdownNow();
    }
  }

  /** Every n-th operation, for n threads. */
  private Callable<Share> share(int first, CyclicBarrier start) {
    return () -> {
      Histogram nanos = new Histogram(MAX_NANOS, DIGITS);
      await(start);
      long sumNanos = 0;
      long beginNanos = System.nanoTime();
      long beforeNanos = beginNanos;
      for (int i = first; i < operations && !Thread.currentThread().isInterrupted(); i += threads) {
        operation.accept(i);
        // The end of one is the beginning of the next: one look at the clock for each.
        long nowNanos = System.nanoTime();
        nanos.recordValue(Math.min(nowNanos - beforeNanos, MAX_NANOS));
        sumNanos += nowNanos - beforeNanos;
        beforeNanos = nowNanos;
        done.increment();
      }
      return new Share(nanos, sumNanos, beginNanos, beforeNanos);
    };
  }

  private static void await(CyclicBarrier start) throws InterruptedException {
    try {
      start.await();
    } catch (BrokenBarrierException e) {
      throw new IllegalStateException("Another thread of the benchmark was interrupted", e);
    }
  }

  /** What one thread did. */
  private record Share(Histogram nanos, long sumNanos, long beginNanos, long endNanos) {}
}
