package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.testing.RedisServer;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriterException;
import javax.cache.processor.EntryProcessorException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Each cause of failure is provoked, and counted under the operation that failed, everywhere. */
final class ErrorTypesIT {

  private static RedisServer server;

  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void startServer() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stopServer() {
    server.close();
  }

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  private <V> Cache<String, V> cache(MutableConfiguration<String, V> configuration) {
    return managers
        .open(server.uri())
        .createCache(TestManagers.uniqueName("failing"), configuration.setStatisticsEnabled(true));
  }

  /** The snapshot, the bean of each operation and the sum of all agree on the errors. */
  private static void assertErrors(Cache<?, ?> cache, Map<String, Long> expected) throws Exception {
    CacheFigures figures = new CacheFigures(cache);
    assertThat(figures.errorsByType()).isEqualTo(new TreeMap<>(expected));
    long total = 0;
    Map<String, Long> byOperation = new HashMap<>();
    for (Map.Entry<String, Long> error : expected.entrySet()) {
      String operation = error.getKey().substring(0, error.getKey().indexOf('!'));
      byOperation.merge(operation, error.getValue(), Long::sum);
      total += error.getValue();
    }
    for (Map.Entry<String, Long> operation : byOperation.entrySet()) {
      assertThat(figures.operation(operation.getKey(), "ErrorCount"))
          .as(operation.getKey())
          .isEqualTo(operation.getValue());
    }
    assertThat(figures.errors()).isEqualTo(total);
  }

  @Test
  void connection_serverKilled() throws Exception {
    try (RedisServer mortal = RedisServer.start()) {
      Cache<String, String> cache =
          managers
              .open(mortal.uri())
              .createCache("mortal", TestManagers.strings().setStatisticsEnabled(true));
      cache.put("a", "1");
      mortal.kill();
      assertThatThrownBy(() -> cache.put("a", "2")).isInstanceOf(CacheException.class);
      assertThatThrownBy(() -> cache.get("a")).isInstanceOf(CacheException.class);

      assertErrors(cache, Map.of("put!connection", 1L, "get!connection", 1L));
      assertThat(new CacheFigures(cache).operation("put", "Count")).isEqualTo(1L);
    }
  }

  @Test
  void timeout_serverPaused() throws Exception {
    try (RedisServer mortal = RedisServer.start()) {
      Cache<String, String> cache =
          managers
              .open(mortal.uri(), "yokedcache.connection.command-timeout", "300ms")
              .createCache("paused", TestManagers.strings().setStatisticsEnabled(true));
      cache.put("a", "1");
      mortal.pause();
      assertThatThrownBy(() -> cache.get("a")).isInstanceOf(CacheException.class);
      assertThatThrownBy(() -> cache.getAll(Set.of("a", "b"))).isInstanceOf(CacheException.class);
      mortal.resume();

      assertErrors(cache, Map.of("get!timeout", 1L, "getAll!timeout", 1L));
    }
  }

  @Test
  void codec_valueNotSerializable() throws Exception {
    Cache<String, Object> cache =
        cache(new MutableConfiguration<String, Object>().setTypes(String.class, Object.class));
    assertThatThrownBy(() -> cache.put("a", new Object())).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> cache.putAll(Map.of("a", new Object())))
        .isInstanceOf(CodecException.class);

    assertErrors(cache, Map.of("put!codec", 1L, "putAll!codec", 1L));
  }

  @Test
  void loader_throws() throws Exception {
    CacheLoader<String, Loaded> loader =
        new RecordingLoader(
            key -> {
              throw new CacheLoaderException("as asked");
            });
    Cache<String, Loaded> cache =
        cache(
            new MutableConfiguration<String, Loaded>()
                .setTypes(String.class, Loaded.class)
                .setReadThrough(true)
                .setCacheLoaderFactory(() -> loader));
    assertThatThrownBy(() -> cache.get("a")).isInstanceOf(CacheLoaderException.class);

    assertErrors(cache, Map.of("get!loader", 1L, "load!loader", 1L));
  }

  @Test
  void writer_throws() throws Exception {
    Cache<String, String> cache =
        cache(
            TestManagers.strings()
                .setWriteThrough(true)
                .setCacheWriterFactory(FactoryBuilder.factoryOf(TimedParts.RefusingWriter.class)));
    assertThatThrownBy(() -> cache.put("a", "1")).isInstanceOf(CacheWriterException.class);
    assertThatThrownBy(() -> cache.remove("a")).isInstanceOf(CacheWriterException.class);

    assertErrors(cache, Map.of("put!writer", 1L, "remove!writer", 1L, "write!writer", 2L));
    assertThat(StatisticsDelta.of(cache)).isEqualTo(new StatisticsDelta(0, 0, 0, 0));
  }

  @Test
  void processor_throws() throws Exception {
    Cache<String, String> cache = cache(TestManagers.strings());
    assertThatThrownBy(
            () ->
                cache.invoke(
                    "a",
                    (entry, arguments) -> {
                      throw new IllegalStateException("as asked");
                    }))
        .isInstanceOf(EntryProcessorException.class);

    assertErrors(cache, Map.of("invoke!processor", 1L));
  }

  @Test
  void listener_throws() throws Exception {
    CacheEntryCreatedListener<String, String> listener =
        events -> {
          throw new CacheEntryListenerException("as asked");
        };
    Cache<String, String> cache = cache(TestManagers.strings());
    cache.registerCacheEntryListener(
        new MutableCacheEntryListenerConfiguration<>(
            () -> listener,
            /* filterFactory= */ null,
            /* isOldValueRequired= */ false,
            /* isSynchronous= */ true));
    assertThatThrownBy(() -> cache.put("a", "1")).isInstanceOf(CacheEntryListenerException.class);

    assertErrors(cache, Map.of("put!listener", 1L));
    assertThat(new CacheFigures(cache).operation("put", "Count"))
        .as("the change was made")
        .isEqualTo(1L);
  }
}
