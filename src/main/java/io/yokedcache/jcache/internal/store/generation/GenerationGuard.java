package io.yokedcache.jcache.internal.store.generation;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Pending;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.error.ErrorMessages;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.keys.KeySpace.Bucket;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Verifies that an operation saw the current entries. It reads the generation key in the same round
 * trip, and repeats the operation if another generation is current.
 */
public final class GenerationGuard {

  /** The number of attempts of an operation during which the cache is cleared each time. */
  private static final int MAX_ATTEMPTS = 200;

  /** The number of attempts of an operation if the generation key does not stay in Redis. */
  private static final int MAX_ATTEMPTS_WITHOUT_KEY = 50;

  private static final int ATTEMPTS_WITHOUT_PAUSE = 20;
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final RedisExecutor executor;
  private final KeySpace names;
  private final Generations generations;
  private final int batchSize;

  /** The reads of the generation keys, by bucket: each is made at its first use, and then stays. */
  private final AtomicReferenceArray<@Nullable CommandArguments> generationReads;

  public GenerationGuard(
      RedisExecutor executor, KeySpace names, Generations generations, int batchSize) {
    this.executor = executor;
    this.names = names;
    this.generations = generations;
    this.batchSize = batchSize;
    this.generationReads = new AtomicReferenceArray<>(names.buckets());
  }

  /**
   * A request for some entries of one bucket that may be sent again: a read, a removal, or another
   * time to live.
   *
   * @param <T> the result for each key
   */
  public interface BucketRequest<T extends @Nullable Object> {

    /** Creates the request, whose replies tell the generation as well. */
    Request create(int bucket, Generation generation, List<Bytes> keys);

    /**
     * Returns a result for each key, or {@code null} if the generation was stale or the request is
     * to be made again for another reason.
     */
    @Nullable List<T> results(
        int bucket, Generation generation, List<Bytes> keys, List<@Nullable Object> replies);
  }

  /**
   * Sends commands for each of some entries of one bucket behind the read of the generation key.
   *
   * @param <T> the result for each key
   */
  public abstract static class GuardedCommands<T extends @Nullable Object>
      implements BucketRequest<T> {

    private final GenerationGuard guard;
    private final String operation;

    protected GuardedCommands(GenerationGuard guard, String operation) {
      this.guard = guard;
      this.operation = operation;
    }

    @Override
    public final Request create(int bucket, Generation generation, List<Bytes> keys) {
      return guard.withGenerationFirst(
          operation,
          bucket,
          /* idempotent= */ true,
          commands(generation, keys),
          replyBytes(keys.size()));
    }

    @Override
    public final @Nullable List<T> results(
        int bucket, Generation generation, List<Bytes> keys, List<@Nullable Object> replies) {
      if (!guard.verified(bucket, generation, replies.get(0))) {
        return null;
      }
      // Redis may refuse one command of several.
      replies.forEach(reply -> guard.executor.checked(operation, reply));
      return resultsOf(generation, replies.subList(1, replies.size()));
    }

    /** The estimated size of the replies for a number of keys. */
    protected int replyBytes(int keys) {
      return 0;
    }

    protected abstract List<CommandArguments> commands(Generation generation, List<Bytes> keys);

    /** The results for the keys by the replies to the commands. */
    protected abstract List<T> resultsOf(Generation generation, List<@Nullable Object> replies);
  }

  /**
   * Sends a request for the entries of any number of keys. A batch takes one round trip, whatever
   * the number of its buckets, and one more for those whose generation was not known or was stale.
   *
   * @return the results in the order of the keys
   */
  public <T extends @Nullable Object> List<T> execute(
      String operation, List<Bytes> keys, BucketRequest<T> request) {
    if (keys.size() == 1) {
      return executeInBucket(operation, names.bucketOf(keys.get(0)), keys, request);
    }
    List<T> results = new ArrayList<>(Collections.nCopies(keys.size(), null));
    for (int from = 0; from < keys.size(); from += batchSize) {
      List<Bytes> batch = keys.subList(from, Math.min(from + batchSize, keys.size()));
      List<T> into = results.subList(from, from + batch.size());
      if (names.buckets() == 1) {
        Collections.copy(into, executeInBucket(operation, /* bucket= */ 0, batch, request));
      } else {
        executeBatch(operation, batch, request, into);
      }
    }
    return results;
  }

