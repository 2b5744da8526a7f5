package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tells the health check of requests that failed because Redis could not be reached. */
public final class WatchedExecutor implements RedisExecutor {

  private final RedisExecutor executor;
  private final HealthCheck health;

  public WatchedExecutor(RedisExecutor executor, HealthCheck health) {
    this.executor = executor;
    this.health = health;
  }

  @Override
  public List<@Nullable Object> execute(Request request) {
    try {
      return executor.execute(request);
    } catch (RedisUnavailableException e) {
      health.operationFailed(e);
      throw e;
    }
  }

  @Override
  public List<List<@Nullable Object>> executeAll(List<Request> requests) {
    try {
      return executor.executeAll(requests);
    } catch (RedisUnavailableException e) {
      health.operationFailed(e);
      throw e;
    }
  }

  @Override
  public List<RedisExecutor> masters() {
    return executor.masters().stream()
        .<RedisExecutor>map(master -> new WatchedExecutor(master, health))
        .toList();
  }

  @Override
  public String address() {
    return executor.address();
  }

  @Override
  public ConnectionStatistics.Counts connections() {
    return executor.connections();
  }

  @Override
  public void close() {
    executor.close();
  }
}
