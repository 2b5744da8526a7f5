package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryEvent;
import javax.cache.expiry.Duration;
import javax.cache.expiry.ExpiryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Mistakes that JSR-107 lets pass are logged, with their cure. */
@Timeout(60)
final class MistakesIT {

  @Test
  void throughWithoutLoaderAndWriter() {
    try (RedisServer redis = RedisServer.start();
        CacheManager manager = Managers.open(redis.uri());
        CapturedLog log = CapturedLog.start()) {
      Cache<String, String> cache =
          manager.createCache(
              "through",
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setReadThrough(true)
                  .setWriteThrough(true));
      cache.put("a", "1");

      assertThat(cache.get("b")).isNull();
      assertThat(log.linesWith("Cache through has setReadThrough(true) but no CacheLoader"))
          .hasSize(1);
      assertThat(log.linesWith("Cache through has setWriteThrough(true) but no CacheWriter"))
          .hasSize(1);
    }
  }

  @Test
  void expiryPolicyThrows() {
    try (RedisServer redis = RedisServer.start();
        CacheManager manager = Managers.open(redis.uri());
        CapturedLog log = CapturedLog.start()) {
      Cache<String, String> cache =
          manager.createCache(
              "expiry",
              new MutableConfiguration<String, String>()
                  .setTypes(String.class, String.class)
                  .setExpiryPolicyFactory(Unreliable::new));
      cache.put("a", "1");
      cache.put("b", "1");

      assertThat(cache.get("a")).isEqualTo("1");
      assertThat(log.linesWith(Unreliable.class.getName() + " failed: a new entry does not expire"))
          .hasSize(1);
    }
  }

  @Test
  void asynchronousListenerThrows() throws Exception {
    CountDownLatch called = new CountDownLatch(100);
    try (RedisServer redis = RedisServer.start();
        CacheManager manager = Managers.open(redis.uri());
        CapturedLog log = CapturedLog.start()) {
      Cache<String, String> cache = Managers.texts(manager, "heard");
      cache.registerCacheEntryListener(
          new MutableCacheEntryListenerConfiguration<String, String>(
              () -> new Failing(called),
              null,
              /* isOldValueRequired= */ false,
              /* isSynchronous= */ false));
      for (int i = 0; i < 100; i++) {
        cache.put("key " + i, "1");
      }

      assertThat(called.await(30, TimeUnit.SECONDS)).isTrue();
      cache.close(); // after the last delivery
      assertThat(log.linesWith("An asynchronous listener of cache heard failed")).hasSize(1);
    }
  }

  private record Failing(CountDownLatch called)
      implements CacheEntryCreatedListener<String, String> {

    @Override
    public void onCreated(Iterable<CacheEntryEvent<? extends String, ? extends String>> events) {
      called.countDown();
      throw new IllegalStateException("as asked");
    }
  }

  private static final class Unreliable implements ExpiryPolicy {

    @Override
    public Duration getExpiryForCreation() {
      throw new IllegalStateException("as asked");
    }

    @Override
    public Duration getExpiryForAccess() {
      throw new IllegalStateException("as asked");
    }

    @Override
    public Duration getExpiryForUpdate() {
      throw new IllegalStateException("as asked");
    }
  }
}
