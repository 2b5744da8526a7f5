package io.yokedcache.examples.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.prometheus.Histograms;
import io.yokedcache.metrics.testing.NeedsPeer;
import io.yokedcache.metrics.testing.Peer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prometheus' own tool finds nothing wrong with rules, settings and metrics. */
@NeedsPeer(Peer.PROMTOOL)
final class PromtoolIT {

  @TempDir private Path folder;

  private Promtool promtool(String input, Object... arguments) throws IOException {
    return Promtool.run(input, folder.resolve("promtool.log"), arguments);
  }

  @Test
  void rules_areValid() throws IOException {
    Promtool result = promtool("", "check", "rules", Dashboards.RULES);

    assertThat(result.exitCode()).as(result.output()).isZero();
    assertThat(result.output()).doesNotContain("FAILED").contains("SUCCESS");
  }

  @Test
  void alerts_fireAndAreQuietAsTheirTestsSay() throws IOException {
    Promtool result = promtool("", "test", "rules", Dashboards.RULES_TEST);

    assertThat(result.exitCode()).as(result.output()).isZero();
  }

  @Test
  void alerts_otherThreshold_failTheirTests() throws IOException {
    String rules = Files.readString(Dashboards.RULES);
    Files.writeString(
        folder.resolve(Dashboards.RULES.getFileName()), rules.replace("< 0.8 and", "< 0.4 and"));
    Path test = folder.resolve(Dashboards.RULES_TEST.getFileName());
    Files.copy(Dashboards.RULES_TEST, test);

    Promtool result = promtool("", "test", "rules", test);

    assertThat(result.exitCode()).isNotZero();
    assertThat(result.output()).contains("CacheHitRateLow fires");
  }

  @Test
  void settingsAndMetrics_areValid() throws Exception {
    try (RedisCaches caches = RedisCaches.start(folder);
        OtherProvider other = OtherProvider.register();
        SecureBridge bridge = SecureBridge.start(folder, Histograms.CLASSIC);
        BusyCaches busy = BusyCaches.start(caches, other)) {
      Path sample = folder.resolve("sample");
      Path config = sample.resolve("prometheus.yml");
      Files.writeString(config, bridge.prometheusConfig(sample));
      Promtool settings = promtool("", "check", "config", config);
      assertThat(settings.exitCode()).as(settings.output()).isZero();

      assertThat(bridge.scrape("wrong").statusCode()).isEqualTo(401);
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(bridge.scrape())
                      .contains("yokedcache_cache_keys_count{")
                      .contains("yokedcache_cache_phase_duration_seconds_count{")
                      .contains("yokedcache_cache_connections{")
                      .contains("yokedcache_cache_errors_total{"));
      String page = bridge.scrape();
      Promtool metrics = promtool(page, "check", "metrics");

      // The one name that the documentation promised and Prometheus does not like.
      assertThat(metrics.output().lines())
          .allMatch(
              line -> line.startsWith("yokedcache_cache_keys_count ") && line.contains("_count"))
          .hasSize(1);
      assertThat(busy).isNotNull();
    }
  }
}
