package io.yokedcache.jcache.internal.store;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RequestSender;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.Settlement.Refusal;
import io.yokedcache.jcache.internal.store.StoredCache.Operation;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * The changes of the entries of one cache. Each is told to the observers before and after, and is
 * owed if it fails and the old entry would be wrong: the entry is removed before this JVM uses it
 * again. All methods throw {@link CacheException} if Redis refuses a change, and {@link
 * RedisUnavailableException} if Redis cannot be reached; those that skip changes say so. Safe for
 * use by several threads.
 */
public final class EntryChanges {

  private final StoredCache cache;
  private final KeySpace names;
  private final Generations generations;
  private final GenerationGuard guard;
  private final BucketRequests requests;
  private final MutationApplier mutations;
  private final Settlement settlement;
  private final Degradation degradation;
  private final ChangeObserver observers;

  EntryChanges(
      StoredCache cache,
      BucketRequests requests,
      MutationApplier mutations,
      Settlement settlement,
      Degradation degradation,
      ChangeObserver observers) {
    this.cache = cache;
    this.names = cache.names();
    this.generations = cache.generations();
    this.guard = cache.guard();
    this.requests = requests;
    this.mutations = mutations;
    this.settlement = settlement;
    this.degradation = degradation;
    this.observers = observers;
  }

  /**
   * Changes an entry.
   *
   * @param owes whether the entry must be removed later if this fails: the application has changed
   *     its data, and the old entry would be wrong
   */
  public Outcome apply(Mutation mutation, boolean owes) {
    Bytes key = mutation.key();
    observers.beforeChange(key);
    try {
      return settleAndApply(mutation);
    } catch (Throwable e) {
      if (owes) {
        settlement.oweChanges(List.of(mutation), e);
      }
      throw e;
    } finally {
      observers.afterChange(key);
    }
  }

  private Outcome settleAndApply(Mutation mutation) {
    while (true) {
      int repairs = settlement.refusedRepairs();
      Refusal refusal =
          settlement.isAnyOwed() ? settlement.settleToChange(List.of(mutation.key())) : null;
      Outcome outcome =
          refusal == null ? mutations.apply(mutation) : applyToRefused(mutation, refusal);
      if (refusal != null || isValid(mutation, outcome, repairs)) {
        return outcome;
      }
    }
  }

  /**
   * Whether an outcome is that of an entry which this JVM need not remove. If a new master has
   * refused to remove entries since the change looked at what is owed, it may have found one of
   * them.
   *
   * @param repairs how many had refused it before
   * @return false if the change was not made, and must be tried again
   * @throws RedisUnavailableException if the change was made
   */
  private boolean isValid(Mutation mutation, Outcome outcome, int repairs) {
    if (repairs == settlement.refusedRepairs() || !tellsOfEntry(mutation, outcome)) {
      return true;
    }
    if (outcome.change() == Change.NONE) {
      return false;
    }
    throw settlement.ofDoubtfulEntry(mutation);
  }

  /** Whether the caller learns by an outcome that there was an entry, or which one. */
  private static boolean tellsOfEntry(Mutation mutation, Outcome outcome) {
    Condition condition = mutation.condition();
    return switch (outcome.change()) {
      case NONE -> condition == Condition.ABSENT || condition == Condition.EQUAL;
      case UPDATED, REMOVED ->
          condition != Condition.ANY || mutation.wantsPrior() || mutation.value() == null;
      case CREATED, WRITTEN, EXPIRED -> false;
    };
  }

  /** Changes an entry that Redis refused to remove. */
  private Outcome applyToRefused(Mutation mutation, Refusal refusal) {
    List<Outcome> outcomes = new ArrayList<>(1);
    applyAllToRefused(
        List.of(mutation), refusal, outcomes, made -> outcomes.add(mutations.apply(made.get(0))));
    return outcomes.get(0);
  }

  /**
   * Changes entries of which Redis refused to remove some. These count as absent: a creation
   * replaces them, a change that needs an entry removes them, and the outcomes are those of changes
   * that found nothing. Where a new generation was refused, a creation on the condition that there
   * is no entry fails: other creations would not see it.
   *
   * @param outcomes those of the changes that were made, also if one fails
   */
  private void applyAllToRefused(
      List<Mutation> all,
      Refusal refusal,
      List<Outcome> outcomes,
      Consumer<List<Mutation>> change) {
    List<Mutation> made =
        all.stream().map(one -> refusal.isAbsent(one.key()) ? one.ofAbsent() : one).toList();
    CacheException failure = null;
    try {
      for (Mutation mutation : all) {
        if (mutation.condition() == Condition.ABSENT
            && refusal.ofGeneration().contains(mutation.key())) {
          throw settlement.ofRefusedGeneration(mutation);
        }
      }
      change.accept(made);
    } catch (CacheException e) {
      failure = e;
      throw e;
    } finally {
      Set<Bytes> replaced = new HashSet<>();
      for (int i = 0; i < outcomes.size(); i++) {
        Mutation mutation = made.get(i);
        if (refusal.isAbsent(mutation.key())) {
          replaced.add(mutation.key());
          outcomes.set(i, mutation.value() == null ? Outcome.NONE : outcomes.get(i).asCreation());
        }
      }
      settlement.endChange(refusal.attempt(), replaced, failure);
    }
  }

