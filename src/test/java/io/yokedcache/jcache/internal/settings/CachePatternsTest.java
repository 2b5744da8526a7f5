package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CachePatternsTest {

  private static final String LAYERED =
      """
      yokedcache {
        defaults { batch-size = 10, time-to-live = 1h }
        caches {
          "*" { batch-size = 20, value-codec = json }
          "com.*" { batch-size = 30 }
          "com.acme.*" { batch-size = 40, statistics = true }
          "com.acme.Order" { batch-size = 50 }
          "com.acme.Entity$Inner" { time-to-live = 1d }
          "com.acme.Entity##NaturalId" { time-to-live = 2d }
          default-update-timestamps-region { time-to-live = null }
          orders { time-to-idle = 5m }
        }
      }
      """;

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "plain, 20",
    "com, 20",
    "com.other.X, 30",
    "com.acme.Customer, 40",
    "com.acme.Order, 50",
    "com.acme.Order.lines, 40",
  })
  void apply_moreLiteralsWin(String name, int batchSize) {
    Settings.Cache settings = ConfigText.load(directory, LAYERED).caches().apply(name);

    assertThat(settings.batchSize()).isEqualTo(batchSize);
    assertThat(settings.valueCodec()).isEqualTo("json");
    assertThat(settings.timeToLive()).isEqualTo(Duration.ofHours(1));
    assertThat(settings.statistics()).isEqualTo(name.startsWith("com.acme.") ? true : null);
  }

  @Test
  void apply_namesOfHibernate() {
    Settings settings = ConfigText.load(directory, LAYERED);

    assertThat(settings.caches().apply("com.acme.Entity$Inner").timeToLive())
        .isEqualTo(Duration.ofDays(1));
    assertThat(settings.caches().apply("com.acme.Entity##NaturalId").timeToLive())
        .isEqualTo(Duration.ofDays(2));
    assertThat(settings.caches().apply("default-update-timestamps-region").timeToLive()).isNull();
  }

  @Test
  void apply_otherDeadlineOfMoreSpecificLayer() {
    Settings.Cache orders = ConfigText.load(directory, LAYERED).caches().apply("orders");

    assertThat(orders.timeToIdle()).isEqualTo(Duration.ofMinutes(5));
    assertThat(orders.timeToLive()).isNull();
  }

  @Test
  void apply_timeToLiveOverTimeToIdle() {
    String text = "yokedcache { defaults.time-to-idle = 1h, caches.a.time-to-live = 1m }";

    Settings.Cache settings = ConfigText.load(directory, text).caches().apply("a");

    assertThat(settings.timeToLive()).isEqualTo(Duration.ofMinutes(1));
    assertThat(settings.timeToIdle()).isNull();
  }

  @Test
  void apply_nothingConfigured_reference() {
    assertThat(ConfigText.load(directory, "").caches().apply("any \"name\" {}$ä"))
        .isEqualTo(
            new Settings.Cache(
                null,
                null,
                "canonical",
                "auto",
                null,
                null,
                null,
                null,
                false,
                false,
                Settings.ReadFrom.MASTER,
                500,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                null,
                null,
                Settings.OnFailure.THROW,
                new Settings.Alerts(Duration.ofMinutes(1), null, null, null),
                new Settings.NearCache(false, 10_000, null, null, null),
                new Settings.Compress(Settings.Compress.Algorithm.NONE, 1024, 0),
                new Settings.Encrypt(null)));
  }

  @Test
  void apply_alertsLayerByLayer() {
    String text =
        """
        yokedcache {
          defaults.alerts { hit-rate-below = 0.5, interval = 10s }
          caches.a.alerts { get-p99-above = 5ms, size-bytes-above = 1 MiB }
          caches.b.alerts.hit-rate-below = null
        }
        """;
    Function<String, Settings.Cache> caches = ConfigText.load(directory, text).caches();

    assertThat(caches.apply("a").alerts())
        .isEqualTo(
            new Settings.Alerts(Duration.ofSeconds(10), 0.5, Duration.ofMillis(5), 1L << 20));
    assertThat(caches.apply("b").alerts())
        .isEqualTo(new Settings.Alerts(Duration.ofSeconds(10), null, null, null));
  }

  @Test
  void definedCaches_exactNamesOnly() {
    assertThat(ConfigText.load(directory, LAYERED).definedCaches())
        .containsExactlyInAnyOrder(
            "com.acme.Order",
            "com.acme.Entity$Inner",
            "com.acme.Entity##NaturalId",
            "default-update-timestamps-region",
            "orders");
  }

  @Test
  void check_bothDeadlinesInOneGroup() {
    assertThat(
            ConfigText.failure(
                directory, "yokedcache.caches.a {\n time-to-live = 1m\n time-to-idle = 1m\n}"))
        .contains(
            "test.conf: 3: yokedcache.caches.\"a\".time-to-idle and time-to-live are both set");
  }

  /** An unknown group of a cache may be a misspelt one, and not a part of a name. */
  @Test
  void check_misspeltGroup() {
    assertThat(
            ConfigText.failure(
                directory, "yokedcache.caches.orders {\n compression { above = 1 KiB }\n}"))
        .contains("test.conf: 2: yokedcache.caches.\"orders\".compression is not a setting")
        .contains("did you mean compress?")
        .doesNotContain("double quotes");
  }

  @Test
  void check_namesWithDotsUnquoted() {
    assertThat(
            ConfigText.failure(
                directory, "yokedcache.caches {\n com.acme.Order { time-to-live = 1m }\n}"))
        .contains("test.conf: 2: yokedcache.caches.\"com\".acme is not a setting")
        .contains("must be in double quotes: \"com.acme.Order\" { ... }");
  }
}
