package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.ParityTable.Row;
import io.yokedcache.jcache.testing.RedisServer;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every operation on one entry, in every state of it, has the same answer, events, statistics,
 * calls of the expiry policy and of the writer, however the cache is built.
 */
final class ParityIT {

  private static final AtomicInteger KEYS = new AtomicInteger();

  private static final Map<Build, Subject> subjects = new EnumMap<>(Build.class);
  private static RedisServer redis;
  private static TestManagers managers;
  private static RawEntries raw;

  /** How a cache is built; the first two are decided by Redis alone. */
  enum Build {
    DIRECT(false, false, false),
    DIRECT_LISTENED(false, false, true),
    POLICY(true, false, false),
    POLICY_LISTENED(true, false, true),
    WRITER(false, true, false),
    WRITER_LISTENED(false, true, true),
    POLICY_AND_WRITER(true, true, false),
    POLICY_AND_WRITER_LISTENED(true, true, true);

    private final boolean hasPolicy;
    private final boolean hasWriter;
    private final boolean hasListener;

    Build(boolean hasPolicy, boolean hasWriter, boolean hasListener) {
      this.hasPolicy = hasPolicy;
      this.hasWriter = hasWriter;
      this.hasListener = hasListener;
    }
  }

  /** A cache and everything that watches it. */
  private record Subject(
      Cache<String, String> cache,
      CountingPolicy policy,
      RecordingWriter<String, String> writer,
      RecordingListener<String, String> listener) {

    static Subject create(CacheManager manager, Build build) {
      CountingPolicy policy =
          new CountingPolicy(Duration.ONE_HOUR, Duration.ONE_HOUR, Duration.ONE_HOUR);
      RecordingWriter<String, String> writer = new RecordingWriter<>();
      RecordingListener<String, String> listener = new RecordingListener<>();
      MutableConfiguration<String, String> configuration =
          TestManagers.strings().setStatisticsEnabled(true);
      if (build.hasPolicy) {
        configuration.setExpiryPolicyFactory(() -> policy);
      }
      if (build.hasWriter) {
        configuration.setWriteThrough(true).setCacheWriterFactory(() -> writer);
      }
      if (build.hasListener) {
        configuration.addCacheEntryListenerConfiguration(
            listener.configuration(/* isOldValueRequired= */ true, /* isSynchronous= */ true));
      }
      Cache<String, String> cache =
          manager.createCache(TestManagers.uniqueName("parity"), configuration);
      return new Subject(cache, policy, writer, listener);
    }

    void forget() {
      policy.questions().clear();
      writer.calls().clear();
      listener.forget();
    }
  }

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    raw = new RawEntries(redis);
    CacheManager manager = managers.open(redis.uri());
    for (Build build : Build.values()) {
      subjects.put(build, Subject.create(manager, build));
    }
  }

  @AfterAll
  static void stop() {
    raw.close();
    managers.close();
    redis.close();
  }

  static Stream<Arguments> cells() {
    return Arrays.stream(Build.values())
        .flatMap(build -> ParityTable.rows().stream().map(row -> Arguments.of(build, row)));
  }

  @ParameterizedTest
  @MethodSource("cells")
  void operation_inState(Build build, Row row) {
    Subject subject = requireNonNull(subjects.get(build));
    Cache<String, String> cache = subject.cache();
    String key = "k" + KEYS.incrementAndGet() + "z";
    prepare(cache, key, row.state());
    subject.forget();
    StatisticsDelta before = StatisticsDelta.of(cache);

    Object answer = row.operation().run(cache, key);

    assertThat(String.valueOf(answer)).as("answer").isEqualTo(row.answer());
    assertThat(StatisticsDelta.of(cache).since(before)).isEqualTo(row.statistics());
    assertThat(subject.policy().questions())
        .as("questions to the policy")
        .isEqualTo(build.hasPolicy ? row.questions() : List.of());
    assertThat(subject.writer().calls())
        .as("calls of the writer")
        .isEqualTo(build.hasWriter ? row.writes(key) : List.of());
    assertThat(subject.listener().texts())
        .as("events")
        .isEqualTo(build.hasListener ? row.events(key) : List.of());
    assertThat(String.valueOf(cache.get(key))).as("value afterwards").isEqualTo(row.after());
  }

  private static void prepare(Cache<String, String> cache, String key, ParityTable.State state) {
    switch (state) {
      case ABSENT -> {}
      case PRESENT -> cache.put(key, "old");
      case DIFFERENT -> cache.put(key, "other");
      case EXPIRED -> {
        cache.put(key, "old");
        raw.expire(cache.getName(), key);
      }
    }
  }
}
