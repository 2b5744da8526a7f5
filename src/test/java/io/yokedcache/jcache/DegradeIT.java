package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import io.yokedcache.jcache.testing.RedisServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.Duration;
import javax.cache.integration.CompletionListenerFuture;
import javax.cache.processor.EntryProcessorException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redis.clients.jedis.Jedis;

/**
 * With {@code on-failure = degrade} each operation has its documented outcome while Redis is away,
 * however the cache is built; with {@code throw} each fails.
 */
final class DegradeIT {

  private static final String[] SETTINGS = {
    "yokedcache.defaults.on-failure", "degrade",
    "yokedcache.connection.connect-timeout", "1s",
    "yokedcache.connection.command-timeout", "1s"
  };

  private static final Map<Build, Subject> subjects = new EnumMap<>(Build.class);
  private static RedisServer killed;
  private static TestManagers managers;

  enum Build {
    PLAIN(false, false, false, false),
    NEAR(false, false, false, true),
    LISTENED(false, false, true, false),
    POLICY(true, false, false, false),
    WRITER(false, true, false, false),
    WRITER_AND_NEAR(false, true, false, true),
    POLICY_WRITER_LISTENED(true, true, true, false);

    private final boolean hasPolicy;
    private final boolean hasWriter;
    private final boolean hasListener;
    private final boolean isNear;

    Build(boolean hasPolicy, boolean hasWriter, boolean hasListener, boolean isNear) {
      this.hasPolicy = hasPolicy;
      this.hasWriter = hasWriter;
      this.hasListener = hasListener;
      this.isNear = isNear;
    }
  }

  /**
   * An operation while Redis is away.
   *
   * @param answer as {@code String.valueOf} prints it
   * @param misses the misses that are counted
   * @param writes the calls of a writer
   * @param reads the degraded reads that are counted, -1 for some
   * @param changes the degraded changes that are counted
   */
  private record Row(
      String name,
      Function<Cache<String, String>, @Nullable Object> call,
      String answer,
      int misses,
      List<String> writes,
      int reads,
      int changes) {}

  private static final List<Row> ROWS =
      List.of(
          new Row("get", cache -> cache.get("a"), "null", 1, List.of(), 1, 0),
          new Row("getAll", cache -> cache.getAll(Set.of("a", "b")), "{}", 2, List.of(), 1, 0),
          new Row("containsKey", cache -> cache.containsKey("a"), "false", 0, List.of(), 1, 0),
          new Row("iterator", cache -> cache.iterator().hasNext(), "false", 0, List.of(), 1, 0),
          done("put", cache -> cache.put("a", "1"), List.of("write a=1")),
          done("putAll", cache -> cache.putAll(two()), List.of("write a=1", "write b=2")),
          change("remove", cache -> cache.remove("a"), "false", 0, List.of("delete a")),
          done("removeAll", cache -> cache.removeAll(Set.of("a")), List.of("delete a")),
          done("clear", Cache::clear, List.of()),
          change("getAndPut", cache -> cache.getAndPut("a", "1"), "null", 1, List.of("write a=1")),
          change("getAndRemove", cache -> cache.getAndRemove("a"), "null", 1, List.of("delete a")),
          change("putIfAbsent", cache -> cache.putIfAbsent("a", "1"), "false", 1, List.of()),
          change("replace", cache -> cache.replace("a", "1"), "false", 1, List.of()),
          change("replaceOld", cache -> cache.replace("a", "1", "2"), "false", 1, List.of()),
          change("getAndReplace", cache -> cache.getAndReplace("a", "1"), "null", 1, List.of()),
          change("removeOld", cache -> cache.remove("a", "1"), "false", 1, List.of()));

  private static Map<String, String> two() {
    Map<String, String> two = new LinkedHashMap<>();
    two.put("a", "1");
    two.put("b", "2");
    return two;
  }

  private static Row change(
      String name,
      Function<Cache<String, String>, @Nullable Object> call,
      String answer,
      int misses,
      List<String> writes) {
    return new Row(name, call, answer, misses, writes, 0, 1);
  }

  private static Row done(String name, Consumer<Cache<String, String>> call, List<String> writes) {
    return change(
        name,
        cache -> {
          call.accept(cache);
          return null;
        },
        "null",
        0,
        writes);
  }

