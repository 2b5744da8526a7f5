package io.yokedcache.benchmarks;

import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.RedisClient;

/**
 * The Redis that all contestants share, on a free loopback port, maybe behind a link with latency,
 * and what it says of itself.
 */
final class Server implements AutoCloseable {

  private static final double NANOS_PER_SECOND = 1e9;
  private static final long NANOS_PER_MICRO = 1_000;

  private final EmbeddedRedis redis;
  private final RedisClient client;
  private final @Nullable DelayingProxy link;

  private final String place;

  private Server(EmbeddedRedis redis, Duration delay) {
    this.redis = redis;
    this.client = RedisClient.builder().hostAndPort("127.0.0.1", redis.port()).build();
    this.link = delay.isZero() ? null : DelayingProxy.start(redis.port(), delay);
    this.place =
        delay.isZero()
            ? " on loopback"
            : " behind a link of %d us each way".formatted(delay.toNanos() / NANOS_PER_MICRO);
  }

  /**
   * Starts a server.
   *
   * @param delay of the link to it, in each direction; zero for no link at all
   */
  static Server start(Duration delay) {
    return new Server(EmbeddedRedis.start(), delay);
  }

  /** Where contestants find it. */
  int port() {
    return link == null ? redis.port() : link.port();
  }

  /** Processor time that the server has used so far. */
  long cpuNanos() {
    String info = client.info("cpu");
    double seconds =
        Double.parseDouble(field(info, "used_cpu_user"))
            + Double.parseDouble(field(info, "used_cpu_sys"));
    return Math.round(seconds * NANOS_PER_SECOND);
  }

  /** Its version, and where it is. */
  String description() {
    return field(client.info("server"), "redis_version") + place;
  }

  private static String field(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("INFO has no " + name + ": " + info));
  }

  @Override
  public void close() {
    client.close();
    if (link != null) {
      link.close();
    }
    redis.close();
  }
}
