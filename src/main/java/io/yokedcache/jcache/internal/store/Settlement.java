package io.yokedcache.jcache.internal.store;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.NoMasterException;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.StoredCache.Operation;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations.Debt;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations.GenerationDebt;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations.Late;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations.SettlementAttempt;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Decides by the failure whether a change of a cache is owed, if its operation owes at all ({@code
 * EntryOperation.owes}, {@code ProcessorStore}), and settles the debts in Redis: it removes the
 * owed entries, or begins the owed generation. {@link EntryStore} and {@link EntryChanges} ask it
 * before they use an entry while anything is owed, and a thread of the manager asks it for the
 * rest. Safe for use by several threads: its only state is in {@link OwedInvalidations}, by which
 * one thread at a time settles a debt.
 */
final class Settlement {

  private final StoredCache cache;
  private final RedisExecutor executor;
  private final KeySpace names;
  private final Generations generations;
  private final GenerationGuard guard;
  private final MutationApplier mutations;
  private final ChangeObserver observers;
  private final Function<List<Bytes>, List<@Nullable Bytes>> values;
  private final OwedInvalidations.OfCache owed;

  /** How many new masters have refused to remove changed entries. */
  private volatile int refusedRepairs;

  /**
   * Creates the settlement of a cache.
   *
   * @param observers are told of the removals
   * @param values reads values in the order of their keys, {@code null} where there is no entry
   * @param owed the invalidations that the manager owes of this cache
   */
  Settlement(
      StoredCache cache,
      MutationApplier mutations,
      ChangeObserver observers,
      Function<List<Bytes>, List<@Nullable Bytes>> values,
      OwedInvalidations.OfCache owed) {
    this.cache = cache;
    this.executor = cache.executor();
    this.names = cache.names();
    this.generations = cache.generations();
    this.guard = cache.guard();
    this.mutations = mutations;
    this.observers = observers;
    this.values = values;
    this.owed = owed;
  }

  /** Whether a key or the cache is owed: one volatile read. */
  boolean isAnyOwed() {
    return owed.isAny();
  }

  /** Whether the entry of a key must be removed, alone or with the cache. */
  boolean isOwed(Bytes key) {
    return owed.isAny() && owed.isOwed(key, names.bucketOf(key));
  }

  OutageStatistics statistics(long degradedReads, long degradedWrites) {
    return new OutageStatistics(
        degradedReads,
        degradedWrites,
        owed.owedKeys(),
        owed.owesGeneration(),
        owed.oldestNanos(),
        owed.settled(),
        owed.overflows());
  }

  /** Ends the use of the cache by a cache object; what is owed is settled nevertheless. */
  void close() {
    owed.close();
  }

  /** Says whether the cache may owe something after it is closed. */
  void keep(boolean isKept) {
    owed.keep(isKept);
  }

  /**
   * How many new masters have refused to remove changed entries. If the number grows during an
   * operation, that may have looked at what is owed before, and got its answer from such a master.
   */
  int refusedRepairs() {
    return refusedRepairs;
  }

  /** Notes that a new master has refused to remove entries. */
  synchronized void oweAfterFailOver(Collection<Bytes> keys) {
    owe(keys);
    refusedRepairs++;
  }

  /** Notes that a new master has refused a new generation. */
  synchronized void oweGenerationAfterFailOver() {
    oweGeneration(/* afterFailOver= */ true);
    refusedRepairs++;
  }

  /** Notes that entries must be removed, because a change or a read before a change failed. */
  void owe(Collection<Bytes> keys) {
    for (Bytes key : keys) {
      owed.owe(this::settleAll, key, names.bucketOf(key), /* lateValue= */ null);
    }
    keys.forEach(observers::afterChange); // near entries are wrong, too
  }

  /** Notes that entries must be removed, unless the failure cannot leave an old entry. */
  void owe(Collection<Bytes> keys, Throwable failure) {
    if (mayLeaveOldEntry(failure)) {
      owe(keys);
    }
  }

