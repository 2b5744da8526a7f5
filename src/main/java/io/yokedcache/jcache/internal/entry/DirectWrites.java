package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RequestSender;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes that Redis decides: the times to live are constants, and no application code takes part.
 * They take one round trip. Those that need an entry, {@link Condition#PRESENT}, take two: the
 * entry is read before, since a value that cannot be decoded counts as absent.
 *
 * <p>Values are compared by their bytes first. If they differ, the stored value is decoded and
 * compared by {@code equals}, as JSR-107 requires; if it is equal, the write is made on the
 * condition of the stored bytes.
 */
final class DirectWrites<K, V> extends EntryWrites<K, V> {

  DirectWrites(CacheContext<K, V> context) {
    super(context);
  }

  @Override
  public boolean needsLocks() {
    return false;
  }

  @Override
  public OperationResult<V> write(
      EntryOperation operation,
      K key,
      Bytes encodedKey,
      @Nullable V value,
      @Nullable V expected,
      EntryExpiry expiry,
      List<Bytes> tags) {
    EntryCodec<K, V> codec = context.codec();
    Mutation mutation =
        mutation(
                operation,
                encodedKey,
                value == null ? null : codec.value(encodedKey, value),
                expected == null ? null : codec.value(encodedKey, expected),
                expiry)
            .withTags(tags);
    try {
      if (operation.condition() == Condition.PRESENT && !isReadable(encodedKey)) {
        return OperationResult.none(/* found= */ false);
      }
      Outcome outcome = context.store().changes().apply(mutation, operation.owes());
      if (expected != null) {
        outcome = decideByEquality(operation, key, mutation, outcome, expected);
      } else if (operation.condition() == Condition.ABSENT && outcome.change() == Change.NONE) {
        outcome = decideByAbsence(operation, key, mutation);
      }
      return result(outcome, mutation, value);
    } catch (RedisUnavailableException e) {
      context.store().degradation().skipOrThrow(e);
      return OperationResult.none(/* found= */ false);
    }
  }

  @Override
  public void begin(
      EntryOperation operation,
      Bytes encodedKey,
      @Nullable V value,
      EntryExpiry expiry,
      List<Bytes> tags,
      RequestSender sender,
      Consumer<Supplier<OperationResult<V>>> arrived) {
    Mutation mutation =
        mutation(
                operation,
                encodedKey,
                value == null ? null : context.codec().value(encodedKey, value),
                /* expected= */ null,
                expiry)
            .withTags(tags);
    context
        .store()
        .changes()
        .beginApply(
            mutation,
            operation.owes(),
            sender,
            made -> arrived.accept(() -> orLeaveOut(made, mutation, value)));
  }

  private OperationResult<V> orLeaveOut(
      Supplier<Outcome> made, Mutation mutation, @Nullable V value) {
    try {
      return result(made.get(), mutation, value);
    } catch (RedisUnavailableException e) {
      context.store().degradation().skipOrThrow(e);
      return OperationResult.none(/* found= */ false);
    }
  }

  private boolean isReadable(Bytes key) {
    return context.codec().decode(key, context.store().getToChange(key, /* owes= */ true)) != null;
  }

  /** Creates an entry in place of a value that cannot be decoded, which counts as absent. */
  private Outcome decideByAbsence(EntryOperation operation, K key, Mutation mutation) {
    ContentionBackoff contention = new ContentionBackoff(context.contentionTimeout());
    while (true) {
      Bytes stored = context.store().getToChange(mutation.key(), /* owes= */ false);
      if (stored != null && context.codec().decode(mutation.key(), stored) != null) {
        return Outcome.NONE;
      }
      Outcome outcome =
          context
              .store()
              .changes()
              .apply(
                  stored == null ? mutation : mutation.creatingInPlaceOf(stored),
                  /* owes= */ false);
      if (outcome.change() != Change.NONE) {
        return outcome.asCreation();
      }
      contention.spoilt(operation.name(), key);
    }
  }

  @Override
  List<Mutation> mutations(List<EncodedEntry<K, V>> puts) {
    List<Mutation> mutations = new ArrayList<>(puts.size());
    for (EncodedEntry<K, V> put : puts) {
      mutations.add(
          mutation(EntryOperation.PUT, put.keyBytes(), put.valueBytes(), null, context.expiry()));
    }
    return mutations;
  }

  @Override
  OperationResult<V> resultOf(EncodedEntry<K, V> put, Mutation mutation, Outcome outcome) {
    return result(outcome, mutation, put.value());
  }

  /** Removes several entries; the expiry policy is not asked. */
  List<OperationResult<V>> removeAll(List<Bytes> keys) {
    List<Mutation> mutations = new ArrayList<>(keys.size());
    keys.forEach(
        key -> mutations.add(mutation(EntryOperation.REMOVE, key, null, null, context.expiry())));
    List<OperationResult<V>> results = new ArrayList<>(keys.size());
    for (@Nullable Outcome outcome : context.store().changes().applyAllOrSkip(mutations)) {
      results.add(
          outcome == null
              ? OperationResult.none(/* found= */ false) // left out
              : result(outcome, mutations.get(results.size()), null));
    }
    return results;
  }

  private Mutation mutation(
      EntryOperation operation,
      Bytes key,
      @Nullable Bytes value,
      @Nullable Bytes expected,
      EntryExpiry expiry) {
    return new Mutation(
        key,
        operation.condition(),
        expected,
        value,
        value == null ? Ttl.UNCHANGED : expiry.onCreation(),
        value == null ? Ttl.UNCHANGED : expiry.onUpdate(),
        operation.returnsPrior() || context.demand().wantsOldValues(),
        context.demand().wantsEvents());
  }

  private Outcome decideByEquality(
      EntryOperation operation, K key, Mutation mutation, Outcome first, V expected) {
    ContentionBackoff contention = new ContentionBackoff(context.contentionTimeout());
    Outcome outcome = first;
    while (outcome.change() == Change.NONE && outcome.prior() != null) {
      Bytes stored = outcome.prior();
      V value = context.codec().decode(mutation.key(), stored);
      if (value == null) {
        return Outcome.NONE; // a value that cannot be decoded counts as absent
      }
      if (!context.codec().isEqual(mutation.key(), stored, value, expected)) {
        context.store().changes().touch(mutation.key(), context.expiry().onAccess());
        return outcome;
      }
      outcome = context.store().changes().apply(mutation.ifEqual(stored), /* owes= */ false);
      if (outcome.change() == Change.NONE) {
        contention.spoilt(operation.name(), key);
      }
    }
    return outcome;
  }

  private OperationResult<V> result(Outcome outcome, Mutation mutation, @Nullable V value) {
    Change change = outcome.change();
    boolean found =
        mutation.condition() == Condition.ABSENT
            ? change == Change.NONE
            : change == Change.UPDATED || change == Change.REMOVED || outcome.prior() != null;
    return result(outcome, mutation, found, /* isCreation= */ false, value);
  }
}
