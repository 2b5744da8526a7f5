package io.yokedcache.jcache.internal.maintenance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.maintenance.KeyStatisticsReport.Size;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written into Redis is read by every JVM, and nothing else is taken for it. */
final class KeyStatisticsReportTest {

  @Test
  void format_isReadAgain() {
    KeyStatisticsReport report =
        new KeyStatisticsReport(
            1_700_000_000_000L,
            1_234,
            Map.of("orders", new Size(1_000_000, 241_000_000), "a%20b%23", new Size(1, -1)));

    byte[] text = report.format();

    assertThat(new String(text, US_ASCII))
        .isEqualTo("key-statistics 1 1700000000000 1234\na%20b%23 1 -1\norders 1000000 241000000");
    assertThat(KeyStatisticsReport.parse(text)).isEqualTo(report);
    assertThat(report.endedMillis()).isEqualTo(1_700_000_001_234L);
  }

  @Test
  void format_noCaches() {
    KeyStatisticsReport report = new KeyStatisticsReport(1, 2, Map.of());

    assertThat(KeyStatisticsReport.parse(report.format())).isEqualTo(report);
  }

  /** Somebody wrote among ours what this class would not have written. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "orders 7",
        "orders 7 8 9",
        "orders seven 8",
        "orders -7 8",
        "orders 7 -2",
        "or{ders 7 8",
        "orders%2 7 8",
        "orders%2c 7 8",
        "orders  7 8",
        "orders 99999999999999999999 8",
      })
  void parse_foreignLine(String line) {
    String text = "key-statistics 1 5 5\n" + line + "\nstock 3 4";

    assertThat(KeyStatisticsReport.parse(text.getBytes(US_ASCII)))
        .isEqualTo(new KeyStatisticsReport(5, 5, Map.of("stock", new Size(3, 4))));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "key-statistics",
        "key-statistics 1 ",
        "key-statistics 1 5",
        "key-statistics 1 5 x",
        "key-statistics 2 5 5",
        "key-statistics 1 5 -5",
        "key-statistics 1 -5 5",
        "key-statistics 1 9223372036854775807 9223372036854775807",
        "key-statistics 1 5 5 5",
      })
  void parse_somethingElse(String text) {
    assertThat(KeyStatisticsReport.parse(text.getBytes(US_ASCII))).isNull();
  }
}
