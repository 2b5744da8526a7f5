package io.yokedcache.metrics.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real server starts, answers and says what is wrong. */
@NeedsPeer(Peer.PROMETHEUS)
final class PrometheusProcessIT {

  @TempDir private Path folder;

  @Test
  void query_answers() throws IOException {
    String config = "global:\n  scrape_interval: 1s\n";
    try (PrometheusProcess server =
        PrometheusProcess.start(folder, config, PrometheusProcess.NATIVE_HISTOGRAMS)) {
      assertThat(server.query("1 + 1")).containsExactly(new PrometheusProcess.Sample(Map.of(), 2));
      assertThat(server.query("vector(1 / 0)"))
          .containsExactly(new PrometheusProcess.Sample(Map.of(), Double.POSITIVE_INFINITY));
      assertThat(server.query("nothing")).isEmpty();
      assertThatThrownBy(() -> server.query("sum("))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("parse error");
    }
  }

  @Test
  void start_wrongConfiguration_saysWhy() {
    assertThatThrownBy(() -> PrometheusProcess.start(folder, "nonsense: true"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nonsense not found");
  }
}
