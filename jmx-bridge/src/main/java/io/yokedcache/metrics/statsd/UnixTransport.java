package io.yokedcache.metrics.statsd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.newsclub.net.unix.AFUNIXDatagramChannel;
import org.newsclub.net.unix.AFUNIXSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends packets to a Unix datagram socket, as Datadog's agent has one. Java has only streams of
 * that family, so this class needs junixsocket, which is optional: nothing else refers to this
 * class by more than its name.
 *
 * <p>A packet for which the daemon's buffer has no room for {@value #MAX_WAITS} ms is dropped, and
 * so is one for a daemon that is away. After a failure the socket is opened anew, at once and then
 * with pauses: a daemon that has started again has another socket under the same path.
 */
final class UnixTransport implements Transport {

  private static final Logger logger = LoggerFactory.getLogger(UnixTransport.class);

  private static final int MAX_WAITS = 20;
  private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
  private static final long FIRST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long LAST_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Path path;
  private final Tally tally;
  private final Deadline deadline;
  private @Nullable AFUNIXDatagramChannel channel;
  private long failedNanos;
  private long pauseNanos;
  private boolean isAway;

  UnixTransport(Path path, Tally tally, Deadline deadline) {
    this.path = path;
    this.tally = tally;
    this.deadline = deadline;
  }

  /** Makes transports to a socket. */
  static Transport.Factory to(Path path) {
    return (tally, deadline) -> new UnixTransport(path, tally, deadline);
  }

  @Override
  public void send(Packet packet) {
    boolean isSent = trySend(packet);
    if (!isSent && channel == null) {
      // The socket may belong to a daemon that has been replaced.
      isSent = trySend(packet);
    }
    if (isSent) {
      tally.sent(packet);
    } else {
      tally.dropped(packet);
    }
  }

  private boolean trySend(Packet packet) {
    boolean wasOpen = channel != null;
    if (!wasOpen && pauseNanos > 0 && System.nanoTime() - failedNanos < pauseNanos) {
      return false;
    }
    try {
      AFUNIXDatagramChannel open = open();
      ByteBuffer bytes = ByteBuffer.wrap(packet.text().getBytes(StandardCharsets.UTF_8));
      for (int i = 0; i < MAX_WAITS; i++) {
        if (open.write(bytes) > 0) {
          noteBack();
          return true;
        }
        if (deadline.isOver()) {
          break;
        }
        LockSupport.parkNanos(WAIT_NANOS);
      }
      return false; // the daemon is there, and slow
    } catch (IOException e) {
      close();
      if (!wasOpen) {
        noteAway(e);
      }
      return false;
    }
  }

  private AFUNIXDatagramChannel open() throws IOException {
    AFUNIXDatagramChannel open = channel;
    if (open == null) {
      open = AFUNIXDatagramChannel.open();
      channel = open;
      open.configureBlocking(false);
      open.connect(AFUNIXSocketAddress.of(path));
    }
    return open;
  }

  private void noteAway(IOException cause) {
    failedNanos = System.nanoTime();
    pauseNanos = pauseNanos == 0 ? FIRST_PAUSE_NANOS : Math.min(2 * pauseNanos, LAST_PAUSE_NANOS);
    if (!isAway) {
      isAway = true;
      logger.warn(
          "Cannot send metrics to StatsD at unix://{}: {}. They are dropped and counted until it"
              + " can be reached; check that the daemon runs, and that this user may write to its"
              + " socket",
          path,
          cause.getMessage());
    }
  }

  private void noteBack() {
    pauseNanos = 0;
    if (isAway) {
      isAway = false;
      logger.info("StatsD at unix://{} is back", path);
    }
  }

  private void close() {
    AFUNIXDatagramChannel last = channel;
    channel = null;
    if (last != null) {
      try {
        last.close();
      } catch (IOException e) {
        logger.debug("Closing the socket to {} failed", path, e);
      }
    }
  }

  @Override
  public void stop() {
    close();
  }
}
