package io.yokedcache.jcache;

import io.yokedcache.jcache.internal.integration.ApplicationCode;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.cache.CacheException;
import javax.cache.integration.CompletionListener;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The {@code loadAll}s of one cache that are under way; {@link #close} waits for them. */
final class BulkLoads implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(BulkLoads.class);

  private final Executor executor;
  private final Duration closeTimeout;
  private final Map<UUID, CompletableFuture<?>> running = new ConcurrentHashMap<>();

  BulkLoads(Executor executor, Duration closeTimeout) {
    this.executor = executor;
    this.closeTimeout = closeTimeout;
  }

  /** Runs a load elsewhere, and tells the listener, if there is one, how it ended. */
  void start(Runnable task, @Nullable CompletionListener listener) {
    CompletableFuture<?> future = CompletableFuture.runAsync(() -> run(task, listener), executor);
    UUID load = UUID.randomUUID();
    running.put(load, future);
    var unused = future.whenComplete((nothing, failure) -> running.remove(load));
  }

  private static void run(Runnable task, @Nullable CompletionListener listener) {
    try {
      task.run();
    } catch (Throwable e) {
      // Of an error too, such as a missing class: whoever waits for the listener must not hang.
      if (listener == null) {
        logger.warn("loadAll failed, and nobody listens to its completion", e);
        return;
      }
      listener.onException(
          e instanceof CacheException already
              ? already
              : ApplicationCode.LOADER.failure("loadAll", e));
      return;
    }
    if (listener != null) {
      listener.onCompletion();
    }
  }

  @Override
  public void close() {
    try {
      CompletableFuture.allOf(running.values().toArray(CompletableFuture<?>[]::new))
          .get(closeTimeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException toldToTheListener) {
      logger.debug("A loadAll failed before the cache was closed", toldToTheListener);
    } catch (TimeoutException e) {
      logger.warn("A loadAll still runs {} ms after close", closeTimeout.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
