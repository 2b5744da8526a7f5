package io.yokedcache.metrics.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.typesafe.config.ConfigFactory;
import io.yokedcache.metrics.bridge.MetricsSettings.HealthChecks;
import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import io.yokedcache.metrics.prometheus.MetricNames;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.statsd.StatsDFlavour;
import io.yokedcache.metrics.statsd.StatsDMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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
              tls { key-store = "%s", key-store-password = k, protocols = [TLSv1.3]
                cipher-suites = TLS_AES_256_GCM_SHA384 }, hosts = [m.example], jvm = true, status-page = false
            }
            statsd {
              enabled = true, host = h, port = 1, prefix = "", flavour = dogstatsd, mode = realtime
              interval = 1s, sample-rate = 0.5, timeout = 1ms, tags { env = test }, names = python
              cache-tags = off,
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
                List.of("m.example"),
                "u",
                new Secret("007"),
                null,
                new TlsFiles(
                    store,
                    new Secret("k"),
                    null,
                    null,
                    false,
                    List.of("TLSv1.3"),
                    List.of("TLS_AES_256_GCM_SHA384")),
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
                    Map.of("env", "test"),
                    false),
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
        .contains(path + ": 10: yokedcache.metrics.targets.none.url or pid must be set")
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
    MetricsSettings settings =
        MetricsSettings.of(
            ConfigFactory.parseString("prometheus { user = me, password = file }"),
            Map.of("YOKEDCACHE_METRICS_PASSWORD", "env"));

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

  @ParameterizedTest
  @ValueSource(
      strings = {
        "include url(\"http://127.0.0.1:9/x.conf\")",
        "include url(\"jar:http://127.0.0.1:9/x.jar!/x.conf\")",
        "include \"http://127.0.0.1:9/x.conf\"",
        "include url(\"file://127.0.0.1/x.conf\")",
        "include \"//127.0.0.1/x.conf\"",
        "yokedcache.metrics { include \"ftp://127.0.0.1:9/x.conf\" }",
      })
  void load_includeFromANetwork_isRefused(String include) throws IOException {
    Path file = Files.writeString(directory.resolve("metrics.conf"), include);

    assertThat(problems(() -> MetricsSettings.load(file)))
        .contains("include names a file on a network")
        .contains("metrics.conf")
        .doesNotContain("127.0.0.1");
  }

  @Test
  void load_includeOfAFile() throws IOException {
    Files.writeString(directory.resolve("more.conf"), "yokedcache.metrics.statsd.port = 5");
    Path file =
        Files.writeString(
            directory.resolve("metrics.conf"),
            "include \"more.conf\", yokedcache.metrics.statsd.host = h, include classpath(\"no\")");

    assertThat(MetricsSettings.load(file).statsd().daemon())
        .extracting("host", "port")
        .containsExactly("h", 5);
  }

  @Test
  void read_secretsOfFiles() throws IOException {
    Path file = Files.writeString(directory.resolve("password"), "hunter2\nand no more\n");
    Path empty = Files.writeString(directory.resolve("empty"), "");

    assertThat(
            read("targets.a { url = \"h:1\", user = u, password-file = \"" + file + "\" }")
                .targets())
        .containsEntry("a", new TargetSettings("h:1", null, "u", new Secret("hunter2")));
    assertThat(
            problems(
                () ->
                    read(
                        ("targets { a { url = \"h:1\", user = u, password = p, password-file = \"%s\""
                                + " }, b { url = \"h:2\", user = u, password-file = \"%s\" }, c { url"
                                + " = \"h:3\", user = u, password-file = \"/-\" } }")
                            .formatted(file, empty))))
        .contains("3 problems")
        .contains("targets.a.password-file is set together with password: keep one of them")
        .contains("targets.b.password-file names " + empty + ", whose first line is empty")
        .contains("targets.c.password-file names /-, which cannot be read as UTF-8 text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "targets.a { url = \"h:1\", user = u }     | user is set without a password: set password-",
        "targets.a { url = \"h:1\", password = p } | password is set without a user: set user too",
        "targets.a { pid = 1, user = u }           | user has no effect with pid: remove it",
        "targets.a { pid = 1, ssl-registry = on }  | ssl-registry has no effect with pid: remove it",
        "targets.a { url = \"ftp://x\" }            | which is not the URL of a JVM. Write HOST:PORT",
        "statsd { tags { a = b } }                 | tags need flavour = dogstatsd",
        "prometheus.tls.trust-store = pom.xml      | trust-store needs a key-store",
      })
  void read_halfOfAPair_isWrong(String text, String message) {
    assertThat(problems(() -> read(text))).contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "statsd.host = h                                  | statsd.enabled is not set, so the group has no effect",
        "prometheus.port = 1                              | prometheus.enabled is not set, so the group has no effect",
        "statsd { enabled = true, sample-rate = 0.5 }     | sample-rate has no effect with mode =",
        "health.interval = 5s                             | health.enabled has no effect without an output",
        "statsd { enabled = false, host = h }             |",
        "prometheus.enabled = true, health.interval = 5s  |",
      })
  void read_withoutEffect_isAWarning(String text, @Nullable String warning) {
    List<String> warnings = read(text).warnings().lines();

    if (warning == null) {
      assertThat(warnings).isEmpty();
    } else {
      assertThat(warnings).singleElement().asString().contains(warning);
    }
  }

  private static StatsDOutput.Daemon daemon(String statsd, Map<String, String> variables) {
    return MetricsSettings.of(
            ConfigFactory.parseString("statsd { enabled = true, " + statsd + " }"), variables)
        .statsd()
        .daemon();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          DD_AGENT_HOST=agent,DD_DOGSTATSD_PORT=8126         |                    | agent        | 8126
          DD_AGENT_HOST=agent                                |                    | agent        | 8125
          DD_AGENT_HOST=agent,DD_DOGSTATSD_PORT=8126         | host = h, port = 1 | h            | 1
          DD_AGENT_HOST=agent,DD_DOGSTATSD_PORT=8126         | host = h           | h            | 8126
          DD_AGENT_HOST=agent,DD_DOGSTATSD_URL=udp://u:8127  |                    | u            | 8127
          DD_AGENT_HOST=agent,DD_DOGSTATSD_URL=udp://u       | port = 1           | u            | 1
          DD_DOGSTATSD_URL=udp://[::1]:65535                 |                    | [::1]        | 65535
          DD_DOGSTATSD_URL=unix:///var/run/d.socket          |                    | unix:///var/run/d.socket | 8125
          DD_DOGSTATSD_URL=unixgram:///var/run/d.socket      |                    | unix:///var/run/d.socket | 8125
          DD_DOGSTATSD_URL=udp://u:8127                      | host = h           | h            | 8125
          DD_DOGSTATSD_URL=nonsense,DD_DOGSTATSD_PORT=0      | host = h, port = 1 | h            | 1
          DD_AGENT_HOST=                                     |                    | localhost    | 8125
          """)
  void of_datadogsVariables_whereNothingIsSet(
      String variables, @Nullable String settings, String host, int port) {
    Map<String, String> environment =
        Arrays.stream(variables.split(","))
            .map(each -> each.split("=", 2))
            .collect(Collectors.toMap(each -> each[0], each -> each[1]));

    StatsDOutput.Daemon daemon =
        daemon("flavour = dogstatsd" + (settings == null ? "" : ", " + settings), environment);

    assertThat(daemon.host()).isEqualTo(host);
    assertThat(daemon.port()).isEqualTo(port);
  }

  @Test
  void of_datadogsTags_thoseOfTheSettingsGoBefore() {
    Map<String, String> variables =
        Map.of(
            "DD_ENV", "prod", "DD_SERVICE", "shop", "DD_VERSION", "1.2", "DD_ENTITY_ID", "pod-7");

    assertThat(daemon("flavour = dogstatsd, tags { env = test, a = b }", variables).tags())
        .isEqualTo(
            Map.of(
                "env",
                "test",
                "a",
                "b",
                "service",
                "shop",
                "version",
                "1.2",
                "dd.internal.entity_id",
                "pod-7"));
  }

  @Test
  void of_datadogsVariables_plainDoesNotReadThem() {
    StatsDOutput.Daemon daemon = daemon("", Map.of("DD_AGENT_HOST", "agent", "DD_ENV", "prod"));

    assertThat(daemon.host()).isEqualTo("localhost");
    assertThat(daemon.tags()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "DD_DOGSTATSD_URL, tcp://u:8125, statsd.host is not set",
    "DD_DOGSTATSD_URL, udp://u:99999, statsd.port is not set",
    "DD_DOGSTATSD_PORT, none, statsd.port is not set"
  })
  void of_datadogsVariables_wrong(String variable, String value, String problem) {
    assertThat(problems(() -> daemon("flavour = dogstatsd", Map.of(variable, value))))
        .contains(problem, variable);
  }

  private static MetricsSettings read(String text) {
    return MetricsSettings.of(ConfigFactory.parseString(text), Map.of());
  }

  private static String problems(Runnable reading) {
    MetricsConfigurationException problems =
        catchThrowableOfType(MetricsConfigurationException.class, reading::run);
    return String.valueOf(problems.getMessage());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "password = hunter2                 | user is not set, but its password is",
        "password-hash = hunter2            | user is not set, but its password is",
        "user = u                           | user is set without a password: set password, pass",
        "user = ^u:v^, password = hunter2   | user has a colon",
        "user = u, password = hunter2, password-hash = x | password-hash is set together with",
        "user = u, password-hash = hunter2  | password-hash is no hash of the form $pbkdf2-sha2",
        "tls.key-store-password = hunter2   | tls.key-store-password needs a key-store",
        "tls.trust-store-password = hunter2 | tls.trust-store-password is set without a trust",
        "tls.protocols = [TLSv1.3]          | tls.protocols needs a key-store",
        "tls.cipher-suites = [TLS_A]        | tls.cipher-suites needs a key-store",
        "tls.protocols = [SSLv3]            | tls.protocols has \"SSLv3\", but each must be",
        "tls.require-client-certificate = on | needs a trust-store with their certificates",
        "hosts = [^a:80^]                   | hosts has \"a:80\", but each must be a host name",
        "hosts = [{}]                       | hosts must be a list of texts",
      })
  void read_halfSetGroup_isAnErrorWithItsCure(String settings, String message) {
    assertThat(problems(() -> read("prometheus { " + settings.replace('^', '"') + " }")))
        .contains(message)
        .doesNotContain("hunter2");
  }

  @Test
  void read_passwordVariableWithoutUser_isAnErrorWherePrometheusIsEnabled() {
    Map<String, String> variable = Map.of("YOKEDCACHE_METRICS_PASSWORD", "hunter2");
    assertThat(
            problems(
                () ->
                    MetricsSettings.of(
                        ConfigFactory.parseString("prometheus.enabled = true"), variable)))
        .contains("user is not set, but its password is")
        .doesNotContain("hunter2");
    assertThat(
            MetricsSettings.of(ConfigFactory.parseString("statsd.enabled = true"), variable)
                .prometheus()
                .listener()
                .password())
        .isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "host = ^0.0.0.0^                          | every client on the network can read all figures",
        "host = ^0.0.0.0^, user = u, password = p  | has a password that clients send unencrypted",
        "host = localhost                          | ''",
        "host = ^127.0.0.1^, user = u, password = p | ''",
        "host = ^::1^                              | ''",
      })
  void read_openToOthers_isAWarning(String settings, String warning) {
    List<String> warnings =
        read("prometheus { enabled = true, " + settings.replace('^', '"') + " }")
            .warnings()
            .lines();
    if (warning.isEmpty()) {
      assertThat(warnings).isEmpty();
    } else {
      assertThat(warnings).singleElement().asString().contains(warning);
    }
  }
}
