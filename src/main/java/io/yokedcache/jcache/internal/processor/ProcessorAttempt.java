package io.yokedcache.jcache.internal.processor;

import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.expiry.Placeholder;
import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.processor.ProcessorEntry.Action;
import io.yokedcache.jcache.internal.processor.ProcessorRunner.Processed;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import javax.cache.processor.EntryProcessor;
import org.jspecify.annotations.Nullable;

/**
 * One run of an entry processor on an entry as it was read, and the resulting mutation, on the
 * condition that the entry is unchanged. When this object exists, the value is encoded and the
 * expiry policy has been asked, so that nothing in this JVM fails after {@link #writeThrough}. Used
 * by one thread.
 */
final class ProcessorAttempt<K, V, T extends @Nullable Object> {

  private final CacheContext<K, V> context;
  private final Bytes key;
  private final @Nullable Bytes stored;
  private final @Nullable V before;
  private final ProcessorEntry<K, V> entry;
  private final T answer;
  private final Ttl onAccess;
  private final @Nullable Mutation mutation;

  private ProcessorAttempt(
      CacheContext<K, V> context,
      Bytes key,
      @Nullable Bytes stored,
      @Nullable V before,
      ProcessorEntry<K, V> entry,
      T answer) {
    this.context = context;
    this.key = key;
    this.stored = stored;
    this.before = before;
    this.entry = entry;
    this.answer = answer;
    this.onAccess = entry.action() == Action.ACCESS ? context.expiry().onAccess() : Ttl.UNCHANGED;
    this.mutation = decide();
  }

  /**
   * Runs a processor.
   *
   * @param encodedKey the key's bytes
   * @param stored the bytes that were read, or {@code null} if there was no entry
   * @param before the decoded value, or {@code null} also if the bytes cannot be decoded: the value
   *     then counts as absent, but the bytes must be unchanged
   */
  static <K, V, T extends @Nullable Object> ProcessorAttempt<K, V, T> make(
      CacheContext<K, V> context,
      K key,
      Bytes encodedKey,
      @Nullable Bytes stored,
      @Nullable V before,
      EntryProcessor<K, V, T> processor,
      Object[] arguments) {
    ProcessorEntry<K, V> entry =
        new ProcessorEntry<>(
            key, before != null, () -> before, context.loader(), context.valueType());
    T answer = process(processor, entry, arguments);
    return new ProcessorAttempt<>(context, encodedKey, stored, before, entry, answer);
  }

  private static <K, V, T extends @Nullable Object> T process(
      EntryProcessor<K, V, T> processor, ProcessorEntry<K, V> entry, Object[] arguments) {
    try {
      return processor.process(entry, arguments);
    } catch (Exception e) {
      throw ApplicationCode.PROCESSOR.failure(processor, e);
    }
  }

  /** The change that the processor decided on. */
  private @Nullable Mutation decide() {
    return switch (entry.action()) {
      case NONE, ACCESS -> null;
      case LOAD, CREATE, UPDATE -> {
        Bytes written = context.codec().value(key, entry.newValue());
        if (entry.newValue() instanceof Placeholder placeholder) {
          yield mutation(written, placeholder.timeToLive(), placeholder.timeToLive());
        }
        boolean updates = before != null && !(before instanceof Placeholder);
        Ttl onCreation = updates ? Ttl.UNCHANGED : context.expiry().onCreation();
        Ttl onUpdate = updates ? context.expiry().onUpdate() : onCreation;
        yield mutation(written, onCreation, onUpdate);
      }
      case REMOVE -> stored == null ? null : mutation(null, Ttl.UNCHANGED, Ttl.UNCHANGED);
    };
  }

  /** Writes the processor's decision through; a loaded value needs no writing. */
  void writeThrough() {
    switch (entry.action()) {
      case CREATE, UPDATE -> context.writer().write(entry.getKey(), entry.newValue());
      case REMOVE -> context.writer().write(entry.getKey(), null);
      case NONE, ACCESS, LOAD -> {}
    }
  }

  /** Whether the decision depends on the loader's answer. */
  boolean isLoaded() {
    return entry.isLoaded();
  }

  /** Whether the entry gets the loaded value, and no value of the processor. */
  boolean isLoad() {
    return entry.action() == Action.LOAD;
  }

  private Mutation mutation(@Nullable Bytes value, Ttl onCreation, Ttl onUpdate) {
    return new Mutation(
        key,
        stored == null ? Condition.ABSENT : Condition.EQUAL,
        stored,
        value,
        onCreation,
        onUpdate,
        /* wantsPrior= */ false,
        context.demand().wantsEvents());
  }

  Bytes key() {
    return key;
  }

  /** The mutation, or {@code null} if the entry keeps its value. */
  @Nullable Mutation mutation() {
    return mutation;
  }

  /** The time to live that the entry gets for having been looked at, mostly {@code UNCHANGED}. */
  Ttl onAccess() {
    return onAccess;
  }

  /**
   * The result.
   *
   * @param outcome of the mutation; of no meaning if there is none
   * @return {@code null} if the entry was changed concurrently, so that nothing was done
   */
  @Nullable Processed<V, T> processed(@Nullable Outcome outcome) {
    if (mutation == null) {
      OperationResult<V> result =
          entry.action() == Action.ACCESS && before != null
              ? OperationResult.hit(before, onAccess.isZero())
              : OperationResult.none(before != null);
      return new Processed<>(answer, result, entry.action());
    }
    if (outcome == null || outcome.change() == Change.NONE) {
      return null;
    }
    return new Processed<>(answer, changed(mutation, outcome.change()), entry.action());
  }

  private OperationResult<V> changed(Mutation applied, Change applying) {
    // If nothing was found, the previous bytes could not be decoded.
    Change change = before == null && applying == Change.UPDATED ? Change.CREATED : applying;
    boolean expired =
        change == Change.EXPIRED || (change == Change.UPDATED && applied.onUpdate().isZero());
    V after = applied.value() == null ? null : entry.newValue();
    return new OperationResult<>(change, before != null, after, before, expired);
  }
}
