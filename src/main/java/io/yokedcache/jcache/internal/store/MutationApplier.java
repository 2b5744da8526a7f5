package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.RequestSender;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.StoredCache.Operation;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.keys.KeySpace.Bucket;
import io.yokedcache.jcache.internal.store.tags.TagTokens;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
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

  private static final Script WRITTEN =
      new Script(MutationApplier.class, "written.lua", /* idempotent= */ true);

  private final StoredCache cache;
  private final RedisExecutor executor;
  private final KeySpace names;
  private final Generations generations;
  private final GenerationGuard guard;
  private final Planner planner;
  private final RemoteEventPublisher publisher;
  private final Announcement announcement;

  MutationApplier(StoredCache cache, RemoteEventPublisher publisher, Announcement announcement) {
    this.cache = cache;
    this.executor = cache.executor();
    this.names = cache.names();
    this.generations = cache.generations();
    this.guard = cache.guard();
    this.planner =
        new Planner(names, publisher.channel(), publisher.origin(), generations.hasTags());
    this.publisher = publisher;
    this.announcement = announcement;
  }

  Outcome apply(Mutation mutation) {
    return apply(mutation, /* pinned= */ null);
  }

  /** Applies one mutation, only to an entry of the pinned generation, if there is one. */
  Outcome apply(Mutation mutation, @Nullable Map<Integer, Generation> pinned) {
    int bucket = names.bucketOf(mutation.key());
    String operation = nameOf(mutation);
    return guard.onCurrentGeneration(
        operation,
        bucket,
        generation -> {
          if (hasEnded(pinned, bucket, generation)) {
            return Outcome.NONE;
          }
          return goesPlain(mutation, bucket, generation)
              ? applyPlain(operation, mutation, bucket, generation)
              : applyScript(operation, mutation, bucket, generation);
        });
  }

  /**
   * Begins a mutation.
   *
   * @param arrived is called once by the sender, with a supplier of the outcome. The supplier waits
   *     only if the mutation must be repeated.
   */
  void begin(Mutation mutation, RequestSender sender, Consumer<Supplier<Outcome>> arrived) {
    int bucket = names.bucketOf(mutation.key());
    Generation generation = generations.known(bucket);
    if (generation == null) {
      sender.run(() -> arrived.accept(() -> apply(mutation)));
      return;
    }
    String operation = nameOf(mutation);
    Script.Call call =
        goesPlain(mutation, bucket, generation)
            ? null
            : planner.script(mutation, bucket, generation);
    Request own =
        call == null
            ? guard.withGenerationFirst(
                operation, bucket, List.of(Planner.plain(mutation, generation)))
            : scriptRequest(operation, call);
    long nowNanos = System.nanoTime();
    boolean asks = announcement.isDue(nowNanos);
    Request request = asks ? Request.together(List.of(own, announcement.question(operation))) : own;
    sender.send(
        executor,
        request,
        sent ->
            arrived.accept(
                () -> {
                  List<@Nullable Object> replies = sent.finish();
                  if (asks) {
                    announcement.answer(replies.get(own.commands().size()), nowNanos);
                  }
                  Outcome outcome =
                      call == null
                          ? readPlain(operation, mutation, bucket, generation, replies)
                          : readScript(bucket, generation, reply(operation, call, replies.get(0)));
                  // Also on a slot that is on its way, where the script was not executed.
                  return outcome == null ? apply(mutation) : outcome;
                }));
  }

  private String nameOf(Mutation mutation) {
    return cache.nameOf(mutation.value() == null ? Operation.REMOVE : Operation.PUT);
  }

  private static Request scriptRequest(String operation, Script.Call call) {
    return new Request(
        operation, Bytes.of(call.keys().get(0)), /* idempotent= */ false, List.of(call.byDigest()));
  }

  /** Whether the pinned generation of a bucket has ended, if there is one. */
  private static boolean hasEnded(
      @Nullable Map<Integer, Generation> pinned, int bucket, Generation current) {
    Generation meant = pinned == null ? null : pinned.get(bucket);
    return meant != null && !meant.tokenText().equals(current.tokenText());
  }

  private boolean goesPlain(Mutation mutation, int bucket, Generation generation) {
    // The first write under a token uses the script, which deletes the mark of an empty generation.
    return !generations.hasTags()
        && Planner.isPlain(mutation)
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
    Request request = guard.withGenerationFirst(operation, bucket, List.of(plain));
    List<@Nullable Object> replies =
        announcement.isDue(nowNanos)
            ? sendAndAsk(operation, List.of(request), nowNanos).get(0)
            : executor.execute(request);
    return readPlain(operation, mutation, bucket, generation, replies);
  }

  /** The outcome by the replies to a plain command, or {@code null} for a stale generation. */
  private @Nullable Outcome readPlain(
      String operation,
      Mutation mutation,
      int bucket,
      Generation generation,
      List<@Nullable Object> replies) {
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
    Request request = scriptRequest(operation, call);
    long nowNanos = System.nanoTime();
    Object reply =
        announcement.isDue(nowNanos)
            ? sendAndAsk(operation, List.of(request), nowNanos).get(0).get(0)
            : executor.execute(request).get(0);
    Object answer = reply(operation, call, reply);
    return ErrorReply.isTryAgain(answer)
        ? applyKeyByKey(operation, mutation, bucket, generation)
        : readScript(bucket, generation, answer);
  }

  /**
   * Applies a mutation while the slot of its bucket is on its way between two nodes, where a script
   * can have one key only. The change of the entry is atomic all the same. The generation is read
   * before, as for a plain command. The tokens of the tags are read before as well, and the change
   * is made if the entry has the same header still.
   */
  private @Nullable Outcome applyKeyByKey(
      String operation, Mutation mutation, int bucket, Generation generation) {
    Object content =
        executor.call(
            operation,
            WRITTEN.call(List.of(names.generationKey(bucket)), List.of(generation.token())));
    if (!guard.verified(bucket, generation, content) || !(content instanceof byte[] current)) {
      return null;
    }
    byte[] entry = KeySpace.entryKey(generation.entryPrefix(), mutation.key());
    TagTokens.BeforeChange before =
        generations.hasTags()
            ? new TagTokens(executor, names).beforeChange(operation, bucket, entry, mutation.tags())
            : null;
    Script.Call call = planner.scriptOfEntry(mutation, entry, current, before);
    return readScript(bucket, generation, executor.call(operation, call));
  }

  /**
   * The reply to a call by digest, made again with the text if the server has forgotten it; an
   * error only if the keys are at several nodes.
   */
  private @Nullable Object reply(String operation, Script.Call call, @Nullable Object reply) {
    Object last = reply;
    if (reply instanceof JedisNoScriptException) {
      Bytes route = Bytes.of(call.keys().get(0));
      List<CommandArguments> text = List.of(call.byText());
      last = executor.execute(new Request(operation, route, /* idempotent= */ false, text)).get(0);
    }
    return ErrorReply.isTryAgain(last) ? last : executor.checked(operation, last);
  }

  /** Sends requests together with the question about announcements. */
  private List<List<@Nullable Object>> sendAndAsk(
      String operation, List<Request> requests, long nowNanos) {
    List<Request> all = new ArrayList<>(requests);
    all.add(announcement.question(operation));
    List<List<@Nullable Object>> replies = executor.executeAll(all);
    announcement.answer(replies.get(requests.size()).get(0), nowNanos);
    return replies;
  }

  /**
   * The outcome by the reply of {@code apply.lua}, or {@code null} for a stale generation and for a
   * script that was not executed.
   */
  private @Nullable Outcome readScript(int bucket, Generation generation, @Nullable Object reply) {
    if (ErrorReply.isTryAgain(reply)) {
      return null;
    }
    if (!(reply instanceof List<?> parts) || parts.size() != 3) {
      throw new CacheException("apply.lua answered " + reply);
    }
    boolean isCurrent = guard.verified(bucket, generation, parts.get(1));
    Bytes prior = parts.get(2) instanceof byte[] old ? Bytes.of(old) : null;
    int code = parts.get(0) instanceof Long number ? Math.toIntExact(number) : -1;
    if (!isCurrent || code < 0) {
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
   * Applies mutations, at most {@link StoredCache#batchSize} in one round trip.
   *
   * @param pinned the generations, by bucket, whose entries may be changed, or {@code null} for the
   *     current ones
   * @param outcomes gets the outcomes of the batches that were made, also if a later one fails
   */
  void applyAll(
      List<Mutation> mutations, @Nullable Map<Integer, Generation> pinned, List<Outcome> outcomes) {
    int from = 0;
    while (from < mutations.size()) {
      int to = chunkEnd(mutations, from);
      outcomes.addAll(applyChunk(mutations.subList(from, to), pinned, Set.of(), /* tries= */ 1));
      from = to;
    }
  }

  private int chunkEnd(List<Mutation> mutations, int from) {
    long size = 0;
    int to = from;
    while (to < mutations.size() && to - from < cache.batchSize() && size < MAX_CHUNK_BYTES) {
      size += length(mutations.get(to).value()) + length(mutations.get(to).expected());
      to++;
    }
    return to;
  }

  private static long length(@Nullable Bytes bytes) {
    return bytes == null ? 0 : bytes.length();
  }

  /**
   * Applies the mutations of a chunk in one round trip, and in one more for the buckets whose
   * generation was not known, was stale, or whose server has forgotten the script.
   *
   * @param forgotten the buckets whose server gets the text of the script
   * @param tries the number of this attempt, from 1
   */
  private List<Outcome> applyChunk(
      List<Mutation> mutations,
      @Nullable Map<Integer, Generation> pinned,
      Set<Integer> forgotten,
      int tries) {
    List<Bucket> buckets = names.byBucket(mutations, Mutation::key);
    generations.openUnknown(buckets);
    String operation =
        cache.nameOf(mutations.get(0).value() == null ? Operation.REMOVE_ALL : Operation.PUT_ALL);
    @Nullable Outcome[] outcomes = new Outcome[mutations.size()];
    List<BucketMutations> sent = new ArrayList<>(buckets.size());
    for (Bucket bucket : buckets) {
      Generation generation = generations.current(bucket.number());
      if (hasEnded(pinned, bucket.number(), generation)) {
        for (int i : bucket.places()) {
          outcomes[i] = Outcome.NONE;
        }
      } else {
        boolean byText = forgotten.contains(bucket.number());
        sent.add(request(operation, mutations, bucket, generation, byText));
      }
    }
    Set<Integer> forgottenNow = new HashSet<>();
    List<List<@Nullable Object>> replies = send(operation, sent);
    for (int i = 0; i < sent.size(); i++) {
      if (!readBucket(operation, mutations, pinned, sent.get(i), replies.get(i), outcomes)) {
        forgottenNow.add(sent.get(i).bucket().number());
      }
    }
    return complete(mutations, outcomes, pinned, forgottenNow, tries);
  }

  /**
   * Reads the replies to the mutations of one bucket.
   *
   * @param outcomes gets the outcomes at the places of the mutations; those stay {@code null} that
   *     must be repeated
   * @return false if the server has forgotten the script
   */
  private boolean readBucket(
      String operation,
      List<Mutation> mutations,
      @Nullable Map<Integer, Generation> pinned,
      BucketMutations sent,
      List<@Nullable Object> replies,
      @Nullable Outcome[] outcomes) {
    boolean knowsScript = true;
    int bucket = sent.bucket().number();
    Iterator<@Nullable Object> each = replies.iterator();
    boolean isCurrent = guard.verified(bucket, sent.generation(), each.next());
    for (int place : sent.bucket().places()) {
      Mutation mutation = mutations.get(place);
      Object reply = each.next();
      if (reply instanceof JedisNoScriptException) {
        knowsScript = false;
      } else if (ErrorReply.isTryAgain(reply)) {
        outcomes[place] = apply(mutation, pinned);
      } else {
        outcomes[place] =
            chunkOutcome(operation, mutation, bucket, sent.generation(), isCurrent, reply);
      }
    }
    return knowsScript;
  }

  /**
   * The request for the mutations of one bucket.
   *
   * @param byText whether its server gets the text of the script
   */
  private BucketMutations request(
      String operation,
      List<Mutation> mutations,
      Bucket bucket,
      Generation generation,
      boolean byText) {
    boolean teaches = byText;
    List<CommandArguments> commands = new ArrayList<>(bucket.places().length);
    for (Mutation mutation : bucket.of(mutations)) {
      if (goesPlain(mutation, bucket.number(), generation)) {
        commands.add(Planner.plain(mutation, generation));
      } else {
        Script.Call call = planner.script(mutation, bucket.number(), generation);
        commands.add(teaches ? call.byText() : call.byDigest());
        teaches = false;
      }
    }
    Request request = guard.withGenerationFirst(operation, bucket.number(), commands);
    return new BucketMutations(bucket, generation, request);
  }

  /** Sends the requests of several buckets in one round trip, with the question if it is due. */
  private List<List<@Nullable Object>> send(String operation, List<BucketMutations> buckets) {
    if (buckets.isEmpty()) {
      return List.of();
    }
    List<Request> requests = buckets.stream().map(BucketMutations::request).toList();
    long nowNanos = System.nanoTime();
    return announcement.isDue(nowNanos)
        ? sendAndAsk(operation, requests, nowNanos)
        : executor.executeAll(requests);
  }

  /** Repeats the mutations that have no outcome, together for a few times and then each alone. */
  private List<Outcome> complete(
      List<Mutation> mutations,
      @Nullable Outcome[] outcomes,
      @Nullable Map<Integer, Generation> pinned,
      Set<Integer> forgotten,
      int tries) {
    List<Mutation> failed = new ArrayList<>();
    for (int i = 0; i < outcomes.length; i++) {
      if (outcomes[i] == null) {
        failed.add(mutations.get(i));
      }
    }
    List<Outcome> again =
        failed.size() <= 1 || tries == MAX_TRIES_TOGETHER
            ? failed.stream().map(mutation -> apply(mutation, pinned)).toList()
            : applyChunk(failed, pinned, forgotten, tries + 1);
    Iterator<Outcome> made = again.iterator();
    List<Outcome> all = new ArrayList<>(outcomes.length);
    for (Outcome outcome : outcomes) {
      all.add(outcome == null ? made.next() : outcome);
    }
    return all;
  }

  /** The outcome of one mutation of a chunk, or {@code null} if it must be repeated. */
  private @Nullable Outcome chunkOutcome(
      String operation,
      Mutation mutation,
      int bucket,
      Generation generation,
      boolean isCurrent,
      @Nullable Object reply) {
    Object answer = executor.checked(operation, reply);
    if (answer instanceof List<?>) {
      return readScript(bucket, generation, answer);
    }
    if (!isCurrent) {
      return null;
    }
    Outcome outcome = Planner.readPlain(mutation, answer);
    publishIfHeard(mutation, outcome, bucket);
    return outcome;
  }

  /** The mutations of one bucket under the generation that was current when they were sent. */
  private record BucketMutations(Bucket bucket, Generation generation, Request request) {}
}
