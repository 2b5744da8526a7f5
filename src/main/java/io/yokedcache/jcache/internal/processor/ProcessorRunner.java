package io.yokedcache.jcache.internal.processor;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.ContentionBackoff;
import io.yokedcache.jcache.internal.entry.OperationResult;
import io.yokedcache.jcache.internal.processor.ProcessorEntry.Action;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.cache.CacheException;
import javax.cache.processor.EntryProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Runs entry processors atomically across JVMs without locks in Redis: the processor runs here on
 * the value that was read, and its decision is applied on the condition that the entry still has
 * that value. If it does not, the processor runs again on the new value. The value is not read if
 * the processor guesses it ({@link GuessingProcessor}).
 */
public final class ProcessorRunner<K, V> {

  private final CacheContext<K, V> context;

  public ProcessorRunner(CacheContext<K, V> context) {
    this.context = context;
  }

  /**
   * Runs a processor on one entry.
   *
   * @param encodedKey the key's bytes
   * @param lookedUp gets whether there was an entry if the operation fails
   */
  public <T extends @Nullable Object> Processed<V, T> run(
      K key,
      Bytes encodedKey,
      Consumer<Boolean> lookedUp,
      EntryProcessor<K, V, T> processor,
      Object... arguments) {
    Lookup<V> guess = guessed(encodedKey, processor);
    return run(
        key, encodedKey, guess == null ? read(encodedKey) : guess, lookedUp, processor, arguments);
  }

  /**
   * Begins to run a processor on its guess.
   *
   * @return finishes it as {@link #run} does; or {@code null} if nothing can be sent, since there
   *     is no guess, or no change of it
   */
  public <T extends @Nullable Object> @Nullable Supplier<Processed<V, T>> begin(
      SharedTrip trip,
      K key,
      Bytes encodedKey,
      Consumer<Boolean> lookedUp,
      GuessingProcessor<K, V, T> processor) {
    Lookup<V> guess = guessed(encodedKey, processor);
    if (guess == null) {
      return null;
    }
    ProcessorAttempt<K, V, T> attempt =
        ProcessorAttempt.make(
            context, key, encodedKey, guess.stored(), guess.before(), processor, new Object[0]);
    if (attempt.mutation() == null) {
      return null;
    }
    AtomicReference<@Nullable Supplier<Outcome>> arrived = new AtomicReference<>();
    context.store().changes().beginApply(attempt.mutation(), /* owes= */ false, trip, arrived::set);
    return () -> {
      Outcome outcome = requireNonNull(arrived.get(), "not sent").get();
      Processed<V, T> processed = attempt.processed(outcome);
      return processed != null
          ? processed
          : run(key, encodedKey, found(encodedKey, outcome.prior()), lookedUp, processor);
    };
  }

  private <T extends @Nullable Object> Processed<V, T> run(
      K key,
      Bytes encodedKey,
      Lookup<V> first,
      Consumer<Boolean> lookedUp,
      EntryProcessor<K, V, T> processor,
      Object... arguments) {
    ContentionBackoff contention = new ContentionBackoff(context.contentionTimeout());
    Lookup<V> lookup = first;
    while (true) {
      Outcome outcome = null;
      try (ProcessorStore store = ProcessorStore.of(context, List.of(encodedKey))) {
        ProcessorAttempt<K, V, T> attempt =
            ProcessorAttempt.make(
                context,
                key,
                encodedKey,
                lookup.stored(),
                lookup.before(),
                processor,
                arguments.clone());
        if (lookup.isRead() || attempt.mutation() != null) {
          attempt.writeThrough();
          outcome = store.applyAll(List.of(attempt)).get(0);
          context.store().changes().touch(encodedKey, attempt.onAccess());
          Processed<V, T> processed = attempt.processed(outcome);
          if (processed != null) {
            return processed;
          }
        }
      } catch (Throwable e) {
        if (lookup.isRead()) {
          lookedUp.accept(lookup.before() != null);
        }
        throw e;
      }
      Bytes found = outcome == null || lookup.isRead() ? null : outcome.prior();
      if (lookup.isRead()) {
        contention.spoilt("invoke", key);
      }
      lookup = found(encodedKey, found);
    }
  }

  /** The value that the processor guesses, or {@code null} if there is no guess. */
  private @Nullable Lookup<V> guessed(Bytes encodedKey, EntryProcessor<K, V, ?> processor) {
    if (!(processor instanceof GuessingProcessor<K, V, ?> guessing)
        || context.loader().exists()
        || context.writer().exists()
        || context.codec().wraps()) {
      return null;
    }
    V guess = guessing.guess();
    return guess == null
        ? null
        : new Lookup<>(context.codec().value(encodedKey, guess), guess, /* isRead= */ false);
  }

  /** The entry that a failed attempt has found, or as it is now. */
  private Lookup<V> found(Bytes encodedKey, @Nullable Bytes prior) {
    return prior == null ? read(encodedKey) : decoded(encodedKey, prior);
  }

  private Lookup<V> read(Bytes encodedKey) {
    return decoded(encodedKey, context.store().get(encodedKey, Ttl.UNCHANGED, Use.DECISION));
  }

  private Lookup<V> decoded(Bytes encodedKey, @Nullable Bytes stored) {
    return new Lookup<>(stored, context.codec().decode(encodedKey, stored), /* isRead= */ true);
  }

  /**
   * The value that a processor runs on.
   *
   * @param stored its bytes, or {@code null} if there is no entry
   * @param before the value, or {@code null} also if the bytes cannot be decoded
   * @param isRead whether the entry had these bytes, or they are a guess
   */
  private record Lookup<V>(@Nullable Bytes stored, @Nullable V before, boolean isRead) {}

  /**
   * Runs a processor on several entries, one after the other, with one read before and one write
   * after all of them. Each entry is changed atomically and fails separately; entries that were
   * changed concurrently stay unchanged, and the caller tries them again.
   *
   * @param keys the keys with their bytes
   * @return the result of each key, in their order
   */
  public <T extends @Nullable Object> Trials<K, V, T> tryAll(
      Map<K, Bytes> keys, EntryProcessor<K, V, T> processor, Object... arguments) {
    return new ProcessorBatch<>(context, processor, arguments).run(keys);
  }

  /**
   * The result of a processor.
   *
   * @param answer the returned value
   * @param result the result for the entry
   * @param action its decision
   */
  public record Processed<V, T extends @Nullable Object>(
      T answer, OperationResult<V> result, Action action) {

    /** Whether the entry got a value from the processor, not from the loader. */
    public boolean isPut() {
      return (action == Action.CREATE || action == Action.UPDATE) && result.change().isWrite();
    }
  }

  /**
   * The result of one attempt; neither processed nor failed if the entry was changed concurrently.
   *
   * @param processed the result, or {@code null}
   * @param failure the failure, or {@code null}
   * @param found whether there was an entry, or {@code null} if it was not looked for
   */
  public record Tried<V, T extends @Nullable Object>(
      @Nullable Processed<V, T> processed,
      @Nullable CacheException failure,
      @Nullable Boolean found) {}

  /**
   * The results of several attempts.
   *
   * @param tried the attempt of each key
   * @param error the error that ended the attempts before the last key, to be thrown, or {@code
   *     null}
   */
  public record Trials<K, V, T extends @Nullable Object>(
      Map<K, Tried<V, T>> tried, @Nullable Error error) {}
}
