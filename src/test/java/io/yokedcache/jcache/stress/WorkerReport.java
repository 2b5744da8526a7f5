package io.yokedcache.jcache.stress;

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

  private static final String MARK = "REPORT";

  /** Returns the line that {@link #parse} finds in a JVM's output. */
  String toLine() {
    return JvmReport.line(MARK, worker, operations, attempts, successes, checksum, millis);
  }

  /** Returns the one report in {@code output}. */
  static WorkerReport parse(String output) {
    long[] n = JvmReport.numbers(MARK, output);
    return new WorkerReport(Math.toIntExact(n[0]), n[1], n[2], n[3], n[4], n[5]);
  }
}
