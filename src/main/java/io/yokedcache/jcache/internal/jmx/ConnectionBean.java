package io.yokedcache.jcache.internal.jmx;

import java.util.function.Supplier;

/** Shows how a manager is connected. Safe for use by several threads. */
record ConnectionBean(Supplier<ConnectionSnapshot> connection) implements ConnectionMXBean {

  private static final double NANOS_PER_MICRO = 1_000;

  @Override
  public int getHealthy() {
    return connection.get().isHealthy() ? 1 : 0;
  }

  @Override
  public double getPingMicros() {
    long nanos = connection.get().getPingNanos();
    return nanos < 0 ? nanos : nanos / NANOS_PER_MICRO;
  }

  @Override
  public int getPoolActive() {
    return connection.get().getPoolActive();
  }

  @Override
  public int getPoolIdle() {
    return connection.get().getPoolIdle();
  }

  @Override
  public int getPoolWaiting() {
    return connection.get().getPoolWaiting();
  }

  @Override
  public int getPoolSize() {
    return connection.get().getPoolSize();
  }

  @Override
  public long getReconnects() {
    return connection.get().getReconnects();
  }

  @Override
  public long getBackgroundErrors() {
    return connection.get().getBackgroundErrors();
  }
}
