package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.store.Bytes;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Lets the threads of this JVM that miss the same key at the same time load it once: the first one
 * loads, the others wait for its result, for a bounded time. The result is shared as bytes, so that
 * each decodes an object of its own.
 *
 * @param <K> keys
 */
final class LoadFlights<K> {

  private final ConcurrentMap<K, Flight> flights = new ConcurrentHashMap<>();
  private final Duration timeout;

  LoadFlights(Duration timeout) {
    this.timeout = timeout;
  }

  /** Joins the load of a key that is under way, or begins one. */
  Flight board(K key) {
    Flight own = new Flight(key, /* pilot= */ true);
    Flight other = flights.putIfAbsent(key, own);
    if (other == null) {
      return own;
    }
    // A loader that reads the key it loads would wait for itself.
    return other.thread == Thread.currentThread() ? own : other.asPassenger();
  }

  /**
   * The end of a load that did not fail.
   *
   * @param value the encoded value, or {@code null} if there is none
   */
  record Landing(@Nullable Bytes value) {}

  /** One load of one key, as the thread that loads or one that waits sees it. */
  final class Flight implements AutoCloseable {

    private final K key;
    private final boolean pilot;
    private final Thread thread = Thread.currentThread();
    private final CompletableFuture<@Nullable Landing> result;

    private Flight(K key, boolean pilot) {
      this(key, pilot, new CompletableFuture<>());
    }

    private Flight(K key, boolean pilot, CompletableFuture<@Nullable Landing> result) {
      this.key = key;
      this.pilot = pilot;
      this.result = result;
    }

    private Flight asPassenger() {
      return new Flight(key, /* pilot= */ false, result);
    }

    /** Whether this thread has to load. */
    boolean isPilot() {
      return pilot;
    }

    /** What the pilot loaded, or {@code null} if its load failed or takes too long. */
    @Nullable Landing await() {
      try {
        return result.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
      } catch (ExecutionException | TimeoutException loadItOurselves) {
        return null;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return null;
      }
    }

    /** Tells the waiting threads what was loaded, or that there is nothing to load. */
    void land(@Nullable Bytes value) {
      result.complete(new Landing(value));
    }

    /** Ends the load; if it failed the waiting threads load by themselves. */
    @Override
    public void close() {
      result.complete(null);
      flights.remove(key, this);
    }
  }
}
