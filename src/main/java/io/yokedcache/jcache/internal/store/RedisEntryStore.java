package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.store.RedisExecutor.Request;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.Function;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Entries as one Redis string each, under the token of their bucket's generation, which every
 * operation verifies in its own round trip.
 */
final class RedisEntryStore implements EntryStore {

  /** How often an operation tries again because the cache was cleared meanwhile. */
  private static final int MAX_ATTEMPTS = 200;

  private static final int ATTEMPTS_WITHOUT_PAUSE = 20;
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long MAX_CHUNK_BYTES = 8L << 20;

  private final RedisExecutor executor;
  private final ScriptRunner scripts;
  private final KeySpace names;
  private final String cacheName;
  private final Generations generations;
  private final Planner planner;
  private final ChangePublisher publisher;
  private final int batchSize;

  RedisEntryStore(
      RedisExecutor executor,
      KeySpace names,
      String cacheName,
      Generations generations,
      ChangePublisher publisher,
      int batchSize) {
    this.executor = executor;
    this.scripts = new ScriptRunner(executor);
    this.names = names;
    this.cacheName = cacheName;
    this.generations = generations;
    this.planner = new Planner(names, publisher.origin());
    this.publisher = publisher;
    this.batchSize = batchSize;
  }

  @Override
  public @Nullable Bytes get(Bytes key, Ttl onAccess) {
    return getAll(List.of(key), onAccess).get(0);
  }

