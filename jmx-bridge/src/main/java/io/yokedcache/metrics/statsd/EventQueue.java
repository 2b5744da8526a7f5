package io.yokedcache.metrics.statsd;

import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A bounded queue on which no caller waits, neither for room nor for a lock. Thread-safe.
 *
 * <p>Offering wakes no thread, which would cost the caller more than the rest of the call; the
 * reader polls.
 */
final class EventQueue {

  private final ConcurrentLinkedQueue<Event> events = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private final int capacity;
  private final Tally tally;
  private volatile boolean closed;

  EventQueue(int capacity, Tally tally) {
    this.capacity = capacity;
    this.tally = tally;
  }

  /** Queues an event, or counts it as dropped. */
  void offer(Event event) {
    if (closed || !reserve(1)) {
      tally.dropped(1);
      return;
    }
    events.add(event);
    discardIfClosed();
  }

  /**
   * Queues all of these or none, and then counts nothing. More than fit at all are taken when the
   * queue is empty: else they could never be sent.
   */
  boolean offerAll(List<Event> all) {
    if (closed || !reserve(all.size())) {
      return false;
    }
    events.addAll(all);
    discardIfClosed();
    return true;
  }

  @Nullable Event poll() {
    Event event = events.poll();
    if (event != null) {
      size.decrementAndGet();
    }
    return event;
  }

  int size() {
    return size.get();
  }

  void close() {
    closed = true;
    discardIfClosed();
  }

  private void discardIfClosed() {
    // After the flag, so that an event offered while the queue closes is seen here or there.
    while (closed && poll() != null) {
      tally.dropped(1);
    }
  }

  private boolean reserve(int count) {
    while (true) {
      int now = size.get();
      if (now > 0 && now + count > capacity) {
        return false;
      }
      if (size.compareAndSet(now, now + count)) {
        return true;
      }
    }
  }
}
