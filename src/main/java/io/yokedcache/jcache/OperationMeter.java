package io.yokedcache.jcache;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.concurrent.StackCheck;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.metrics.ErrorType;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.PhaseMeter;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import java.net.SocketTimeoutException;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import javax.cache.CacheException;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriterException;
import javax.cache.processor.EntryProcessorException;
import org.jspecify.annotations.Nullable;

/**
 * Runs the operations of one cache: reads the clock, and counts failures by cause. Safe for use by
 * several threads.
 *
 * <p>An operation fails at once, and uncounted, if the thread's stack is about to end: a {@link
 * StackOverflowError} in the middle could leave a lock of the cache held for ever.
 */
final class OperationMeter {

  private final Supplier<StatisticsRecorder> recorder;
  private final PhaseMeter phases;

  /**
   * Creates the meter.
   *
   * @param recorder supplies the recorder, once for each operation
   * @param phases times the phases of operations
   */
  OperationMeter(Supplier<StatisticsRecorder> recorder, PhaseMeter phases) {
    this.recorder = recorder;
    this.phases = phases;
  }

  /** Runs an operation, which records itself when its work is done. */
  <T extends @Nullable Object> T run(Operation operation, Body<T> body) {
    StackCheck.ensure();
    StatisticsRecorder current = recorder.get();
    long start = current.start();
    long outer = phases.begin();
    boolean done = false;
    try {
      T answer = body.run(current, start);
      done = true;
      return answer;
    } catch (Exception | Error e) {
      throw failed(operation, current, e);
    } finally {
      phases.end(outer, done);
    }
  }

  /** Counts an operation that failed, and returns or throws what the application gets. */
  RuntimeException failed(Operation operation, StatisticsRecorder current, Throwable failure) {
    current.failed(operation, errorType(failure));
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof CacheException || failure instanceof IllegalStateException
        ? (RuntimeException) failure
        // For example from equals or hashCode of a key.
        : ApplicationCode.OTHER.failure(operation.label(), failure);
  }

  /** Runs an operation that has no answer, and records itself when its work is done. */
  void perform(Operation operation, Action action) {
    Boolean unused =
        run(
            operation,
            (current, start) -> {
              action.run(current, start);
              return true;
            });
  }

  /** Runs an operation and records its duration, without hits, misses, puts or removals. */
  <T> T runAndRecord(Operation operation, Supplier<T> body) {
    return run(
        operation,
        (current, start) -> {
          T answer = body.get();
          current.record(operation, start);
          return answer;
        });
  }

  /** Runs work for later operations, which is not an operation itself; its phases are timed. */
  void runAhead(Runnable body) {
    StackCheck.ensure();
    long outer = phases.begin();
    boolean done = false;
    try {
      body.run();
      done = true;
    } finally {
      phases.end(outer, done);
    }
  }

  /** The cause of a failed operation, by its exception. */
  static ErrorType errorType(Throwable failure) {
    if (failure instanceof RedisUnavailableException) {
      return isTimeout(failure) ? ErrorType.TIMEOUT : ErrorType.CONNECTION;
    } else if (failure instanceof CacheLoaderException) {
      return ErrorType.LOADER;
    } else if (failure instanceof CacheWriterException) {
      return ErrorType.WRITER;
    } else if (failure instanceof EntryProcessorException) {
      return ErrorType.PROCESSOR;
    } else if (failure instanceof CacheEntryListenerException) {
      return ErrorType.LISTENER;
    } else if (failure instanceof CodecException) {
      return ErrorType.CODEC;
    }
    return ErrorType.OTHER;
  }

  /** The pool says by NoSuchElementException that no connection became free in time. */
  private static boolean isTimeout(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof SocketTimeoutException || cause instanceof NoSuchElementException) {
        return true;
      }
    }
    return false;
  }

  /**
   * The body of an operation.
   *
   * @param <T> its answer
   */
  @FunctionalInterface
  interface Body<T extends @Nullable Object> {

    /**
     * Does it.
     *
     * @param recorder where to count it
     * @param startNanos when it began, by that recorder's clock
     */
    T run(StatisticsRecorder recorder, long startNanos);
  }

  /** The body of an operation without a result. */
  @FunctionalInterface
  interface Action {

    /** Does it, as {@link Body#run}. */
    void run(StatisticsRecorder recorder, long startNanos);
  }
}
