package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.load.Cell;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Measures contestants in turns: in each round all have one slice each, in an order that changes
 * from round to round, so that what disturbs the machine disturbs all of them. For one thread.
 */
final class Comparison {

  /** The first cell warms up longer, since the JIT compilers begin with nothing. */
  private static final int FIRST_WARM_UPS = 3;

  private final List<Contestant> contestants;
  private final Server server;
  private final Report report;
  private final Timing timing;
  private final long startNanos = System.nanoTime();
  private boolean warm;

  /**
   * How long everything takes.
   *
   * @param rounds slices of each contestant in a cell
   * @param slice how long one is
   * @param warmUp how long each contestant warms up for a cell
   * @param limit when no further cell is begun
   */
  record Timing(int rounds, Duration slice, Duration warmUp, Duration limit) {}

  /**
   * Creates the comparison.
   *
   * @param contestants the first is the base of the ratios
   */
  Comparison(List<Contestant> contestants, Server server, Report report, Timing timing) {
    this.contestants = List.copyOf(contestants);
    this.server = server;
    this.report = report;
    this.timing = timing;
  }

  /**
   * Measures a cell and prints it.
   *
   * @return whether all answers were right
   */
  boolean measure(Cell cell) throws ContestantException, InterruptedException {
    if (elapsed().plus(estimate()).compareTo(timing.limit) > 0) {
      report.printLeftOut(cell, "it would take longer than " + timing.limit);
      return true;
    }
    List<Contestant> able = new ArrayList<>();
    List<Series> all = new ArrayList<>();
    for (Contestant contestant : contestants) {
      if (contestant.prepare(cell)) {
        able.add(contestant);
        all.add(new Series(contestant.label()));
      }
    }
    if (able.isEmpty()) {
      report.printLeftOut(cell, "no contender can do it");
      return true;
    }
    for (int i = 0; i < (warm ? 1 : FIRST_WARM_UPS); i++) {
      for (Contestant contestant : able) {
        contestant.run(timing.warmUp.toMillis());
      }
    }
    warm = true;
    for (int round = 0; round < timing.rounds; round++) {
      for (int index : order(able.size(), round)) {
        long serverBefore = server.cpuNanos();
        all.get(index)
            .add(able.get(index).run(timing.slice.toMillis()), server.cpuNanos() - serverBefore);
      }
    }
    report.print(cell, all);
    return all.stream().allMatch(series -> series.wrong() == 0);
  }

  /** Forwards and backwards in turn, beginning with another one each time. */
  static List<Integer> order(int count, int round) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      order.add(i);
    }
    Collections.rotate(order, round / 2);
    if (round % 2 == 1) {
      Collections.reverse(order);
    }
    return order;
  }

  Duration elapsed() {
    return Duration.ofNanos(System.nanoTime() - startNanos);
  }

  private Duration estimate() {
    return timing
        .slice
        .multipliedBy(timing.rounds)
        .plus(timing.warmUp.multipliedBy(warm ? 1 : FIRST_WARM_UPS))
        .multipliedBy(contestants.size());
  }
}
