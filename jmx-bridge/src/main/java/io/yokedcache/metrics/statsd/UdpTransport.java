package io.yokedcache.metrics.statsd;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.timgroup.statsd.NonBlockingUdpSender;
import io.yokedcache.metrics.statsd.Transport.Packet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.channels.DatagramChannel;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CharsetEncoder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
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
    if (link != null && link.address.equals(address)) {
      return link;
    }
    UdpLink replaced = link;
    link = null;
    if (replaced != null) {
      logger.info(
          "Metrics for StatsD go to {} from now on, and no longer to {}",
          address,
          replaced.address);
      replaced.stop(REPLACED_STOP_NANOS);
    }
    try {
      link = new UdpLink(address);
    } catch (IOException e) {
      // No route, or no more file descriptors: the next packet tries again.
      logger.debug("Cannot open a socket to StatsD at {}:{}", address, port, e);
    }
    return link;
  }

  /**
   * A {@link NonBlockingUdpSender} to one address that never has more than a few packets in its
   * queue.
   *
   * <p>The sender's own queue has no bound, and the sender reports neither when a packet has left
   * nor which packet an error belongs to. For every packet it asks its charset for an encoder, on
   * its own thread, right before it writes to the socket: by that call this class sees the queue
   * move. {@code docs/decisions.md} has the reasons. Thread-safe.
   */
  private final class UdpLink {

    /** How many packets may be with the sender: enough to keep its thread busy. */
    private static final int WINDOW = 16;

    private static final long WINDOW_STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final InetAddress address;
    private final Semaphore window = new Semaphore(WINDOW);
    private final NonBlockingUdpSender sender;

    private final Object lock = new Object();

    private final Deque<Handed> handed = new ArrayDeque<>();
    private @Nullable Handed current;
    private @Nullable Handed previous;
    private boolean hasWarned;

    UdpLink(InetAddress address) throws IOException {
      this.address = address;
      // The sender never closes a socket that it could not connect, so it is tried here first.
      try (DatagramChannel probe = DatagramChannel.open()) {
        probe.connect(new InetSocketAddress(address, port));
      }
      // An address and not a name: the sender would wait for the name server, and only once.
      String literal = address.getHostAddress();
      this.sender =
          new NonBlockingUdpSender(literal, port, new WatchedUtf8(this::begun), this::failed);
    }

    /** Hands a packet to the sender, waiting for room; false if the deadline passes before. */
    boolean send(Packet packet) {
      try {
        while (!window.tryAcquire(WINDOW_STEP_NANOS, TimeUnit.NANOSECONDS)) {
          if (deadline.isOver()) {
            return false;
          }
        }
      } catch (InterruptedException endOfThread) {
        Thread.currentThread().interrupt();
        return false;
      }
      hand(new Handed(packet, /* isRepeated= */ false));
      return true;
    }

    /** Sends the accepted packets and closes the socket, within this time. */
    void stop(long boundNanos) {
      // The sender waits up to 30 seconds for a socket that hangs.
      Thread stopper = new Thread(sender::stop, "yokedcache-statsd-stop");
      stopper.setDaemon(true);
      stopper.start();
      try {
        TimeUnit.NANOSECONDS.timedJoin(stopper, boundNanos);
      } catch (InterruptedException endOfThread) {
        Thread.currentThread().interrupt();
      }
      for (Handed left : takeAll()) {
        tally.dropped(left.packet());
      }
    }

    private List<Handed> takeAll() {
      synchronized (lock) {
        List<Handed> all = List.copyOf(handed);
        handed.clear();
        return all;
      }
    }

    private void hand(Handed next) {
      synchronized (lock) {
        handed.addLast(next);
        sender.send(next.packet().text());
      }
    }

    /** The sender is about to write the next packet. */
    private void begun() {
      Handed next;
      synchronized (lock) {
        next = handed.pollFirst();
        previous = current;
        current = next;
      }
      if (next != null) {
        tally.sent(next.packet());
        if (!next.isRepeated()) {
          window.release();
        }
      }
    }

    /** The sender could not write the current packet, or could not take the last one. */
    private void failed(Exception cause) {
      if (cause instanceof RejectedExecutionException) {
        dropLast();
      } else if (cause instanceof IOException || cause instanceof RuntimeException) {
        Handed refused;
        Handed answered;
        synchronized (lock) {
          refused = current;
          answered = previous;
          current = null;
          previous = null;
        }
        if (cause instanceof PortUnreachableException) {
          host.refused(address);
          if (answered != null) { // the operating system accepted it, and no receiver got it
            tally.unsent(answered.packet());
            tally.dropped(answered.packet());
          }
        }
        if (refused != null) {
          tally.unsent(refused.packet());
          repeatOrDrop(refused, cause);
        }
      }
      warn(cause);
    }

    private void dropLast() {
      Handed notTaken;
      synchronized (lock) {
        notTaken = handed.pollLast();
      }
      if (notTaken != null) {
        tally.dropped(notTaken.packet());
      }
    }

    private void repeatOrDrop(Handed refused, Exception cause) {
      if (cause instanceof PortUnreachableException && !refused.isRepeated()) {
        // That is the answer to an earlier packet, and kept this one from leaving: without a second
        // try the first packet for a daemon that has come back would be lost.
        hand(new Handed(refused.packet(), /* isRepeated= */ true));
      } else {
        tally.dropped(refused.packet());
      }
    }

    private void warn(Exception cause) {
      boolean isFirst;
      synchronized (lock) {
        isFirst = !hasWarned;
        hasWarned = true;
      }
      if (isFirst) {
        logger.warn(
            "Cannot send metrics to StatsD at {}:{}: {}. Further failures are logged at debug"
                + " level; check that the daemon runs",
            address.getHostAddress(),
            port,
            cause.toString());
      } else {
        logger.debug("Cannot send metrics to StatsD at {}:{}: {}", address, port, cause.toString());
      }
    }

    /**
     * A packet that the sender has.
     *
     * @param isRepeated whether it has failed before
     */
    private record Handed(Packet packet, boolean isRepeated) {}

    /** UTF-8 that calls a listener before each use. */
    private static final class WatchedUtf8 extends Charset {

      private final Runnable onEncode;

      WatchedUtf8(Runnable onEncode) {
        super("X-YokedCache-UTF-8", null);
        this.onEncode = onEncode;
      }

      @Override
      public boolean contains(Charset other) {
        return UTF_8.contains(other);
      }

      @Override
      public CharsetDecoder newDecoder() {
        return UTF_8.newDecoder();
      }

      @Override
      public CharsetEncoder newEncoder() {
        onEncode.run();
        return UTF_8.newEncoder();
      }
    }
  }
}
