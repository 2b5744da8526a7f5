package io.yokedcache.metrics.statsd;

/** Sends packets to the daemon. Used by one thread. */
interface Transport {

  /**
   * Sends a packet, waiting while the network is behind; a packet that cannot be sent before the
   * deadline is dropped and counted.
   */
  void send(Packet packet);

  /** Sends the accepted packets within the deadline, and releases all resources. */
  void stop();

  /**
   * The text of one datagram.
   *
   * @param text lines, with line breaks between them and none at the end
   * @param events how many measurements are in it
   */
  record Packet(String text, int events) {}

  @FunctionalInterface
  interface Factory {
    Transport create(Tally tally, Deadline deadline);
  }
}
