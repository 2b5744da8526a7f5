package io.yokedcache.metrics.source;

/**
 * What became of the measurements that the StatsD output was given. Those that a sample rate left
 * out are in none of these numbers. UDP does not tell what arrived: sent means that the operating
 * system took it.
 *
 * @param sentEvents measurements sent
 * @param sentPackets datagrams that they were in
 * @param droppedEvents measurements dropped: the queue was full, the collector closed, or their
 *     packet could not be sent
 * @param droppedPackets datagrams that could not be sent
 * @param rejectedEvents measurements that cannot be sent at all: not a finite number, a negative
 *     duration (plain flavour), or longer than a packet
 * @param queuedEvents measurements that wait now
 */
public record StatsDStatistics(
    long sentEvents,
    long sentPackets,
    long droppedEvents,
    long droppedPackets,
    long rejectedEvents,
    int queuedEvents) {

  /** Both together; this one has ended, and so nothing waits in it. */
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
