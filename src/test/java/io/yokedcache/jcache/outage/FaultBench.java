package io.yokedcache.jcache.outage;

import io.yokedcache.jcache.outage.FaultRun.Mode;
import io.yokedcache.jcache.outage.FaultRun.Report;
import io.yokedcache.jcache.outage.Target.Deployment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Does all faults to all deployments in all modes and prints a table. System properties: {@code
 * faults.seconds} (5), {@code faults.deployments} (all), {@code faults.modes}
 * (throw,degrade,throw+near,degrade+near), {@code faults.only} (names of faults), {@code
 * faults.timeout-millis} (2000).
 */
final class FaultBench {

  private FaultBench() {}

  /** Ends with code 1 if a value was stale after a recovery, or lost. */
  public static void main(String[] args) {
    double seconds = Double.parseDouble(System.getProperty("faults.seconds", "5"));
    Duration duration = Duration.ofMillis(Math.round(seconds * 1000));
    Duration timeout = Duration.ofMillis(Integer.getInteger("faults.timeout-millis", 2000));
    List<Mode> modes =
        list("faults.modes", "throw,degrade,throw+near,degrade+near").stream()
            .map(name -> mode(name, timeout))
            .toList();
    List<String> only = list("faults.only", "");
    List<Report> wrong = new ArrayList<>();
    System.out.println(Report.header());
    for (String name : list("faults.deployments", "standalone,sentinel,cluster,haproxy")) {
      Deployment deployment = Deployment.valueOf(name.toUpperCase(Locale.ROOT));
      String missing = deployment.missingProgram();
      if (missing != null) {
        System.out.printf("%-10s left out: %s is not installed%n", name, missing);
        continue;
      }
      try (Target target = Target.start(deployment, FaultRun.JVMS)) {
        for (Mode mode : modes) {
          try (FaultRun run = new FaultRun(target, mode)) {
            for (Fault fault : Fault.ALL) {
              if (fault.deployments().contains(deployment)
                  && (only.isEmpty() || only.contains(fault.name()))) {
                Report report = run.run(fault, duration);
                System.out.println(report);
                if (report.staleAfter() + report.lost() + report.stale() > 0) {
                  wrong.add(report);
                  report.examples().stream()
                      .limit(Integer.getInteger("faults.examples", 3))
                      .forEach(example -> System.out.println("    " + example));
                }
              }
            }
          }
        }
      }
    }
    System.exit(wrong.isEmpty() ? 0 : 1);
  }

  private static List<String> list(String property, String otherwise) {
    return Arrays.stream(System.getProperty(property, otherwise).split(",", -1))
        .filter(text -> !text.isBlank())
        .toList();
  }

  static Mode mode(String name, Duration timeout) {
    return new Mode(name.replace("+near", ""), name.endsWith("+near"), timeout);
  }
}