  /**
   * Begins to change an entry, as {@link #apply} does.
   *
   * @param arrived is called once by the sender, with a supplier of the outcome. The supplier waits
   *     only if the change must be made again.
   */
  public void beginApply(
      Mutation mutation, boolean owes, RequestSender sender, Consumer<Supplier<Outcome>> arrived) {
    if (settlement.isAnyOwed()) {
      sender.run(() -> arrived.accept(() -> apply(mutation, owes)));
      return;
    }
    observers.beforeChange(mutation.key());
    boolean isBegun = false;
    try {
      int repairs = settlement.refusedRepairs();
      mutations.begin(
          mutation, sender, made -> arrived.accept(() -> finish(mutation, owes, made, repairs)));
      isBegun = true;
    } finally {
      if (!isBegun) {
        observers.afterChange(mutation.key());
      }
    }
  }

  private Outcome finish(Mutation mutation, boolean owes, Supplier<Outcome> made, int repairs) {
    try {
      Outcome outcome = made.get();
      return isValid(mutation, outcome, repairs) ? outcome : settleAndApply(mutation);
    } catch (Throwable e) {
      if (owes) {
        settlement.oweChanges(List.of(mutation), e);
      }
      throw e;
    } finally {
      observers.afterChange(mutation.key());
    }
  }

  /**
   * Changes several entries. Each change is atomic, all together are not.
   *
   * @param owes whether the entries must be removed later whose changes were not made
   * @return the outcomes in the order of the mutations
   */
  public List<Outcome> applyAll(List<Mutation> all, boolean owes) {
    List<Outcome> outcomes = new ArrayList<>(all.size());
    applyAll(all, owes, outcomes);
    return outcomes;
  }

  private void applyAll(List<Mutation> all, boolean owes, List<Outcome> outcomes) {
    all.forEach(mutation -> observers.beforeChange(mutation.key()));
    try {
      int repairs = settlement.refusedRepairs();
      Refusal refusal =
          settlement.isAnyOwed()
              ? settlement.settleToChange(all.stream().map(Mutation::key).toList())
              : null;
      if (refusal == null) {
        mutations.applyAll(all, /* pinned= */ null, outcomes);
      } else {
        applyAllToRefused(
            all, refusal, outcomes, made -> mutations.applyAll(made, /* pinned= */ null, outcomes));
      }
      for (int i = 0; i < outcomes.size(); i++) {
        boolean wasAbsent = refusal != null && refusal.isAbsent(all.get(i).key());
        if (!wasAbsent && !isValid(all.get(i), outcomes.get(i), repairs)) {
          outcomes.set(i, settleAndApply(all.get(i)));
        }
      }
    } catch (Throwable e) {
      if (owes) {
        settlement.oweChanges(all.subList(outcomes.size(), all.size()), e);
      }
      throw e;
    } finally {
      all.forEach(mutation -> observers.afterChange(mutation.key()));
    }
  }

  /**
   * Changes several entries and owes those whose changes were not made. If the cache degrades,
   * changes are skipped once Redis is away.
   *
   * @return the outcomes in the order of the mutations; {@code null} for those that were skipped
   */
  public List<@Nullable Outcome> applyAllOrSkip(List<Mutation> all) {
    List<Outcome> made = new ArrayList<>(all.size());
    try {
      applyAll(all, /* owes= */ true, made);
      return new ArrayList<>(made);
    } catch (RedisUnavailableException e) {
      degradation.skipOrThrow(e);
      List<@Nullable Outcome> outcomes = new ArrayList<>(made);
      outcomes.addAll(Collections.nCopies(all.size() - made.size(), null));
      return outcomes;
    }
  }

  /**
   * Gives an entry another time to live. If this fails, the entry is removed later: it may live
   * longer than the application allows.
   *
   * @param ttl positive, or {@link Ttl#ETERNAL}
   * @return whether there is an entry
   */
  public boolean expire(Bytes key, Ttl ttl) {
    String operation = cache.nameOf(Operation.EXPIRE);
    observers.beforeChange(key);
    try {
      while (true) {
        int repairs = settlement.refusedRepairs();
        if (settlement.isAnyOwed() && !settlement.settleToUse(List.of(key)).isEmpty()) {
          return false;
        }
        boolean found =
            guard.execute(operation, List.of(key), requests.expire(operation, ttl)).get(0);
        if (repairs == settlement.refusedRepairs()) {
          return found;
        }
      }
    } catch (Throwable e) {
      settlement.owe(List.of(key), e);
      throw e;
    } finally {
      observers.afterChange(key);
    }
  }

