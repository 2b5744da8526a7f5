package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.series.MetricScope;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.statsd.StatsDCollector;
import io.yokedcache.metrics.statsd.StatsDReporter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** All that the Datadog dashboard asks for is sent, with the type and the tags that it wants. */
final class DatadogIT {

  private static final Pattern LINE =
      Pattern.compile("yokedcache\\.([^:]+):[^|]+\\|([a-z]+)(?:\\|@[0-9.]+)?(?:\\|#(.+))?");
  private static final Pattern ASKED =
      Pattern.compile(
          "\\w+:yokedcache\\.([a-z0-9_.]+)\\{([^}]*)}(?: by \\{([^}]*)})?(\\.as_(?:rate|count)\\(\\))?");

  /** What the agent makes of a histogram, besides its count. */
  private static final Set<String> AGGREGATES = Set.of("avg", "median", "max", "95percentile");

  @TempDir private Path folder;

  /** What one metric is sent as. */
  private record Sent(String type, Set<String> tags) {}

  /** What a query asks of one metric. */
  private record Asked(String metric, Set<String> tags, boolean isRate) {}

  private static List<String> queries(JsonElement json) {
    List<String> queries = new ArrayList<>();
    if (json.isJsonArray()) {
      json.getAsJsonArray().forEach(element -> queries.addAll(queries(element)));
    } else if (json.isJsonObject()) {
      JsonObject object = json.getAsJsonObject();
      if (object.has("q")) {
        queries.add(object.get("q").getAsString());
      }
      object.asMap().values().forEach(element -> queries.addAll(queries(element)));
    }
    return queries;
  }

  private static List<Asked> asked(String query) {
    return ASKED
        .matcher(query)
        .results()
        .map(
            found -> {
              Set<String> tags = new TreeSet<>();
              Stream.of(found.group(2).split(",", -1))
                  .filter(tag -> !tag.equals("*"))
                  .forEach(tag -> tags.add(tag.replaceAll("^\\$|:.*", "")));
              if (found.group(3) != null) {
                tags.addAll(List.of(found.group(3).split(",", -1)));
              }
              return new Asked(found.group(1), tags, found.group(4) != null);
            })
        .toList();
  }

  private static Map<String, Sent> sent(List<String> lines) {
    Map<String, Sent> sent = new TreeMap<>();
    for (String line : lines) {
      Matcher matcher = LINE.matcher(line);
      assertThat(matcher.matches()).as(line).isTrue();
      Set<String> tags = new TreeSet<>();
      if (matcher.group(3) != null) {
        for (String tag : matcher.group(3).split(",", -1)) {
          tags.add(tag.substring(0, tag.indexOf(':')));
        }
      }
      sent.put(matcher.group(1), new Sent(matcher.group(2), tags));
    }
    // Sent only while Redis is away, so the table of series says how.
    CacheMetric stale = CacheMetric.NEAR_STALE_HITS;
    if (stale.kind() == MetricKind.COUNTER && stale.scope() == MetricScope.CACHE) {
      String name = stale.metricName().replaceAll("^cache\\.|\\.total$", "");
      sent.put(name, new Sent("c", Set.of("cache_manager", "cache")));
    }
    return sent;
  }

  @Test
  void queries_askForWhatIsSent() throws Exception {
    List<String> queries = queries(Dashboards.read(Dashboards.DATADOG));
    assertThat(queries)
        .hasSizeGreaterThan(30)
        .anyMatch(query -> query.contains("yokedcache.near_stale_hits{"));
    try (RedisCaches caches = RedisCaches.start(folder);
        OtherProvider other = OtherProvider.register();
        BusyCaches busy = BusyCaches.start(caches, other);
        UdpLines daemon = UdpLines.open();
        StatsDCollector collector =
            StatsDCollector.builder().host("127.0.0.1").port(daemon.port()).useTags(true).build();
        StatsDReporter reporter =
            StatsDReporter.builder(JmxCacheReader.ofThisJvm(), collector)
                .interval(Duration.ofSeconds(1))
                .start()) {
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertSent(queries, sent(daemon.lines())));
      assertThat(busy).isNotNull();
      assertThat(reporter).isNotNull();
    }
  }

  private static void assertSent(List<String> queries, Map<String, Sent> sent) {
    for (String query : queries) {
      List<Asked> asked = asked(query);
      assertThat(asked).as(query).isNotEmpty();
      for (Asked one : asked) {
        assertSent(query, one, sent);
      }
    }
  }

  private static void assertSent(String query, Asked asked, Map<String, Sent> sent) {
    int dot = asked.metric.lastIndexOf('.');
    String suffix = asked.metric.substring(dot + 1);
    boolean isCount = dot > 0 && suffix.equals("count");
    boolean isAggregate = dot > 0 && AGGREGATES.contains(suffix);
    String metric = isCount || isAggregate ? asked.metric.substring(0, dot) : asked.metric;
    String type = isCount || isAggregate ? "h" : asked.isRate ? "c" : "g";
    assertThat(sent.get(metric))
        .as(query)
        .isNotNull()
        .matches(line -> line.type.equals(type), "is of type " + type)
        .matches(line -> line.tags.containsAll(asked.tags), "has the tags " + asked.tags);
  }
}
