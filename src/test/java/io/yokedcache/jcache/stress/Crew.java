package io.yokedcache.jcache.stress;

import java.util.List;

/**
 * How many work, and how much.
 *
 * @param workers how many JVMs
 * @param threads how many threads in each
 * @param operationsPerThread how many operations each thread does
 */
record Crew(int workers, int threads, int operationsPerThread) {

  /** Returns what {@link #parse} reads. */
  List<String> toArguments() {
    return List.of(
        String.valueOf(workers), String.valueOf(threads), String.valueOf(operationsPerThread));
  }

  /** Returns the crew that is described from {@code offset} on. */
  static Crew parse(String[] arguments, int offset) {
    return new Crew(
        Integer.parseInt(arguments[offset]),
        Integer.parseInt(arguments[offset + 1]),
        Integer.parseInt(arguments[offset + 2]));
  }

  /** Returns how many operations one JVM does. */
  long operationsPerWorker() {
    return (long) threads * operationsPerThread;
  }

  /** Returns how many operations all JVMs do. */
  long operations() {
    return workers * operationsPerWorker();
  }
}
