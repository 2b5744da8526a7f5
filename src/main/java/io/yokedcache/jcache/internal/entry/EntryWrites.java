package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RequestSender;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The writes of a cache, by one of two strategies that differ in who decides: Redis, or this JVM.
 * Safe for use by several threads.
 */
public abstract sealed class EntryWrites<K, V> permits DirectWrites, OptimisticWrites {

  final CacheContext<K, V> context;

  EntryWrites(CacheContext<K, V> context) {
    this.context = context;
  }

  /**
   * {@link DirectWrites} if Redis can decide everything by itself, else {@link OptimisticWrites}.
   */
  public static <K, V> EntryWrites<K, V> of(CacheContext<K, V> context) {
    return context.expiry().isFixed() && !context.writer().exists()
        ? new DirectWrites<>(context)
        : new OptimisticWrites<>(context);
  }

  /** Whether application code takes part, so that keys must be locked. */
  public abstract boolean needsLocks();

  /**
   * Makes one write. All steps that can fail in this JVM precede the call of the writer.
   *
   * @param encodedKey the key's bytes
   * @param value the new value, or {@code null} for removals
   * @param expected the value that the entry must have, for the operations that compare
   * @param expiry the expiry of the entry: the cache's, or {@link EntryExpiry#own}
   * @param tags the tags of the entry; none in a cache without tags
   */
  public abstract OperationResult<V> write(
      EntryOperation operation,
      K key,
      Bytes encodedKey,
      @Nullable V value,
      @Nullable V expected,
      EntryExpiry expiry,
      List<Bytes> tags);

  /**
   * Begins an unconditional write that needs no locks. The value is encoded when this returns.
   *
   * @param arrived is called once by the sender, with what returns the result
   */
  public void begin(
      EntryOperation operation,
      Bytes encodedKey,
      @Nullable V value,
      EntryExpiry expiry,
      List<Bytes> tags,
      RequestSender sender,
      Consumer<Supplier<OperationResult<V>>> arrived) {
    throw new IllegalStateException("A write with application code needs the lock of its key");
  }

  /** Prepared puts. */
  @FunctionalInterface
  interface BulkPut<K, V> {

    /** Puts the entries with these keys, and returns the result of each. */
    Map<K, OperationResult<V>> apply(Set<K> accepted);
  }

  /**
   * Prepares to put several entries in as few round trips as possible. All steps that can fail in
   * this JVM are done when it returns. The writer is not called.
   */
  final BulkPut<K, V> preparePuts(List<EncodedEntry<K, V>> entries) {
    try {
      List<Mutation> mutations = mutations(entries);
      return accepted -> apply(entries, mutations, accepted);
    } catch (RedisUnavailableException e) {
      context.store().degradation().skipOrThrow(e);
      return accepted -> apply(entries, /* mutations= */ List.of(), accepted);
    }
  }

  /** The mutations that put entries. */
  abstract List<Mutation> mutations(List<EncodedEntry<K, V>> puts);

  /** The result of a put, which may have to be made again. */
  abstract OperationResult<V> resultOf(EncodedEntry<K, V> put, Mutation mutation, Outcome outcome);

  /**
   * Puts entries.
   *
   * @param mutations those of the entries, or none to leave all of them out
   */
  private Map<K, OperationResult<V>> apply(
      List<EncodedEntry<K, V>> entries, List<Mutation> mutations, Set<K> accepted) {
    List<EncodedEntry<K, V>> puts = new ArrayList<>(entries.size());
    List<Mutation> applied = new ArrayList<>(mutations.size());
    for (int i = 0; i < entries.size(); i++) {
      if (accepted.contains(entries.get(i).key())) {
        puts.add(entries.get(i));
        if (!mutations.isEmpty()) {
          applied.add(mutations.get(i));
        }
      }
    }
    List<@Nullable Outcome> outcomes = context.store().changes().applyAllOrSkip(applied);
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    for (int i = 0; i < puts.size(); i++) {
      EncodedEntry<K, V> put = puts.get(i);
      Outcome outcome = applied.isEmpty() ? null : outcomes.get(i);
      results.put(
          put.key(),
          outcome == null
              ? OperationResult.none(/* found= */ false)
              : resultOf(put, applied.get(i), outcome));
    }
    return results;
  }

  /**
   * The result of a mutation.
   *
   * @param found whether there was an entry before
   * @param isCreation whether a value that cannot be decoded, which counts as absent, was replaced;
   *     this method finds it out if the value before is wanted
   */
  final OperationResult<V> result(
      Outcome outcome, Mutation mutation, boolean found, boolean isCreation, @Nullable V value) {
    V prior =
        mutation.wantsPrior() ? context.codec().decode(mutation.key(), outcome.prior()) : null;
    boolean creates =
        isCreation || (mutation.wantsPrior() && prior == null && outcome.prior() != null);
    Change change = creates ? outcome.asCreation().change() : outcome.change();
    boolean expired =
        change == Change.EXPIRED
            || (outcome.change() == Change.UPDATED && mutation.onUpdate().isZero());
    return new OperationResult<>(
        change, found && !creates, change == Change.NONE ? null : value, prior, expired);
  }
}
