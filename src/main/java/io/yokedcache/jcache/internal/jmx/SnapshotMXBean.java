package io.yokedcache.jcache.internal.jmx;

import java.util.List;

/**
 * All statistics of a manager's caches in one read, for bridges to metric systems. Made when it is
 * read, from memory only. Counts never go back, whatever is cleared or reset elsewhere.
 */
@Described("All statistics of a manager's caches in one read, for bridges to metric systems")
public interface SnapshotMXBean {

  /**
   * Returns the inclusive upper bounds of the cells, ascending, in nanoseconds. There is one more
   * cell than bounds: the last has none.
   */
  @Described("Inclusive upper bounds of the cells in nanoseconds; one more cell has no bound")
  long[] getBoundsNanos();

  /**
   * Returns the open caches whose statistics are enabled, with their operations. It is read by its
   * name: the bean does not list it, since it costs most to read.
   */
  @Described("The open caches whose statistics are enabled")
  List<CacheSnapshot> getCaches();

  /** Returns counters and gauges of the same caches, without operations: far cheaper to read. */
  @Described("Counters and gauges of the same caches in columns, cheap to read")
  CacheFigures getFigures();

  /**
   * Returns some of the counters and gauges of the same caches.
   *
   * @param names the names of those that are wanted; others, and unknown ones, are left out
   */
  @Described("Those counters and gauges of the same caches whose names are given")
  CacheFigures figures(String[] names);

  /** Returns how all open caches are configured, also those without statistics. */
  @Described("How the open caches are configured, in columns, also those without statistics")
  CacheConfigurations getConfigurations();

  /** Returns how the manager is connected to Redis. */
  @Described("How the manager is connected to Redis, as its Connection MBean shows it")
  ConnectionSnapshot getConnection();
}
