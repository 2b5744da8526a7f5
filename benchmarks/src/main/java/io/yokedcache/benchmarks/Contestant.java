package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.load.Cell;
import io.yokedcache.benchmarks.load.Slice;

/** Who takes part in a comparison, wherever it runs. For one thread. */
sealed interface Contestant extends AutoCloseable
    permits ChildContestant, LocalContestant, NativeContestant {

  /** What the table calls it. */
  String label();

  /**
   * Makes ready for slices of a cell.
   *
   * @return whether it can do that at all; if not, it says why on its error output
   */
  boolean prepare(Cell cell) throws ContestantException, InterruptedException;

  /** Runs for a while and says what it did. */
  Slice run(long millis) throws ContestantException, InterruptedException;

  @Override
  void close();
}
