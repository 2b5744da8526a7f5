package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.processor.ProcessorEntry;
import io.yokedcache.jcache.internal.processor.ProcessorEntry.Action;
import io.yokedcache.jcache.internal.store.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Condition;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import javax.cache.CacheException;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.EntryProcessorException;
import org.jspecify.annotations.Nullable;

/**
 * Runs entry processors atomically across JVMs and without locks: the processor runs here, on the
 * value read, and what it decided is applied on the condition that the entry still has that value.
 * If it does not, the processor runs again on the new value.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class ProcessorRunner<K, V> {

  private final CacheParts<K, V> parts;

  public ProcessorRunner(CacheParts<K, V> parts) {
    this.parts = parts;
  }

  /** Runs a processor on one entry. */
  public <T extends @Nullable Object> Processed<V, T> run(
      K key, EntryProcessor<K, V, T> processor, Object... arguments) {
    Bytes encodedKey = parts.codec().key(key);
    Contention contention = new Contention(parts.contentionTimeout());
    while (true) {
      Bytes stored = parts.store().get(encodedKey, Ttl.UNCHANGED);
      // A value that cannot be decoded is not there, but it is what must still be there.
      V value = parts.codec().decode(stored);
      ProcessorEntry<K, V> entry =
          new ProcessorEntry<>(key, value != null, () -> value, parts.loader());
      T answer = process(processor, entry, arguments);
      Result<V> result = commit(entry, encodedKey, stored, value);
      if (result != null) {
        return new Processed<>(answer, result, entry.action());
      }
      contention.spoilt("invoke", key);
    }
  }

  private static <K, V, T extends @Nullable Object> T process(
      EntryProcessor<K, V, T> processor, ProcessorEntry<K, V> entry, Object[] arguments) {
    try {
      return processor.process(entry, arguments);
    } catch (CacheException e) {
      throw e;
    } catch (RuntimeException e) {
      throw new EntryProcessorException(processor + " failed: " + e.getMessage(), e);
    }
  }

  /** Does what the processor decided; {@code null} if the entry had changed meanwhile. */
  private @Nullable Result<V> commit(
      ProcessorEntry<K, V> entry, Bytes key, @Nullable Bytes stored, @Nullable V value) {
    boolean found = value != null;
    return switch (entry.action()) {
      case NONE -> Result.none(found);
      case ACCESS -> {
        Ttl onAccess = parts.expiry().onAccess();
        parts.store().touch(key, onAccess);
        yield found && value != null ? Result.hit(value, onAccess.isZero()) : Result.none(false);
      }
      case LOAD, CREATE, UPDATE -> {
        V written = entry.newValue();
        if (entry.action() != Action.LOAD) {
          parts.writer().write(entry.getKey(), written);
        }
        Ttl onCreation = found ? Ttl.UNCHANGED : parts.expiry().onCreation();
        Ttl onUpdate = found ? parts.expiry().onUpdate() : onCreation;
        yield apply(key, stored, value, written, onCreation, onUpdate);
      }
      case REMOVE -> {
        parts.writer().write(entry.getKey(), null);
        yield stored == null
            ? Result.none(false)
            : apply(key, stored, value, null, Ttl.UNCHANGED, Ttl.UNCHANGED);
      }
    };
  }

  private @Nullable Result<V> apply(
      Bytes key,
      @Nullable Bytes stored,
      @Nullable V before,
      @Nullable V after,
      Ttl onCreation,
      Ttl onUpdate) {
    Outcome outcome =
        parts
            .store()
            .apply(
                new Mutation(
                    key,
                    stored == null ? Condition.ABSENT : Condition.EQUAL,
                    stored,
                    after == null ? null : parts.codec().value(after),
                    onCreation,
                    onUpdate,
                    /* wantsPrior= */ false,
                    parts.demand().wantsEvents()));
    Change change = outcome.change();
    if (change == Change.NONE) {
      return null;
    }
    if (before == null && change == Change.UPDATED) {
      change = Change.CREATED; // what was there before could not be decoded
    }
    boolean expired = change == Change.EXPIRED || (change == Change.UPDATED && onUpdate.isZero());
    return new Result<>(change, before != null, after, before, expired);
  }

  /**
   * What came of a processor.
   *
   * @param answer what it returned
   * @param result what became of the entry
   * @param action what it decided
   */
  public record Processed<V, T extends @Nullable Object>(
      T answer, Result<V> result, Action action) {

    /** Whether the entry got a value from the processor, not from the loader. */
    public boolean isPut() {
      return (action == Action.CREATE || action == Action.UPDATE) && result.change().isWrite();
    }
  }
}
