package io.yokedcache.metrics.statsd;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's address, looked up periodically, since containers move. A name server may hang: each
 * lookup has a new thread, and there is at most one at a time. Used by one thread.
 */
final class HostAddress {

  private static final Logger logger = LoggerFactory.getLogger(HostAddress.class);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

  private final String host;
  private final Lookup lookup;
  private final long refreshNanos;

  private volatile List<InetAddress> known = List.of();

  /** Which of the known addresses is in use; it only grows until they are looked up again. */
  private volatile int inUse;

  private volatile long dueNanos = System.nanoTime();
  private volatile boolean isLookingUp;
  private volatile long retryNanos;
  private volatile boolean hasWarned;

  /**
   * Creates an address that is not known yet.
   *
   * @param refresh how old an address may become, and the longest pause between failed lookups
   */
  HostAddress(String host, Lookup lookup, Duration refresh) {
    this.host = host;
    this.lookup = lookup;
    this.refreshNanos = refresh.toNanos();
    this.retryNanos = Math.min(FIRST_RETRY.toNanos(), refreshNanos);
  }

  /** Returns what the last successful lookup found, or null before that; never waits. */
  @Nullable InetAddress current() {
    if (!isLookingUp && System.nanoTime() - dueNanos >= 0) {
      isLookingUp = true;
      boolean isStarted = false;
      try {
        Thread thread = new Thread(this::lookUp, "yokedcache-statsd-dns");
        thread.setDaemon(true);
        thread.start();
        isStarted = true;
      } finally {
        if (!isStarted) {
          isLookingUp = false;
        }
      }
    }
    List<InetAddress> addresses = known;
    return addresses.isEmpty() ? null : addresses.get(Math.min(inUse, addresses.size() - 1));
  }

  boolean isUnknown() {
    return hasWarned && known.isEmpty();
  }

  /** Switches to the next address if nothing listens at this one. The last one stays. */
  synchronized void refused(InetAddress address) {
    List<InetAddress> addresses = known;
    int used = inUse;
    if (used + 1 < addresses.size() && addresses.get(used).equals(address)) {
      inUse = used + 1;
    }
  }

  private void lookUp() {
    long pauseNanos = refreshNanos;
    try {
      List<InetAddress> found = List.of(lookup.lookup(host));
      synchronized (this) {
        if (!Set.copyOf(found).equals(Set.copyOf(known))) {
          inUse = 0;
          known = found;
        }
      }
      hasWarned = false;
      retryNanos = Math.min(FIRST_RETRY.toNanos(), refreshNanos);
    } catch (UnknownHostException | RuntimeException e) {
      pauseNanos = backOff(e);
    } finally {
      dueNanos = System.nanoTime() + pauseNanos;
      isLookingUp = false;
    }
  }

  /** Finds all addresses of a host, the best one first; may take as long as it likes. */
  @FunctionalInterface
  interface Lookup {
    InetAddress[] lookup(String host) throws UnknownHostException;
  }

  private long backOff(Exception cause) {
    long pauseNanos = retryNanos;
    if (!hasWarned) {
      hasWarned = true;
      logger.warn(
          "Cannot resolve the StatsD host {}: {}. Metrics are queued, then dropped, until it can be"
              + " resolved; check the host setting and the name server",
          host,
          cause.toString());
    } else {
      logger.debug("Still cannot resolve the StatsD host {}: {}", host, cause.toString());
    }
    retryNanos = Math.min(2 * pauseNanos, refreshNanos);
    return pauseNanos;
  }
}
