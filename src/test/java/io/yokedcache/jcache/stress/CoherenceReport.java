package io.yokedcache.jcache.stress;

import java.util.Arrays;
import java.util.List;

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

  private static final String MARK = "COHERENCE ";

  /** Returns the line that {@link #parse} finds in a JVM's output. */
  String toLine() {
    return "%s%s %s %s %s %s %s %s"
        .formatted(MARK, reads, found, writes, removals, expiries, clears, lost);
  }

  /** Returns the one report in {@code output}. */
  static CoherenceReport parse(String output) {
    List<String> lines = output.lines().filter(line -> line.startsWith(MARK)).toList();
    if (lines.size() != 1) {
      throw new IllegalArgumentException(lines.size() + " reports instead of one in:\n" + output);
    }
    long[] n =
        Arrays.stream(lines.get(0).substring(MARK.length()).split(" ", -1))
            .mapToLong(Long::parseLong)
            .toArray();
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
