package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.entry.ProcessorRunner;
import io.yokedcache.jcache.internal.entry.ProcessorRunner.Processed;
import io.yokedcache.jcache.internal.entry.Result;
import io.yokedcache.jcache.internal.event.EventDispatcher;
import io.yokedcache.jcache.internal.management.Operation;
import io.yokedcache.jcache.internal.management.StatisticsRecorder;
import io.yokedcache.jcache.internal.store.Change;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import javax.cache.CacheException;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorResult;

/**
 * The entry processors of a cache: has them run, counts what they did and tells of it. Their
 * arguments are checked already. Safe for use by several threads.
 *
 * @param <K> keys
 * @param <V> values
 */
final class Invocations<K, V> {

  private final CacheLifecycle<K, V> lifecycle;
  private final EventDispatcher<K, V> events;
  private final ProcessorRunner<K, V> processors;
  private final KeyLocks locks;
  private final OperationMeter meter;

  Invocations(
      CacheLifecycle<K, V> lifecycle,
      EventDispatcher<K, V> events,
      ProcessorRunner<K, V> processors,
      KeyLocks locks,
      OperationMeter meter) {
    this.lifecycle = lifecycle;
    this.events = events;
    this.processors = processors;
    this.locks = locks;
    this.meter = meter;
  }

  <T> T invoke(K key, EntryProcessor<K, V, T> processor, Object[] arguments) {
    return meter.run(
        Operation.INVOKE,
        (recorder, start) ->
            process(
                key,
                processor,
                arguments,
                (hits, misses, puts, removals) ->
                    recorder.record(Operation.INVOKE, hits, misses, puts, removals, start)));
  }

  private <T> T process(
      K key,
      EntryProcessor<K, V, T> processor,
      Object[] arguments,
      StatisticsRecorder.Counts counts) {
    KeyLocks.Hold turn = locks.hold(key);
    try {
      Processed<V, T> processed = processors.run(key, processor, arguments);
      Result<V> result = processed.result();
      counts.add(
          result.found() ? 1 : 0,
          result.found() ? 0 : 1,
          processed.isPut() ? 1 : 0,
          result.change() == Change.REMOVED ? 1 : 0);
      events.publish(key, result);
      return processed.answer();
    } finally {
      turn.close();
    }
  }

  <T> Map<K, EntryProcessorResult<T>> invokeAll(
      Set<? extends K> keys, EntryProcessor<K, V, T> processor, Object[] arguments) {
    return meter.run(
        Operation.INVOKE_ALL,
        (recorder, start) -> {
          Map<K, EntryProcessorResult<T>> results = new HashMap<>();
          for (K key : keys) {
            processOneOfAll(key, processor, arguments, recorder, results);
          }
          recorder.record(Operation.INVOKE_ALL, 0, 0, 0, 0, start);
          return results;
        });
  }

  private <T> void processOneOfAll(
      K key,
      EntryProcessor<K, V, T> processor,
      Object[] arguments,
      StatisticsRecorder recorder,
      Map<K, EntryProcessorResult<T>> results) {
    lifecycle.ensureOpen();
    long start = recorder.start();
    try {
      T answer =
          process(
              key,
              processor,
              arguments,
              (hits, misses, puts, removals) ->
                  recorder.count(hits, misses, puts, removals, start));
      if (answer != null) {
        results.put(key, new ProcessorResult<>(answer, null));
      }
    } catch (CacheException e) {
      recorder.failed(Operation.INVOKE_ALL, OperationMeter.errorType(e));
      results.put(key, new ProcessorResult<>(null, e));
    }
  }
}
