package io.yokedcache.jcache.internal.management;

/** What our caches count beyond JSR-107's statistics, since the cache was created in this JVM. */
public interface ExtendedStatisticsMXBean {

  /**
   * How many keys and values were found in Redis that could not, or might not, be decoded.
   *
   * @return a count that only grows
   */
  long getUndecodableEntries();

  /**
   * How many events were dropped because listeners were slower than changes came.
   *
   * @return a count that only grows
   */
  long getDroppedEvents();
}
