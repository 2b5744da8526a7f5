package io.yokedcache.benchmarks;

import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import redis.clients.jedis.RedisClient;

/** The Redis that all contestants share, on a free loopback port, and what it says of itself. */
final class Server implements AutoCloseable {

  private static final double NANOS_PER_SECOND = 1e9;

  private final EmbeddedRedis redis;
  private final RedisClient client;

  private Server(EmbeddedRedis redis) {
    this.redis = redis;
    this.client = RedisClient.builder().hostAndPort("127.0.0.1", redis.port()).build();
  }

  static Server start() {
    return new Server(EmbeddedRedis.start());
  }

  int port() {
    return redis.port();
  }

  /** Processor time that the server has used so far. */
  long cpuNanos() {
    String info = client.info("cpu");
    double seconds =
        Double.parseDouble(field(info, "used_cpu_user"))
            + Double.parseDouble(field(info, "used_cpu_sys"));
    return Math.round(seconds * NANOS_PER_SECOND);
  }

  String version() {
    return field(client.info("server"), "redis_version");
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
    redis.close();
  }
}
