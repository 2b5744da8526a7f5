package io.yokedcache.jcache.stress;

/**
 * What one JVM of {@link NearCoherenceJvmsIT} did, as it says itself.
 *
 * @param reads how many gets were checked
 * @param found how many of them found an entry
 * @param writes how many puts were acknowledged
 * @param removals how many removals were
 * @param expiries how many entries were left to expire
 * @param clears how many clears were acknowledged
 * @param lost how many operations failed
 */
record CoherenceReport(
    long reads, long found, long writes, long removals, long expiries, long clears, long lost) {

  private static final String MARK = "COHERENCE";
  private static final int ENOUGH = 100;
  private static final int ENOUGH_SELDOM = 2;

  /** A JVM that has done nothing yet. */
  static final CoherenceReport NOTHING = new CoherenceReport(0, 0, 0, 0, 0, 0, 0);

  /** Returns the line that {@link #parse} finds in a JVM's output. */
  String toLine() {
    return JvmReport.line(MARK, reads, found, writes, removals, expiries, clears, lost);
  }

  /** Returns the one report in {@code output}. */
  static CoherenceReport parse(String output) {
    long[] n = JvmReport.numbers(MARK, output);
    return new CoherenceReport(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
  }

  /** Whether each kind of operation was made often enough, and found entries. */
  boolean provesSomething() {
    return found > ENOUGH
        && writes > ENOUGH
        && removals > ENOUGH
        && expiries > ENOUGH_SELDOM
        && clears > ENOUGH_SELDOM;
  }

  /** Returns what both did together. */
  CoherenceReport plus(CoherenceReport other) {
    return new CoherenceReport(
        reads + other.reads,
        found + other.found,
        writes + other.writes,
        removals + other.removals,
        expiries + other.expiries,
        clears + other.clears,
        lost + other.lost);
  }
}
