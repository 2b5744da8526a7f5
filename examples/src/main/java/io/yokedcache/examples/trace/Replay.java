package io.yokedcache.examples.trace;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.LongAdder;
import javax.cache.Cache;

/** Deals the accesses of a trace out to workers, each key to the same one. For one run. */
final class Replay {

  private static final int BATCH = 512;

  private final List<ReplayWorker> workers = new ArrayList<>();
  private final List<int[]> batches = new ArrayList<>();
  private final int[] fill;
  private final LongAdder accessesSoFar = new LongAdder();
  private final LongAdder hitsSoFar = new LongAdder();

  Replay(Cache<Integer, byte[]> cache, int threads, int valueSizeBytes) {
    for (int i = 0; i < threads; i++) {
      workers.add(new ReplayWorker(cache, valueSizeBytes, accessesSoFar, hitsSoFar));
      batches.add(new int[BATCH]);
    }
    this.fill = new int[threads];
  }

  /** Returns how far the run is; safe for use by another thread. */
  String progress() {
    long accesses = accessesSoFar.sum();
    return String.format(
        Locale.ROOT,
        "%,d accesses, hit rate %.2f %%",
        accesses,
        accesses == 0 ? 0 : 100.0 * hitsSoFar.sum() / accesses);
  }

  /**
   * Replays a trace.
   *
   * @param limit the most accesses
   * @throws IOException if the trace cannot be read
   * @throws ExecutionException if a worker failed; the cause is its exception
   */
  ReplayResult run(Trace trace, long limit)
      throws IOException, InterruptedException, ExecutionException {
    ExecutorService threads = Executors.newFixedThreadPool(workers.size());
    try {
      List<Future<ReplayResult>> results = new ArrayList<>();
      for (ReplayWorker worker : workers) {
        results.add(threads.submit(worker));
      }
      deal(trace, limit, results);
      ReplayResult total = ReplayResult.none();
      for (Future<ReplayResult> result : results) {
        total = total.plus(result.get());
      }
      return total;
    } finally {
      threads.shutdownNow();
    }
  }

  private void deal(Trace trace, long limit, List<Future<ReplayResult>> results)
      throws IOException, InterruptedException, ExecutionException {
    long left = limit;
    for (int[] keys = trace.next(); keys.length > 0 && left > 0; keys = trace.next()) {
      int count = (int) Math.min(left, keys.length);
      for (int i = 0; i < count; i++) {
        int worker = workerOf(keys[i]);
        batches.get(worker)[fill[worker]++] = keys[i];
        if (fill[worker] == BATCH) {
          send(worker, results.get(worker));
        }
      }
      left -= count;
    }
    for (int worker = 0; worker < workers.size(); worker++) {
      if (fill[worker] > 0) {
        send(worker, results.get(worker));
      }
      while (!workers.get(worker).offerEnd()) {
        failIfEnded(results.get(worker));
      }
    }
  }

  private void send(int worker, Future<ReplayResult> result)
      throws InterruptedException, ExecutionException {
    int[] batch = Arrays.copyOf(batches.get(worker), fill[worker]);
    fill[worker] = 0;
    while (!workers.get(worker).offer(batch)) {
      failIfEnded(result);
    }
  }

  /** A worker ends before its last batch only if it failed: throws why. */
  private static void failIfEnded(Future<ReplayResult> result)
      throws InterruptedException, ExecutionException {
    if (result.isDone()) {
      result.get();
    }
  }

  /** Spreads the keys: those of a trace often differ in a few bits only. */
  private int workerOf(int key) {
    return ((key * 0x9E3779B9) >>> 16) % workers.size();
  }
}
