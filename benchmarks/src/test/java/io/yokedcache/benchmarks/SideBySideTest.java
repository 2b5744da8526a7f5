package io.yokedcache.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SideBySideTest {

  @ParameterizedTest
  @CsvSource({
    "--contenders=nobody, There is no contender",
    "--contenders=yokedcache:statistics, must be name=value",
    "--workloads=sleep, There is no workload",
    "--threads=v0, Threads must be a number from 1 to 10000",
    "--threads=many, Threads must be a number from 1 to 10000",
    "--bytes=3, --bytes must be 4 to 16777216",
    "--rounds=0, --rounds must be 1 to 10000",
    "--delay=-1, --delay must be 0 to 1000000",
    "--cluster=17, --cluster must be 0 to 16",
    "--cluster=3 --delay=5, --delay needs one server",
    "--contenders=yokedcache:jar=nowhere.jar, nowhere.jar cannot be read",
    "--contenders=redisson:jar=nowhere.jar, only yokedcache can be measured in another build",
    "--fast, Unknown option"
  })
  void run_wrongCommandLine(String options, String message) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);

    int exitCode =
        SideBySide.run(
            options.split(" ", -1), nowhere, new PrintStream(err, true, StandardCharsets.UTF_8));

    assertThat(exitCode).isEqualTo(2);
    assertThat(err.toString(StandardCharsets.UTF_8)).contains(message);
  }

  @Test
  void order_everyContestantOnceInEachRound() {
    for (int round = 0; round < 8; round++) {
      assertThat(Comparison.order(3, round)).containsExactlyInAnyOrder(0, 1, 2);
    }
    assertThat(Comparison.order(2, 0)).containsExactly(0, 1);
    assertThat(Comparison.order(2, 1)).containsExactly(1, 0);
    assertThat(Comparison.order(2, 2)).containsExactly(1, 0);
    assertThat(Comparison.order(2, 3)).containsExactly(0, 1);
  }

  @Test
  void rate_ofRedisBenchmark() throws Exception {
    String csv =
        """
        "test","rps","avg_latency_ms"
        "GET","51546.39","0.520"
        """;

    assertThat(NativeContestant.rate(csv)).isEqualTo(51546.39);
  }
}
