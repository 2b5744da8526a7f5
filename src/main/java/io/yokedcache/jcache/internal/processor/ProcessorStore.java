package io.yokedcache.jcache.internal.processor;

import io.yokedcache.jcache.internal.entry.CacheContext;
import io.yokedcache.jcache.internal.entry.KeyLocks;
import io.yokedcache.jcache.internal.entry.LoadTracker;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryChanges.PinnedEntries;
import io.yokedcache.jcache.internal.store.EntryStore.Use;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Applies the decisions of entry processors. A decision that depends on the loader is a load: it
 * does nothing if the entry was changed or the cache was cleared since it began, and the processor
 * then runs again. For one use by one thread.
 */
final class ProcessorStore implements AutoCloseable {

  private final CacheContext<?, ?> context;

  /** The tickets of the keys, empty where nothing can be loaded. */
  private final Map<Bytes, LoadTracker.Ticket> tickets = new HashMap<>();

  private final @Nullable PinnedEntries pinned;

  private ProcessorStore(CacheContext<?, ?> context, Collection<Bytes> keys) {
    this.context = context;
    boolean loads = context.loader().exists();
    this.pinned =
        loads ? context.store().changes().pin(keys, /* wereRead= */ true, Use.DECISION) : null;
    if (loads) {
      keys.forEach(key -> tickets.computeIfAbsent(key, context.loadTracker()::begin));
    }
  }

  /** To be called when the entries have been read and before a processor runs. */
  static ProcessorStore of(CacheContext<?, ?> context, Collection<Bytes> keys) {
    return new ProcessorStore(context, keys);
  }

  /**
   * Applies the mutations of attempts.
   *
   * @return the outcome of each, or {@code null} if it has no mutation or its load was overtaken
   */
  List<@Nullable Outcome> applyAll(List<? extends ProcessorAttempt<?, ?, ?>> attempts) {
    @Nullable Outcome[] outcomes = new Outcome[attempts.size()];
    List<Integer> made = new ArrayList<>();
    List<Integer> loaded = new ArrayList<>();
    for (int i : inOrder(attempts)) {
      ProcessorAttempt<?, ?, ?> attempt = attempts.get(i);
      if (attempt.mutation() != null) {
        LoadTracker.Ticket ticket = attempt.isLoaded() ? tickets.get(attempt.key()) : null;
        if (ticket == null) {
          made.add(i);
        } else if (attempt.isLoad() ? ticket.beginStore() : ticket.beginChange()) {
          loaded.add(i);
        } else if (context.writer().exists() && !attempt.isLoad()) {
          // The writer has written it. Only application code inside an operation gets here.
          made.add(i);
        }
      }
    }
    try {
      if (pinned != null) {
        apply(attempts, loaded, pinned::applyAll, outcomes);
      }
    } finally {
      tickets.values().forEach(LoadTracker.Ticket::endStore);
    }
    apply(attempts, made, this::applyAlways, outcomes);
    return Arrays.asList(outcomes);
  }

  /** By their keys, so that threads that wait for each other's stores do so in one order. */
  private static List<Integer> inOrder(List<? extends ProcessorAttempt<?, ?, ?>> attempts) {
    List<Integer> indexes = new ArrayList<>(attempts.size());
    for (int i = 0; i < attempts.size(); i++) {
      indexes.add(i);
    }
    indexes.sort(
        (one, two) -> KeyLocks.ORDER.compare(attempts.get(one).key(), attempts.get(two).key()));
    return indexes;
  }

  private List<Outcome> applyAlways(List<Mutation> mutations) {
    return mutations.size() == 1
        ? List.of(context.store().changes().apply(mutations.get(0), context.writer().exists()))
        : context.store().changes().applyAll(mutations, context.writer().exists());
  }

  private static void apply(
      List<? extends ProcessorAttempt<?, ?, ?>> attempts,
      List<Integer> indexes,
      Function<List<Mutation>, List<Outcome>> store,
      @Nullable Outcome[] outcomes) {
    if (indexes.isEmpty()) {
      return;
    }
    List<Mutation> mutations = new ArrayList<>(indexes.size());
    for (int i : indexes) {
      Mutation mutation = attempts.get(i).mutation();
      if (mutation != null) {
        mutations.add(mutation);
      }
    }
    List<Outcome> applied = store.apply(mutations);
    for (int i = 0; i < indexes.size(); i++) {
      outcomes[indexes.get(i)] = applied.get(i);
    }
  }

  @Override
  public void close() {
    LoadTracker.closeAll(tickets.values());
  }
}
