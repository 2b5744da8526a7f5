package io.yokedcache.jcache.internal.processor;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Pending;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.RequestSender;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One round trip for changes of several entries, also of several caches of one manager. The changes
 * are begun, then {@link #make} sends them, then each is finished: by the supplier that its begin
 * returned, called once, in any order. Each change is atomic, all together are not. For one use by
 * one thread.
 *
 * <p>The round trip is timed in the statistics of the cache whose change was begun first.
 */
public final class SharedTrip implements RequestSender {

  private final List<Request> requests = new ArrayList<>();
  private final List<Consumer<Pending>> arrivals = new ArrayList<>();
  private final List<Runnable> steps = new ArrayList<>();
  private @Nullable RedisExecutor executor;

  /** A cache whose changes can share a round trip. Safe for use by several threads. */
  public interface Member<K, V> {

    /**
     * Begins an {@code invoke}. It takes a further round trip if the processor has no guess, or a
     * wrong one.
     *
     * @return finishes it, and returns the answer of the processor
     */
    <T extends @Nullable Object> Supplier<T> beginInvoke(
        SharedTrip trip, K key, GuessingProcessor<K, V, T> processor);

    /**
     * Begins a {@code put}.
     *
     * @return finishes it, and returns whether the value was stored
     */
    Supplier<Boolean> beginPut(SharedTrip trip, K key, V value);

    /**
     * Begins a {@code putIfAbsent}, for which a value that cannot be decoded counts as present.
     *
     * @return finishes it, and returns whether the value was stored
     */
    Supplier<Boolean> beginPutIfAbsent(SharedTrip trip, K key, V value, Duration timeToLive);
  }

  @Override
  public void send(RedisExecutor to, Request request, Consumer<Pending> arrived) {
    if (executor == null) {
      executor = to;
    }
    requests.add(request);
    arrivals.add(arrived);
  }

  @Override
  public void run(Runnable step) {
    steps.add(step);
  }

  /** Sends all changes. If Redis cannot be reached, the finishing of each of them fails. */
  public void make() {
    IntFunction<List<@Nullable Object>> replies = replies();
    for (int i = 0; i < arrivals.size(); i++) {
      int place = i;
      arrivals.get(i).accept(() -> replies.apply(place));
    }
    steps.forEach(Runnable::run);
  }

  private IntFunction<List<@Nullable Object>> replies() {
    if (requests.isEmpty()) {
      return place -> List.of();
    }
    try {
      List<List<@Nullable Object>> replies =
          requireNonNull(executor, "executor").executeAll(requests);
      return replies::get;
    } catch (RedisUnavailableException e) {
      return place -> {
        throw failureOf(requests.get(place).operation(), e);
      };
    } catch (RuntimeException e) {
      return place -> {
        throw e;
      };
    }
  }

  /** The failure of one change: that of the round trip names another one. */
  private static RedisUnavailableException failureOf(
      String operation, RedisUnavailableException failure) {
    String message = String.valueOf(failure.getMessage());
    return message.startsWith(operation)
        ? failure
        : new RedisUnavailableException(
            "%s failed with the round trip that it shared: %s".formatted(operation, message),
            failure,
            failure.kind(),
            failure.server());
  }
}