  /**
   * Begins to do what {@link #execute} does.
   *
   * @param arrived is called once in a thread of the queue, with a supplier of the results. The
   *     supplier waits only if the request must be repeated.
   */
  public <T extends @Nullable Object> void begin(
      String operation,
      List<Bytes> keys,
      BucketRequest<T> request,
      AsyncQueue queue,
      Consumer<Supplier<List<T>>> arrived) {
    List<Bucket> byBucket = names.byBucket(keys, key -> key);
    boolean isKnown = true;
    for (Bucket bucket : byBucket) {
      isKnown &= generations.known(bucket.number()) != null;
    }
    if (!isKnown || keys.size() > batchSize) {
      queue.run(() -> arrived.accept(() -> execute(operation, keys, request)));
      return;
    }
    List<Begun> parts = new ArrayList<>(byBucket.size());
    for (Bucket bucket : byBucket) {
      List<Bytes> some = byBucket.size() == 1 ? keys : bucket.of(keys);
      parts.add(new Begun(bucket, some, generations.current(bucket.number())));
    }
    AtomicInteger left = new AtomicInteger(parts.size());
    for (Begun part : parts) {
      executor.begin(
          request.create(part.bucket.number(), part.generation, part.keys),
          queue,
          sent -> {
            part.sent = sent;
            if (left.decrementAndGet() == 0) {
              arrived.accept(() -> finishAll(operation, request, parts, keys.size()));
            }
          });
    }
  }

  /** A request to a bucket under way; {@code sent} is published by the count of those left. */
  private static final class Begun {

    final Bucket bucket;
    final List<Bytes> keys;
    final Generation generation;
    @Nullable Pending sent;

    Begun(Bucket bucket, List<Bytes> keys, Generation generation) {
      this.bucket = bucket;
      this.keys = keys;
      this.generation = generation;
    }
  }

  private <T extends @Nullable Object> List<T> finishAll(
      String operation, BucketRequest<T> request, List<Begun> parts, int size) {
    if (parts.size() == 1) {
      return finish(operation, request, parts.get(0));
    }
    List<T> results = new ArrayList<>(Collections.nCopies(size, null));
    for (Begun part : parts) {
      put(finish(operation, request, part), part.bucket, results);
    }
    return results;
  }

  private <T extends @Nullable Object> List<T> finish(
      String operation, BucketRequest<T> request, Begun part) {
    int bucket = part.bucket.number();
    List<@Nullable Object> replies = requireNonNull(part.sent).finish();
    List<T> found = request.results(bucket, part.generation, part.keys, replies);
    return found != null ? found : executeInBucket(operation, bucket, part.keys, request);
  }

  /** Puts the results of a bucket at their places among all. */
  private static <T extends @Nullable Object> void put(
      List<T> found, Bucket bucket, List<T> results) {
    for (int i = 0; i < found.size(); i++) {
      results.set(bucket.places()[i], found.get(i));
    }
  }

  private <T extends @Nullable Object> List<T> executeInBucket(
      String operation, int bucket, List<Bytes> keys, BucketRequest<T> request) {
    return onCurrentGeneration(
        operation,
        bucket,
        generation ->
            request.results(
                bucket,
                generation,
                keys,
                executor.execute(request.create(bucket, generation, keys))));
  }

  private <T extends @Nullable Object> void executeBatch(
      String operation, List<Bytes> keys, BucketRequest<T> request, List<T> results) {
    List<Bucket> left = names.byBucket(keys, key -> key);
    for (int attempt = 0; !left.isEmpty(); attempt++) {
      if (attempt > 0) {
        pace(operation, left.stream().map(Bucket::number).toList(), attempt);
      }
      generations.openUnknown(left);
      List<Generation> used = new ArrayList<>(left.size());
      List<Request> requests = new ArrayList<>(left.size());
      for (Bucket bucket : left) {
        Generation generation = generations.current(bucket.number());
        used.add(generation);
        requests.add(request.create(bucket.number(), generation, bucket.of(keys)));
      }
      List<List<@Nullable Object>> replies = executor.executeAll(requests);
      List<Bucket> stale = new ArrayList<>(0);
      for (int i = 0; i < replies.size(); i++) {
        Bucket bucket = left.get(i);
        List<T> found =
            request.results(bucket.number(), used.get(i), bucket.of(keys), replies.get(i));
        if (found == null) {
          stale.add(bucket);
        } else {
          put(found, bucket, results);
        }
      }
      left = stale;
    }
  }

