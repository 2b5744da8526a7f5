package io.yokedcache.jcache.spi;

/**
 * Is called for each operation of one cache while the cache's statistics are on, by the thread that
 * executes the operation: it must be fast and must never wait. The first exception is logged, and
 * no operation fails by it. Implementations are thread-safe.
 *
 * <p>Operations have the names of JSR-107's methods ({@code get}, {@code putIfAbsent}); {@code
 * load} and {@code write} are calls of the application's loader and writer, {@code iterate} is an
 * entry that an iterator returned. The counts are those of JSR-107's statistics.
 */
public interface OperationObserver {

  /**
   * An operation did its work.
   *
   * @param operation its name
   * @param hits entries looked up and found
   * @param misses entries looked up and not found
   * @param puts entries that got a value
   * @param removals entries removed
   * @param durationNanos how long it took, in nanoseconds
   */
  void completed(
      String operation, int hits, int misses, int puts, int removals, long durationNanos);

  /**
   * A part of an operation counts for JSR-107's statistics, such as the puts of an entry processor;
   * {@link #completed} is called for the whole operation, without these counts.
   *
   * @param hits entries looked up and found
   * @param misses entries looked up and not found
   * @param puts entries that got a value
   * @param removals entries removed
   */
  void counted(int hits, int misses, int puts, int removals);

  /**
   * An operation failed.
   *
   * @param operation its name
   * @param errorType {@code connection}, {@code timeout}, {@code codec}, {@code loader}, {@code
   *     writer}, {@code processor}, {@code listener} or {@code other}
   */
  void failed(String operation, String errorType);
}
