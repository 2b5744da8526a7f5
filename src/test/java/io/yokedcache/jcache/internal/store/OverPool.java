package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/** A real executor, whose requests a test watches or disturbs. It does not close that one. */
public abstract class OverPool implements RedisExecutor {

  private final RedisExecutor pool;

  protected OverPool(RedisExecutor pool) {
    this.pool = pool;
  }

  @Override
  public boolean endLostConnections(String operation, Collection<Bytes> routes) {
    return pool.endLostConnections(operation, routes);
  }

  @Override
  public List<RedisExecutor> masters() {
    return pool.masters();
  }

  @Override
  public String address() {
    return pool.address();
  }

  @Override
  public ConnectionStatistics.Counts connections() {
    return pool.connections();
  }

  @Override
  public RedisExecutor timedBy(Supplier<RoundTripTimer> timer) {
    return this;
  }

  @Override
  public void close() {}
}