  private record Subject(
      Cache<String, String> cache,
      RecordingWriter<String, String> writer,
      RecordingListener<String, String> listener) {

    static Subject create(CacheManager manager, Build build) {
      RecordingWriter<String, String> writer = new RecordingWriter<>();
      RecordingListener<String, String> listener = new RecordingListener<>();
      MutableConfiguration<String, String> configuration =
          TestManagers.strings().setStatisticsEnabled(true);
      if (build.hasPolicy) {
        configuration.setExpiryPolicyFactory(
            () -> new CountingPolicy(Duration.ONE_HOUR, Duration.ONE_HOUR, Duration.ONE_HOUR));
      }
      if (build.hasWriter) {
        configuration.setWriteThrough(true).setCacheWriterFactory(() -> writer);
      }
      if (build.hasListener) {
        configuration.addCacheEntryListenerConfiguration(
            listener.configuration(/* isOldValueRequired= */ true, /* isSynchronous= */ true));
      }
      return new Subject(
          manager.createCache(TestManagers.uniqueName("degrade"), configuration), writer, listener);
    }

    OutageStatistics outages() {
      RedisCache<?, ?> own = cache.unwrap(RedisCache.class);
      return own.lifecycle().outages();
    }
  }

  @BeforeAll
  static void start() {
    killed = RedisServer.start();
    managers = new TestManagers();
    CacheManager plain = managers.open(killed.uri(), SETTINGS);
    String[] near = Arrays.copyOf(SETTINGS, SETTINGS.length + 2);
    near[SETTINGS.length] = "yokedcache.defaults.near.enabled";
    near[SETTINGS.length + 1] = "true";
    CacheManager withNear = managers.open(killed.uri(), near);
    for (Build build : Build.values()) {
      Subject subject = Subject.create(build.isNear ? withNear : plain, build);
      subjects.put(build, subject);
      subject.cache().put("a", "old");
      subject.writer().calls().clear();
      subject.listener().forget();
    }
    killed.kill();
  }

  @AfterAll
  static void stop() {
    managers.close();
    killed.close();
  }

  @ParameterizedTest
  @EnumSource(Build.class)
  void everyOperation_serverKilled(Build build) {
    Subject subject = requireNonNull(subjects.get(build));
    List<String> wrong = new ArrayList<>();
    for (Row row : ROWS) {
      check(subject, build.hasWriter, row, wrong);
    }
    assertThat(wrong).isEmpty();
    assertThat(subject.listener().texts()).isEmpty();
  }

  private static void check(Subject subject, boolean hasWriter, Row row, List<String> wrong) {
    StatisticsDelta before = StatisticsDelta.of(subject.cache());
    OutageStatistics outagesBefore = subject.outages();
    subject.writer().calls().clear();

    String answer = String.valueOf(row.call().apply(subject.cache()));

    List<String> found = new ArrayList<>();
    found.add(answer);
    found.add(StatisticsDelta.of(subject.cache()).since(before).toString());
    found.add(subject.writer().calls().toString());
    OutageStatistics outages = subject.outages();
    found.add("reads " + (outages.degradedReads() - outagesBefore.degradedReads()));
    found.add("writes " + (outages.degradedWrites() - outagesBefore.degradedWrites()));
    List<String> expected =
        List.of(
            row.answer(),
            new StatisticsDelta(0, row.misses(), 0, 0).toString(),
            (hasWriter ? row.writes() : List.of()).toString(),
            "reads " + row.reads(),
            "writes " + row.changes());
    if (!found.equals(expected)) {
      wrong.add("%s: %s instead of %s".formatted(row.name(), found, expected));
    }
  }

  @ParameterizedTest
  @EnumSource(Build.class)
  void removeAllOfTheCache_serverKilled(Build build) {
    Subject subject = requireNonNull(subjects.get(build));
    long before = subject.outages().degradedWrites();

    subject.cache().removeAll();

    assertThat(subject.outages().degradedWrites()).isEqualTo(before + 1);
  }

