package io.yokedcache.jcache.testing;

import java.net.URI;

/**
 * The servers of a test that only needs a URI. They are one server, or a cluster of three masters
 * and three replicas with {@code -Dredis.deployment=cluster}, or a master with a replica and three
 * sentinels with {@code -Dredis.deployment=sentinel}.
 *
 * @param uri the URI for a manager
 * @param end ends the servers
 */
public record RedisDeployment(URI uri, Runnable end) implements AutoCloseable {

  /** Starts the servers that the system property names. */
  public static RedisDeployment start() {
    return start(System.getProperty("redis.deployment", "standalone"));
  }

  /** Starts one server, a {@code cluster}, or a deployment with {@code sentinel}. */
  public static RedisDeployment start(String kind) {
    return switch (kind) {
      case "standalone" -> {
        RedisServer server = RedisServer.start();
        yield new RedisDeployment(server.uri(), server::close);
      }
      case "cluster" -> {
        RedisCluster cluster = RedisCluster.start(3, 1);
        yield new RedisDeployment(cluster.uri(), cluster::close);
      }
      case "sentinel" -> {
        RedisSentinel sentinel = RedisSentinel.start(1);
        yield new RedisDeployment(sentinel.uri(), sentinel::close);
      }
      default ->
          throw new IllegalArgumentException(
              "redis.deployment is " + kind + "; use standalone, cluster or sentinel");
    };
  }

  /** Returns whether keys are spread over several masters. */
  public boolean isCluster() {
    return String.valueOf(uri.getScheme()).endsWith("-cluster");
  }

  @Override
  public void close() {
    end.run();
  }
}
