package io.yokedcache.jcache.robustness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.testing.RedisServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import org.junit.jupiter.api.Test;

/** First listeners of many caches, one after the other, while others write to these caches. */
final class ManyListenersIT {

  private static final int CACHES = 500;

  /** If each registration waited for its own announcement, they would take over four minutes. */
  private static final String ANNOUNCE = "events.announce=500ms";

  /** Much less than that, and much more than a busy machine needs. */
  private static final Duration BOUND = Duration.ofSeconds(60);

  @Test
  void register_firstListenersOf500Caches() {
    try (RedisServer redis = RedisServer.start()) {
      CacheManager listening = Managers.open(redis.uri(), ANNOUNCE);
      CacheManager writing = Managers.open(redis.uri(), ANNOUNCE);
      List<Cache<String, String>> writers = new ArrayList<>();
      List<Cache<String, String>> caches = new ArrayList<>();
      for (int i = 0; i < CACHES; i++) {
        writers.add(Managers.texts(writing, "many-" + i));
        caches.add(Managers.texts(listening, "many-" + i));
        writers.get(i).put("before", "1");
      }
      List<HeardChanges> heard = new ArrayList<>();
      long begin = System.nanoTime();
      for (Cache<String, String> cache : caches) {
        heard.add(HeardChanges.of(cache));
      }
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      System.out.println(CACHES + " first listeners registered in " + took.toMillis() + " ms");

      for (Cache<String, String> writer : writers) {
        writer.put("before", "2");
        writer.put("after", "1");
      }
      for (HeardChanges each : heard) {
        await()
            .pollDelay(Duration.ZERO)
            .atMost(Duration.ofSeconds(20))
            .until(() -> each.heard().size() == 2);
        assertThat(each.heard()).containsExactly("UPDATED before=2/1", "CREATED after=1/null");
      }
      assertThat(took).isLessThan(BOUND);
      writing.getCachingProvider().close();
      listening.getCachingProvider().close();
    }
  }

  @Test
  void createCache_500TimesWithAListener() {
    try (RedisServer redis = RedisServer.start()) {
      CacheManager manager = Managers.open(redis.uri(), ANNOUNCE);
      CacheEntryCreatedListener<String, String> listener = events -> {};
      CacheEntryListenerConfiguration<String, String> configuration =
          new MutableCacheEntryListenerConfiguration<>(() -> listener, null, false, false);
      long begin = System.nanoTime();
      for (int i = 0; i < CACHES; i++) {
        Cache<String, String> unused =
            manager.createCache(
                "many-" + i,
                new MutableConfiguration<String, String>()
                    .setTypes(String.class, String.class)
                    .addCacheEntryListenerConfiguration(configuration));
      }
      Duration took = Duration.ofNanos(System.nanoTime() - begin);
      System.out.println(CACHES + " caches with a listener created in " + took.toMillis() + " ms");
      assertThat(took).isLessThan(BOUND);
      manager.getCachingProvider().close();
    }
  }
}
