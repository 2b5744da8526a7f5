package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.store.Bytes;
import io.yokedcache.jcache.internal.store.Change;
import io.yokedcache.jcache.internal.store.Condition;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Outcome;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Writes in which application code has a say: read, decide, and apply on the condition that what
 * was read still holds; if it does not, once more. The expiry policy is asked for the one case that
 * applies, and the writer is called before the entry changes, so that its failure leaves the entry
 * as it was (JSR-107 1.1.1, Write-Through).
 *
 * <p>When another JVM spoils an attempt, policy and writer are called again, and a conditional
 * write whose condition no longer holds has then called the writer in vain.
 */
final class OptimisticAccess<K, V> implements EntryAccess<K, V> {

  private final CacheParts<K, V> parts;

  OptimisticAccess(CacheParts<K, V> parts) {
    this.parts = parts;
  }

  @Override
  public boolean wantsTurns() {
    return true;
  }

  @Override
  public Result<V> write(EntryOperation operation, K key, @Nullable V value, @Nullable V expected) {
    Bytes encodedKey = parts.codec().key(key);
    Bytes encodedValue = value == null ? null : parts.codec().value(value);
    Contention contention = new Contention(parts.contentionTimeout());
    while (true) {
      Decision decision = decide(operation, encodedKey, encodedValue, expected);
      Mutation mutation = decision.mutation();
      if (mutation == null) {
        return Result.none(decision.found());
      }
      parts.writer().write(key, value);
      Outcome outcome = parts.store().apply(mutation);
      boolean settled = outcome.change() != Change.NONE || mutation.condition() == Condition.ANY;
      if (settled) {
        return result(operation, decision, outcome, value);
      }
      contention.spoilt(operation.name(), key);
    }
  }

  @Override
  public List<Result<V>> writeAll(EntryOperation operation, Map<? extends K, ? extends V> entries) {
    List<K> keys = new ArrayList<>(entries.keySet());
    List<V> values = new ArrayList<>(entries.values());
    List<Decision> decisions = decideAll(operation, keys, values);
    List<Mutation> mutations =
        decisions.stream().map(Decision::mutation).filter(Objects::nonNull).toList();
    Iterator<Outcome> outcomes = parts.store().applyAll(mutations).iterator();
    List<Result<V>> results = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      Decision decision = decisions.get(i);
      if (decision.mutation() == null) {
        results.add(Result.none(decision.found()));
        continue;
      }
      Outcome outcome = outcomes.next();
      results.add(
          outcome.change() == Change.NONE
              ? write(operation, keys.get(i), values.get(i), null) // changed meanwhile
              : result(operation, decision, outcome, values.get(i)));
    }
    return results;
  }

  /** What to apply of a put, or of one if absent, for what is stored now. */
  private List<Decision> decideAll(EntryOperation operation, List<K> keys, List<V> values) {
    List<Bytes> encodedKeys = parts.codec().keys(keys);
    List<Bytes> encodedValues = parts.codec().values(values);
    List<Boolean> present = parts.store().containsAll(encodedKeys);
    List<Decision> decisions = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      boolean found = present.get(i);
      boolean holds = !found || operation.condition() == Condition.ANY;
      Condition condition = found ? Condition.PRESENT : Condition.ABSENT;
      decisions.add(
          new Decision(
              found,
              holds
                  ? mutation(operation, encodedKeys.get(i), condition, null, encodedValues.get(i))
                  : null));
    }
    return decisions;
  }

  /** What to apply, if the operation's condition holds for what is stored now. */
  private Decision decide(
      EntryOperation operation, Bytes key, @Nullable Bytes value, @Nullable V expected) {
    boolean needsRead =
        operation.condition() != Condition.ANY || (value != null && !parts.expiry().isFixed());
    if (!needsRead) {
      return new Decision(false, mutation(operation, key, Condition.ANY, null, value));
    }
    Bytes stored = parts.store().get(key, Ttl.UNCHANGED);
    boolean found = stored != null;
    boolean holds =
        switch (operation.condition()) {
          case ANY -> true;
          case ABSENT -> !found;
          case PRESENT -> found;
          case EQUAL -> stored != null && expected != null && isEqual(stored, expected);
        };
    if (!holds) {
      if (found && operation.condition() == Condition.EQUAL) {
        parts.store().touch(key, parts.expiry().onAccess());
      }
      return new Decision(found, null);
    }
    Condition condition = found ? Condition.PRESENT : Condition.ABSENT;
    if (operation.condition() == Condition.EQUAL) {
      condition = Condition.EQUAL;
    }
    return new Decision(found, mutation(operation, key, condition, stored, value));
  }

  /** By bytes first, as values without {@code equals} need it, then as JSR-107 wants it. */
  private boolean isEqual(Bytes stored, V expected) {
    return stored.equals(parts.codec().value(expected))
        || expected.equals(parts.codec().decode(stored));
  }

  private Mutation mutation(
      EntryOperation operation,
      Bytes key,
      Condition condition,
      @Nullable Bytes stored,
      @Nullable Bytes value) {
    boolean creates = value != null && condition != Condition.PRESENT && stored == null;
    boolean updates = value != null && condition != Condition.ABSENT;
    return new Mutation(
        key,
        condition,
        condition == Condition.EQUAL ? stored : null,
        value,
        creates ? parts.expiry().onCreation() : Ttl.UNCHANGED,
        updates ? parts.expiry().onUpdate() : Ttl.UNCHANGED,
        operation.returnsPrior() || parts.demand().wantsOldValues(),
        parts.demand().wantsEvents());
  }

  private Result<V> result(
      EntryOperation operation, Decision decision, Outcome outcome, @Nullable V value) {
    Mutation mutation = decision.mutation();
    Change change = outcome.change();
    boolean expired =
        change == Change.EXPIRED
            || (change == Change.UPDATED && mutation != null && mutation.onUpdate().isZero());
    boolean found = decision.found() || change == Change.UPDATED || change == Change.REMOVED;
    return new Result<>(
        change,
        found,
        change == Change.NONE ? null : value,
        operation.returnsPrior() || parts.demand().wantsOldValues()
            ? parts.codec().decode(outcome.prior())
            : null,
        expired);
  }

  /**
   * What an operation does.
   *
   * @param found whether there was an entry, as far as it was looked for
   * @param mutation what to apply, or {@code null} if the condition does not hold
   */
  private record Decision(boolean found, @Nullable Mutation mutation) {}
}
