package io.yokedcache.jcache.internal.jmx;

import java.util.Map;

/**
 * What the copies of a cache's entries in this JVM are good for. All but the last only grow; all
 * are -1 for a cache that has none.
 *
 * @param hits entries looked up and taken from a copy
 * @param misses entries looked up and not taken from a copy
 * @param invalidations changes of entries that Redis told of
 * @param flushes how often all copies were dropped
 * @param droppedFills entries read that left no copy, since they may have been old
 * @param entries how many copies there are
 */
public record NearFigures(
    long hits, long misses, long invalidations, long flushes, long droppedFills, long entries) {

  /** Those of a cache without copies. */
  public static final NearFigures NONE = new NearFigures(-1, -1, -1, -1, -1, -1);

  static final NearFigures ZERO = new NearFigures(0, 0, 0, 0, 0, 0);

  private boolean exist() {
    return hits >= 0;
  }

  /** What came since an earlier moment, and how many copies there are now. */
  NearFigures since(NearFigures earlier) {
    return exist()
        ? new NearFigures(
            hits - earlier.hits,
            misses - earlier.misses,
            invalidations - earlier.invalidations,
            flushes - earlier.flushes,
            droppedFills - earlier.droppedFills,
            entries)
        : this;
  }

  /** Adds what metrics show to a snapshot, if there are copies. */
  void addTo(Map<String, Long> counters, Map<String, Double> gauges) {
    if (exist()) {
      counters.put("nearHits", hits);
      counters.put("nearMisses", misses);
      counters.put("invalidations.near", invalidations);
      gauges.put("nearEntries", (double) entries);
    }
  }
}
