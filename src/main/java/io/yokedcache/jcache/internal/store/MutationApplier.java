package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Applies mutations: by plain commands as long as it is certain that no other JVM wants to hear of
 * them, else by {@code apply.lua}, which also publishes them.
 */
final class MutationApplier {

  private static final long MAX_CHUNK_BYTES = 8L << 20;

  /** How often what is to be made again is made together, before each is made alone. */
  private static final int MAX_TRIES_TOGETHER = 4;

  private final RedisExecutor executor;
  private final KeySpace names;
  private final OperationNames operations;
  private final Generations generations;
  private final GenerationGuard guard;
  private final Planner planner;
  private final RemoteEventPublisher publisher;
  private final Announcement announcement;

  MutationApplier(
      RedisExecutor executor,
      KeySpace names,
      OperationNames operations,
      Generations generations,
      GenerationGuard guard,
      RemoteEventPublisher publisher,
      Announcement announcement) {
    this.executor = executor;
    this.names = names;
    this.operations = operations;
    this.generations = generations;
    this.guard = guard;
    this.planner = new Planner(names, publisher.channel(), publisher.origin());
    this.publisher = publisher;
    this.announcement = announcement;
  }

  /** Applies one mutation. */
  Outcome apply(Mutation mutation) {
    return apply(mutation, /* pinned= */ null);
  }

  /** Applies one mutation, to an entry of nothing but the generation that was pinned, if any. */
  Outcome apply(Mutation mutation, @Nullable Map<Integer, Generation> pinned) {
    int bucket = names.bucketOf(mutation.key());
    String operation = mutation.value() == null ? operations.remove() : operations.put();
    return guard.onCurrentGeneration(
        operation,
        bucket,
        generation -> {
          if (isOver(pinned, bucket, generation)) {
            return Outcome.NONE;
          }
          return goesPlain(mutation, bucket, generation)
              ? applyPlain(operation, mutation, bucket, generation)
              : applyScript(operation, mutation, bucket, generation);
        });
  }

  /** Whether a change was meant for a generation that ended before the current one began. */
  private static boolean isOver(
      @Nullable Map<Integer, Generation> pinned, int bucket, Generation current) {
    Generation meant = pinned == null ? null : pinned.get(bucket);
    return meant != null && !meant.tokenText().equals(current.tokenText());
  }

  private boolean goesPlain(Mutation mutation, int bucket, Generation generation) {
    // The first write under a token goes by the script, which notes that there was one.
    return Planner.isPlain(mutation)
        && !generation.isUnwritten()
        && isUnheard(bucket, generation, System.nanoTime());
  }

  private boolean isUnheard(int bucket, Generation generation, long nowNanos) {
    return announcement.isQuiet(nowNanos) && generations.isUnheard(bucket, generation, nowNanos);
  }

  private @Nullable Outcome applyPlain(
      String operation, Mutation mutation, int bucket, Generation generation) {
    long nowNanos = System.nanoTime();
    CommandArguments plain = Planner.plain(mutation, generation);
    boolean asks = announcement.isDue(nowNanos);
    List<@Nullable Object> replies =
        executor.execute(
            guard.withGenerationFirst(
                operation,
                bucket,
                /* idempotent= */ false,
                asks ? List.of(plain, announcement.question()) : List.of(plain)));
    if (asks) {
      announcement.answer(replies.get(2), nowNanos);
    }
    if (!guard.verified(bucket, generation, replies.get(0))) {
      return null;
    }
    Outcome outcome = Planner.readPlain(mutation, executor.checked(operation, replies.get(1)));
    publishIfHeard(mutation, outcome, bucket);
    return outcome;
  }

  private @Nullable Outcome applyScript(
      String operation, Mutation mutation, int bucket, Generation generation) {
    Script.Call call = planner.script(mutation, bucket, generation);
    long nowNanos = System.nanoTime();
    Object reply =
        announcement.isDue(nowNanos)
            ? callAndAsk(operation, call, nowNanos)
            : executor.call(operation, call);
    return readScript(bucket, generation, reply);
  }

