package io.yokedcache.jcache.internal.processor;

import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.processor.ProcessorRunner.Trials;
import io.yokedcache.jcache.internal.processor.ProcessorRunner.Tried;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.cache.CacheException;
import javax.cache.processor.EntryProcessor;
import org.jspecify.annotations.Nullable;

/**
 * One run of a processor on several entries: one read for all, the processor for each, one write
 * for all, and one more for the times to live of the entries that were only read. A failure affects
 * its key alone. For one use by one thread.
 */
final class ProcessorBatch<K, V, T extends @Nullable Object> {

  private final CacheContext<K, V> context;
  private final EntryProcessor<K, V, T> processor;
  private final Object[] arguments;
  private final Map<K, ProcessorAttempt<K, V, T>> attempts = new LinkedHashMap<>();
  private final Map<K, @Nullable Outcome> outcomes = new HashMap<>();
  private final Map<K, CacheException> failures = new HashMap<>();
  private final Map<K, Boolean> found = new HashMap<>();

  ProcessorBatch(
      CacheContext<K, V> context, EntryProcessor<K, V, T> processor, Object[] arguments) {
    this.context = context;
    this.processor = processor;
    this.arguments = arguments;
  }

  Trials<K, V, T> run(Map<K, Bytes> keys) {
    Map<K, @Nullable Bytes> stored = read(keys);
    Error error = null;
    try (ProcessorStore store = ProcessorStore.of(context, keys.values())) {
      try {
        process(keys, stored);
      } catch (Error e) {
        error = e; // thrown later: the writer already has the earlier decisions
      }
      write(store);
      touch();
    }
    Map<K, Tried<V, T>> tried = new LinkedHashMap<>();
    for (K key : keys.keySet()) {
      ProcessorAttempt<K, V, T> attempt = attempts.get(key);
      CacheException failure = failures.get(key);
      tried.put(
          key,
          attempt == null || failure != null
              ? new Tried<>(null, failure, found.get(key))
              : new Tried<>(attempt.processed(outcomes.get(key)), null, found.get(key)));
    }
    return new Trials<>(tried, error);
  }

  private Map<K, @Nullable Bytes> read(Map<K, Bytes> encodedKeys) {
    Map<K, @Nullable Bytes> stored = new LinkedHashMap<>();
    if (!encodedKeys.isEmpty()) {
      guard(
          encodedKeys.keySet(),
          () -> {
            List<Bytes> asked = new ArrayList<>(encodedKeys.values());
            List<@Nullable Bytes> bytes =
                context.store().getAll(asked, Ttl.UNCHANGED, Use.DECISION);
            int i = 0;
            for (K key : encodedKeys.keySet()) {
              stored.put(key, bytes.get(i++));
            }
          });
    }
    return stored;
  }

  private void process(Map<K, Bytes> encodedKeys, Map<K, @Nullable Bytes> stored) {
    encodedKeys.forEach(
        (key, encodedKey) -> {
          if (stored.containsKey(key)) {
            guard(Set.of(key), () -> process(key, encodedKey, stored.get(key)));
          }
        });
  }

  private void process(K key, Bytes encodedKey, @Nullable Bytes stored) {
    V before = context.codec().decode(encodedKey, stored);
    found.put(key, before != null);
    ProcessorAttempt<K, V, T> attempt =
        ProcessorAttempt.make(
            context, key, encodedKey, stored, before, processor, arguments.clone());
    attempt.writeThrough();
    attempts.put(key, attempt);
  }

  private void write(ProcessorStore store) {
    Map<K, ProcessorAttempt<K, V, T>> changing = new LinkedHashMap<>(attempts);
    changing.values().removeIf(attempt -> attempt.mutation() == null);
    guard(
        changing.keySet(),
        () -> {
          Iterator<@Nullable Outcome> all =
              store.applyAll(List.copyOf(changing.values())).iterator();
          changing.keySet().forEach(key -> outcomes.put(key, all.next()));
        });
  }

  private void touch() {
    Map<Bytes, Ttl> touches = new LinkedHashMap<>();
    List<K> touched = new ArrayList<>();
    attempts.forEach(
        (key, attempt) -> {
          if (!attempt.onAccess().isUnchanged()) {
            touches.put(attempt.key(), attempt.onAccess());
            touched.add(key);
          }
        });
    if (!touches.isEmpty()) {
      guard(touched, () -> context.store().changes().touchAll(touches));
    }
  }

  /** Does something for some keys, which have failed if it fails. */
  private void guard(Collection<K> concerned, Runnable step) {
    try {
      step.run();
    } catch (Exception e) {
      // Such as from a codec of the application: the other keys must not suffer from it.
      CacheException failure = ApplicationCode.OTHER.failure("invokeAll", e);
      concerned.forEach(key -> failures.put(key, failure));
    }
  }
}
