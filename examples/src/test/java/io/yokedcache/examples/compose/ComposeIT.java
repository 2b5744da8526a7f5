package io.yokedcache.examples.compose;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.yokedcache.examples.metrics.Dashboards;
import io.yokedcache.examples.metrics.Promtool;
import io.yokedcache.metrics.prometheus.PrometheusCollector;
import io.yokedcache.metrics.testing.NeedsPeer;
import io.yokedcache.metrics.testing.Peer;
import io.yokedcache.metrics.testing.PrometheusProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prometheus itself takes the files where the compose file mounts them. */
final class ComposeIT {

  @TempDir private Path folder;

  /** Puts the files that are mounted where the container has them, below a folder. */
  private Path mounted(String service) throws IOException {
    Path root = folder.resolve(service);
    for (Map.Entry<String, Path> mount : ComposeFile.read().service(service).mounts().entrySet()) {
      Path target = root.resolve(mount.getKey().substring(1));
      Files.createDirectories(requireNonNull(target.getParent()));
      Files.copy(mount.getValue(), target);
    }
    return root;
  }

  @Test
  @NeedsPeer(Peer.PROMTOOL)
  void prometheus_settingsAndRulesAreValid() throws IOException {
    Path config = mounted("prometheus").resolve("etc/prometheus/prometheus.yml");

    Promtool result = Promtool.run("", folder.resolve("log"), "check", "config", config);

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).contains("prometheus-rules.yml").doesNotContain("FAILED");
  }

  @Test
  @NeedsPeer(Peer.PROMETHEUS)
  void prometheus_scrapesAndEvaluatesTheDashboard() throws Exception {
    Path config = mounted("prometheus").resolve("etc/prometheus/prometheus.yml");
    Path dashboard =
        mounted("grafana").resolve("var/lib/grafana/dashboards/grafana-yokedcache.json");
    try (PrometheusCollector bridge =
        PrometheusCollector.builder().registry(new PrometheusRegistry()).port(0).build()) {
      bridge.start();
      String here =
          Files.readString(config)
              .replace("shop:9404", "127.0.0.1:" + bridge.port())
              .replace("_interval: 5s", "_interval: 1s");
      try (PrometheusProcess prometheus =
          PrometheusProcess.start(requireNonNull(config.getParent()), here)) {
        await()
            .atMost(Duration.ofSeconds(30))
            .until(
                () ->
                    prometheus.query("up{job=\"yokedcache\"}").stream()
                        .anyMatch(sample -> sample.value() == 1));
        assertThat(prometheus.api("/api/v1/rules").getAsJsonArray("groups")).isNotEmpty();
        for (String expression : Dashboards.expressions(Dashboards.read(dashboard))) {
          // Throws, with Prometheus' reason, if the expression is refused.
          assertThat(prometheus.query(Dashboards.substituted(expression))).isNotNull();
        }
      }
    }
  }
}
