package io.yokedcache.examples.metrics;

import io.yokedcache.jcache.internal.embedded.EmbeddedRedis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.cache.CacheManager;
import javax.cache.Caching;

/** A Redis server, and a cache manager on it whose caches have statistics. */
final class RedisCaches implements AutoCloseable {

  private final EmbeddedRedis redis;
  private final CacheManager manager;

  private RedisCaches(EmbeddedRedis redis, CacheManager manager) {
    this.redis = redis;
    this.manager = manager;
  }

  /**
   * Starts both.
   *
   * @param folder for the manager's settings
   */
  static RedisCaches start(Path folder) throws IOException {
    EmbeddedRedis redis = EmbeddedRedis.start();
    Path settings = folder.resolve("caches.conf");
    Files.writeString(
        settings,
        """
        yokedcache {
          uri = "redis://127.0.0.1:%d"
          defaults.statistics = true
          events.queue-capacity = 4
          key-statistics.interval = 1s
          health.interval = 100ms
          caches.products.compress { algorithm = lz4, above = 16 }
          caches.sessions.on-failure = degrade
          caches.prices {
            time-to-live = 1h
            refresh-after = 50ms
            near.enabled = true
            fail-safe.max-age = 10m
          }
        }
        """
            .formatted(redis.port()));
    return new RedisCaches(
        redis, Caching.getCachingProvider().getCacheManager(settings.toUri(), null));
  }

  CacheManager manager() {
    return manager;
  }

  /** Returns the manager's name, as MBeans and metrics show it. */
  String managerName() {
    return manager.getURI().toString().replaceAll("[,:=\n\r*?\"]", ".");
  }

  /** Returns the server's port. */
  int port() {
    return redis.port();
  }

  @Override
  public void close() {
    try (redis) {
      manager.close();
    }
  }
}
