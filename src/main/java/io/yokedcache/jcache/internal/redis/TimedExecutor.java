package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Has the requests of one cache timed, as long as somebody wants to know. */
public final class TimedExecutor implements RedisExecutor {

  private final RedisExecutor executor;
  private final Supplier<RoundTripTimer> timer;

  /**
   * Creates the executor.
   *
   * @param timer what times requests, asked at each of them
   */
  public TimedExecutor(RedisExecutor executor, Supplier<RoundTripTimer> timer) {
    this.executor = executor;
    this.timer = timer;
  }

  @Override
  public List<@Nullable Object> execute(Request request) {
    RoundTripTimer current = timer.get();
    return executor.execute(current == RoundTripTimer.none() ? request : request.timedBy(current));
  }

  @Override
  public List<List<@Nullable Object>> executeAll(List<Request> requests) {
    RoundTripTimer current = timer.get();
    if (current == RoundTripTimer.none()) {
      return executor.executeAll(requests);
    }
    List<Request> timed = new ArrayList<>(requests.size());
    requests.forEach(request -> timed.add(request.timedBy(current)));
    return executor.executeAll(timed);
  }

  @Override
  public List<RedisExecutor> masters() {
    return executor.masters().stream()
        .<RedisExecutor>map(master -> new TimedExecutor(master, timer))
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
