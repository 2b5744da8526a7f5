package io.yokedcache.jcache.internal.jmx;

import java.util.Map;

/** What our caches count beyond JSR-107's statistics, since the cache was created in this JVM. */
@Described("What a cache counts in this JVM beyond JSR-107's statistics")
public interface ExtendedStatisticsMXBean {

  /**
   * How many keys and values were found in Redis that could not, or might not, be decoded.
   *
   * @return a count that only grows
   */
  @Described("Keys and values found in Redis that could not, or might not, be decoded")
  long getUndecodableEntries();

  /**
   * How many keys and values could not, or might not, be decoded, by reason: {@code refusedClass},
   * {@code limit}, {@code unknownClass}, {@code wrongType}, {@code damaged}, {@code resources}.
   *
   * @return counts that only grow; reasons that never happened are left out
   */
  @Described("Keys and values that could not, or might not, be decoded, by reason")
  Map<String, Long> getUndecodableByReason();

  /**
   * How many events were dropped because listeners were slower than changes came.
   *
   * @return a count that only grows
   */
  @Described("Events dropped because listeners were slower than changes came")
  long getDroppedEvents();

  /**
   * How often the cache loader was called with success, for one key or for several.
   *
   * @return a count since the last reset, while statistics were enabled
   */
  @Described("Calls of the cache loader that succeeded, for one key or several, since the reset")
  long getLoads();

  /**
   * How often the cache loader failed.
   *
   * @return a count since the last reset, while statistics were enabled
   */
  @Described("Calls of the cache loader that failed, since the last reset")
  long getLoadFailures();

  /**
   * How many expirations Redis told of while listeners here wanted to hear of them.
   *
   * @return a count since the last reset, or -1 if nobody ever wanted to
   */
  @Described(
      "Expirations that Redis told of, since the last reset; -1 if no listener asked for any")
  long getExpirations();

  /**
   * How many operations failed.
   *
   * @return a count since the last reset, while statistics were enabled
   */
  @Described("Operations that failed, since the last reset; calls of loader and writer included")
  long getErrors();

  /**
   * How many entries were looked up and taken from a copy in this JVM.
   *
   * @return a count since the last reset, while statistics were enabled; -1 without a near cache
   */
  @Described("Entries taken from a copy in this JVM, since the last reset; -1 without near cache")
  long getNearHits();

  /**
   * How many entries were looked up and not taken from a copy in this JVM.
   *
   * @return a count since the last reset, while statistics were enabled; -1 without a near cache
   */
  @Described(
      "Entries looked up that had no copy in this JVM, since the reset; -1 without near cache")
  long getNearMisses();

  /**
   * How many changes of entries Redis told the near cache of, also those that this JVM made.
   *
   * @return a count since the last reset, while statistics were enabled; -1 without a near cache
   */
  @Described("Changes of entries that Redis told of, since the last reset; -1 without near cache")
  long getNearInvalidations();

  /**
   * How often all copies were dropped: the cache was cleared, or changes were not heard.
   *
   * @return a count since the last reset, while statistics were enabled; -1 without a near cache
   */
  @Described(
      "How often all copies in this JVM were dropped, since the reset; -1 without near cache")
  long getNearFlushes();

  /**
   * How many entries were read from Redis and left no copy, since they may have been old already.
   *
   * @return a count since the last reset, while statistics were enabled; -1 without a near cache
   */
  @Described("Entries read that left no copy, as they may be old, since the reset; -1 without one")
  long getNearDroppedFills();

  /**
   * How many copies of entries there are in this JVM.
   *
   * @return a count, or -1 without a near cache
   */
  @Described("Copies of entries in this JVM now; -1 without near cache")
  long getNearEntries();

  /**
   * The share of lookups that found an entry.
   *
   * @return from 0 to 1, since the last reset; 0 if there were none
   */
  @Described("Share of lookups that found an entry, 0 to 1, since the last reset; 0 if none")
  double getHitRate();

  /**
   * How long ago the cache was created in this JVM.
   *
   * @return seconds
   */
  @Described("Seconds since the cache was created in this JVM")
  double getUptimeSeconds();

  /**
   * How many entries the cache had in Redis, for all JVMs, at the last count.
   *
   * @return a count, or -1 if there was no count yet
   */
  @Described("Entries in Redis at the last count, for all JVMs; -1 if there was none yet")
  long getKeysCount();

  /**
   * How much memory the cache's entries took in Redis at the last count.
   *
   * @return bytes, estimated from a sample, or -1 if unknown
   */
  @Described("Bytes that the entries took in Redis at the last count, estimated; -1 if unknown")
  long getSizeBytes();

  /**
   * How long ago the count began whose results are shown, by the clock of Redis.
   *
   * @return seconds, or -1 if there was no count yet
   */
  @Described("Seconds since the last count began; -1 if there was none yet")
  double getKeyStatisticsAgeSeconds();

  /**
   * The classes that may be read back from this cache because this JVM put objects of them, besides
   * those that are allowed anyhow.
   *
   * @return their binary names, sorted
   */
  @Described("Classes that may be read back because this JVM put objects of them into the cache")
  String[] learnedTypes();

  /**
   * Lets this bean and those of the cache's operations count from now on. JSR-107's statistics,
   * which have their own {@code clear}, and what metrics read stay as they are.
   */
  @Described("Lets this bean and those of the operations count from now on; metrics are unaffected")
  void reset();

  /**
   * Registers the MBeans of those operations of the cache that were used or will be, whatever the
   * settings say; they are there while statistics are enabled.
   */
  @Described("Registers the MBeans of this cache's operations, whatever the settings say")
  void showOperations();
}
