package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.source.StatsDStatistics;
import io.yokedcache.metrics.statsd.Transport.Packet;
import java.util.concurrent.atomic.LongAdder;

/** Counts sent, dropped and rejected measurements. Thread-safe. */
final class Tally {

  private final LongAdder sentEvents = new LongAdder();
  private final LongAdder sentPackets = new LongAdder();
  private final LongAdder droppedEvents = new LongAdder();
  private final LongAdder droppedPackets = new LongAdder();
  private final LongAdder rejectedEvents = new LongAdder();

  /** Counts a packet that the operating system took. */
  void sent(Packet packet) {
    sentPackets.increment();
    sentEvents.add(packet.events());
  }

  /** Subtracts a packet that was counted as sent, but that the operating system rejected. */
  void unsent(Packet packet) {
    sentPackets.decrement();
    sentEvents.add(-packet.events());
  }

  void dropped(Packet packet) {
    droppedPackets.increment();
    droppedEvents.add(packet.events());
  }

  /** Counts events that were dropped before they were in a packet. */
  void dropped(int events) {
    droppedEvents.add(events);
  }

  void rejected() {
    rejectedEvents.increment();
  }

  StatsDStatistics statistics(int queued) {
    return new StatsDStatistics(
        sentEvents.sum(),
        sentPackets.sum(),
        droppedEvents.sum(),
        droppedPackets.sum(),
        rejectedEvents.sum(),
        queued);
  }
}
