package io.yokedcache.metrics.bridge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.bridge.ListCommand.CacheTable;
import io.yokedcache.metrics.prometheus.PasswordHash;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.LatencyBounds;
import io.yokedcache.metrics.source.LatencyCells;
import io.yokedcache.metrics.source.OperationReading;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the command line says without a JVM to read. */
final class BridgeMainTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "list                                       | No JVM is named: use --url",
        "--prometheus-port 0                        | No JVM is named: use --url",
        "list --url http://x                        | is not the URL of a JVM. Write HOST:PORT",
        "list --pid x                               | must be the number of a process",
        "list --url h:1 --url h:1                   | Two JVMs are called h:1",
        "list --url h:1 --timeout 0                 | --timeout 0 must be 1 to 3600 seconds",
        "list --url h:1 --password-file f           | --password-file needs --user",
        "list --url h:1 --user u --password-file /- | --password-file /- cannot be read",
        "list --url h:1 --watch 0                   | --watch 0 must be 1 to 86400",
        "list --config /-.conf                      | /-.conf cannot be read",
        "serve --url h:1 --set prometheus.prt=1     | did you mean port?",
        "serve --url h:1 --prometheus-port 70000    | must be a whole number from 0 to 65535",
        "--url h:1 --set prometheus.enabled=false   | No output is enabled: set prometheus.enabled",
        "--url h:1 --set x                          | --set x needs a value",
        "serve --nonsense                           | Unknown option",
        "serve --prometheus-prt 1                   | did you mean --prometheus-port? See yokedcache-",
        "lst                                        | did you mean list?",
        "list --jsn --url h:1                       | did you mean --json? See yokedcache-jmx-bridge li",
      })
  void run_wrongOptions_saysWhatIsRight(String arguments, String message) {
    assertThat(run(arguments.split(" +"))).isEqualTo(2);
    assertThat(err.toString()).contains(message);
  }

  @Test
  void run_help_namesCommandsAndOptions() {
    assertThat(run("--help")).isZero();
    assertThat(out.toString()).contains("serve", "list", "Exit codes");
    assertThat(run("serve", "--help")).isZero();
    assertThat(out.toString()).contains("--url", "--pid", "--statsd", "--config", "--interval");
  }

  @Test
  void table_andJson_showWhatIsMeasured() {
    LatencyCells cells = LatencyCells.of(LatencyBounds.of(1_000, 2_000_000), 98, 1, 1);
    CacheReading known =
        new CacheReading(
            "m",
            "or\u001bders\"",
            null,
            List.of(new OperationReading("get", 100, 1, 3_000_000, cells, Map.of("timeout", 4L))),
            Map.of("hits", 9000L, "misses", 1000L, "puts", 5L),
            Map.of("keysCount", 12.0));
    CacheReading unknown = new CacheReading("m", "x", null, List.of(), Map.of(), Map.of());
    List<CacheTable.Row> rows =
        List.of(new CacheTable.Row("shop", known), new CacheTable.Row("shop", unknown));

    List<String> table = CacheTable.text(rows, /* showsTarget= */ true).lines().toList();

    assertThat(table.get(0))
        .matches("TARGET +MANAGER +CACHE +HITS +MISSES +HIT RATE +PUTS +REMOVALS .*ENTRIES");
    assertThat(table.get(1))
        .matches("shop +m +or\\?ders\" +9,000 +1,000 +90.0 % +5 +- +- +4 +510 ns +2.0 ms +12");
    assertThat(table.get(2)).matches("shop +m +x +- +- +- +- +- +- +- +- +- +-");
    assertThat(CacheTable.text(rows, /* showsTarget= */ false)).doesNotContain("TARGET", "shop");
    assertThat(CacheTable.json(rows))
        .contains("\"cache\": \"or\\u001bders\\\"\"")
        .contains("\"hits\": 9000")
        .contains("\"getP99Seconds\": 0.002")
        .contains("\"hits\": null");
    assertThat(CacheTable.json(List.of())).isEqualTo("[]\n");
  }

  /** A name of a stranger must not make the table unreadable, nor let others appear reversed. */
  @Test
  void table_longNamesAndMarksOfDirection() {
    String longName = "x".repeat(3_000);
    List<CacheTable.Row> rows =
        Stream.of(
                longName, "y".repeat(80), "a\u202eb\u2028c\ud800d", "caf\u00e9 \u4f60 \ud83d\ude00")
            .map(name -> new CacheReading("m", name, null, List.of(), Map.of(), Map.of()))
            .map(cache -> new CacheTable.Row("shop", cache))
            .toList();

    List<String> table = CacheTable.text(rows, /* showsTarget= */ false).lines().toList();

    assertThat(table.get(1))
        .startsWith("m        " + "x".repeat(77) + "...  ")
        .hasSizeLessThan(250);
    assertThat(table.get(2)).contains("y".repeat(80) + "  ");
    assertThat(table.get(3)).contains(" a?b?c?d ");
    assertThat(table.get(4)).contains(" caf\u00e9 \u4f60 \ud83d\ude00 ");
    assertThat(CacheTable.json(rows)).contains(longName);
  }

  @Test
  void names_ofJvmsWithout() {
    assertThat(TargetOptions.nameOfUrl("service:jmx:rmi:///jndi/rmi://db1:9010/jmxrmi"))
        .isEqualTo("db1:9010");
    assertThat(TargetOptions.nameOfUrl("a=service:jmx:rmi:///jndi/rmi://db1:9010/jmxrmi"))
        .isEqualTo("a");
    assertThat(Targets.fullUrl(TargetOptions.value("a=db1:9010")))
        .isEqualTo("service:jmx:rmi:///jndi/rmi://db1:9010/jmxrmi");
    assertThat(TargetOptions.nameOfUrl("[::1]:9010")).isEqualTo("[::1]:9010");
    assertThat(TargetOptions.nameOfPid("42")).isEqualTo("pid-42");
    assertThat(TargetOptions.nameOfPid("a=42")).isEqualTo("a");
    assertThat(TargetOptions.pid("a=42")).isEqualTo(42);
  }

  @Test
  void run_hashPassword_printsAHashOfTheFirstLine() {
    InputStream before = System.in;
    try {
      System.setIn(new ByteArrayInputStream("hunter2\nand no more".getBytes(UTF_8)));
      assertThat(run("hash-password")).isZero();
      System.setIn(new ByteArrayInputStream(new byte[0]));
      assertThat(run("hash-password")).isEqualTo(2);
    } finally {
      System.setIn(before);
    }
    String hash = out.toString().strip();
    assertThat(hash).doesNotContain("hunter2");
    assertThat(PasswordHash.parse(hash)).hasToString(hash);
    assertThat(err.toString()).contains("The password is empty");
  }

  private int run(String... arguments) {
    return BridgeMain.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
  }
}
