package io.yokedcache.jcache.stress;

import java.util.SplittableRandom;
import java.util.concurrent.CompletionService;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/** One of the JVMs: runs a workload on several threads and prints its {@link WorkerReport}. */
final class StressWorker {

  /** After so many operations all threads of all JVMs meet again, lest one runs ahead of all. */
  private static final int ROUND = 500;

  private static final long MEETING_SECONDS = 90;

  private final Workload workload;
  private final StressCaches caches;
  private final int worker;
  private final int operationsPerThread;
  private final Tally tally;
  private final LongAdder operations = new LongAdder();
  private final CyclicBarrier meeting;

  private StressWorker(Workload workload, StressCaches caches, int worker, Crew crew) {
    this.workload = workload;
    this.caches = caches;
    this.worker = worker;
    this.operationsPerThread = crew.operationsPerThread();
    this.tally = new Tally(worker);
    JvmBarrier barrier = new JvmBarrier(caches.barrier(), worker, crew.workers());
    this.meeting = new CyclicBarrier(crew.threads(), barrier::await);
  }

  /** Arguments: URI of the server, workload, index of this JVM, then those of {@link Crew}. */
  public static void main(String[] args) throws Exception {
    Workload workload = Workload.valueOf(args[1]);
    int worker = Integer.parseInt(args[2]);
    Crew crew = Crew.parse(args, 3);
    try (StressCaches caches = StressCaches.open(args[0], workload)) {
      WorkerReport report = new StressWorker(workload, caches, worker, crew).run(crew.threads());
      System.out.println(report.toLine());
    }
  }

  private WorkerReport run(int threads) throws Exception {
    workload.prepare(caches.values());
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      // In the order they end: a thread that fails must not hide behind one that waits for it.
      CompletionService<Long> starts = new ExecutorCompletionService<>(executor);
      for (int i = 0; i < threads; i++) {
        SplittableRandom random = new SplittableRandom(31L * worker + i);
        var unused = starts.submit(() -> runThread(random));
      }
      long startNanos = Long.MAX_VALUE;
      for (int i = 0; i < threads; i++) {
        // Unbounded only here: the parent kills this JVM when its time is over.
        startNanos = Math.min(startNanos, starts.take().get());
      }
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
      return new WorkerReport(
          worker,
          operations.sum(),
          tally.attempts().sum(),
          tally.successes().sum(),
          tally.checksum().sum(),
          millis);
    } finally {
      executor.shutdownNow();
    }
  }

  /** Returns the time of the common start. */
  private long runThread(SplittableRandom random) throws Exception {
    meeting.await(MEETING_SECONDS, TimeUnit.SECONDS);
    long startNanos = System.nanoTime();
    for (int i = 0; i < operationsPerThread; i++) {
      if (i > 0 && i % ROUND == 0) {
        meeting.await(MEETING_SECONDS, TimeUnit.SECONDS);
      }
      workload.run(caches.values(), i, random, tally);
      operations.increment();
    }
    return startNanos;
  }
}