  /** Notes the changes that failed. Their observers are told by the caller. */
  void oweChanges(List<Mutation> failed, Throwable failure) {
    if (!mayLeaveOldEntry(failure)) {
      return;
    }
    boolean isUnknown =
        !(failure instanceof CacheException)
            || (failure instanceof RedisUnavailableException away && away.isOutcomeUnknown());
    for (Mutation mutation : failed) {
      Bytes key = mutation.key();
      owed.owe(this::settleAll, key, names.bucketOf(key), isUnknown ? mutation.value() : null);
    }
  }

  /** Notes that the cache needs a new generation. */
  void oweGeneration() {
    oweGeneration(/* afterFailOver= */ false);
  }

  private void oweGeneration(boolean afterFailOver) {
    observers.beforeClear();
    try {
      owed.oweGeneration(this::settleAll, afterFailOver);
    } finally {
      observers.afterClear(); // near entries are wrong, too
    }
  }

  /** Notes that the cache needs a new generation, unless the failure cannot leave old entries. */
  void oweGeneration(Throwable failure) {
    if (mayLeaveOldEntry(failure)) {
      oweGeneration();
    }
  }

  /**
   * Whether a change that failed may leave an old entry. It leaves none if the cache in Redis
   * belongs to another application: the one failure that is neither an error reply nor an outage.
   */
  private static boolean mayLeaveOldEntry(Throwable failure) {
    boolean isErrorReply = failure.getCause() instanceof JedisDataException;
    return isErrorReply
        || failure instanceof RedisUnavailableException
        || !(failure instanceof CacheException);
  }

  /**
   * Settles what is owed of some keys, before they are used.
   *
   * @return the keys of which Redis refuses it, which count as absent
   * @throws RedisUnavailableException if Redis cannot be reached
   */
  Set<Bytes> settleToUse(Collection<Bytes> keys) {
    return settleUntil(owed.waitEndNanos(), keys);
  }

  /** Settles as {@link #settleToUse} does, and waits for other threads until a time. */
  private Set<Bytes> settleUntil(long waitEndNanos, Collection<Bytes> keys) {
    long start = System.nanoTime();
    Set<Bytes> refused = new HashSet<>();
    Set<Integer> buckets = names.bucketsOf(keys);
    while (true) {
      if (!settleGenerationIn(buckets, waitEndNanos)) {
        return new HashSet<>(keys);
      }
      // Later debts are of changes that run at the same time: this call may come before them.
      Map<Bytes, Debt> due = owed.debtsOf(keys);
      due.values().removeIf(debt -> !debt.wasOwedAt(start));
      due.forEach(
          (key, debt) -> {
            if (!debt.mayBeTried(System.nanoTime())) {
              refused.add(key);
            }
          });
      due.keySet().removeAll(refused);
      SettlementAttempt other = owed.underWay(due.keySet());
      if (other != null) {
        await(other, waitEndNanos);
        continue;
      }
      if (due.isEmpty()) {
        return refused;
      }
      refused.addAll(
          settleEntries(due)); // apart from those that another thread has begun to remove
    }
  }

  /** Waits for the attempt of another thread, if there is one. */
  private void await(@Nullable SettlementAttempt other, long waitEndNanos) {
    if (other != null) {
      other.await(cache.nameOf(Operation.OWED_REMOVAL), executor.address(), waitEndNanos);
    }
  }

  /**
   * The debts that Redis refused to settle before a change.
   *
   * @param attempt that of the change, to replace the entries that are owed
   * @param ofGeneration the keys whose buckets need a new generation, which ends what the change
   *     stores
   */
  record Refusal(SettlementAttempt attempt, Set<Bytes> ofGeneration) {

    /** Whether an entry counts as absent, though it may be there. */
    boolean isAbsent(Bytes key) {
      return attempt.debts().containsKey(key) || ofGeneration.contains(key);
    }
  }