  private @Nullable Object callAndAsk(String operation, Script.Call call, long nowNanos) {
    List<@Nullable Object> replies =
        executor.execute(
            new Request(
                operation,
                Bytes.of(call.keys().get(0)),
                /* idempotent= */ false,
                List.of(call.byDigest(), announcement.question())));
    announcement.answer(replies.get(1), nowNanos);
    return replies.get(0) instanceof JedisNoScriptException
        ? executor.call(operation, call)
        : executor.checked(operation, replies.get(0));
  }

  /** The outcome that {@code apply.lua} tells, or {@code null} if the generation was stale. */
  private @Nullable Outcome readScript(int bucket, Generation generation, @Nullable Object reply) {
    if (!(reply instanceof List<?> parts) || parts.size() != 3) {
      throw new CacheException("apply.lua answered " + reply);
    }
    boolean current = guard.verified(bucket, generation, parts.get(1));
    Bytes prior = parts.get(2) instanceof byte[] old ? Bytes.of(old) : null;
    int code = parts.get(0) instanceof Long number ? Math.toIntExact(number) : -1;
    if (!current || code < 0) {
      return null;
    }
    return new Outcome(
        switch (code) {
          case 1 -> Change.CREATED;
          case 2 -> Change.UPDATED;
          case 3 -> Change.REMOVED;
          case 4 -> Change.EXPIRED;
          default -> Change.NONE;
        },
        prior);
  }

  /**
   * Tells listeners elsewhere of a change that was made while the first of them registered: the
   * reply shows that somebody listens now, and the plain command told nobody.
   */
  private void publishIfHeard(Mutation mutation, Outcome outcome, int bucket) {
    if (outcome.change() != Change.NONE && generations.current(bucket).hasListeners()) {
      publisher.publish(mutation, outcome);
    }
  }

  /**
   * Applies mutations, at most so many in one round trip.
   *
   * @param pinned the only generations, by bucket, to whose entries anything may be done, or {@code
   *     * null} for the current ones
   */
  List<Outcome> applyAll(
      List<Mutation> mutations, int batchSize, @Nullable Map<Integer, Generation> pinned) {
    List<Outcome> outcomes = new ArrayList<>(mutations.size());
    int from = 0;
    while (from < mutations.size()) {
      int to = chunkEnd(mutations, from, batchSize);
      outcomes.addAll(applyChunk(mutations.subList(from, to), pinned, /* tries= */ 1));
      from = to;
    }
    return outcomes;
  }

  private static int chunkEnd(List<Mutation> mutations, int from, int batchSize) {
    long size = 0;
    int to = from;
    while (to < mutations.size() && to - from < batchSize && size < MAX_CHUNK_BYTES) {
      size += length(mutations.get(to).value()) + length(mutations.get(to).expected());
      to++;
    }
    return to;
  }

  private static long length(@Nullable Bytes bytes) {
    return bytes == null ? 0 : bytes.length();
  }

