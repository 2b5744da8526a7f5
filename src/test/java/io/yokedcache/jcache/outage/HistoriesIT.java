package io.yokedcache.jcache.outage;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.outage.Target.Deployment;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The calls of three JVMs on single keys are linearizable while Redis and connections fail. {@code
 * -Dhistories.seconds=600} is the long form, with all faults.
 */
final class HistoriesIT {

  private static final String ONLY = System.getProperty("faults.only", "");

  private static final int SECONDS = Integer.getInteger("histories.seconds", 3);
  private static final int ENOUGH_CALLS = 100;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void callsOfThreeJvms(boolean near) throws Exception {
    boolean brief = SECONDS < 60;
    List<Fault> faults =
        Fault.ALL.stream()
            .filter(fault -> fault.deployments().contains(Deployment.STANDALONE))
            .filter(fault -> !fault.losesEntries())
            .filter(
                fault ->
                    ONLY.isEmpty()
                        ? !brief || List.of("kill", "hold", "cut").contains(fault.name())
                        : List.of(ONLY.split(",", -1)).contains(fault.name()))
            .toList();
    Histories.Result result;
    try (Target target = Target.start(Deployment.STANDALONE, 3)) {
      result =
          Histories.run(
              target,
              near,
              faults,
              Duration.ofMillis(brief ? 500 : 3000),
              Duration.ofSeconds(SECONDS));
    }

    System.out.printf(
        "histories%s: %d keys, %d calls, %d of unknown outcome, %d keys undecided%n",
        near ? " with near caches" : "",
        result.keys(),
        result.calls(),
        result.unknown(),
        result.undecided());
    assertThat(result.violations()).isEmpty();
    assertThat(result.undecided())
        .as("keys of %d that were too hard to check", result.keys())
        .isLessThanOrEqualTo(result.keys() / 10);
    assertThat(result.calls()).as("calls").isGreaterThan(ENOUGH_CALLS);
    assertThat(result.unknown()).as("calls that the faults met").isPositive();
  }
}