  @Override
  public List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess) {
    return inChunks(keys, (bucket, chunk) -> readChunk(bucket, chunk, onAccess));
  }

  private List<@Nullable Bytes> readChunk(int bucket, List<Bytes> keys, Ttl onAccess) {
    String operation = describe(keys.size() == 1 ? "get" : "getAll");
    byte[] generationKey = names.generationKey(bucket);
    return onCurrentGeneration(
        operation,
        bucket,
        generation -> {
          List<CommandArguments> commands = new ArrayList<>();
          CommandArguments first =
              new CommandArguments(onAccess.isUnchanged() ? Command.MGET : Command.GET)
                  .add(generationKey);
          commands.add(first);
          for (Bytes key : keys) {
            byte[] entry = KeySpace.entryKey(generation.entryPrefix(), key);
            if (onAccess.isUnchanged()) {
              first.add(entry);
            } else {
              commands.add(getAndTouch(entry, onAccess));
            }
          }
          List<@Nullable Object> replies =
              executor.execute(
                  new Request(
                      operation,
                      Bytes.of(generationKey),
                      /* idempotent= */ !onAccess.isZero(),
                      commands));
          List<? extends @Nullable Object> flat =
              onAccess.isUnchanged() ? list(scripts.checked(operation, replies.get(0))) : replies;
          return verified(bucket, generation, flat.get(0))
              ? bytes(operation, flat.subList(1, flat.size()))
              : null;
        });
  }

  private static CommandArguments getAndTouch(byte[] entry, Ttl ttl) {
    if (ttl.isZero()) {
      return new CommandArguments(Command.GETDEL).add(entry);
    }
    CommandArguments command = new CommandArguments(Command.GETEX).add(entry);
    return ttl.isEternal()
        ? command.add(Keyword.PERSIST)
        : command.add(Keyword.PX).add(ttl.millis());
  }

  @Override
  public boolean contains(Bytes key) {
    return containsAll(List.of(key)).get(0);
  }

  @Override
  public List<Boolean> containsAll(List<Bytes> keys) {
    String operation = describe("containsKey");
    return inChunks(
        keys,
        (bucket, chunk) ->
            withGeneration(
                operation,
                bucket,
                generation ->
                    chunk.stream()
                        .map(key -> KeySpace.entryKey(generation.entryPrefix(), key))
                        .map(entry -> new CommandArguments(Command.EXISTS).add(entry))
                        .toList(),
                replies -> replies.stream().map(count -> Long.valueOf(1).equals(count)).toList()));
  }

  @Override
  public void touch(Bytes key, Ttl ttl) {
    if (ttl.isUnchanged()) {
      return;
    }
    withGeneration(
        describe("touch"),
        names.bucketOf(key),
        generation -> {
          byte[] entry = KeySpace.entryKey(generation.entryPrefix(), key);
          if (ttl.isZero()) {
            return List.of(new CommandArguments(Command.DEL).add(entry));
          }
          return List.of(
              ttl.isEternal()
                  ? new CommandArguments(Command.PERSIST).add(entry)
                  : new CommandArguments(Command.PEXPIRE).add(entry).add(ttl.millis()));
        },
        replies -> replies);
  }

  @Override
  public Outcome apply(Mutation mutation) {
    int bucket = names.bucketOf(mutation.key());
    String operation = describe(mutation.value() == null ? "remove" : "put");
    return onCurrentGeneration(
        operation,
        bucket,
        generation ->
            goesPlain(mutation, bucket, generation)
                ? applyPlain(operation, mutation, bucket, generation)
                : applyScript(operation, mutation, bucket, generation));
  }

  private boolean goesPlain(Mutation mutation, int bucket, Generation generation) {
    return Planner.isPlain(mutation) && generations.isUnheard(bucket, generation);
  }

  private @Nullable Outcome applyPlain(
      String operation, Mutation mutation, int bucket, Generation generation) {
    List<@Nullable Object> replies =
        executor.execute(
            withGenerationFirst(
                operation,
                bucket,
                /* idempotent= */ false,
                List.of(Planner.plain(mutation, generation))));
    if (!verified(bucket, generation, replies.get(0))) {
      return null;
    }
    Outcome outcome = Planner.readPlain(mutation, scripts.checked(operation, replies.get(1)));
    publishIfHeard(mutation, outcome, bucket);
    return outcome;
  }

  private @Nullable Outcome applyScript(
      String operation, Mutation mutation, int bucket, Generation generation) {
    Object reply = scripts.call(operation, planner.script(mutation, bucket, generation));
    return readScript(bucket, generation, reply);
  }

  /** The outcome that {@code apply.lua} tells, or {@code null} if the generation was stale. */
  private @Nullable Outcome readScript(int bucket, Generation generation, @Nullable Object reply) {
    List<?> parts = list(reply);
    boolean current = verified(bucket, generation, parts.get(1));
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

  @Override
  public List<Outcome> applyAll(List<Mutation> mutations) {
    List<Outcome> outcomes = new ArrayList<>(mutations.size());
    int from = 0;
    while (from < mutations.size()) {
      int to = chunkEnd(mutations, from);
      outcomes.addAll(applyChunk(mutations.subList(from, to)));
      from = to;
    }
    return outcomes;
  }

  private int chunkEnd(List<Mutation> mutations, int from) {
    long size = 0;
    int to = from;
    while (to < mutations.size() && to - from < batchSize && size < MAX_CHUNK_BYTES) {
      Bytes value = mutations.get(to).value();
      size += value == null ? 0 : value.length();
      to++;
    }
    return to;
  }

  /** One round trip for all; what a stale generation or a forgotten script spoilt is made again. */
  private List<Outcome> applyChunk(List<Mutation> mutations) {
    Map<Integer, List<Integer>> byBucket = byBucket(mutations, Mutation::key);
    String operation = describe(mutations.get(0).value() == null ? "removeAll" : "putAll");
    List<Request> requests = new ArrayList<>(byBucket.size());
    Map<Integer, Generation> used = new LinkedHashMap<>();
    byBucket.forEach(
        (bucket, indexes) -> {
          Generation generation = generations.current(bucket);
          used.put(bucket, generation);
          List<CommandArguments> commands = new ArrayList<>(indexes.size());
          for (int index : indexes) {
            Mutation mutation = mutations.get(index);
            commands.add(
                goesPlain(mutation, bucket, generation)
                    ? Planner.plain(mutation, generation)
                    : planner.script(mutation, bucket, generation).byDigest());
          }
          requests.add(withGenerationFirst(operation, bucket, /* idempotent= */ false, commands));
        });
    List<List<@Nullable Object>> replies = executor.executeAll(requests);
    Outcome[] outcomes = new Outcome[mutations.size()];
    int request = 0;
    for (Map.Entry<Integer, List<Integer>> group : byBucket.entrySet()) {
      int bucket = group.getKey();
      List<@Nullable Object> answers = replies.get(request++);
      Generation generation = used.getOrDefault(bucket, generations.current(bucket));
      boolean current = verified(bucket, generation, answers.get(0));
      int answer = 1;
      for (int index : group.getValue()) {
        Outcome outcome =
            chunkOutcome(
                operation,
                mutations.get(index),
                bucket,
                generation,
                current,
                answers.get(answer++));
        outcomes[index] = outcome != null ? outcome : apply(mutations.get(index));
      }
    }
    return List.of(outcomes);
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
    Object answer = scripts.checked(operation, reply);
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

  @Override
  public void clear() {
    generations.renewAll();
  }

  @Override
  public void destroy() {
    generations.deleteAll();
  }

  @Override
  public Iterator<List<Bytes>> scan() {
    // What is known may be old, and a scan must not take the current entries for dead ones.
    generations.openAll();
    return new KeyScan(executor, names, generations, describe("iterator"), batchSize);
  }

  /** Runs a read over keys of any number, one bucket and at most one batch at a time. */
  private <T extends @Nullable Object> List<T> inChunks(
      List<Bytes> keys, BiFunction<Integer, List<Bytes>, List<T>> read) {
    if (keys.size() == 1) {
      return read.apply(names.bucketOf(keys.get(0)), keys);
    }
    List<T> results = new ArrayList<>(Collections.nCopies(keys.size(), null));
    byBucket(keys, key -> key)
        .forEach(
            (bucket, indexes) -> {
              for (int from = 0; from < indexes.size(); from += batchSize) {
                List<Integer> chunk =
                    indexes.subList(from, Math.min(from + batchSize, indexes.size()));
                List<T> found = read.apply(bucket, chunk.stream().map(keys::get).toList());
                for (int i = 0; i < found.size(); i++) {
                  results.set(chunk.get(i), found.get(i));
                }
              }
            });
    return results;
  }

  private <T> Map<Integer, List<Integer>> byBucket(List<T> items, Function<T, Bytes> key) {
    Map<Integer, List<Integer>> byBucket = new LinkedHashMap<>();
    for (int i = 0; i < items.size(); i++) {
      byBucket
          .computeIfAbsent(names.bucketOf(key.apply(items.get(i))), bucket -> new ArrayList<>())
          .add(i);
    }
    return byBucket;
  }

  /** Sends commands behind the generation's own, and again as long as the generation was stale. */
  private <T> T withGeneration(
      String operation,
      int bucket,
      Function<Generation, List<CommandArguments>> commands,
      Function<List<@Nullable Object>, T> reading) {
    return onCurrentGeneration(
        operation,
        bucket,
        generation -> {
          List<@Nullable Object> replies =
              executor.execute(
                  withGenerationFirst(
                      operation, bucket, /* idempotent= */ true, commands.apply(generation)));
          return verified(bucket, generation, replies.get(0))
              ? reading.apply(replies.subList(1, replies.size()))
              : null;
        });
  }

  private Request withGenerationFirst(
      String operation, int bucket, boolean idempotent, List<CommandArguments> commands) {
    byte[] generationKey = names.generationKey(bucket);
    List<CommandArguments> all = new ArrayList<>(commands.size() + 1);
    all.add(new CommandArguments(Command.GET).add(generationKey));
    all.addAll(commands);
    return new Request(operation, Bytes.of(generationKey), idempotent, all);
  }

  /** Repeats an attempt, which returns {@code null} if the generation it was given was stale. */
  private <T> T onCurrentGeneration(
      String operation, int bucket, Function<Generation, @Nullable T> attempt) {
    for (int i = 0; i < MAX_ATTEMPTS; i++) {
      T result = attempt.apply(generations.current(bucket));
      if (result != null) {
        return result;
      }
      if (i > ATTEMPTS_WITHOUT_PAUSE) {
        LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(MAX_PAUSE_NANOS));
      }
    }
    throw new CacheException(
        "%s on %s gave up: the cache was cleared %d times meanwhile"
            .formatted(operation, executor.address(), MAX_ATTEMPTS));
  }

  private boolean verified(int bucket, Generation used, @Nullable Object raw) {
    Object checked = scripts.checked(describe("generation"), raw);
    return generations.verify(bucket, used, checked instanceof byte[] bytes ? bytes : null);
  }

  private List<@Nullable Bytes> bytes(String operation, List<? extends @Nullable Object> replies) {
    List<@Nullable Bytes> values = new ArrayList<>(replies.size());
    for (Object reply : replies) {
      values.add(scripts.checked(operation, reply) instanceof byte[] raw ? Bytes.of(raw) : null);
    }
    return values;
  }

  private static List<? extends @Nullable Object> list(@Nullable Object reply) {
    if (reply instanceof List<?> list) {
      return list;
    }
    throw new CacheException("Redis answered something else than a list: " + reply);
  }

  private String describe(String operation) {
    return operation + " on cache " + cacheName;
  }
}
