package io.yokedcache.jcache.internal.jmx;

/**
 * How a manager is connected to Redis at one moment, with getters as JMX wants them. Immutable.
 *
 * <p>It becomes open data, which readers need no class of ours for.
 */
public final class ConnectionSnapshot {

  private final boolean healthy;
  private final long pingNanos;
  private final Pool pool;
  private final long backgroundErrors;

  /**
   * Creates a snapshot.
   *
   * @param healthy whether Redis answered when it was last asked
   * @param pingNanos how long the last answered {@code PING} took, -1 before the first one
   * @param pool how many connections there are
   * @param backgroundErrors what the manager's own threads survived
   */
  public ConnectionSnapshot(boolean healthy, long pingNanos, Pool pool, long backgroundErrors) {
    this.healthy = healthy;
    this.pingNanos = pingNanos;
    this.pool = pool;
    this.backgroundErrors = backgroundErrors;
  }

  /** Whether Redis answered when it was last asked; true before it was asked for the first time. */
  public boolean isHealthy() {
    return healthy;
  }

  /** How long the last answered {@code PING} took, -1 before the first one. */
  public long getPingNanos() {
    return pingNanos;
  }

  /** Connections that were made in place of ones that failed while they were used. */
  public long getReconnects() {
    return pool.reconnects;
  }

  /** Errors that threads of the manager survived which serve for ever. */
  public long getBackgroundErrors() {
    return backgroundErrors;
  }

  /** Connections in use. */
  public int getPoolActive() {
    return pool.active;
  }

  /** Connections that wait to be used. */
  public int getPoolIdle() {
    return pool.idle;
  }

  /** Threads that wait for a connection. */
  public int getPoolWaiting() {
    return pool.waiting;
  }

  /** The most connections that there may be. */
  public int getPoolSize() {
    return pool.size;
  }

  /**
   * How many connections there are, without those for subscriptions.
   *
   * @param active connections in use
   * @param idle connections that wait to be used
   * @param waiting threads that wait for a connection
   * @param size the most connections that there may be
   * @param reconnects connections that were made in place of ones that failed in use
   */
  public record Pool(int active, int idle, int waiting, int size, long reconnects) {}
}