  /**
   * Settles what is owed of some keys, before they are changed. Where Redis refuses it, the change
   * itself is the attempt to replace the entries, and other threads leave them alone: a removal
   * that Redis accepts by now would end what the change has stored.
   *
   * @return what was refused, for {@link #endChange}; {@code null} if nothing was
   * @throws RedisUnavailableException if Redis cannot be reached
   */
  @Nullable Refusal settleToChange(Collection<Bytes> keys) {
    long waitEndNanos = owed.waitEndNanos();
    while (true) {
      Set<Bytes> ofGeneration = settleUntil(waitEndNanos, keys);
      Map<Bytes, Debt> refused = owed.debtsOf(ofGeneration);
      ofGeneration.removeIf(key -> isGenerationSettledIn(Set.of(names.bucketOf(key))));
      if (refused.isEmpty() && ofGeneration.isEmpty()) {
        return null;
      }
      SettlementAttempt attempt = owed.beginAttempt(refused);
      if (attempt.debts().size() == refused.size()) {
        return new Refusal(attempt, ofGeneration);
      }
      // It is given up before the wait for another one: that one may wait for a key of this one.
      owed.endAttempt(attempt, /* failure= */ null);
      await(owed.underWay(refused.keySet()), waitEndNanos);
    }
  }

  /** The failure of a change that may have found an entry which a new master should not have. */
  RedisUnavailableException ofDoubtfulEntry(Mutation mutation) {
    return failure(
        mutation,
        "after a fail-over, the new master has refused to remove changed entries, and may have"
            + " made the change on one of them",
        RedisUnavailableException.Kind.CONNECTION_LOST);
  }

  /** The failure of a creation that would find entries of before a new generation. */
  RedisUnavailableException ofRefusedGeneration(Mutation mutation) {
    return failure(
        mutation,
        "the cache must be emptied before, which Redis refuses",
        RedisUnavailableException.Kind.REFUSED);
  }

  private RedisUnavailableException failure(
      Mutation mutation, String reason, RedisUnavailableException.Kind kind) {
    String operation = cache.nameOf(mutation.value() == null ? Operation.REMOVE : Operation.PUT);
    String server = executor.address();
    return new RedisUnavailableException(
        "%s on %s failed: %s".formatted(operation, server, reason),
        new NoMasterException(reason, kind),
        kind,
        server);
  }

  /**
   * Ends the attempt of a change.
   *
   * @param replaced the entries that the change has replaced or removed, whose debts end
   * @param failure why the change failed, or {@code null}; threads that wait for the attempt fail
   *     too if Redis is away
   */
  void endChange(SettlementAttempt attempt, Set<Bytes> replaced, @Nullable CacheException failure) {
    try {
      Map<Bytes, Debt> ended = new HashMap<>(attempt.debts());
      ended.keySet().retainAll(replaced);
      owed.endDebts(ended, /* mayArriveLate= */ true);
    } finally {
      owed.endAttempt(attempt, failure == null ? null : away(failure));
    }
  }

  /**
   * Begins a new generation, which ends all debts of before.
   *
   * @param begun takes the new generations by bucket
   * @return the tokens of the generations that ended and may have had entries
   */
  Set<String> clear(Map<Integer, Generation> begun) {
    if (owed.generation() == null) {
      return clearNow(begun);
    }
    SettlementAttempt attempt = beginAttemptIn(generations.buckets(), owed.waitEndNanos());
    RedisUnavailableException failure = null;
    try {
      boolean unused = endLostConnections(generations.buckets());
      return clearNow(begun);
    } catch (RedisUnavailableException e) {
      failure = e;
      throw e;
    } finally {
      owed.endAttempt(attempt, failure);
    }
  }

  /**
   * Ends changes that failed and may be executed after entries were stored again.
   *
   * @return false if such changes may still be executed
   */
  private boolean endLostConnections(Collection<Integer> buckets) {
    return executor.endLostConnections(
        cache.nameOf(Operation.OWED_REMOVAL), buckets.stream().map(names::route).toList());
  }

