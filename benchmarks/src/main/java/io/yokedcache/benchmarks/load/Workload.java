package io.yokedcache.benchmarks.load;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What threads do again and again; {@link Steps} does it. */
public enum Workload {
  /** Reads a key that is there. */
  GET,

  /** Reads a key that is not there. */
  GET_MISS,

  /** Writes a key that is there. */
  PUT,

  /** Writes a key with a time to live. */
  PUT_TTL,

  /** Nine reads for a write, of keys of which few come often. */
  MIX,

  /** Reads 100 keys that are there. */
  GET_ALL,

  /** Writes 100 keys that are there. */
  PUT_ALL,

  /** Tries to write a key that is there. */
  PUT_IF_ABSENT,

  /** Replaces a key that is there. */
  REPLACE,

  /** An entry processor reads a key and writes it. */
  INVOKE,

  /** Removes a key, which no other thread touches, and writes it again: both are one operation. */
  REMOVE_PUT,

  /** Clears a cache of the thread's own with 100 entries; filling it is not timed. */
  CLEAR,

  /** Reads the next key of the trace, and writes it if it was not there: both are one operation. */
  TRACE;

  /** Whether only caches can do it, and plain clients cannot. */
  boolean needsCache() {
    return this == INVOKE || this == CLEAR;
  }

  /** Whether each step has a part before the operation that is not to be counted. */
  boolean hasUntimedPart() {
    return this == CLEAR;
  }

  /** The name on the command line. */
  public String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * Finds a workload by its name on the command line.
   *
   * @throws IllegalArgumentException if there is none; the message lists what there is
   */
  public static Workload parse(String label) {
    return Arrays.stream(values())
        .filter(known -> known.label().equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "There is no workload \"" + label + "\"; known are " + labels()));
  }

  private static String labels() {
    return Arrays.stream(values()).map(Workload::label).collect(Collectors.joining(", "));
  }
}
