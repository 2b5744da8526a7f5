package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.event.EventDispatcher;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder;
import io.yokedcache.jcache.internal.metrics.StatisticsRecorder.Counts;
import io.yokedcache.jcache.internal.processor.GuessingProcessor;
import io.yokedcache.jcache.internal.processor.ProcessorRunner;
import io.yokedcache.jcache.internal.processor.ProcessorRunner.Processed;
import io.yokedcache.jcache.internal.processor.ProcessorRunner.Trials;
import io.yokedcache.jcache.internal.processor.SharedTrip;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import javax.cache.CacheException;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/**
 * Runs the entry processors of a cache, counts their effects and publishes their events. The caller
 * has checked the arguments. Safe for use by several threads.
 */
final class Invocations<K, V> {

  /**
   * The number of common attempts for keys that others change concurrently, before each key is
   * tried alone.
   */
  private static final int TRIES_TOGETHER = 3;

  private final CacheLifecycle<K, V> lifecycle;
  private final EventDispatcher<K, V> events;
  private final ProcessorRunner<K, V> processors;
  private final CacheContext<K, V> context;
  private final OperationMeter meter;
  private final int batchSize;

  /**
   * Creates the entry processors of a cache.
   *
   * @param batchSize how many entries may share a round trip
   */
  Invocations(
      CacheLifecycle<K, V> lifecycle,
      EventDispatcher<K, V> events,
      ProcessorRunner<K, V> processors,
      CacheContext<K, V> context,
      OperationMeter meter,
      int batchSize) {
    this.lifecycle = lifecycle;
    this.events = events;
    this.processors = processors;
    this.context = context;
    this.meter = meter;
    this.batchSize = batchSize;
  }

  <T extends @Nullable Object> T invoke(
      K key, EntryProcessor<K, V, T> processor, Object[] arguments) {
    return meter.run(
        Operation.INVOKE,
        (recorder, start) ->
            process(
                key,
                processor,
                arguments,
                recorder.recording(Operation.INVOKE, start),
                recorder.counting(start)));
  }

  /**
   * Begins to run a processor, as {@link SharedTrip.Member#beginInvoke}. Listeners must see the
   * changes of a key in order, so with listeners everything is done at the end.
   */
  <T extends @Nullable Object> Supplier<T> begin(
      SharedTrip trip, K key, GuessingProcessor<K, V, T> processor) {
    StatisticsRecorder recorder = lifecycle.statistics();
    long start = recorder.start();
    Supplier<Processed<V, T>> begun =
        events.wantsEvents()
            ? null
            : processors.begin(
                trip,
                key,
                context.codec().key(key),
                found -> countLookup(found, recorder.counting(start)),
                processor);
    return begun == null
        ? () -> invoke(key, processor, new Object[0])
        : () ->
            meter.run(
                Operation.INVOKE,
                (current, now) ->
                    finish(key, begun.get(), recorder.recording(Operation.INVOKE, start)));
  }

  private <T extends @Nullable Object> T process(
      K key, EntryProcessor<K, V, T> processor, Object[] arguments, Counts counts, Counts failed) {
    Bytes encodedKey = context.codec().key(key);
    KeyLocks.Hold held = context.locks().hold(encodedKey);
    try (held) {
      return finish(
          key,
          processors.run(
              key, encodedKey, found -> countLookup(found, failed), processor, arguments),
          counts);
    }
  }

  /** The entry was looked up, whatever failed afterwards. */
  private static void countLookup(boolean found, Counts counts) {
    counts.add(found ? 1 : 0, found ? 0 : 1, 0, 0);
  }

  /** Counts the effect of a processor and publishes its event. */
  private <T extends @Nullable Object> T finish(K key, Processed<V, T> processed, Counts counts) {
    OperationResult<V> result = processed.result();
    counts.add(
        result.found() ? 1 : 0,
        result.found() ? 0 : 1,
        processed.isPut() ? 1 : 0,
        result.change() == Change.REMOVED ? 1 : 0);
    events.publish(key, result);
    return processed.answer();
  }

  <T> Map<K, EntryProcessorResult<T>> invokeAll(
      Set<K> keys, EntryProcessor<K, V, T> processor, Object[] arguments) {
    return meter.run(
        Operation.INVOKE_ALL,
        (recorder, start) -> {
          List<K> all = new ArrayList<>(keys);
          BulkInvocation<T> invocation = new BulkInvocation<>(processor, arguments, recorder);
          for (int from = 0; from < all.size(); from += batchSize) {
            invocation.run(all.subList(from, Math.min(from + batchSize, all.size())));
          }
          recorder.record(Operation.INVOKE_ALL, start);
          return invocation.results;
        });
  }

