package io.yokedcache.metrics.statsd;

import static org.awaitility.Awaitility.await;

import java.time.Duration;

/**
 * Lets only as many packets be on their way as any receive buffer holds, so that a test may count:
 * UDP itself would drop some when the receiving thread is not given a processor.
 */
final class PacedTransport implements Transport {

  private static final int ON_THE_WAY = 32;

  private final UdpReceiver receiver;
  private final Transport transport;
  private int sent;

  private PacedTransport(UdpReceiver receiver, Transport transport) {
    this.receiver = receiver;
    this.transport = transport;
  }

  static Factory to(UdpReceiver receiver, Factory transports) {
    return (tally, deadline) -> new PacedTransport(receiver, transports.create(tally, deadline));
  }

  @Override
  public void send(Packet packet) {
    if (sent - receiver.packetCount() >= ON_THE_WAY) {
      await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .atMost(Duration.ofSeconds(20))
          .until(() -> sent - receiver.packetCount() < ON_THE_WAY);
    }
    sent++;
    transport.send(packet);
  }

  @Override
  public void stop() {
    transport.stop();
  }
}
