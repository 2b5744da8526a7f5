package io.yokedcache.jcache.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.outage.FaultRun.Report;
import io.yokedcache.jcache.outage.Target.Deployment;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A part of {@link FaultBench}: one server, a second for each fault. */
final class FaultBenchIT {

  private static final Duration TIMEOUT = Duration.ofMillis(300);
  private static final Duration DURATION = Duration.ofMillis(500);

  private static Target target;

  @BeforeAll
  static void start() {
    target = Target.start(Deployment.STANDALONE, FaultRun.JVMS);
  }

  @AfterAll
  static void stop() {
    target.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"throw+near", "degrade"})
  void faults(String mode) {
    try (FaultRun run = new FaultRun(target, FaultBench.mode(mode, TIMEOUT))) {
      for (Fault fault : Fault.ALL) {
        if (fault.isBrief()) {
          Report report = run.run(fault, DURATION);
          System.out.println(report);

          assertThat(report.stale()).as("%s: %s", report, report.examples()).isZero();
          assertThat(report.staleAfter()).as("%s: %s", report, report.examples()).isZero();
          assertThat(report.lost()).as("%s: %s", report, report.examples()).isZero();
          if (report.mode().degrades()) {
            // A right that is missing is no outage.
            assertThat(report.errors().keySet()).allMatch(kind -> kind.endsWith(" NOPERM"));
          }
        }
      }
    }
  }
}
