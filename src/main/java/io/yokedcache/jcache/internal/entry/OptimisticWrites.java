package io.yokedcache.jcache.internal.entry;

import static java.util.Objects.requireNonNull;

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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
final class OptimisticWrites<K, V> implements EntryWrites<K, V> {

  private final CacheContext<K, V> context;

  OptimisticWrites(CacheContext<K, V> context) {
    this.context = context;
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
      boolean settled = outcome.change() != Change.NONE || mutation.condition() == Condition.ANY;
      if (settled) {
        return result(operation, encodedKey, decision, outcome, value);
      }
      contention.spoilt(operation.name(), key);
    }
  }

  @Override
  public void begin(
      EntryOperation operation,
      K key,
      Bytes encodedKey,
      @Nullable V value,
      EntryExpiry expiry,
      List<Bytes> tags,
      RequestSender sender,
      Consumer<Supplier<OperationResult<V>>> arrived) {
    throw new IllegalStateException("A write with application code needs the lock of its key");
  }

  @Override
  public BulkPut<K, V> preparePuts(List<EncodedEntry<K, V>> entries) {
    List<Boolean> present;
    try {
      present =
          context
              .store()
              .containsAllToChange(entries.stream().map(EncodedEntry::keyBytes).toList());
    } catch (RedisUnavailableException e) {
      context.store().degradation().skipOrThrow(e);
      return accepted -> leftOut(entries, accepted);
    }
    List<Mutation> mutations = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      mutations.add(
          mutation(
              EntryOperation.PUT,
              entries.get(i).keyBytes(),
              present.get(i) ? Condition.PRESENT : Condition.ABSENT,
              null,
              entries.get(i).valueBytes(),
              context.expiry()));
    }
    return accepted -> apply(entries, mutations, accepted);
  }

  private Map<K, OperationResult<V>> leftOut(List<EncodedEntry<K, V>> entries, Set<K> accepted) {
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    for (EncodedEntry<K, V> entry : entries) {
      if (accepted.contains(entry.key())) {
        results.put(entry.key(), OperationResult.none(/* found= */ false));
      }
    }
    return results;
  }

  private Map<K, OperationResult<V>> apply(
      List<EncodedEntry<K, V>> entries, List<Mutation> mutations, Set<K> accepted) {
    List<EncodedEntry<K, V>> puts = new ArrayList<>(entries.size());
    List<Mutation> applied = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      if (accepted.contains(entries.get(i).key())) {
        puts.add(entries.get(i));
        applied.add(mutations.get(i));
      }
    }
    List<@Nullable Outcome> outcomes = context.store().changes().applyAllOrSkip(applied);
    Map<K, OperationResult<V>> results = new LinkedHashMap<>();
    for (int i = 0; i < puts.size(); i++) {
      EncodedEntry<K, V> put = puts.get(i);
      results.put(put.key(), result(put, applied.get(i), outcomes.get(i)));
    }
    return results;
  }

  private OperationResult<V> result(
      EncodedEntry<K, V> put, Mutation applied, @Nullable Outcome outcome) {
    if (outcome == null) {
      return OperationResult.none(/* found= */ false); // left out
    }
    if (outcome.change() != Change.NONE) {
      boolean found = applied.condition() == Condition.PRESENT;
      return result(
          EntryOperation.PUT, put.keyBytes(), new Decision(found, applied), outcome, put.value());
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
        return result(EntryOperation.PUT, put.keyBytes(), decision, outcome, put.value());
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

  private OperationResult<V> result(
      EntryOperation operation, Bytes key, Decision decision, Outcome outcome, @Nullable V value) {
    Mutation mutation = decision.mutation();
    boolean updated = outcome.change() == Change.UPDATED;
    boolean expired =
        outcome.change() == Change.EXPIRED
            || (updated && mutation != null && mutation.onUpdate().isZero());
    V prior =
        operation.returnsPrior() || context.demand().wantsOldValues()
            ? context.codec().decode(key, outcome.prior())
            : null;
    boolean replacedNothing =
        mutation != null && mutation.condition() == Condition.EQUAL && !decision.found();
    boolean undecodable = replacedNothing || (prior == null && outcome.prior() != null);
    Change change = undecodable ? outcome.asCreation().change() : outcome.change();
    boolean found = decision.found() || updated || change == Change.REMOVED;
    return new OperationResult<>(
        change, found && !undecodable, change == Change.NONE ? null : value, prior, expired);
  }

  /**
   * The decision of an operation.
   *
   * @param found whether there was an entry, as far as it was looked for
   * @param mutation the mutation to apply, or {@code null} if the condition does not hold
   */
  private record Decision(boolean found, @Nullable Mutation mutation) {}
}
