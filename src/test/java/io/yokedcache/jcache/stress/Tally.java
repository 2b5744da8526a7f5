package io.yokedcache.jcache.stress;

import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what the threads of one JVM did; safe for use by all of them.
 *
 * @param candidate what the JVM stands for election as
 * @param attempts how often an operation was tried
 * @param successes how many operations changed the cache
 * @param checksum sum of what those gave or won
 */
record Tally(long candidate, LongAdder attempts, LongAdder successes, LongAdder checksum) {

  Tally(long candidate) {
    this(candidate, new LongAdder(), new LongAdder(), new LongAdder());
  }

  /** Counts an operation that changed the cache and gave {@code result}. */
  void succeeded(long result) {
    successes.increment();
    checksum.add(result);
  }
}
