package io.yokedcache.metrics.source;

/**
 * The counts of the StatsD output. Measurements that a sample rate left out are in none of them.
 * UDP does not report arrival: sent means that the operating system accepted the packet.
 *
 * @param droppedEvents measurements dropped: the queue was full, the collector closed, or their
 *     packet could not be sent
 * @param rejectedEvents measurements that cannot be sent at all: not a finite number, a negative
 *     duration (plain flavour), or longer than a packet
 */
public record StatsDStatistics(
    long sentEvents,
    long sentPackets,
    long droppedEvents,
    long droppedPackets,
    long rejectedEvents,
    int queuedEvents) {

  /** Adds the counts of a later collector. This one is closed, so none of its events waits. */
  public StatsDStatistics then(StatsDStatistics next) {
    return new StatsDStatistics(
        sentEvents + next.sentEvents,
        sentPackets + next.sentPackets,
        droppedEvents + next.droppedEvents,
        droppedPackets + next.droppedPackets,
        rejectedEvents + next.rejectedEvents,
        next.queuedEvents);
  }
}
