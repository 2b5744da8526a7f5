package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import io.yokedcache.jcache.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What fails in {@code invokeAll} fails for its key, and takes no longer than once. */
@Timeout(120)
final class InvokeAllFailuresIT {

  private static RedisServer redis;

  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
  }

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  /** Refuses two keys. */
  private static final class RefusingWriter implements CacheWriter<String, Object> {

    @Override
    public void write(Cache.Entry<? extends String, ? extends Object> entry) {
      if (Set.of("k001", "k003").contains(entry.getKey())) {
        throw new IllegalArgumentException("refused");
      }
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends Object>> entries) {
      entries.forEach(this::write);
    }

    @Override
    public void delete(Object key) {}

    @Override
    public void deleteAll(Collection<?> keys) {}
  }

  /** Knows texts but one, and says so in its own way. */
  private static final class PickyCodec implements Codec<Object> {

    @Override
    public String id() {
      return "picky";
    }

    @Override
    public byte[] encode(Object value) {
      if (value.equals("unknown")) {
        throw new IllegalStateException("unknown, as asked");
      }
      return value.toString().getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public Object decode(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  private static Throwable causeIn(@Nullable EntryProcessorResult<String> result) {
    try {
      return new AssertionError("did not fail but returned " + requireNonNull(result).get());
    } catch (EntryProcessorException e) {
      return requireNonNull(e.getCause());
    }
  }

  @Test
  void writerAndCodecFail_forTheirKeysAlone() throws Exception {
    Cache<String, Object> cache =
        managers
            .open(redis.uri())
            .createCache(
                TestManagers.uniqueName("picky"),
                new YokedCacheConfiguration<String, Object>()
                    .setTypes(String.class, Object.class)
                    .setValueCodec(new PickyCodec())
                    .setWriteThrough(true)
                    .setCacheWriterFactory(RefusingWriter::new)
                    .setStatisticsEnabled(true));

    Map<String, EntryProcessorResult<String>> results =
        cache.invokeAll(
            InvokeAllIT.keys(6),
            (entry, arguments) -> {
              entry.setValue(entry.getKey().equals("k004") ? "unknown" : "known");
              return "done";
            });

    assertThat(cache.getAll(InvokeAllIT.keys(6))).containsOnlyKeys("k000", "k002", "k005");
    assertThat(requireNonNull(results.get("k005")).get()).isEqualTo("done");
    assertThat(causeIn(results.get("k001"))).isInstanceOf(CacheWriterException.class);
    assertThat(causeIn(results.get("k003"))).isInstanceOf(CacheWriterException.class);
    assertThat(causeIn(results.get("k004"))).hasMessageContaining("unknown, as asked");
    assertThat(new CacheFigures(cache).errorsByType())
        .isEqualTo(Map.of("invokeAll!writer", 2L, "invokeAll!codec", 1L, "write!writer", 2L));
    assertThat(StatisticsDelta.of(cache)).isEqualTo(new StatisticsDelta(3, 9, 3, 0));
  }

  @Test
  void errorOfProcessor_leavesWhatWasDecidedBefore() {
    Cache<String, String> cache =
        managers
            .open(redis.uri())
            .createCache(TestManagers.uniqueName("erring"), TestManagers.strings());

    assertThatThrownBy(
            () ->
                cache.invokeAll(
                    InvokeAllIT.keys(5),
                    (entry, arguments) -> {
                      if (entry.getKey().equals("k002")) {
                        throw new AssertionError("as asked");
                      }
                      entry.setValue("1");
                      return "1";
                    }))
        .isInstanceOf(AssertionError.class);

    assertThat(cache.getAll(InvokeAllIT.keys(5))).containsOnlyKeys("k000", "k001");
  }

  @Test
  void serverPaused_timesOutOnceForAll() throws Exception {
    try (RedisServer mortal = RedisServer.start()) {
      Cache<String, String> cache =
          managers
              .open(mortal.uri(), "yokedcache.connection.command-timeout", "500ms")
              .createCache("paused", TestManagers.strings().setStatisticsEnabled(true));
      cache.put("a", "1");
      mortal.pause();
      long start = System.nanoTime();
      Map<String, EntryProcessorResult<String>> results =
          cache.invokeAll(InvokeAllIT.keys(100), InvokeAllIT.writing("1"));
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      mortal.resume();

      assertThat(results).containsOnlyKeys(InvokeAllIT.keys(100));
      assertThatThrownBy(() -> requireNonNull(results.get("k042")).get())
          .isInstanceOf(EntryProcessorException.class)
          .hasMessageContaining("command-timeout");
      assertThat(took).as("not 50 s").isLessThan(Duration.ofSeconds(20));
      assertThat(new CacheFigures(cache).errorsByType()).containsEntry("invokeAll!timeout", 100L);
    }
  }

  @Test
  void serverFull_failsWritesOnly() throws Exception {
    try (RedisServer full = RedisServer.start();
        RawEntries inside = new RawEntries(full)) {
      Cache<String, String> cache =
          managers
              .open(full.uri(), "yokedcache.key-statistics.enabled", "false")
              .createCache("full", TestManagers.strings());
      cache.put("k001", "old");
      inside.jedis().configSet("maxmemory", "1");

      Map<String, EntryProcessorResult<String>> results =
          cache.invokeAll(
              InvokeAllIT.keys(3),
              (entry, arguments) -> {
                if (!entry.exists()) {
                  entry.setValue("new");
                }
                return "done";
              });

      assertThat(requireNonNull(results.get("k001")).get()).isEqualTo("done");
      for (String key : List.of("k000", "k002")) {
        assertThatThrownBy(() -> requireNonNull(results.get(key)).get())
            .isInstanceOf(EntryProcessorException.class)
            .hasMessageContaining("OOM");
      }
    }
  }
}
