package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.series.MetricScope;
import io.yokedcache.metrics.source.SnapshotFixture;
import io.yokedcache.metrics.source.SnapshotFixture.CacheData;
import io.yokedcache.metrics.source.SnapshotFixture.OperationData;
import io.yokedcache.metrics.source.StatsDStatistics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The table of docs/metrics.md against the one in the code and against a scrape. */
final class MetricsTableTest {

  private static final Pattern SERIES = Pattern.compile("([a-z_]+)(?:\\{(.*)})? \\S+");
  private static final Pattern LABEL = Pattern.compile("([a-z_]+)=\"");

  private static List<List<String>> rows() throws IOException {
    return Files.readAllLines(Path.of("..", "docs", "metrics.md")).stream()
        .takeWhile(line -> !line.equals("## Names"))
        .filter(line -> line.startsWith("| `"))
        .map(line -> Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
        .map(cells -> cells.subList(1, cells.size() - 1))
        .toList();
  }

  private static String prometheus(CacheMetric metric) {
    String family =
        new PrometheusNames(MetricNames.DEFAULT, "yokedcache", "", Map.of()).family(metric);
    Set<String> labels = new TreeSet<>(metric.labels());
    if (metric.scope() != MetricScope.BRIDGE) {
      labels.add("cache_manager");
    }
    if (metric.scope() == MetricScope.CACHE) {
      labels.add("cache");
    }
    return family
        + (metric.kind() == MetricKind.COUNTER ? "_total" : "")
        + (labels.isEmpty() ? "" : "{" + String.join(", ", labels) + "}");
  }

  private static String statsd(CacheMetric metric) {
    return metric.scope() == MetricScope.BRIDGE || metric.needsConfigurations()
        ? "-"
        : "`"
            + metric.metricName().replaceFirst("^cache\\.", "").replaceFirst("\\.total$", "")
            + "`";
  }

  @Test
  void table_isThatOfTheCode() throws Exception {
    List<List<String>> expected = new ArrayList<>();
    for (CacheMetric metric : CacheMetric.values()) {
      expected.add(
          List.of(
              "`" + metric.metricName() + "`",
              "`" + prometheus(metric) + "`",
              statsd(metric),
              metric.kind().name().toLowerCase(Locale.ROOT),
              metric.help()));
    }
    List<List<String>> rows = rows();
    assertThat(rows).allSatisfy(row -> assertThat(row).hasSize(7).doesNotContain(""));
    assertThat(
            rows.stream()
                .map(row -> List.of(row.get(0), row.get(2), row.get(3), row.get(4), row.get(6))))
        .containsExactlyElementsOf(expected);
  }

  @Test
  void table_hasExactlyTheSeriesOfAScrape() throws Exception {
    Set<String> documented =
        rows().stream().map(row -> row.get(2).replace("`", "")).collect(Collectors.toSet());
    Map<String, Long> counters =
        List.of(
                "hits",
                "misses",
                "puts",
                "removals",
                "evictions",
                "expirations",
                "loads",
                "loadFailures",
                "refreshes.stored",
                "awaitedLoads",
                "writes",
                "undecodable",
                "undecodable.limit",
                "compressedValues",
                "compressionSavedBytes",
                "replicaReads.replica",
                "replicaReads.master",
                "droppedEvents",
                "degraded.read",
                "degraded.write",
                "settledInvalidations",
                "owedInvalidationsOverflows",
                "nearHits",
                "nearMisses",
                "nearStaleHits",
                "invalidations.tag")
            .stream()
            .collect(Collectors.toMap(name -> name, name -> 1L));
    Map<String, Double> gauges =
        List.of(
                "sizeBytes",
                "keysCount",
                "keyStatisticsAgeSeconds",
                "hitRate",
                "uptimeSeconds",
                "owedInvalidations",
                "owedInvalidationsAgeSeconds",
                "nearEntries")
            .stream()
            .collect(Collectors.toMap(name -> name, name -> 0.5));
    try (SnapshotFixture fixture =
            new SnapshotFixture(100_000)
                .with(
                    new CacheData(
                        "users",
                        List.of(
                            new OperationData("get", 5, Map.of("timeout", 1L), 3, 2),
                            new OperationData("network", 5, Map.of(), 3, 2)),
                        counters,
                        gauges));
        PrometheusCollector collector =
            PrometheusCollector.builder()
                .registry(new PrometheusRegistry())
                .port(0)
                .statsd(() -> new StatsDStatistics(1, 1, 1, 1, 1, 1))
                .build()
                .start()) {
      String page = new Scraper(collector.port()).get("/metrics").body();
      assertThat(page).contains(fixture.manager());
      Set<String> shown =
          page.lines()
              .filter(line -> !line.startsWith("#"))
              .map(MetricsTableTest::series)
              .collect(Collectors.toSet());
      assertThat(shown).isEqualTo(documented);
    }
  }

  /** A line's name and labels as the table writes them. */
  private static String series(String line) {
    Matcher matcher = SERIES.matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    Set<String> labels = new TreeSet<>();
    if (matcher.group(2) != null) {
      Matcher label = LABEL.matcher(matcher.group(2));
      while (label.find()) {
        labels.add(label.group(1));
      }
    }
    labels.remove("le");
    return matcher.group(1).replaceFirst("_seconds_(bucket|count|sum)$", "_seconds")
        + (labels.isEmpty() ? "" : "{" + String.join(", ", labels) + "}");
  }
}