  /** Sets the time to live of an entry, if there is one. */
  public void touch(Bytes key, Ttl ttl) {
    if (ttl.isUnchanged()) {
      return;
    }
    if (ttl.isZero()) {
      observers.beforeUntrackedChange(key);
    }
    try {
      touchEach(List.of(key), any -> ttl);
    } finally {
      observers.afterChange(key);
    }
  }

  /** Sets the times to live of the entries that exist, in one round trip for each batch. */
  public void touchAll(Map<Bytes, Ttl> ttls) {
    Map<Bytes, Ttl> changed = new LinkedHashMap<>(ttls);
    changed.values().removeIf(Ttl::isUnchanged);
    changed.forEach(
        (key, ttl) -> {
          if (ttl.isZero()) {
            observers.beforeUntrackedChange(key);
          }
        });
    try {
      touchEach(List.copyOf(changed.keySet()), key -> requireNonNull(changed.get(key)));
    } finally {
      changed.keySet().forEach(observers::afterChange);
    }
  }

  private void touchEach(List<Bytes> keys, Function<Bytes, Ttl> ttl) {
    String operation = cache.nameOf(Operation.TOUCH);
    try {
      List<@Nullable Object> unused =
          guard.execute(operation, keys, requests.touch(operation, ttl));
    } catch (CacheException e) {
      settlement.owe(keys.stream().filter(key -> ttl.apply(key).isZero()).toList());
      if (!(e instanceof RedisUnavailableException away)) {
        throw e;
      }
      degradation.missOrThrow(away); // the read has its answer, the entry its old time to live
    }
  }

  /**
   * A view of some entries that ends with the next {@link EntryStore#clear} of any JVM. Later
   * changes through the view do nothing. For values that are loaded before they are stored.
   *
   * @param wereRead whether the entries were just read, so that this JVM knows the current
   *     generation; if not, Redis is asked
   * @param use {@link Use#ANSWER} for values that the application gets whether or not they are
   *     stored
   */
  public PinnedEntries pin(Collection<Bytes> keys, boolean wereRead, Use use) {
    Map<Integer, Generation> pinned = new HashMap<>();
    try {
      if (!wereRead) {
        generations.openAgain(names.bucketsOf(keys));
      }
      keys.forEach(key -> pinned.computeIfAbsent(names.bucketOf(key), generations::current));
    } catch (RedisUnavailableException e) {
      degradation.missOrThrow(use, e);
      return new PinnedEntries(Map.of(), use, /* isAway= */ true);
    }
    return new PinnedEntries(pinned, use, /* isAway= */ false);
  }

  /** Entries of one generation. Safe for use by several threads. */
  public final class PinnedEntries {

    private final Map<Integer, Generation> generationsByBucket;
    private final Use use;

    /** Whether Redis was away, so that nothing is sent again. */
    private volatile boolean isAway;

    private PinnedEntries(Map<Integer, Generation> generationsByBucket, Use use, boolean isAway) {
      this.generationsByBucket = generationsByBucket;
      this.use = use;
      this.isAway = isAway;
    }

    /**
     * Changes several of the entries, as {@link EntryChanges#applyAll} does.
     *
     * @return the outcomes in the order of the mutations; {@link Change#NONE} also if the cache was
     *     cleared, or if it degrades and Redis is away
     */
    public List<Outcome> applyAll(List<Mutation> all) {
      if (isAway) {
        return Collections.nCopies(all.size(), Outcome.NONE);
      }
      all.forEach(mutation -> observers.beforeUntrackedChange(mutation.key()));
      try {
        if (all.size() == 1) {
          return List.of(mutations.apply(all.get(0), generationsByBucket));
        }
        List<Outcome> outcomes = new ArrayList<>(all.size());
        mutations.applyAll(all, generationsByBucket, outcomes);
        return outcomes;
      } catch (RedisUnavailableException e) {
        if (use == Use.DECISION || e.isOutcomeUnknown()) {
          settlement.oweChanges(all, e); // a loaded value that is stored later may be old by then
        }
        degradation.missOrThrow(use, e);
        isAway = true;
        return Collections.nCopies(all.size(), Outcome.NONE);
      } finally {
        all.forEach(mutation -> observers.afterChange(mutation.key()));
      }
    }
  }
}
