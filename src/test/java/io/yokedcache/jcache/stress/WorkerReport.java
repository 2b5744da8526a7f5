package io.yokedcache.jcache.stress;

import java.util.Arrays;

/**
 * What one JVM did, as it says itself.
 *
 * @param worker index of the JVM
 * @param operations how many operations its threads finished
 * @param attempts how often they tried: above {@code operations} by the retries on contention
 * @param successes how many operations changed the cache
 * @param checksum sum of what the successful operations gave or won, so that two JVMs that were
 *     told the same result show up
 * @param millis from the common start to the end of the last thread
 */
record WorkerReport(
    int worker, long operations, long attempts, long successes, long checksum, long millis) {

  private static final String MARK = "REPORT ";

  /** Returns the line that {@link #parse} finds in a JVM's output. */
  String toLine() {
    return "%s%s %s %s %s %s %s"
        .formatted(MARK, worker, operations, attempts, successes, checksum, millis);
  }

  /** Returns the one report in {@code output}. */
  static WorkerReport parse(String output) {
    String[] lines = output.lines().filter(line -> line.startsWith(MARK)).toArray(String[]::new);
    if (lines.length != 1) {
      throw new IllegalArgumentException(lines.length + " reports instead of one in:\n" + output);
    }
    long[] fields =
        Arrays.stream(lines[0].substring(MARK.length()).split(" ", -1))
            .mapToLong(Long::parseLong)
            .toArray();
    return new WorkerReport(
        Math.toIntExact(fields[0]), fields[1], fields[2], fields[3], fields[4], fields[5]);
  }
}
