package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheReadings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OpenTelemetry is optional: the bridge in a JVM without a class of it. */
final class WithoutOpenTelemetryTest {

  @TempDir private Path folder;

  /** A bridge with the settings of the first argument, until its input ends. */
  static final class Application {

    private Application() {}

    public static void main(String[] arguments) throws Exception {
      CacheReading orders =
          new CacheReading("m", "orders", null, List.of(), Map.of("hits", 7L), Map.of());
      MetricsSettings settings =
          MetricsSettings.of(
              ConfigFactory.parseString(
                  "prometheus { enabled = true, port = 0 }, " + arguments[0]));
      try (MetricsBridge bridge =
          MetricsBridge.of(
              settings, Map.of("shop", () -> new CacheReadings(List.of(orders), List.of())))) {
        boolean isEnded = System.in.read() < 0;
        System.out.println("ready " + (isEnded && bridge.sources().size() == 1));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void start_withoutItsJars_onlyOtlpIsMissing(boolean isAskedFor) throws Exception {
    List<String> arguments =
        List.of(
            "-Dorg.slf4j.simpleLogger.log.io.yokedcache=info",
            "-cp",
            ChildJvm.classPath(path -> !path.contains("opentelemetry")),
            Application.class.getName(),
            "otlp.enabled = " + isAskedFor);
    try (ChildJvm application = ChildJvm.start(folder, arguments)) {
      assertThat(application.get("/metrics"))
          .contains("yokedcache_bridge_jmx_target_up{target=\"shop\"} 1.0")
          .contains("yokedcache_cache_hits_total{cache=\"orders\"");
      application.endInput();
      assertThat(application.awaitEnd()).isZero();
      assertThat(application.output()).contains("ready true").doesNotContain("\tat ");
      if (isAskedFor) {
        assertThat(application.output())
            .containsOnlyOnce("yokedcache.metrics.otlp.enabled = true has no effect")
            .contains("Add io.opentelemetry:opentelemetry-exporter-otlp and");
      } else {
        assertThat(application.output()).doesNotContainIgnoringCase("opentelemetry");
      }
    }
  }
}