  /** Begins the attempt at new generations, as soon as no other thread makes one there. */
  private SettlementAttempt beginAttemptIn(Collection<Integer> buckets, long waitEndNanos) {
    while (true) {
      SettlementAttempt own = owed.beginAttemptIn(buckets);
      if (own != null) {
        return own;
      }
      await(owed.underWayIn(buckets), waitEndNanos);
    }
  }

  private Set<String> clearNow(Map<Integer, Generation> begun) {
    observers.beforeClear();
    Debt generation = owed.generation();
    Map<Bytes, Debt> keys = owed.keys();
    try {
      Set<String> ended = generations.renewAll(begun);
      owed.endAllDebts(generation, keys);
      return ended;
    } finally {
      observers.afterClear();
    }
  }

  /**
   * Settles what is owed of the whole cache now, until Redis refuses something. Debts that are
   * noted in the meantime are left: a server without memory refuses writes and accepts removals, so
   * there may always be new ones.
   */
  private void settleAll() {
    boolean isSettled = settleGenerationByBucket();
    for (Map<Bytes, Debt> due : owed.due(cache.batchSize())) {
      isSettled = isSettled && settleEntries(due).isEmpty();
    }
    Map<Bytes, Late> late = owed.dueLate(cache.batchSize());
    if (!late.isEmpty()) {
      removeLate(late);
      owed.endLate(late);
    }
  }

