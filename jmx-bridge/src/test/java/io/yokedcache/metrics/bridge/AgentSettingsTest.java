package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.metrics.bridge.BridgeAgent.AgentSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AgentSettingsTest {

  private static final Duration USUAL = Duration.ofSeconds(2);

  @TempDir private Path directory;

  @Test
  void parse_nothing_isPrometheusWithItsDefaults() {
    AgentSettings agent = AgentSettings.parse("", USUAL);

    assertThat(agent.settings().prometheus().enabled()).isTrue();
    assertThat(agent.settings().prometheus().listener().port()).isEqualTo(8000);
    assertThat(agent.settings().statsd().enabled()).isFalse();
    assertThat(agent.delay()).isEqualTo(USUAL);
  }

  @Test
  void parse_pairs_enableWhatTheyName() {
    AgentSettings agent = AgentSettings.parse("statsd.host=metrics, delay=10s", USUAL);

    assertThat(agent.settings().statsd().daemon().host()).isEqualTo("metrics");
    assertThat(agent.settings().statsd().enabled()).isTrue();
    assertThat(agent.settings().prometheus().enabled()).isFalse();
    assertThat(agent.delay()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void parse_fileAndPairs_thePairsGoBefore() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("metrics.conf"),
            "yokedcache.metrics.prometheus { enabled = true, port = 1, namespace = shop }");

    assertThat(AgentSettings.parse(file.toString(), USUAL).settings().prometheus().listener())
        .extracting("port")
        .isEqualTo(1);
    AgentSettings both = AgentSettings.parse("config=" + file + ",prometheus.port=2", USUAL);
    assertThat(both.settings().prometheus().listener().port()).isEqualTo(2);
    assertThat(both.settings().prometheus().naming().namespace()).isEqualTo("shop");
  }

  @Test
  void parse_mistakes_areTold() {
    assertThatThrownBy(() -> AgentSettings.parse("prometheus.port=1,9404", USUAL))
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("\"9404\" is not key=value");
    assertThatThrownBy(() -> AgentSettings.parse("prometheus.prt=1", USUAL))
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("did you mean port?");
    assertThatThrownBy(() -> AgentSettings.parse("delay=soon", USUAL))
        .isInstanceOf(MetricsConfigurationException.class)
        .hasMessageContaining("0 to 3600 seconds");
  }
}
