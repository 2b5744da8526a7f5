package io.yokedcache.jcache.internal.metrics;

/**
 * The fail-overs that a manager has seen since it opened, and how it repaired the new masters.
 *
 * @param failOvers masters that were replaced
 * @param removals entries that were removed again
 * @param clears buckets that were cleared, or cleared again
 */
public record FailOverStatistics(long failOvers, long removals, long clears) {

  /** The statistics of a manager that repairs nothing. */
  public static final FailOverStatistics NONE = new FailOverStatistics(0, 0, 0);
}
