package io.yokedcache.metrics;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls a collector from a thread of its own, behind a bounded queue, so that one that waits for a
 * network holds up nobody. What the queue has no room for is dropped and counted.
 */
final class QueuedSlot implements CollectorSlot {

  /** How many calls may wait for the collector. */
  static final int CAPACITY = 10_000;

  /** How long {@link #close()} waits for the queue to empty and the collector to close. */
  static final int CLOSE_SECONDS = 5;

  private static final Logger logger = LoggerFactory.getLogger(QueuedSlot.class);
  private static final Event END = collector -> {};

  private final DirectSlot target;
  private final LongAdder drops;
  private final BlockingQueue<Event> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final Thread thread;
  private volatile boolean isClosing;

  QueuedSlot(DirectSlot target, LongAdder drops) {
    this.target = target;
    this.drops = drops;
    this.thread =
        new Thread(
            this::run, "yokedcache-metrics-" + target.collector().getClass().getSimpleName());
    thread.setDaemon(true);
  }

  QueuedSlot start() {
    thread.start();
    return this;
  }

  @Override
  public MetricsCollector collector() {
    return target.collector();
  }

  @Override
  public void accept(Event event) {
    if (isClosing || !queue.offer(event)) {
      drops.increment();
    }
  }

  private void run() {
    try {
      Event event = queue.take();
      while (event != END) {
        target.accept(event);
        // No room for the end mark while closing means that the queue is full, and then empties.
        event = isClosing && queue.isEmpty() ? END : queue.take();
      }
      target.close();
      end.complete(null);
    } catch (InterruptedException closedByForce) {
      end.complete(null);
    } catch (RuntimeException e) {
      end.completeExceptionally(e);
    }
  }

  @Override
  public void close() {
    isClosing = true;
    boolean hasRoom = queue.offer(END);
    try {
      end.get(CLOSE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      logger.warn(
          "The metrics collector {} did not take its last {} values within {} s; they are lost",
          target.collector(),
          hasRoom ? queue.size() - 1 : queue.size(),
          CLOSE_SECONDS);
      thread.interrupt();
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }
}
