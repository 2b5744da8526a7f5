package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Applies mutations, by plain commands while it is certain that no other JVM listens to changes,
 * else by {@code apply.lua}, which publishes them as well.
 */
final class MutationApplier {

  private static final long MAX_CHUNK_BYTES = 8L << 20;

  /** The number of attempts to repeat mutations together, before each is repeated alone. */
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

  Outcome apply(Mutation mutation) {
    return apply(mutation, /* pinned= */ null);
  }

  /** Applies one mutation, only to an entry of the pinned generation, if there is one. */
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

  /** Whether a mutation is for a generation that has ended. */
  private static boolean isOver(
      @Nullable Map<Integer, Generation> pinned, int bucket, Generation current) {
    Generation meant = pinned == null ? null : pinned.get(bucket);
    return meant != null && !meant.tokenText().equals(current.tokenText());
  }

  private boolean goesPlain(Mutation mutation, int bucket, Generation generation) {
    // The first write under a token uses the script, which deletes the mark of an empty generation.
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

  /** The outcome by the reply of {@code apply.lua}, or {@code null} for a stale generation. */
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
   * Publishes a change that was made by a plain command while the first listener registered. The
   * reply shows that a JVM listens now.
   */
  private void publishIfHeard(Mutation mutation, Outcome outcome, int bucket) {
    if (outcome.change() != Change.NONE && generations.current(bucket).hasListeners()) {
      publisher.publish(mutation, outcome);
    }
  }

  /**
   * Applies mutations, at most {@code batchSize} in one round trip.
   *
   * @param pinned the generations, by bucket, whose entries may be changed, or {@code null} for the
   *     current ones
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

  /** One round trip for all; repeats after a stale generation or a script that Redis forgot. */
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

  /** Repeats the mutations that have no outcome. */
  private List<Outcome> complete(
      List<Mutation> mutations,
      @Nullable Outcome[] outcomes,
      @Nullable Map<Integer, Generation> pinned,
      int tries) {
    List<Mutation> failed = new ArrayList<>();
    for (int i = 0; i < outcomes.length; i++) {
      if (outcomes[i] == null) {
        failed.add(mutations.get(i));
      }
    }
    Iterator<Outcome> made = applyAgain(failed, pinned, tries).iterator();
    List<Outcome> all = new ArrayList<>(outcomes.length);
    for (Outcome outcome : outcomes) {
      all.add(outcome == null ? made.next() : outcome);
    }
    return all;
  }

  /** Repeats the first alone, so that its generation and script are known, then the others. */
  private List<Outcome> applyAgain(
      List<Mutation> failed, @Nullable Map<Integer, Generation> pinned, int tries) {
    if (failed.size() <= 1 || tries == MAX_TRIES_TOGETHER) {
      return failed.stream().map(mutation -> apply(mutation, pinned)).toList();
    }
    List<Outcome> outcomes = new ArrayList<>(failed.size());
    outcomes.add(apply(failed.get(0), pinned));
    outcomes.addAll(applyChunk(failed.subList(1, failed.size()), pinned, tries + 1));
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
