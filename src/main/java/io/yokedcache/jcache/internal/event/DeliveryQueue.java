package io.yokedcache.jcache.internal.event;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import io.yokedcache.jcache.internal.concurrent.Throttle;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers events one after the other on its thread, which starts with the first event. The queue
 * is bounded by events and by bytes: when it stays full because a listener is slow, events are
 * dropped, counted, and logged once. While a listener hangs, only the first caller waits for a free
 * place. Its memory follows its content.
 */
final class DeliveryQueue {

  private static final Logger logger = LoggerFactory.getLogger(DeliveryQueue.class);

  /** How long the queue may take to be empty at closing. */
  private static final long CLOSE_MILLIS = 2_000;

  /** The pause of the thread if it cannot wait for an event. It needs no memory. */
  private static final long PAUSE_AFTER_ERROR_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A queue that was longer gives its memory back when it is empty. */
  private static final int SMALL = 256;

  private final String cacheName;
  private final int capacity;
  private final long maxBytes;
  private final LongAdder dropped = new LongAdder();
  private final Throttle warnings = new Throttle(Duration.ofMinutes(1));
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition filled = lock.newCondition();
  private final Condition emptied = lock.newCondition();

  /** The lock guards the fields below. */
  private ArrayDeque<Delivery> waiting = new ArrayDeque<>(1);

  private long waitingBytes;
  private boolean wasLong;

  /** Whether a caller found no free place in its time since the last delivery began. */
  private boolean isStuck;

  /** Whether an event was dropped because the queue was full. */
  private boolean wasFull;

  private boolean closed;
  private @Nullable Thread thread;

  private record Delivery(Runnable task, long bytes) {}

  /**
   * Creates an empty queue without a thread.
   *
   * @param capacity the most deliveries that wait
   * @param maxBytes the most bytes that they have together; a single one may have more
   */
  DeliveryQueue(String cacheName, int capacity, long maxBytes) {
    this.cacheName = cacheName;
    this.capacity = capacity;
    this.maxBytes = maxBytes;
  }

  /**
   * Queues a delivery, waiting for a free place no longer than the given time, even if the thread
   * is interrupted. Does not wait if another caller found no free place in its time and no delivery
   * has begun since.
   *
   * @param bytes about how much memory it keeps from being freed
   */
  void add(Runnable task, long bytes, long waitMillis) {
    lock.lock();
    try {
      boolean hasRoom =
          BoundedWait.await(
              isStuck ? 0 : TimeUnit.MILLISECONDS.toNanos(waitMillis),
              nanos -> awaitRoom(bytes, nanos));
      if (closed) {
        return;
      }
      if (!hasRoom) {
        isStuck |= waitMillis > 0;
        dropped.increment();
        warnOfFullQueue();
      } else if (!start()) {
        dropped.increment();
      } else {
        waiting.addLast(new Delivery(task, bytes));
        waitingBytes += bytes;
        wasLong |= waiting.size() > SMALL;
        filled.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Waits for room; returns {@code true} also when the queue is closed. */
  private boolean awaitRoom(long bytes, long nanos) throws InterruptedException {
    long left = nanos;
    while (!closed && !hasRoom(bytes)) {
      if (left <= 0) {
        return false;
      }
      left = emptied.awaitNanos(left);
    }
    return true;
  }

  private boolean hasRoom(long bytes) {
    // Whatever its size is, one event fits: else a listener would never hear of a large value.
    return waiting.isEmpty() || (waiting.size() < capacity && waitingBytes + bytes <= maxBytes);
  }

  private void warnOfFullQueue() {
    if (!wasFull) {
      wasFull = true;
      logger.warn(
          "Listeners of cache {} are too slow: events are dropped. Raise yokedcache.events.queue-capacity ({}) or yokedcache.events.queue-bytes ({}), or make the listeners faster.",
          cacheName,
          capacity,
          maxBytes);
    }
  }

  long droppedCount() {
    return dropped.sum();
  }

  /** Starts the thread if there is none, and returns whether there is one. */
  private boolean start() {
    if (thread == null) {
      Thread started = DaemonThreads.create("yokedcache-listeners-" + cacheName, this::run);
      try {
        started.start();
      } catch (OutOfMemoryError noThread) {
        // The change is made in any case; the next event tries again.
        logger.warn("No thread could be started for the listeners of {}", cacheName, noThread);
        return false;
      }
      thread = started;
    }
    return true;
  }

  private void run() {
    boolean isOver = false;
    while (!isOver) {
      boolean isTaken = false;
      try {
        Delivery next = take();
        isTaken = true;
        isOver = next == null;
        if (next != null) {
          next.task.run();
        }
      } catch (Throwable e) {
        // After any failure, declared or not, the other listeners still get the event.
        warn(e);
        if (!isTaken) { // no memory to wait for the next one
          BoundedWait.pause(PAUSE_AFTER_ERROR_NANOS);
        }
      }
      boolean unused = Thread.interrupted(); // left behind by one listener, and not for the next
    }
  }

  private void warn(Throwable failure) {
    try {
      String message = "An asynchronous listener of cache {} failed";
      if (warnings.passes()) {
        logger.warn(
            message + "; further failures of a minute are logged at debug", cacheName, failure);
      } else {
        logger.debug(message, cacheName, failure);
      }
    } catch (Throwable notEvenThat) {
      // Out of memory or of stack, for instance; the thread must live on.
    }
  }

  /** The next delivery, or {@code null} when the queue is closed and empty. */
  private @Nullable Delivery take() {
    lock.lock();
    try {
      while (waiting.isEmpty()) {
        if (closed) {
          return null;
        }
        filled.awaitUninterruptibly();
      }
      isStuck = false;
      Delivery next = waiting.removeFirst();
      waitingBytes -= next.bytes;
      if (wasLong && waiting.isEmpty()) {
        wasLong = false;
        waiting = new ArrayDeque<>(1);
      }
      emptied.signalAll();
      return next;
    } finally {
      lock.unlock();
    }
  }

  /** Delivers the queued events for a bounded time, and ends the thread. */
  void close() {
    Thread running;
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      running = thread;
      filled.signalAll();
      emptied.signalAll();
    } finally {
      lock.unlock();
    }
    if (running == null || running == Thread.currentThread()) {
      return;
    }
    if (!BoundedWait.join(running, CLOSE_MILLIS)) {
      abandon();
      running.interrupt();
    }
  }

  private void abandon() {
    lock.lock();
    try {
      if (!waiting.isEmpty()) {
        logger.warn(
            "Cache {} closes although {} events were not delivered", cacheName, waiting.size());
        waiting.clear();
        waitingBytes = 0;
      }
    } finally {
      lock.unlock();
    }
  }
}