  @ParameterizedTest
  @EnumSource(Build.class)
  void processors_serverKilled_fail(Build build) {
    Subject subject = requireNonNull(subjects.get(build));
    Cache<String, String> cache = subject.cache();
    subject.writer().calls().clear();

    assertThatThrownBy(() -> cache.invoke("a", (entry, arguments) -> entry.exists()))
        .isInstanceOf(RedisUnavailableException.class);
    var results =
        cache.invokeAll(
            Set.of("a", "b"),
            (entry, arguments) -> {
              entry.setValue("processed");
              return true;
            });

    assertThat(results).containsOnlyKeys("a", "b");
    assertThatThrownBy(() -> requireNonNull(results.get("a")).get())
        .isInstanceOf(EntryProcessorException.class)
        .hasRootCauseInstanceOf(IOException.class);
    assertThat(subject.writer().calls()).isEmpty();
  }

  @Test
  void readThrough_serverKilled_loads() throws Exception {
    RecordingLoader loader = new RecordingLoader(key -> new Loaded(key));
    MutableConfiguration<String, Loaded> configuration =
        loader.configuration().setReadThrough(true).setStatisticsEnabled(true);
    Cache<String, Loaded> cache =
        managers
            .open(killed.uri(), SETTINGS)
            .createCache(TestManagers.uniqueName("degrade"), configuration);

    assertThat(cache.get("a")).isEqualTo(new Loaded("a"));
    assertThat(new TreeMap<>(cache.getAll(Set.of("a", "b"))))
        .isEqualTo(new TreeMap<>(Map.of("a", new Loaded("a"), "b", new Loaded("b"))));
    for (boolean replaces : new boolean[] {false, true}) {
      CompletionListenerFuture done = new CompletionListenerFuture();
      cache.loadAll(Set.of("c"), replaces, done);
      done.get(10, TimeUnit.SECONDS);
    }
    assertThatThrownBy(() -> cache.invoke("a", (entry, arguments) -> entry.getValue()))
        .isInstanceOf(RedisUnavailableException.class);

    assertThat(loader.asked()).containsExactlyInAnyOrder("a", "a", "b", "c", "c");
    assertThat(StatisticsDelta.of(cache).misses()).isEqualTo(3);
  }

  @Test
  void everyOperation_serverFrozen() {
    try (RedisServer frozen = RedisServer.start()) {
      Subject subject = Subject.create(managers.open(frozen.uri(), SETTINGS), Build.WRITER);
      subject.cache().put("a", "old");
      frozen.pause();
      try {
        List<String> wrong = new ArrayList<>();
        for (Row row : ROWS) {
          check(subject, /* hasWriter= */ true, row, wrong);
        }
        assertThat(wrong).isEmpty();
      } finally {
        frozen.resume();
      }
    }
  }

  @Test
  void changes_serverOutOfMemory_areLeftOut() {
    try (RedisServer full = RedisServer.start();
        Jedis admin = new Jedis("127.0.0.1", full.port())) {
      Subject subject = Subject.create(managers.open(full.uri(), SETTINGS), Build.WRITER);
      subject.cache().put("a", "old");
      subject.cache().put("d", "old");
      admin.configSet("maxmemory", "1");
      subject.writer().calls().clear();

      subject.cache().put("a", "new");
      subject.cache().putAll(two());
      assertThat(subject.cache().putIfAbsent("c", "new")).isFalse();
      assertThat(subject.cache().remove("d")).isTrue();

      assertThat(subject.writer().calls())
          .containsExactly("write a=new", "write a=1", "write b=2", "write c=new", "delete d");
      assertThat(subject.outages().degradedWrites()).isEqualTo(3);
      assertThat(subject.outages().degradedReads()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"PLAIN", "POLICY_WRITER_LISTENED"})
  void everyOperation_serverKilledAndThrow_fails(Build build) {
    try (RedisServer server = RedisServer.start()) {
      Subject subject =
          Subject.create(
              managers.open(server.uri(), Arrays.copyOfRange(SETTINGS, 2, SETTINGS.length)), build);
      server.kill();
      for (Row row : ROWS) {
        assertThatThrownBy(() -> row.call().apply(subject.cache()))
            .as(row.name())
            .isInstanceOf(RedisUnavailableException.class);
      }
      assertThat(subject.outages().degradedReads()).isZero();
      assertThat(subject.outages().degradedWrites()).isZero();
    }
  }
}
