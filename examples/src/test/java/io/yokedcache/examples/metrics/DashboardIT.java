package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.yokedcache.metrics.prometheus.Histograms;
import io.yokedcache.metrics.testing.NeedsPeer;
import io.yokedcache.metrics.testing.Peer;
import io.yokedcache.metrics.testing.PrometheusProcess;
import io.yokedcache.metrics.testing.PrometheusProcess.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * All that dashboards and rules ask has data in a real Prometheus, which scrapes a loaded cache
 * with password and TLS by the settings of {@code dashboards/prometheus.yml}.
 */
@NeedsPeer(Peer.PROMETHEUS)
final class DashboardIT {

  private static final Duration LIMIT = Duration.ofMinutes(2);

  @TempDir private Path folder;

  private RedisCaches caches;
  private OtherProvider other;
  private BusyCaches busy;

  @BeforeEach
  void start() throws Exception {
    caches = RedisCaches.start(folder);
    other = OtherProvider.register();
    busy = BusyCaches.start(caches, other);
  }

  @AfterEach
  void stop() throws Exception {
    busy.close();
    other.close();
    caches.close();
  }

  /** What a server recorded or alerts on. */
  private record Rule(String name, String query, String health, boolean isAlert) {}

  private static List<Rule> rules(PrometheusProcess prometheus) throws IOException {
    List<Rule> rules = new ArrayList<>();
    for (JsonElement group : prometheus.api("/api/v1/rules").getAsJsonArray("groups")) {
      for (JsonElement element : group.getAsJsonObject().getAsJsonArray("rules")) {
        JsonObject rule = element.getAsJsonObject();
        rules.add(
            new Rule(
                rule.get("name").getAsString(),
                rule.get("query").getAsString(),
                rule.get("health").getAsString(),
                rule.get("type").getAsString().equals("alerting")));
      }
    }
    return rules;
  }

  /** Waits until each expression has data, and fails with those that have none. */
  private static void assertData(PrometheusProcess prometheus, List<String> expressions) {
    assertThat(expressions).isNotEmpty();
    List<String> left = new ArrayList<>(expressions);
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(
            () -> {
              for (String expression : List.copyOf(left)) {
                if (prometheus.query(expression).stream().anyMatch(DashboardIT::isNumber)) {
                  left.remove(expression);
                }
              }
              assertThat(left).isEmpty();
            });
  }

  private static boolean isNumber(Sample sample) {
    return Double.isFinite(sample.value());
  }

  private static List<String> dashboardExpressions(Path file) throws IOException {
    JsonObject dashboard = Dashboards.read(file);
    List<String> expressions = new ArrayList<>(Dashboards.expressions(dashboard));
    expressions.addAll(Dashboards.variableExpressions(dashboard));
    return expressions.stream().map(Dashboards::substituted).distinct().toList();
  }

  @Test
  void classic_dashboardAndRules_haveData() throws Exception {
    try (SecureBridge bridge = SecureBridge.start(folder.resolve("bridge"), Histograms.CLASSIC)) {
      Path server = folder.resolve("prometheus");
      try (PrometheusProcess prometheus =
          PrometheusProcess.start(server, bridge.prometheusConfig(server))) {
        assertData(prometheus, dashboardExpressions(Dashboards.GRAFANA));

        List<Rule> rules = rules(prometheus);
        assertThat(rules).hasSizeGreaterThan(20);
        assertData(
            prometheus, rules.stream().filter(rule -> !rule.isAlert()).map(Rule::name).toList());
        assertData(
            prometheus, rules.stream().map(rule -> Dashboards.leftHandSide(rule.query())).toList());
        assertThat(rules(prometheus)).allMatch(rule -> rule.health().equals("ok"));
        assertThat(prometheus.query("cache:hit_ratio:rate5m{cache=\"orders\"}").get(0).value())
            .isBetween(0.3, 0.7);
        assertThat(prometheus.log()).doesNotContain("level=error");
      }
    }
  }

  @Test
  void nativeHistograms_dashboardAndRules_haveData() throws Exception {
    try (SecureBridge bridge = SecureBridge.start(folder.resolve("bridge"), Histograms.BOTH)) {
      Path server = folder.resolve("prometheus");
      try (PrometheusProcess prometheus =
          PrometheusProcess.start(
              server, bridge.prometheusConfig(server), PrometheusProcess.NATIVE_HISTOGRAMS)) {
        List<String> expressions = dashboardExpressions(Dashboards.GRAFANA);
        String heatmap =
            expressions.stream()
                .filter(
                    expression ->
                        expression.startsWith("sum by (le) (increase(yokedcache_cache_op"))
                .findFirst()
                .orElseThrow();
        assertData(
            prometheus,
            expressions.stream()
                .map(
                    expression ->
                        expression.equals(heatmap)
                            ? "histogram_count(" + heatmap + ")"
                            : expression)
                .toList());
        assertData(
            prometheus,
            rules(prometheus).stream().filter(rule -> !rule.isAlert()).map(Rule::name).toList());
        // The trap that the native halves of the expressions are for.
        assertThat(prometheus.query("yokedcache_cache_operation_duration_seconds_bucket"))
            .isEmpty();
      }
    }
  }
}