  /** A request that reads the generation before its changes. */
  public Request withGenerationFirst(String operation, int bucket, List<CommandArguments> changes) {
    return withGenerationFirst(operation, bucket, /* idempotent= */ false, changes, 0);
  }

  /** A request that reads the generation before its commands. */
  public Request withGenerationFirst(
      String operation,
      int bucket,
      boolean idempotent,
      List<CommandArguments> commands,
      int replyBytes) {
    CommandArguments read = generationRead(bucket);
    List<CommandArguments> all;
    if (commands.size() == 1) {
      all = List.of(read, commands.get(0));
    } else {
      all = new ArrayList<>(commands.size() + 1);
      all.add(read);
      all.addAll(commands);
    }
    return new Request(operation, names.route(bucket), idempotent, all, replyBytes);
  }

  private CommandArguments generationRead(int bucket) {
    CommandArguments known = generationReads.get(bucket);
    if (known == null) {
      known = new CommandArguments(Command.GET).add(names.route(bucket));
      generationReads.set(bucket, known); // another thread may have made the same
    }
    return known;
  }

  /**
   * Repeats an attempt, which returns {@code null} if the generation it was given was stale. {@link
   * io.yokedcache.jcache.internal.store.EntryStore#get} has this loop itself, to save frames.
   */
  public <T> T onCurrentGeneration(
      String operation, int bucket, Function<Generation, @Nullable T> attempt) {
    for (int i = 0; ; i++) {
      T result = attempt.apply(generation(operation, bucket, i));
      if (result != null) {
        return result;
      }
    }
  }

  /**
   * The generation for the next attempt of an operation.
   *
   * @param attempt how many generations were stale before
   * @throws CacheException if that were too many; a {@link RedisUnavailableException} if Redis does
   *     not keep the generation
   */
  public Generation generation(String operation, int bucket, int attempt) {
    if (attempt > 0) {
      pace(operation, Set.of(bucket), attempt);
    }
    return generations.current(bucket);
  }

  private void pace(String operation, Collection<Integer> buckets, int attempt) {
    if (attempt >= MAX_ATTEMPTS_WITHOUT_KEY
        && buckets.stream().anyMatch(bucket -> generations.known(bucket) == null)) {
      throw evicted(operation, attempt);
    }
    if (attempt == MAX_ATTEMPTS) {
      throw new CacheException(
          "%s on %s gave up: the cache was cleared %s times at the same time"
              .formatted(operation, executor.address(), MAX_ATTEMPTS));
    }
    if (attempt > ATTEMPTS_WITHOUT_PAUSE) {
      BoundedWait.pause(ThreadLocalRandom.current().nextLong(MAX_PAUSE_NANOS));
    }
  }

  private RedisUnavailableException evicted(String operation, int attempts) {
    return new RedisUnavailableException(
        "%s on %s failed: the server has removed the generation key of the cache %s times while the operation ran. Its maxmemory leaves no room for the keys that are in use: raise maxmemory, and see used_memory and evicted_keys of INFO."
            .formatted(operation, executor.address(), attempts),
        new CacheException("The generation key is absent"),
        RedisUnavailableException.Kind.REFUSED,
        executor.address());
  }

  /** Whether an operation that used a generation saw the current entries, by its own reply. */
  public boolean verified(int bucket, Generation used, @Nullable Object raw) {
    if (raw instanceof JedisDataException error) {
      throw ErrorMessages.failure(
          generations.describe("verification of the generation"), executor.address(), error);
    }
    return generations.verify(bucket, used, raw instanceof byte[] bytes ? bytes : null);
  }
}
