package io.yokedcache.metrics.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.series.MetricScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The table of docs/otlp.md against the table of series. */
final class OtlpDocumentationTest {

  private static List<List<String>> expected() {
    List<List<String>> rows = new ArrayList<>();
    for (CacheMetric metric : CacheMetric.values()) {
      OtlpNames name = OtlpNames.of(metric);
      if (name == null) {
        continue;
      }
      if (metric == CacheMetric.CONNECTIONS) {
        rows.add(row(metric, OtlpNames.POOL_SIZE, "sum", OtlpNames.POOL, OtlpNames.POOL_STATE));
        rows.add(row(metric, OtlpNames.POOL_PENDING, "sum", OtlpNames.POOL));
        continue;
      }
      List<AttributeKey<?>> attributes = new ArrayList<>();
      if (metric.scope() == MetricScope.CACHE) {
        attributes.add(OtlpNames.CACHE);
      }
      metric.labels().forEach(label -> attributes.add(OtlpNames.attribute(label)));
      rows.add(
          row(
              metric,
              name,
              metric.kind() == MetricKind.COUNTER
                  ? "counter"
                  : metric.kind() == MetricKind.HISTOGRAM ? "histogram" : "gauge",
              attributes.toArray(AttributeKey<?>[]::new)));
    }
    return rows;
  }

  private static List<String> row(
      CacheMetric metric, OtlpNames name, String kind, AttributeKey<?>... attributes) {
    TreeSet<String> keys = new TreeSet<>();
    Arrays.stream(attributes).forEach(key -> keys.add("`" + key.getKey() + "`"));
    if (metric.scope() != MetricScope.BRIDGE) {
      keys.add("`" + OtlpNames.MANAGER.getKey() + "`");
    }
    return List.of(
        "`" + name.name() + "`",
        "`" + name.unit() + "`",
        kind,
        keys.isEmpty() ? "-" : String.join(", ", keys),
        "`" + metric.metricName() + "`");
  }

  @Test
  void table_isThatOfTheCode() throws IOException {
    List<List<String>> rows =
        Files.readAllLines(Path.of("..", "docs", "otlp.md")).stream()
            .filter(line -> line.startsWith("| `") && line.split("\\|", -1).length == 7)
            .map(line -> Arrays.stream(line.split("\\|", -1)).map(String::strip).toList())
            .map(cells -> cells.subList(1, cells.size() - 1))
            .toList();

    assertThat(rows)
        .as(
            "the table that belongs into docs/otlp.md:%n%s",
            expected().stream()
                .map(row -> "| " + String.join(" | ", row) + " |\n")
                .reduce("", String::concat))
        .containsExactlyElementsOf(expected());
  }
}
