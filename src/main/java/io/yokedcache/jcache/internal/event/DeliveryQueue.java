package io.yokedcache.jcache.internal.event;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers events one after the other on a thread of its own, which starts with the first event.
 * The queue is bounded: when it stays full because a listener is slow, events are dropped, counted,
 * and warned of once.
 */
final class DeliveryQueue {

  private static final Logger logger = LoggerFactory.getLogger(DeliveryQueue.class);

  /** How long a full queue may take to have a place, and then to be empty, at closing. */
  private static final long CLOSE_MILLIS = 2_000;

  private final String cacheName;
  private final BlockingQueue<Runnable> queue;
  private final LongAdder dropped = new LongAdder();
  private final ReentrantLock lock = new ReentrantLock();

  /** The delivering thread, or {@code null} before the first event; guarded by the lock. */
  private @Nullable Thread thread;

  /** Written under the lock, read without it by the delivering thread. */
  private volatile boolean closed;

  DeliveryQueue(String cacheName, int capacity) {
    this.cacheName = cacheName;
    this.queue = new ArrayBlockingQueue<>(capacity);
  }

  /** Queues a delivery, waiting for a free place no longer than the given time. */
  void add(Runnable delivery, long waitMillis) {
    if (!start()) {
      return;
    }
    try {
      if (queue.offer(delivery, waitMillis, TimeUnit.MILLISECONDS)) {
        return;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    dropped.increment();
    if (dropped.sum() == 1) {
      logger.warn(
          "Listeners of cache {} are too slow: events are dropped. Raise yokedcache.events.queue-capacity or make them faster.",
          cacheName);
    }
  }

  long droppedCount() {
    return dropped.sum();
  }

  private boolean start() {
    lock.lock();
    try {
      if (closed) {
        return false;
      }
      if (thread == null) {
        Thread started = new Thread(this::run, "yokedcache-listeners-" + cacheName);
        started.setDaemon(true);
        started.start();
        thread = started;
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (!closed || !queue.isEmpty()) {
      try {
        queue.take().run();
      } catch (InterruptedException e) {
        // By close, or by a listener that set the flag or threw this undeclared.
        if (closed) {
          logger.debug("Delivery for cache {} was interrupted", cacheName);
          return;
        }
      } catch (Throwable e) {
        // Whatever a listener throws must not end the delivery to all others.
        logger.warn("An asynchronous listener of cache {} failed", cacheName, e);
      }
    }
  }

  /** Delivers what is queued, if that does not take too long, and ends the thread. */
  void close() {
    Thread running;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      running = thread;
    } finally {
      lock.unlock();
    }
    if (running == null || running == Thread.currentThread()) {
      return;
    }
    try {
      // Wakes the thread, which then sees that it is over; a full queue must get a chance first.
      if (queue.offer(
          () -> logger.debug("Delivery for cache {} ends", cacheName),
          CLOSE_MILLIS,
          TimeUnit.MILLISECONDS)) {
        running.join(CLOSE_MILLIS);
      }
      running.interrupt();
    } catch (InterruptedException e) {
      running.interrupt();
      Thread.currentThread().interrupt();
    }
  }
}
