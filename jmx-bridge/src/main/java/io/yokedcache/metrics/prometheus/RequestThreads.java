package io.yokedcache.metrics.prometheus;

import static java.util.Objects.requireNonNull;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The threads of one HTTP server, which clients cannot occupy without bound. The JDK's server has
 * its limits in system properties, for all servers of the JVM; here each request has a time to
 * arrive, and an answer that the client does not read is given up. A request ends by an interrupt
 * of its thread, which closes the channel that the thread waits for. While all threads are busy, a
 * new request ends the oldest one that has not arrived. Thread-safe.
 */
final class RequestThreads implements Executor, AutoCloseable {

  private static final int MAX_THREADS = 64;
  private static final int MAX_QUEUED = 256;

  /** Each answer may have a large text in memory. */
  private static final int MAX_ANSWERS = 4;

  /** One more request takes the place of the one that has waited longest. */
  private static final int MAX_WAITING = 16;

  private static final int WRITE_BYTES = 16 * 1024;
  private static final long ARRIVAL_NANOS = TimeUnit.SECONDS.toNanos(4);
  private static final long STALL_NANOS = TimeUnit.SECONDS.toNanos(6);
  private static final long STALL_WHILE_OTHERS_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long ANSWER_NANOS = TimeUnit.MINUTES.toNanos(2);
  private static final long WAIT_MILLIS = 50;

  private static final ThreadLocal<Request> current = new ThreadLocal<>();

  private enum Phase {
    ARRIVING,
    WAITING,
    PREPARING,
    WRITING
  }

  private static final class Request {
    private final Thread thread = Thread.currentThread();
    private Phase phase = Phase.ARRIVING;
    private long since = System.nanoTime();
    private boolean isEnded;

    private void enter(Phase next) {
      phase = next;
      since = System.nanoTime();
    }

    private boolean is(Phase asked, long nanos) {
      return phase == asked && !isEnded && System.nanoTime() - since >= nanos;
    }

    private boolean isAnswer() {
      return !isEnded && (phase == Phase.PREPARING || phase == Phase.WRITING);
    }

    /** Called with the lock only, so that the interrupt never reaches the thread's next request. */
    private void end() {
      isEnded = true;
      thread.interrupt();
    }
  }

  /** Those in the threads, the oldest first; also the lock of their fields. */
  private final List<Request> running = new ArrayList<>();

  private final ThreadPoolExecutor pool;
  private final ScheduledExecutorService watch;

  RequestThreads() {
    ThreadFactory daemons =
        task -> {
          Thread thread = new Thread(task, "yokedcache-metrics-http");
          thread.setDaemon(true);
          return thread;
        };
    this.pool =
        new ThreadPoolExecutor(
            MAX_THREADS,
            MAX_THREADS,
            2,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(MAX_QUEUED),
            daemons);
    pool.allowCoreThreadTimeOut(true);
    this.watch = Executors.newSingleThreadScheduledExecutor(daemons);
    ScheduledFuture<?> unused = watch.scheduleWithFixedDelay(this::endLate, 1, 1, TimeUnit.SECONDS);
  }

  @Override
  @SuppressWarnings("CatchingUnchecked") // also where the JVM can make no more threads
  public void execute(Runnable request) {
    try {
      pool.execute(() -> run(request));
    } catch (RuntimeException | Error e) {
      drop(request);
      return;
    }
    try {
      endOldestIfFull();
    } catch (RuntimeException | Error noMemory) {
      // The request waits for its turn. An error would end the thread that accepts connections.
    }
  }

  private void endOldestIfFull() {
    if (!pool.getQueue().isEmpty()) {
      synchronized (running) {
        Request oldest = first(each -> each.is(Phase.ARRIVING, 0));
        oldest = oldest == null ? first(each -> each.is(Phase.WAITING, 0)) : oldest;
        if (oldest != null) {
          oldest.end();
        }
      }
    }
  }

  /** Runs a request to its first read only, which closes its connection. */
  @SuppressWarnings("CatchingUnchecked") // as where it is called
  private static void drop(Runnable request) {
    Thread.currentThread().interrupt();
    try {
      request.run();
    } catch (RuntimeException | Error noMemory) {
      // It would end the thread that accepts connections, and with it the server.
    } finally {
      Thread.interrupted();
    }
  }

  private void run(Runnable task) {
    Request request = new Request();
    current.set(request);
    synchronized (running) {
      running.add(request);
    }
    try {
      task.run();
    } finally {
      current.remove();
      synchronized (running) {
        running.remove(request);
        Thread.interrupted();
        if (request.phase == Phase.PREPARING || request.phase == Phase.WRITING) {
          running.notifyAll();
        }
      }
    }
  }

  private @Nullable Request first(Predicate<Request> condition) {
    for (Request request : running) {
      if (condition.test(request)) {
        return request;
      }
    }
    return null;
  }

  @SuppressWarnings("CatchingUnchecked")
  private void endLate() {
    try {
      synchronized (running) {
        for (Request request : running) {
          if (request.is(Phase.ARRIVING, ARRIVAL_NANOS)
              || request.is(Phase.WRITING, STALL_NANOS)
              || request.is(Phase.PREPARING, ANSWER_NANOS)) {
            request.end();
          }
        }
      }
    } catch (RuntimeException | Error noMemory) {
      // It would end the schedule, and no late request would be ended any more.
    }
  }

  /**
   * Waits until this thread may send a long answer; answers that are not read are given up for it.
   * False if there are too many.
   */
  boolean awaitTurn() throws InterruptedException {
    Request own = current.get();
    synchronized (running) {
      if (running.stream().filter(each -> each.is(Phase.WAITING, 0)).count() >= MAX_WAITING) {
        requireNonNull(first(each -> each.is(Phase.WAITING, 0))).end();
      }
      own.enter(Phase.WAITING);
      while (running.stream().filter(Request::isAnswer).count() >= MAX_ANSWERS) {
        Request stalled = first(each -> each.is(Phase.WRITING, STALL_WHILE_OTHERS_WAIT_NANOS));
        if (stalled != null) {
          stalled.end();
        } else if (own.is(Phase.WAITING, ARRIVAL_NANOS)) {
          own.enter(Phase.ARRIVING);
          return false;
        } else {
          running.wait(WAIT_MILLIS);
        }
      }
      own.enter(Phase.PREPARING);
      return true;
    }
  }

  /** Returns a stream that notes whether the client reads the answer of this thread's request. */
  OutputStream watched(OutputStream body) {
    Request own = current.get();
    return new FilterOutputStream(body) {
      @Override
      public void write(byte[] bytes, int offset, int length) throws IOException {
        int end = offset + length;
        for (int from = offset; from < end; from += WRITE_BYTES) {
          enter(Phase.WRITING);
          out.write(bytes, from, Math.min(WRITE_BYTES, end - from));
        }
        enter(Phase.PREPARING);
      }

      @Override
      public void close() throws IOException {
        enter(Phase.WRITING); // closing writes too
        super.close();
      }

      private void enter(Phase phase) {
        synchronized (running) {
          own.enter(phase);
        }
      }
    };
  }

  @Override
  public void close() {
    watch.shutdownNow();
    pool.shutdownNow();
  }
}
