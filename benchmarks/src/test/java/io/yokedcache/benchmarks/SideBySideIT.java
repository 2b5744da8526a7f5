package io.yokedcache.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.benchmarks.load.Workload;
import io.yokedcache.jcache.YokedCachingProvider;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.NodeList;

/** Runs everything once for a moment; no figure is asserted, but every answer is checked. */
final class SideBySideIT {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  private int run(String... args) {
    return SideBySide.run(
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private String printed() {
    return out.toString(StandardCharsets.UTF_8);
  }

  /** In one JVM, since six would take most of the test's time to start. */
  @Test
  void run_everyWorkloadAndContender(@TempDir Path folder) throws Exception {
    Path trace = folder.resolve("a.trace");
    Files.write(trace, new byte[] {0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1});

    int exitCode = run("--quick", "--same-jvm", "--trace", trace.toString());

    assertThat(exitCode).as(err.toString(StandardCharsets.UTF_8)).isZero();
    for (Workload workload : Workload.values()) {
      String row = "| " + workload.label() + " | 2 | 100 | ";
      assertThat(printed())
          .contains(row + "yokedcache |")
          .contains(row + "redisson |")
          .contains(row + "caffeine |");
    }
    assertThat(printed()).contains("| jedis-pool |").contains("| lettuce |");
  }

  @Test
  void run_eachInItsOwnJvm() {
    int exitCode =
        run(
            "--quick",
            "--contenders",
            "jedis-pool,yokedcache:statistics=true;defaults.value-codec=bytes",
            "--workloads",
            "get,invoke",
            "--delay=500");

    assertThat(exitCode).as(err.toString(StandardCharsets.UTF_8)).isZero();
    String ours = "yokedcache:defaults.value-codec=bytes;statistics=true |";
    assertThat(printed())
        .contains("behind a link of 500 us each way")
        .contains("| get | 2 | 100 | jedis-pool |")
        .contains("| get | 2 | 100 | " + ours)
        .doesNotContain("| invoke | 2 | 100 | jedis-pool |")
        .contains("| invoke | 2 | 100 | " + ours);
  }

  /** All contenders but those without Redis. */
  @Test
  void run_cluster() {
    int exitCode =
        run(
            "--quick",
            "--same-jvm",
            "--cluster=3",
            "--contenders=jedis-pool,yokedcache,redisson,lettuce",
            "--workloads=get,put,get-all,put-all,put-if-absent,remove-put");

    assertThat(exitCode).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(printed())
        .contains(", 3 masters on loopback")
        .contains("Redisson keeps each cache in one slot")
        .contains("| get-all | 2 | 100 | yokedcache |")
        .contains("| put-all | 2 | 100 | lettuce |")
        .contains("| remove-put | 2 | 100 | jedis-pool |");
  }

  /** The client of a member in another JVM, which ends with the run. */
  @Test
  void run_hazelcast_andChart(@TempDir Path folder) throws Exception {
    Path chart = folder.resolve("chart.svg");

    int exitCode =
        run(
            "--quick",
            "--same-jvm",
            "--contenders=yokedcache,hazelcast",
            "--workloads=get,invoke",
            "--chart=" + chart);

    assertThat(exitCode).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(printed())
        .contains("| get | 2 | 100 | hazelcast |")
        .contains("| invoke | 2 | 100 | hazelcast |");
    NodeList bars =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(chart.toFile())
            .getElementsByTagName("rect");
    assertThat(bars.getLength()).as("the background, and two bars in two groups").isEqualTo(5);
  }

  @Test
  void run_contenderThatCannotStart() {
    int exitCode =
        run("--quick", "--contenders", "yokedcache:no.such.setting=1", "--workloads", "get");

    assertThat(exitCode).isEqualTo(1);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("its JVM has ended");
  }

  @Test
  void run_pastTheLimit() {
    int exitCode =
        run("--contenders=jedis-pool", "--workloads=get", "--limit=1", "--same-jvm", "--threads=1");

    assertThat(exitCode).isZero();
    assertThat(printed()).contains("Left out: get 1 100, it would take longer than PT1S");
  }

  @Test
  void run_anotherBuildBesideThisOne() throws Exception {
    Path build =
        Path.of(
            YokedCachingProvider.class.getProtectionDomain().getCodeSource().getLocation().toURI());

    int exitCode =
        run("--quick", "--workloads", "get", "--contenders", "yokedcache,yokedcache:jar=" + build);

    assertThat(exitCode).as(err.toString(StandardCharsets.UTF_8)).isZero();
    assertThat(printed())
        .contains("| get | 2 | 100 | yokedcache |")
        .contains("| get | 2 | 100 | yokedcache:jar=" + build + " |");
  }
}
