package io.yokedcache.jcache.internal.jmx;

/**
 * How a manager is connected to Redis: plain numbers, so that consoles can plot them. Read from
 * memory; reading talks to nobody.
 */
@Described("How a cache manager is connected to Redis; reading it talks to nobody")
public interface ConnectionMXBean {

  /** Returns 1 if Redis answered when it was last asked, else 0. */
  @Described("1 if Redis answered when it was last asked, or was not asked yet, else 0")
  int getHealthy();

  /** Returns how long the last answered {@code PING} took, in microseconds; -1 before it. */
  @Described("Duration of the last answered PING in microseconds; -1 before the first one")
  double getPingMicros();

  /** Returns the connections in use. */
  @Described("Connections in use, without those for subscriptions")
  int getPoolActive();

  /** Returns the connections that wait to be used. */
  @Described("Connections that wait to be used")
  int getPoolIdle();

  /** Returns the threads that wait for a connection. */
  @Described("Threads that wait for a connection")
  int getPoolWaiting();

  /** Returns the most connections that there may be. */
  @Described("The most connections that there may be (connection.pool.size)")
  int getPoolSize();

  /**
   * Returns how many connections were made in place of ones that failed while they were used. Never
   * more than failed, and none as long as Redis cannot be reached; idle ones that were closed
   * because another one failed are not counted.
   */
  @Described("Connections made in place of ones that failed while in use, since the manager opened")
  long getReconnects();

  /**
   * Returns how many errors the threads of the manager have survived that serve for ever, such as
   * those of events, near caches and leases: out of memory, for instance. The log has the first of
   * each kind.
   */
  @Described("Errors that the manager's own threads survived, since the manager opened")
  long getBackgroundErrors();
}