  /**
   * One {@code invokeAll}. Entries are processed together, under their key locks if a writer or
   * listeners must see the changes of a key in one order. Entries that others change concurrently
   * are processed again, at last each key alone and under its lock. Used by one thread.
   */
  private final class BulkInvocation<T> {

    private final EntryProcessor<K, V, T> processor;
    private final Object[] arguments;
    private final StatisticsRecorder recorder;
    private final Map<K, EntryProcessorResult<T>> results = new HashMap<>();

    /** Ends the whole operation, after the completed work is counted and published. */
    private @Nullable Error error;

    BulkInvocation(
        EntryProcessor<K, V, T> processor, Object[] arguments, StatisticsRecorder recorder) {
      this.processor = processor;
      this.arguments = arguments;
      this.recorder = recorder;
    }

    void run(List<K> keys) {
      List<K> left = keys;
      for (int i = 0; i < TRIES_TOGETHER && left.size() > 1; i++) {
        left = runTogether(left);
      }
      left.forEach(this::runAlone);
    }

    /** Runs the processor on several entries, and returns the keys to try again. */
    private List<K> runTogether(List<K> keys) {
      lifecycle.ensureOpen();
      long start = recorder.start();
      Map<K, Bytes> encodedKeys = encode(keys);
      KeyLocks.Hold held;
      try {
        held = context.lockAll(encodedKeys.values());
      } catch (CacheException noTurnInTime) {
        encodedKeys.keySet().forEach(key -> fail(key, noTurnInTime));
        return List.of();
      }
      List<K> spoilt = new ArrayList<>();
      try (held) {
        Trials<K, V, T> trials = processors.tryAll(encodedKeys, processor, arguments);
        error = trials.error();
        // The common time is divided among the entries, so that averages are per entry.
        long share = (recorder.start() - start) / keys.size();
        trials
            .tried()
            .forEach(
                (key, one) -> {
                  Processed<V, T> processed = one.processed();
                  Counts counts = recorder.counting(recorder.start() - share);
                  if (processed != null) {
                    settle(key, () -> finish(key, processed, counts));
                  } else if (one.failure() == null && error == null) {
                    spoilt.add(key);
                  } else {
                    if (one.found() != null) {
                      countLookup(one.found(), counts);
                    }
                    if (one.failure() != null) {
                      fail(key, one.failure());
                    }
                  }
                });
      }
      ApplicationCode.rethrow(error);
      return spoilt;
    }

    private Map<K, Bytes> encode(List<K> keys) {
      Map<K, Bytes> encodedKeys = new LinkedHashMap<>();
      for (K key : keys) {
        try {
          encodedKeys.put(key, context.codec().key(key));
        } catch (Exception e) {
          // For example from a codec of the application: it must not affect the other keys.
          fail(key, ApplicationCode.OTHER.failure("invokeAll", e));
        }
      }
      return encodedKeys;
    }

    private void runAlone(K key) {
      lifecycle.ensureOpen();
      long start = recorder.start();
      Counts counts = recorder.counting(start);
      settle(key, () -> process(key, processor, arguments, counts, counts));
      ApplicationCode.rethrow(error);
    }

    private void settle(K key, Supplier<T> work) {
      try {
        T answer = work.get();
        if (answer != null) {
          results.put(key, new ProcessorResult<>(answer, null));
        }
      } catch (Exception e) { // also from hashCode of the key
        fail(key, ApplicationCode.OTHER.failure("invokeAll", e));
      } catch (Error e) { // thrown after the work for other keys is counted and published
        error = (Error) ApplicationCode.first(error, e);
      }
    }

    private void fail(K key, CacheException failure) {
      recorder.failed(Operation.INVOKE_ALL, OperationMeter.errorType(failure));
      results.put(key, new ProcessorResult<>(null, failure));
    }
  }

  /**
   * The result of a processor for one entry of {@code invokeAll}, or its failure.
   *
   * @param value the returned value, if it did not fail
   * @param failure why it failed, or {@code null}
   */
  private record ProcessorResult<T>(@Nullable T value, @Nullable CacheException failure)
      implements EntryProcessorResult<T> {

    @Override
    public @Nullable T get() {
      if (failure instanceof EntryProcessorException already) {
        throw already;
      }
      if (failure != null) {
        throw new EntryProcessorException(failure.getMessage(), failure);
      }
      return value;
    }
  }
}
