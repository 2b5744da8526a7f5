package io.yokedcache.jcache.internal.entry;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.expiry.EntryExpiry;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes in which application code takes part: read, decide, apply on the condition that the entry
 * is unchanged, and retry if it is not. The expiry policy is asked only for the case that applies,
 * and the writer is called before the entry changes, so that its failure leaves the entry unchanged
 * (JSR-107 1.1.1, Write-Through).
 *
 * <p>After a concurrent change by another JVM, policy and writer are called again. A conditional
 * write whose condition no longer holds has then called the writer although nothing is written.
 */
final class OptimisticWrites<K, V> extends EntryWrites<K, V> {

  OptimisticWrites(CacheContext<K, V> context) {
    super(context);
  }

  @Override
  public boolean needsLocks() {
    return true;
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
    Bytes encodedValue = value == null ? null : context.codec().value(encodedKey, value);
    ContentionBackoff contention = new ContentionBackoff(context.contentionTimeout());
    boolean owes = operation.owes();
    while (true) {
      Decision decision;
      try {
        decision = decide(operation, encodedKey, encodedValue, expected, owes, expiry);
      } catch (RedisUnavailableException e) {
        context.store().degradation().skipOrThrow(e);
        if (operation.condition() == Condition.ANY) {
          context.writer().write(key, value);
        }
        return OperationResult.none(/* found= */ false);
      }
      Mutation mutation = decision.mutation();
      if (mutation == null) {
        return OperationResult.none(decision.found());
      }
      context.writer().write(key, value);
      owes |= context.writer().exists();
      Outcome outcome;
      try {
        outcome = context.store().changes().apply(mutation.withTags(tags), owes);
      } catch (RedisUnavailableException e) {
        context.store().degradation().skipOrThrow(e);
        return OperationResult.none(/* found= */ false);
      }
      boolean isApplied = outcome.change() != Change.NONE || mutation.condition() == Condition.ANY;
      if (isApplied) {
        return result(outcome, mutation, decision.found(), value);
      }
      contention.spoilt(operation.name(), key);
    }
  }

  @Override
  List<Mutation> mutations(List<EncodedEntry<K, V>> puts) {
    List<Boolean> present =
        context.store().containsAllToChange(puts.stream().map(EncodedEntry::keyBytes).toList());
    List<Mutation> mutations = new ArrayList<>(puts.size());
    for (int i = 0; i < puts.size(); i++) {
      mutations.add(
          mutation(
              EntryOperation.PUT,
              puts.get(i).keyBytes(),
              present.get(i) ? Condition.PRESENT : Condition.ABSENT,
              null,
              puts.get(i).valueBytes(),
              context.expiry()));
    }
    return mutations;
  }

  @Override
  OperationResult<V> resultOf(EncodedEntry<K, V> put, Mutation mutation, Outcome outcome) {
    if (outcome.change() != Change.NONE) {
      return result(outcome, mutation, mutation.condition() == Condition.PRESENT, put.value());
    }
    try {
      return putAgain(put);
    } catch (RedisUnavailableException e) {
      context.store().degradation().skipOrThrow(e);
      return OperationResult.none(/* found= */ false);
    }
  }

  /** Puts an entry that was created or removed concurrently; the writer has been called. */
  private OperationResult<V> putAgain(EncodedEntry<K, V> put) {
    ContentionBackoff contention = new ContentionBackoff(context.contentionTimeout());
    while (true) {
      Decision decision =
          decide(
              EntryOperation.PUT,
              put.keyBytes(),
              put.valueBytes(),
              /* expected= */ null,
              /* owes= */ true,
              context.expiry());
      Mutation mutation = requireNonNull(decision.mutation(), "a put always applies");
      Outcome outcome = context.store().changes().apply(mutation, /* owes= */ true);
      if (outcome.change() != Change.NONE) {
        return result(outcome, mutation, decision.found(), put.value());
      }
      contention.spoilt(EntryOperation.PUT.name(), put.key());
    }
  }

  /** The mutation to apply, if the operation's condition holds for the stored entry. */
  private Decision decide(
      EntryOperation operation,
      Bytes key,
      @Nullable Bytes value,
      @Nullable V expected,
      boolean owes,
      EntryExpiry expiry) {
    boolean needsRead =
        operation.condition() != Condition.ANY || (value != null && !expiry.isFixed());
    if (!needsRead) {
      return new Decision(false, mutation(operation, key, Condition.ANY, null, value, expiry));
    }
    Bytes stored = context.store().getToChange(key, owes);
    // A value that cannot be decoded counts as absent; a value that is overwritten in any case is
    // not decoded.
    boolean looks = operation.condition() != Condition.ANY;
    V readable = looks ? context.codec().decode(key, stored) : null;
    boolean found = looks ? readable != null : stored != null;
    boolean holds =
        switch (operation.condition()) {
          case ANY -> true;
          case ABSENT -> !found;
          case PRESENT -> found;
          case EQUAL ->
              stored != null && readable != null && isEqual(key, stored, readable, expected);
        };
    if (!holds) {
      if (found && operation.condition() == Condition.EQUAL) {
        context.store().changes().touch(key, context.expiry().onAccess());
      }
      return new Decision(found, null);
    }
    if (!found && stored != null) {
      return new Decision(
          false,
          mutation(operation, key, Condition.ABSENT, null, value, expiry)
              .creatingInPlaceOf(stored));
    }
    Condition condition = found ? Condition.PRESENT : Condition.ABSENT;
    if (operation.condition() == Condition.EQUAL) {
      condition = Condition.EQUAL;
    }
    return new Decision(found, mutation(operation, key, condition, stored, value, expiry));
  }

  private boolean isEqual(Bytes key, Bytes stored, V readable, @Nullable V expected) {
    return expected != null && context.codec().isEqual(key, stored, readable, expected);
  }

  private Mutation mutation(
      EntryOperation operation,
      Bytes key,
      Condition condition,
      @Nullable Bytes stored,
      @Nullable Bytes value,
      EntryExpiry expiry) {
    boolean creates = value != null && condition != Condition.PRESENT && stored == null;
    boolean updates = value != null && condition != Condition.ABSENT;
    return new Mutation(
        key,
        condition,
        condition == Condition.EQUAL ? stored : null,
        value,
        creates ? expiry.onCreation() : Ttl.UNCHANGED,
        updates ? expiry.onUpdate() : Ttl.UNCHANGED,
        operation.returnsPrior() || context.demand().wantsOldValues(),
        context.demand().wantsEvents());
  }

  /**
   * The result of a mutation.
   *
   * @param found whether there was an entry, as far as it was looked for
   */
  private OperationResult<V> result(
      Outcome outcome, Mutation mutation, boolean found, @Nullable V value) {
    return result(
        outcome,
        mutation,
        found || outcome.change() == Change.UPDATED || outcome.change() == Change.REMOVED,
        /* isCreation= */ mutation.condition() == Condition.EQUAL && !found,
        value);
  }

  /**
   * The decision of an operation.
   *
   * @param found whether there was an entry, as far as it was looked for
   * @param mutation the mutation to apply, or {@code null} if the condition does not hold
   */
  private record Decision(boolean found, @Nullable Mutation mutation) {}
}
