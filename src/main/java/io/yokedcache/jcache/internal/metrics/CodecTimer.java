package io.yokedcache.jcache.internal.metrics;

/**
 * Adds up how long keys and values take to be encoded and decoded. Never fails, never blocks; safe
 * for use by several threads.
 */
public interface CodecTimer {

  /** The time now, or 0 if nobody wants to know. */
  long start();

  /**
   * Something was encoded or decoded, in this thread.
   *
   * @param startNanos what {@link #start} returned before
   */
  void spent(long startNanos);
}
