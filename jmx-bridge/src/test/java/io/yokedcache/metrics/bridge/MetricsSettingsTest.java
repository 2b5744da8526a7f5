package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import io.yokedcache.metrics.prometheus.MetricNames;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.statsd.StatsDFlavour;
import io.yokedcache.metrics.statsd.StatsDMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MetricsSettingsTest {

  @TempDir private Path directory;

  @Test
  void of_nothing_allIsOff() {
    MetricsSettings settings = read("");

    assertThat(settings.isEnabled()).isFalse();
    assertThat(settings.prometheus().listener().port()).isEqualTo(8000);
    assertThat(settings.statsd().interval()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.targets()).isEmpty();
  }

  @Test
  void of_everySetting() throws IOException {
    Path store = Files.writeString(directory.resolve("keys.p12"), "");
    MetricsSettings settings =
        read(
            """
            prometheus {
              enabled = yes, host = "0.0.0.0", port = 0, path = "/m", namespace = a, subsystem = b
              labels { environment = test }, cache-labels = off, names = micrometer
              histograms = both, buckets = [0.001, 0.5], max-caches = 7, user = u, password = 007
              tls { key-store = "%s", key-store-password = k }, jvm = true, status-page = false
            }
            statsd {
              enabled = true, host = h, port = 1, prefix = "", flavour = dogstatsd, mode = realtime
              interval = 1s, sample-rate = 0.5, timeout = 1ms, tags { env = test }, names = python
              max-packet-bytes = 512, queue-capacity = 1
            }
            health { enabled = false, interval = 1d }
            targets { "a b" { url = "h:1", user = u, password = p }, b { pid = 4711 } }
            """
                .formatted(store));

    assertThat(settings.prometheus().listener())
        .isEqualTo(
            new PrometheusOutput.Listener(
                "0.0.0.0",
                0,
                "/m",
                "u",
                new Secret("007"),
                new TlsFiles(store, new Secret("k"), null, null, false),
                false));
    assertThat(settings.prometheus().naming())
        .isEqualTo(
            new PrometheusOutput.Naming(
                MetricNames.MICROMETER, "a", "b", Map.of("environment", "test"), false));
    assertThat(settings.prometheus().bucketsSeconds()).containsExactly(0.001, 0.5);
    assertThat(settings.statsd())
        .isEqualTo(
            new StatsDOutput(
                true,
                new StatsDOutput.Daemon(
                    "h",
                    1,
                    StatsDFlavour.DOGSTATSD,
                    "",
                    OperationNames.PYTHON,
                    Map.of("env", "test")),
                StatsDMode.REALTIME,
                Duration.ofSeconds(1),
                0.5,
                new StatsDOutput.Limits(Duration.ofMillis(1), 512, 1)));
    assertThat(settings.health()).isEqualTo(new HealthChecks(false, Duration.ofDays(1)));
    assertThat(settings.targets())
        .containsEntry("a b", new TargetSettings("h:1", null, "u", new Secret("p")))
        .containsEntry("b", new TargetSettings(null, 4711L, null, null));
    assertThatThrownBy(settings::requirePeriodic).hasMessageContaining("mode = periodic");
  }

  @Test
  void load_manyMistakes_allAreToldWithTheirLines() throws IOException {
    Path file = directory.resolve("metrics.conf");
    Files.writeString(
        file,
        """
        yokedcache.metrics {
          prometheus {
            prot = 9404
            port = 70000
            labels { cache = mine }
            user = me
          }
          statsd = true
          health.interval = 5
          targets { both { url = "h:1", pid = 3 }, none {} }
          prometheus.buckets = [1, 0.5]
        }
        """);

    String message = problems(() -> MetricsSettings.load(file));

    String path = file.toString();
    assertThat(message)
        .contains("9 problems")
        .contains(path + ": 3: yokedcache.metrics.prometheus.prot is not a setting; did you mean")
        .contains(path + ": 4: yokedcache.metrics.prometheus.port is \"70000\", but must be")
        .contains(path + ": 5: yokedcache.metrics.prometheus.labels.cache has a name that is not")
        .contains(path + ": 6: yokedcache.metrics.prometheus.user is set without a password")
        .contains(path + ": 8: yokedcache.metrics.statsd must be a group")
        .contains(path + ": 9: yokedcache.metrics.health.interval is \"5\", but must be a duration")
        .contains(path + ": 10: yokedcache.metrics.targets.both.url or pid must be set")
        .contains("yokedcache.metrics.targets.none.url or pid must be set")
        .contains(path + ": 11: yokedcache.metrics.prometheus.buckets must be a list");
    assertThat(message.indexOf(": 3: ")).isLessThan(message.indexOf(": 11: "));
  }

  @Test
  void secrets_areNeverShown() throws IOException {
    Path file = directory.resolve("metrics.conf");
    Files.writeString(
        file,
        """
        yokedcache.metrics.prometheus {
          user = me, password = "hunter2", tls.key-store-password = ["hunter2"]
          tls.trust-store-password = "hunter2" ] hunter2
        }
        """);
    MetricsSettings settings = read("prometheus { user = me, password = hunter2 }");

    assertThat(settings.toString()).doesNotContain("hunter2");
    assertThat(problems(() -> MetricsSettings.load(file))).doesNotContain("hunter2");
    assertThat(problems(() -> read("prometheus { password = [hunter2], port = x }")))
        .doesNotContain("hunter2");
  }

  @Test
  void load_groupIsMissing_saysWhatToWrite() throws IOException {
    Path file = Files.writeString(directory.resolve("other.conf"), "yokedcache.uri = \"x\"");

    assertThat(problems(() -> MetricsSettings.load(file)))
        .contains("has no group yokedcache.metrics");
    assertThat(problems(() -> MetricsSettings.load(directory.resolve("absent.conf"))))
        .contains("absent.conf cannot be read");
  }

  @Test
  void load_substitutions_onlyThoseOfTheGroupMatter() throws IOException {
    Path file = directory.resolve("metrics.conf");
    Files.writeString(
        file,
        """
        port = 9404
        yokedcache.uri = ${NO_SUCH_VARIABLE}
        yokedcache.metrics.prometheus { port = ${port}, host = ${java.specification.version} }
        """);

    assertThat(MetricsSettings.load(file).prometheus().listener())
        .extracting("port", "host")
        .containsExactly(9404, System.getProperty("java.specification.version"));
    Files.writeString(file, "yokedcache.metrics.prometheus.port = ${NO_SUCH_VARIABLE}");
    assertThat(problems(() -> MetricsSettings.load(file)))
        .contains("metrics.conf: 1: a substitution ${...} has no value");
  }

  @Test
  void read_passwordVariable_goesBeforeTheFile() {
    SettingsReader reader = new SettingsReader(Map.of("YOKEDCACHE_METRICS_PASSWORD", "env"));

    MetricsSettings settings =
        reader.read(ConfigFactory.parseString("prometheus { user = me, password = file }"));

    assertThat(settings.prometheus().listener().password()).isEqualTo(new Secret("env"));
  }

  @Test
  void of_commandLine_whoSetsAnOutputWantsIt() {
    MetricsSettings settings =
        MetricsSettings.of(
            MetricsFile.withOutput(
                MetricsFile.of(
                    Map.of("statsd.host", "h", "prometheus.buckets", "0.1, 1"), "arguments")));

    assertThat(settings.statsd().enabled()).isTrue();
    assertThat(settings.prometheus().enabled()).isTrue();
    assertThat(settings.prometheus().bucketsSeconds()).containsExactly(0.1, 1.0);
  }

  private static MetricsSettings read(String text) {
    return new SettingsReader(Map.of()).read(ConfigFactory.parseString(text));
  }

  private static String problems(Runnable reading) {
    MetricsConfigurationException problems =
        catchThrowableOfType(MetricsConfigurationException.class, reading::run);
    return String.valueOf(problems.getMessage());
  }
}
