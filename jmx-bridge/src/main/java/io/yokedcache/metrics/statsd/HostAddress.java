package io.yokedcache.metrics.statsd;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon's address, looked up again and again, since containers move. A name server may hang:
 * every lookup has a thread of its own, and there is at most one at a time. Used by one thread.
 */
final class HostAddress {

  private static final Logger logger = LoggerFactory.getLogger(HostAddress.class);

  private static final Duration FIRST_RETRY = Duration.ofSeconds(1);

  private final String host;
  private final AddressLookup lookup;
  private final long refreshNanos;

  private volatile @Nullable InetAddress known;
  private volatile long dueNanos = System.nanoTime();
  private volatile boolean isLookingUp;
  private volatile long retryNanos;
  private volatile boolean hasWarned;

  /**
   * Creates an address that is not known yet.
   *
   * @param refresh how old an address may become, and the longest pause between failed lookups
   */
  HostAddress(String host, AddressLookup lookup, Duration refresh) {
    this.host = host;
    this.lookup = lookup;
    this.refreshNanos = refresh.toNanos();
    this.retryNanos = Math.min(FIRST_RETRY.toNanos(), refreshNanos);
  }

  /** Returns what the last successful lookup found, or null before that; never waits. */
  @Nullable InetAddress current() {
    if (!isLookingUp && System.nanoTime() - dueNanos >= 0) {
      isLookingUp = true;
      Thread thread = new Thread(this::lookUp, "yokedcache-statsd-dns");
      thread.setDaemon(true);
      thread.start();
    }
    return known;
  }

  private void lookUp() {
    long pauseNanos = refreshNanos;
    try {
      known = lookup.lookup(host);
      hasWarned = false;
      retryNanos = Math.min(FIRST_RETRY.toNanos(), refreshNanos);
    } catch (UnknownHostException | RuntimeException e) {
      pauseNanos = backOff(e);
    } finally {
      dueNanos = System.nanoTime() + pauseNanos;
      isLookingUp = false;
    }
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
