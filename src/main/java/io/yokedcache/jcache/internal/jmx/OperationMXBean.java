package io.yokedcache.jcache.internal.jmx;

/**
 * One operation of one cache: plain numbers, so that consoles can plot them. All but the rate are
 * since the cache was created in this JVM, or since {@code reset} of its extended statistics.
 */
@Described("Counts and durations of one operation of a cache in this JVM")
public interface OperationMXBean {

  /** Returns how often the operation did its work. */
  @Described("How often the operation did its work, in this JVM, since the last reset")
  long getCount();

  /** Returns how often it threw. */
  @Described("How often the operation threw, or failed for one of its keys, since the last reset")
  long getErrorCount();

  /** Returns the mean duration in microseconds, 0 if there is none. */
  @Described("Mean duration in microseconds since the last reset; 0 if there is none")
  double getMeanMicros();

  /** Returns the median in microseconds, 0 if there is none. */
  @Described("Median duration in microseconds, to about 5 %")
  double getP50Micros();

  /** Returns the 90th percentile in microseconds, 0 if there is none. */
  @Described("What 90 % of the durations do not exceed, in microseconds, to about 5 %")
  double getP90Micros();

  /** Returns the 95th percentile in microseconds, 0 if there is none. */
  @Described("What 95 % of the durations do not exceed, in microseconds, to about 5 %")
  double getP95Micros();

  /** Returns the 99th percentile in microseconds, 0 if there is none. */
  @Described("What 99 % of the durations do not exceed, in microseconds, to about 5 %")
  double getP99Micros();

  /** Returns the 99.9th percentile in microseconds, 0 if there is none. */
  @Described("What 99.9 % of the durations do not exceed, in microseconds, to about 5 %")
  double getP999Micros();

  /** Returns the longest duration in microseconds, 0 if there is none. */
  @Described("Longest duration in microseconds; after a reset, the bound of its cell")
  double getMaxMicros();

  /** Returns operations per second between the last two readings. */
  @Described("Operations per second between the last two readings at least a second apart")
  double getRatePerSecond();
}