  /**
   * Begins the new generation that is owed, in one bucket after the other: a master may be away.
   */
  private boolean settleGenerationByBucket() {
    boolean isSettled = true;
    RedisUnavailableException failure = null;
    for (int bucket : generations.buckets()) {
      try {
        isSettled &= settleGenerationIn(Set.of(bucket), owed.waitEndNanos());
      } catch (RedisUnavailableException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return isSettled;
  }

  /**
   * Begins the new generation that is owed, in some buckets and in no others, whose masters may be
   * away.
   *
   * @return false if Redis refuses it
   */
  private boolean settleGenerationIn(Collection<Integer> buckets, long waitEndNanos) {
    GenerationDebt before = owed.generation();
    if (isGenerationSettledIn(buckets)) {
      return true;
    }
    if (before != null && !before.mayBeTried(System.nanoTime())) {
      return false;
    }
    SettlementAttempt attempt = beginAttemptIn(buckets, waitEndNanos);
    GenerationDebt debt = owed.generation();
    boolean isAccepted =
        carryOut(
            attempt,
            debt == null ? Set.of() : Set.of(debt),
            () -> {
              // Another thread may have begun it by now, or was refused.
              if (debt != null
                  && !isGenerationSettledIn(buckets)
                  && debt.mayBeTried(System.nanoTime())) {
                beginOwedGeneration(debt, owed.bucketsLeft(debt, buckets));
              }
            });
    return isAccepted && isGenerationSettledIn(buckets);
  }

  /**
   * Carries out an attempt to settle some debts, and ends the attempt.
   *
   * @param requests asks Redis
   * @return false if Redis refuses it, so that the debts are postponed
   * @throws RedisUnavailableException if Redis cannot be reached; threads that wait for the attempt
   *     fail too
   */
  private boolean carryOut(SettlementAttempt attempt, Collection<Debt> debts, Runnable requests) {
    RedisUnavailableException failure = null;
    try {
      requests.run();
      return true;
    } catch (CacheException e) {
      failure = away(e);
      if (failure != null || !mayLeaveOldEntry(e)) {
        throw e;
      }
      debts.forEach(Debt::postpone);
      return false;
    } finally {
      owed.endAttempt(attempt, failure);
    }
  }

  /** Whether no new generation is owed in some buckets. */
  private boolean isGenerationSettledIn(Collection<Integer> buckets) {
    GenerationDebt debt = owed.generation();
    return debt == null || owed.bucketsLeft(debt, buckets).isEmpty();
  }

  /** Begins the generation of a debt in some buckets; the debt ends with the last bucket. */
  private void beginOwedGeneration(GenerationDebt debt, Set<Integer> some) {
    for (int bucket : some) {
      if (executor.isAway(names.route(bucket))) {
        generations.ask(bucket); // fails, and near entries of the others stay
      }
    }
    observers.beforeClear();
    try {
      long changes = owed.changes(debt);
      boolean unused = endLostConnections(some);
      if (debt.deletesOthers()) {
        generations.renewOrDelete(some);
      } else {
        generations.renew(some);
      }
      owed.begun(debt, some, changes);
    } finally {
      observers.afterClear();
    }
    if (isGenerationSettledIn(generations.buckets())) {
      owed.endAllDebts(debt, Map.of());
    }
  }

  /**
   * Removes owed entries, apart from those that another thread removes now.
   *
   * @return the keys of which Redis refuses it
   */
  private Set<Bytes> settleEntries(Map<Bytes, Debt> some) {
    SettlementAttempt attempt = owed.beginAttempt(some);
    Map<Bytes, Debt> debts = attempt.debts();
    if (debts.isEmpty()) {
      return Set.of();
    }
    boolean isAccepted =
        carryOut(
            attempt,
            debts.values(),
            () -> {
              List<Bytes> keys = List.copyOf(debts.keySet());
              Set<Integer> buckets = names.bucketsOf(keys);
              boolean mayArriveLate = !endLostConnections(buckets);
              unlink(keys);
              // It may have been lost and sent again; executed late, it would remove a new entry.
              mayArriveLate |= !endLostConnections(buckets);
              owed.endDebts(debts, mayArriveLate);
            });
    return isAccepted ? Set.of() : debts.keySet();
  }

  private static @Nullable RedisUnavailableException away(CacheException failure) {
    return failure instanceof RedisUnavailableException away
            && away.kind() != RedisUnavailableException.Kind.REFUSED
        ? away
        : null;
  }

  private void unlink(List<Bytes> keys) {
    keys.forEach(observers::beforeUntrackedChange);
    try {
      List<@Nullable Object> unused =
          guard.execute(cache.nameOf(Operation.OWED_REMOVAL), keys, new Unlink());
    } finally {
      keys.forEach(observers::afterChange);
    }
  }

  private final class Unlink extends GenerationGuard.GuardedCommands<@Nullable Object> {

    Unlink() {
      super(guard, cache.nameOf(Operation.OWED_REMOVAL));
    }

    @Override
    protected List<CommandArguments> commands(Generation generation, List<Bytes> keys) {
      return keys.stream()
          .map(key -> KeySpace.entryKey(generation.entryPrefix(), key))
          .map(entry -> new CommandArguments(Command.UNLINK).add(entry))
          .toList();
    }

    @Override
    protected List<@Nullable Object> resultsOf(
        Generation generation, List<@Nullable Object> replies) {
      return replies;
    }
  }

  /**
   * Removes entries of writes that were executed after their debts were settled. An entry that was
   * stored since has another value, and stays.
   */
  private void removeLate(Map<Bytes, Late> late) {
    List<Bytes> keys = List.copyOf(late.keySet());
    List<@Nullable Bytes> found = values.apply(keys);
    List<Mutation> removals = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Bytes key = keys.get(i);
      Bytes value = found.get(i);
      if (value != null && requireNonNull(late.get(key)).mayHaveStored(value)) {
        removals.add(Mutation.remove(key, Condition.EQUAL, value));
      }
    }
    removals.forEach(removal -> observers.beforeUntrackedChange(removal.key()));
    try {
      mutations.applyAll(removals, /* pinned= */ null, new ArrayList<>());
    } finally {
      removals.forEach(removal -> observers.afterChange(removal.key()));
    }
  }
}
