package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.statsd.Transport.Packet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Encodes queued events as packets and sends them, on its thread. */
final class PacketPump implements Runnable {

  private static final Logger logger = LoggerFactory.getLogger(PacketPump.class);

  /** How long events wait for others, to share a packet with them. */
  private static final long LINGER_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final EventQueue queue;
  private final StatsDLineEncoder encoder;
  private final Transport transport;
  private final Tally tally;
  private final Deadline deadline;
  private final int maxPacketBytes;

  private final StringBuilder packet = new StringBuilder();
  private int packetBytes;
  private int packetEvents;
  private boolean hasFailed;

  PacketPump(
      EventQueue queue,
      StatsDLineEncoder encoder,
      Transport transport,
      Tally tally,
      Deadline deadline,
      int maxPacketBytes) {
    this.queue = queue;
    this.encoder = encoder;
    this.transport = transport;
    this.tally = tally;
    this.deadline = deadline;
    this.maxPacketBytes = maxPacketBytes;
  }

  @Override
  public void run() {
    try {
      while (!deadline.isSet()) {
        sendSafely();
        LockSupport.parkNanos(this, LINGER_NANOS);
      }
      // Events that arrived before close() and after the last poll.
      sendSafely();
    } finally {
      queue.close();
      transport.stop();
    }
  }

  /** Whatever fails, this thread is the only one that sends. */
  private void sendSafely() {
    try {
      sendQueued();
    } catch (Throwable e) {
      warn(e);
    }
  }

  private void warn(Throwable failure) {
    try {
      if (hasFailed) {
        logger.debug("Further measurements for StatsD were lost", failure);
      } else {
        hasFailed = true;
        logger.warn(
            "Measurements for StatsD were lost; further failures are logged at debug", failure);
      }
    } catch (Throwable notEvenThat) {
      // Out of memory or of stack, for instance.
    }
  }

  private void sendQueued() {
    while (!deadline.isOver()) {
      Event event = queue.poll();
      if (event == null) {
        break;
      }
      add(event);
    }
    sendPacket();
  }

  private void add(Event event) {
    String line = encoder.encode(event);
    int bytes = line == null ? Integer.MAX_VALUE : utf8Length(line);
    if (line == null || bytes > maxPacketBytes) {
      tally.rejected();
      return;
    }
    if (packetEvents > 0 && packetBytes + 1 + bytes > maxPacketBytes) {
      sendPacket();
    }
    if (packetEvents > 0) {
      packet.append('\n');
      packetBytes++;
    }
    packet.append(line);
    packetBytes += bytes;
    packetEvents++;
  }

  private void sendPacket() {
    if (packetEvents == 0) {
      return;
    }
    Packet full = new Packet(packet.toString(), packetEvents);
    packet.setLength(0);
    packetBytes = 0;
    packetEvents = 0;
    transport.send(full);
  }

  private static int utf8Length(String text) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        bytes++;
      } else if (c < 0x800) {
        bytes += 2;
      } else if (Character.isSurrogate(c)) {
        // Half of a pair, which takes four; a lone one is sent as a question mark.
        bytes += 2;
      } else {
        bytes += 3;
      }
    }
    return bytes;
  }
}
