package io.yokedcache.metrics.statsd;

import java.io.IOException;
import java.net.InetAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends packets by UDP to a host, wherever its name leads to at the time. */
final class UdpTransport implements Transport {

  private static final Logger logger = LoggerFactory.getLogger(UdpTransport.class);

  /** A receive buffer of Linux's default size holds about 90 packets: it must not overflow. */
  private static final int BURST = 32;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
  private static final long REPLACED_STOP_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final HostAddress host;
  private final int port;
  private final Tally tally;
  private final Deadline deadline;
  private @Nullable UdpLink link;
  private int burst;

  UdpTransport(HostAddress host, int port, Tally tally, Deadline deadline) {
    this.host = host;
    this.port = port;
    this.tally = tally;
    this.deadline = deadline;
  }

  @Override
  public void send(Packet packet) {
    UdpLink ready = awaitLink();
    if (ready == null || !ready.send(packet)) {
      tally.dropped(packet);
      return;
    }
    burst++;
    if (burst == BURST) {
      burst = 0;
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  @Override
  public void stop() {
    if (link != null) {
      link.stop(Math.max(1, deadline.remainingNanos()));
      link = null;
    }
  }

  private @Nullable UdpLink awaitLink() {
    while (!Thread.currentThread().isInterrupted()) {
      InetAddress address = host.current();
      if (address != null) {
        return linkTo(address);
      }
      // The exit does not wait for a name that is known not to resolve.
      if (deadline.isOver() || (deadline.isSet() && host.isUnknown())) {
        return null;
      }
      LockSupport.parkNanos(STEP_NANOS);
    }
    return null;
  }

  private @Nullable UdpLink linkTo(InetAddress address) {
    if (link != null && link.address().equals(address)) {
      return link;
    }
    UdpLink replaced = link;
    link = null;
    if (replaced != null) {
      logger.info(
          "Metrics for StatsD go to {} from now on, and no longer to {}",
          address,
          replaced.address());
      replaced.stop(REPLACED_STOP_NANOS);
    }
    try {
      link = new UdpLink(address, port, tally, deadline, () -> host.refused(address));
    } catch (IOException e) {
      // No route, or no more file descriptors: the next packet tries again.
      logger.debug("Cannot open a socket to StatsD at {}:{}", address, port, e);
    }
    return link;
  }
}
