package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * Verifies that an operation saw the current entries. It reads the generation key in the same round
 * trip, and repeats the operation if another generation is current.
 */
final class GenerationGuard {

  /** The number of attempts of an operation during which the cache is cleared each time. */
  private static final int MAX_ATTEMPTS = 200;

  private static final int ATTEMPTS_WITHOUT_PAUSE = 20;
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

  private final RedisExecutor executor;
  private final KeySpace names;
  private final Generations generations;
  private final OperationNames operations;

  /** The reads of the generation keys, by bucket; made once and never changed. */
  private final CommandArguments[] generationReads;

  GenerationGuard(
      RedisExecutor executor, KeySpace names, Generations generations, OperationNames operations) {
    this.executor = executor;
    this.names = names;
    this.generations = generations;
    this.operations = operations;
    this.generationReads = new CommandArguments[names.buckets()];
    for (int bucket = 0; bucket < generationReads.length; bucket++) {
      generationReads[bucket] = new CommandArguments(Command.GET).add(names.route(bucket));
    }
  }

  /**
   * Sends commands behind the read of the generation key, and again if the generation was stale.
   *
   * @param replyBytes the estimated size of the replies, if it may be large
   */
  <T> T withGeneration(
      String operation,
      int bucket,
      int replyBytes,
      Function<Generation, List<CommandArguments>> commands,
      BiFunction<Generation, List<@Nullable Object>, T> reading) {
    return onCurrentGeneration(
        operation,
        bucket,
        generation -> {
          List<@Nullable Object> replies =
              executor.execute(
                  withGenerationFirst(
                      operation,
                      bucket,
                      /* idempotent= */ true,
                      commands.apply(generation),
                      replyBytes));
          if (!verified(bucket, generation, replies.get(0))) {
            return null;
          }
          // Redis may refuse one command of several.
          replies.forEach(reply -> executor.checked(operation, reply));
          return reading.apply(generation, replies.subList(1, replies.size()));
        });
  }

  /** A request that reads the generation before its commands. */
  Request withGenerationFirst(
      String operation, int bucket, boolean idempotent, List<CommandArguments> commands) {
    return withGenerationFirst(operation, bucket, idempotent, commands, 0);
  }

  private Request withGenerationFirst(
      String operation,
      int bucket,
      boolean idempotent,
      List<CommandArguments> commands,
      int replyBytes) {
    CommandArguments read = generationReads[bucket];
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

  /** Repeats an attempt, which returns {@code null} if the generation it was given was stale. */
  <T> T onCurrentGeneration(
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
   * @throws CacheException if that were too many
   */
  Generation generation(String operation, int bucket, int attempt) {
    if (attempt == MAX_ATTEMPTS) {
      throw new CacheException(
          "%s on %s gave up: the cache was cleared %s times at the same time"
              .formatted(operation, executor.address(), MAX_ATTEMPTS));
    }
    if (attempt > ATTEMPTS_WITHOUT_PAUSE) {
      BoundedWait.pause(ThreadLocalRandom.current().nextLong(MAX_PAUSE_NANOS));
    }
    return generations.current(bucket);
  }

  /** Whether an operation that used a generation saw the current entries, by its own reply. */
  boolean verified(int bucket, Generation used, @Nullable Object raw) {
    Object checked = executor.checked(operations.verify(), raw);
    return generations.verify(bucket, used, checked instanceof byte[] bytes ? bytes : null);
  }
}
