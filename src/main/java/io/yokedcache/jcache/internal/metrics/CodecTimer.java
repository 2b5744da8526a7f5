package io.yokedcache.jcache.internal.metrics;

/**
 * Sums the time for which keys and values are encoded and decoded. Never fails, never blocks; safe
 * for use by several threads.
 */
public interface CodecTimer {

  /** The time now, or 0 if statistics are off. */
  long start();

  /**
   * Adds the time since {@code startNanos} to the operation of this thread.
   *
   * @param startNanos result of {@link #start}
   */
  void spent(long startNanos);
}
