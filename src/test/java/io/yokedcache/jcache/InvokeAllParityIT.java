package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.cache.Cache;
import javax.cache.expiry.Duration;
import javax.cache.expiry.TouchedExpiryPolicy;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import javax.cache.processor.MutableEntry;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code invokeAll} has the answers, effects, events and statistics of as many {@code invoke}s. */
@Timeout(120)
final class InvokeAllParityIT {

  private static RedisServer redis;
  private static RawEntries raw;

  private final TestManagers managers = new TestManagers();

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    raw = new RawEntries(redis);
  }

  @AfterAll
  static void stop() {
    raw.close();
    redis.close();
  }

  @AfterEach
  void closeManagers() {
    managers.close();
  }

  /** Does to an entry what its key says. */
  private static String obey(MutableEntry<String, String> entry, Object... arguments) {
    String order = entry.getKey().replaceFirst("-.*", "");
    switch (order) {
      case "read" -> entry.getValue();
      case "write", "undecodable" -> entry.setValue(entry.exists() + " " + entry.getValue());
      case "remove" -> entry.remove();
      case "undo" -> {
        entry.setValue("never");
        entry.remove();
      }
      case "fail" -> throw new IllegalStateException("as asked");
      default -> {}
    }
    return order.equals("silent") ? noAnswer() : order + " " + entry.exists();
  }

  @SuppressWarnings("NullAway") // null is JSR-107's "no answer"
  private static String noAnswer() {
    return null;
  }

  private record Outcome(
      Map<String, String> answers,
      Map<String, String> entries,
      Map<String, Long> timesToLive,
      List<String> events,
      List<String> writes,
      StatisticsDelta statistics) {}

  private interface Invocation {

    Map<String, EntryProcessorResult<String>> run(Cache<String, String> cache, Set<String> keys);
  }

  private Outcome obeyed(Invocation invocation) {
    RecordingListener<String, String> listener = new RecordingListener<>();
    RecordingWriter<String, String> writer = new RecordingWriter<>();
    Cache<String, String> cache =
        managers
            .open(redis.uri())
            .createCache(
                TestManagers.uniqueName("parity"),
                TestManagers.strings()
                    .setStatisticsEnabled(true)
                    .setExpiryPolicyFactory(TouchedExpiryPolicy.factoryOf(Duration.ONE_HOUR))
                    .setWriteThrough(true)
                    .setCacheWriterFactory(() -> writer)
                    .addCacheEntryListenerConfiguration(
                        listener.configuration(
                            /* isOldValueRequired= */ true, /* isSynchronous= */ true)));
    Set<String> all = new LinkedHashSet<>();
    for (String order : List.of("read", "write", "remove", "undo", "fail", "nothing", "silent")) {
      all.add(order + "-there");
      all.add(order + "-not");
    }
    all.add("undecodable");
    all.forEach(key -> cache.put(key, "old"));
    all.stream().filter(key -> key.endsWith("-not")).forEach(cache::remove);
    all.stream()
        .filter(key -> !key.endsWith("-not"))
        .forEach(key -> raw.setTimeToLiveMillis(cache.getName(), key, 60_000));
    byte[] name = raw.find(cache.getName(), "undecodable").get(0).getBytes(StandardCharsets.UTF_8);
    raw.jedis().set(name, new byte[] {0, 1, 2});
    listener.forget();
    writer.calls().clear();
    StatisticsDelta before = StatisticsDelta.of(cache);

    Map<String, String> answers = new LinkedHashMap<>();
    invocation.run(cache, all).forEach((key, result) -> answers.put(key, text(result)));

    StatisticsDelta statistics = StatisticsDelta.of(cache).since(before);
    Map<String, Long> timesToLive = new LinkedHashMap<>();
    all.forEach(
        key -> {
          long millis = raw.timeToLiveMillis(cache.getName(), key);
          timesToLive.put(key, millis > 0 ? (millis + 59_999) / 60_000 : millis);
        });
    return new Outcome(
        answers,
        cache.getAll(all),
        timesToLive,
        listener.texts(),
        List.copyOf(writer.calls()),
        statistics);
  }

  private static String text(EntryProcessorResult<String> result) {
    try {
      return result.get();
    } catch (EntryProcessorException e) {
      return "failed with " + requireNonNull(e.getCause()).getMessage();
    }
  }

  private static Map<String, EntryProcessorResult<String>> invokeEach(
      Cache<String, String> cache, Set<String> keys) {
    Map<String, EntryProcessorResult<String>> results = new LinkedHashMap<>();
    for (String key : keys) {
      try {
        String answer = cache.invoke(key, InvokeAllParityIT::obey);
        if (answer != null) {
          results.put(key, () -> answer);
        }
      } catch (EntryProcessorException e) {
        results.put(
            key,
            () -> {
              throw e;
            });
      }
    }
    return results;
  }

  @Test
  void mixedProcessor_asManySingleInvokes() {
    Outcome together = obeyed((cache, keys) -> cache.invokeAll(keys, InvokeAllParityIT::obey));

    assertThat(together).isEqualTo(obeyed(InvokeAllParityIT::invokeEach));
    assertThat(together.answers())
        .hasSize(13)
        .containsEntry("read-there", "read true")
        .containsEntry("fail-not", "failed with as asked")
        .doesNotContainKey("silent-there");
    assertThat(together.entries())
        .containsEntry("write-there", "true old")
        .containsEntry("write-not", "false null")
        .containsEntry("undecodable", "false null")
        .doesNotContainKeys("remove-there", "undo-there");
    assertThat(together.timesToLive())
        .containsEntry("read-there", 60L)
        .containsEntry("write-not", 60L)
        .containsEntry("nothing-there", 1L);
    assertThat(together.events())
        .containsExactly(
            "UPDATED write-there=true old/old",
            "CREATED write-not=false null/-",
            "REMOVED remove-there=old/old",
            "REMOVED undo-there=old/old",
            "CREATED undecodable=false null/-");
    assertThat(together.statistics()).isEqualTo(new StatisticsDelta(7, 8, 3, 2));
  }
}