  /** One round trip for all; what a stale generation or a forgotten script spoilt is made again. */
  private List<Outcome> applyChunk(
      List<Mutation> mutations, @Nullable Map<Integer, Generation> pinned, int tries) {
    Map<Integer, List<Integer>> byBucket = names.byBucket(mutations, Mutation::key);
    String operation =
        mutations.get(0).value() == null ? operations.removeAll() : operations.putAll();
    @Nullable Outcome[] outcomes = new Outcome[mutations.size()];
    List<Request> requests = new ArrayList<>(byBucket.size());
    List<Generation> used = new ArrayList<>(byBucket.size());
    List<List<Integer>> asked = new ArrayList<>(byBucket.size());
    byBucket.forEach(
        (bucket, indexes) -> {
          Generation generation = generations.current(bucket);
          if (isOver(pinned, bucket, generation)) {
            indexes.forEach(i -> outcomes[i] = Outcome.NONE);
            return;
          }
          used.add(generation);
          asked.add(indexes);
          List<CommandArguments> commands = new ArrayList<>(indexes.size());
          indexes.forEach(i -> commands.add(command(mutations.get(i), bucket, generation)));
          requests.add(
              guard.withGenerationFirst(operation, bucket, /* idempotent= */ false, commands));
        });
    if (requests.isEmpty()) {
      return complete(mutations, outcomes, pinned, tries);
    }
    long nowNanos = System.nanoTime();
    boolean asks = announcement.isDue(nowNanos);
    if (asks) {
      Request first = requests.get(0);
      List<CommandArguments> commands = new ArrayList<>(first.commands());
      commands.add(announcement.question());
      requests.set(0, new Request(first.operation(), first.route(), first.idempotent(), commands));
    }
    List<List<@Nullable Object>> replies = executor.executeAll(requests);
    if (asks) {
      List<@Nullable Object> answers = replies.get(0);
      announcement.answer(answers.get(answers.size() - 1), nowNanos);
    }
    for (int request = 0; request < asked.size(); request++) {
      List<Integer> indexes = asked.get(request);
      int bucket = names.bucketOf(mutations.get(indexes.get(0)).key());
      Generation generation = used.get(request);
      List<@Nullable Object> answers = replies.get(request);
      boolean current = guard.verified(bucket, generation, answers.get(0));
      int answer = 1;
      for (int i : indexes) {
        outcomes[i] =
            chunkOutcome(
                operation, mutations.get(i), bucket, generation, current, answers.get(answer++));
      }
    }
    return complete(mutations, outcomes, pinned, tries);
  }

  private CommandArguments command(Mutation mutation, int bucket, Generation generation) {
    return goesPlain(mutation, bucket, generation)
        ? Planner.plain(mutation, generation)
        : planner.script(mutation, bucket, generation).byDigest();
  }

  /** Makes again what has no outcome. */
  private List<Outcome> complete(
      List<Mutation> mutations,
      @Nullable Outcome[] outcomes,
      @Nullable Map<Integer, Generation> pinned,
      int tries) {
    List<Mutation> spoilt = new ArrayList<>();
    for (int i = 0; i < outcomes.length; i++) {
      if (outcomes[i] == null) {
        spoilt.add(mutations.get(i));
      }
    }
    Iterator<Outcome> made = applyAgain(spoilt, pinned, tries).iterator();
    List<Outcome> all = new ArrayList<>(outcomes.length);
    for (Outcome outcome : outcomes) {
      all.add(outcome == null ? made.next() : outcome);
    }
    return all;
  }

  /** The first by itself, which makes known what the others need; then these together. */
  private List<Outcome> applyAgain(
      List<Mutation> spoilt, @Nullable Map<Integer, Generation> pinned, int tries) {
    if (spoilt.size() <= 1 || tries == MAX_TRIES_TOGETHER) {
      return spoilt.stream().map(mutation -> apply(mutation, pinned)).toList();
    }
    List<Outcome> outcomes = new ArrayList<>(spoilt.size());
    outcomes.add(apply(spoilt.get(0), pinned));
    outcomes.addAll(applyChunk(spoilt.subList(1, spoilt.size()), pinned, tries + 1));
    return outcomes;
  }

  private @Nullable Outcome chunkOutcome(
      String operation,
      Mutation mutation,
      int bucket,
      Generation generation,
      boolean current,
      @Nullable Object reply) {
    if (reply instanceof JedisNoScriptException) {
      return null;
    }
    Object answer = executor.checked(operation, reply);
    if (answer instanceof List<?>) {
      return readScript(bucket, generation, answer);
    }
    if (!current) {
      return null;
    }
    Outcome outcome = Planner.readPlain(mutation, answer);
    publishIfHeard(mutation, outcome, bucket);
    return outcome;
  }
}
