package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.PhaseMeter;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import io.yokedcache.jcache.internal.redis.RequestSender;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * Begins the asynchronous operations of one cache, counts them, and completes their futures, each
 * once and in a thread of the manager's {@link AsyncQueue}. An operation that fails before anything
 * was sent has a future that has failed already. Safe for use by several threads.
 */
final class AsyncOperations {

  private final AsyncQueue queue;
  private final Supplier<StatisticsRecorder> recorder;
  private final OperationMeter meter;
  private final PhaseMeter phases;

  AsyncOperations(
      AsyncQueue queue,
      Supplier<StatisticsRecorder> recorder,
      OperationMeter meter,
      PhaseMeter phases) {
    this.queue = queue;
    this.recorder = recorder;
    this.meter = meter;
    this.phases = phases;
  }

  AsyncQueue queue() {
    return queue;
  }

  /** Sends at once; the threads of the queue go on with the replies. */
  RequestSender sender() {
    return RequestSender.atOnce(queue);
  }

  /**
   * The first step of an operation, in the caller's thread.
   *
   * @param <T> the answer of the operation
   */
  @FunctionalInterface
  interface FirstStep<T extends @Nullable Object> {

    /** Encodes and sends, and has the operation {@linkplain Begun#finish finished} later. */
    void begin(Begun<T> operation);
  }

  /** Begins an operation that needs no thread while it waits for Redis. */
  <T extends @Nullable Object> CompletableFuture<T> begin(Operation operation, FirstStep<T> step) {
    AsyncQueue.Place place;
    try {
      place = queue.enter();
    } catch (RejectedExecutionException e) {
      return full(operation, e);
    }
    StatisticsRecorder current = recorder.get();
    Begun<T> begun = new Begun<>(operation, current, current.start(), place);
    long outer = phases.begin();
    boolean done = false;
    try {
      step.begin(begun);
      done = true;
    } catch (Throwable e) {
      begun.complete(
          () -> {
            throw meter.failed(operation, current, e);
          });
    } finally {
      phases.end(outer, done && operation != Operation.GET && operation != Operation.GET_ALL);
    }
    return begun.future;
  }

  /** Runs an operation, which counts itself, in a thread of the queue, since it may wait. */
  <T extends @Nullable Object> CompletableFuture<T> runLater(Operation operation, Supplier<T> all) {
    AsyncQueue.Place place;
    try {
      place = queue.enter();
    } catch (RejectedExecutionException e) {
      return full(operation, e);
    }
    Begun<T> begun = new Begun<>(operation, recorder.get(), /* startNanos= */ 0, place);
    queue.run(() -> begun.complete(all));
    return begun.future;
  }

  private <T extends @Nullable Object> CompletableFuture<T> full(
      Operation operation, RejectedExecutionException e) {
    return CompletableFuture.failedFuture(
        meter.failed(
            operation,
            recorder.get(),
            new CacheException("%s failed: %s".formatted(operation.label(), e.getMessage()), e)));
  }

  /**
   * An operation under way.
   *
   * @param <T> its answer
   */
  final class Begun<T extends @Nullable Object> {

    private final CompletableFuture<T> future = new CompletableFuture<>();
    private final AtomicBoolean isOver = new AtomicBoolean();
    private final Operation operation;
    private final StatisticsRecorder current;
    private final long startNanos;
    private final AsyncQueue.Place place;

    private Begun(
        Operation operation, StatisticsRecorder current, long startNanos, AsyncQueue.Place place) {
      this.operation = operation;
      this.current = current;
      this.startNanos = startNanos;
      this.place = place;
    }

    /** Where to count it. */
    StatisticsRecorder recorder() {
      return current;
    }

    /** When it began, by the clock of the recorder. */
    long startNanos() {
      return startNanos;
    }

    /** Takes the last step, in a thread of the queue, and completes the future. */
    void finish(Supplier<T> lastStep) {
      complete(
          () -> {
            long outer = phases.begin();
            boolean done = false;
            try {
              T answer = lastStep.get();
              done = true;
              return answer;
            } catch (Exception | Error e) {
              throw meter.failed(operation, current, e);
            } finally {
              phases.end(outer, done);
            }
          });
    }

    /**
     * Completes the future. An error in the first step may do that while a thread of the queue does
     * it, too.
     */
    private void complete(Supplier<T> lastStep) {
      T answer = null;
      Throwable failure = null;
      try {
        answer = lastStep.get();
      } catch (Throwable e) {
        failure = e;
      }
      if (!isOver.compareAndSet(false, true)) {
        return;
      }
      place.leave(); // before the callbacks, which may begin the next operation
      if (failure == null) {
        future.complete(answer);
      } else {
        future.completeExceptionally(failure);
      }
    }
  }
}
