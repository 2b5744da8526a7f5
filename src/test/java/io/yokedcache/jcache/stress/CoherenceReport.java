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

  /** Returns the line that {@link #parse} finds in a JVM's output. */
  String toLine() {
    return JvmReport.line(MARK, reads, found, writes, removals, expiries, clears, lost);
  }

  /** Returns the one report in {@code output}. */
  static CoherenceReport parse(String output) {
    long[] n = JvmReport.numbers(MARK, output);
    return new CoherenceReport(n[0], n[1], n[2], n[3], n[4], n[5], n[6]);
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
