package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.jmx.CacheBeans.Compression;
import io.yokedcache.jcache.internal.jmx.CacheBeans.ReplicaReads;
import io.yokedcache.jcache.internal.jmx.OpenData.Item;
import io.yokedcache.jcache.internal.metrics.CacheStatistics;
import io.yokedcache.jcache.internal.metrics.CacheStatistics.Refresh;
import io.yokedcache.jcache.internal.metrics.CacheStatistics.Sums;
import io.yokedcache.jcache.internal.metrics.KeyStatistics;
import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.metrics.OutageStatistics;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The figures of a cache. A constant is the one row from which come the attribute of the {@code
 * CacheExtendedStatistics} MBean and the column of the manager's {@code Snapshot}; a test compares
 * the rows with the table in {@code docs/metrics.md}. A new figure needs a row, and nothing else in
 * this package.
 */
@SuppressWarnings("ImmutableEnumChecker") // the functions have no state
enum CacheFigure {
  HITS(Kind.TOTAL, Unit.COUNT, "", "hits", "Entries found", r -> r.sums.hits()),
  MISSES(Kind.TOTAL, Unit.COUNT, "", "misses", "Entries not found", r -> r.sums.misses()),
  PUTS(Kind.TOTAL, Unit.COUNT, "", "puts", "Entries written", r -> r.sums.puts()),
  REMOVALS(Kind.TOTAL, Unit.COUNT, "", "removals", "Entries removed", r -> r.sums.removals()),
  HIT_RATE(
      Kind.GAUGE,
      Unit.RATIO,
      "HitRate",
      "hitRate",
      "Ratio of lookups that found an entry, 0 to 1, since the last reset; 0 if there were none",
      r -> r.sums.hits() + r.sums.misses() == 0 ? null : (Number) r.sums.hitRate()),
  LOADS(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "Loads",
      "loads",
      "Calls of the cache loader that succeeded, for one key or several, since the last reset",
      r -> r.statistics.count(Operation.LOAD)),
  LOAD_FAILURES(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "LoadFailures",
      "loadFailures",
      "Calls of the cache loader that failed, since the last reset",
      r -> r.statistics.errorCount(Operation.LOAD)),
  AWAITED_LOADS(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "AwaitedLoads",
      "awaitedLoads",
      "Values that another JVM loaded while a lookup waited (load-lease), since the last reset",
      r -> r.statistics.awaitedLoads()),
  REFRESHES(
      Kind.TOTAL,
      Unit.COUNT,
      "Refreshes",
      "refreshes.stored",
      "Old entries that were loaded again (refresh-after); -1 without that setting",
      r -> r.statistics.refreshes(Refresh.STORED)),
  REFRESH_FAILURES(
      Kind.TOTAL,
      Unit.COUNT,
      "RefreshFailures",
      "refreshes.failed",
      "Old entries that could not be loaded again; -1 without refresh-after",
      r -> r.statistics.refreshes(Refresh.FAILED)),
  SKIPPED_REFRESHES(
      Kind.TOTAL,
      Unit.COUNT,
      "SkippedRefreshes",
      "refreshes.skipped",
      "Old entries that were not loaded again since too many were; -1 without refresh-after",
      r -> r.statistics.refreshes(Refresh.SKIPPED)),
  WRITES(
      Kind.TOTAL,
      Unit.COUNT,
      "",
      "writes",
      "Calls of the cache writer that succeeded",
      r -> r.statistics.count(Operation.WRITE)),
  CLEARS(
      Kind.TOTAL,
      Unit.COUNT,
      "",
      "invalidations.clear",
      "Calls of clear",
      r -> r.statistics.count(Operation.CLEAR)),
  REMOVE_ALLS(
      Kind.TOTAL,
      Unit.COUNT,
      "",
      "invalidations.removeAll",
      "Calls of removeAll",
      r -> r.statistics.count(Operation.REMOVE_ALL)),
  PATTERN_INVALIDATIONS(
      Kind.TOTAL,
      Unit.COUNT,
      "",
      "invalidations.pattern",
      "Calls of invalidateMatching",
      r -> r.statistics.count(Operation.INVALIDATE_MATCHING)),
  TAG_INVALIDATIONS(
      Kind.TOTAL,
      Unit.COUNT,
      "",
      "invalidations.tag",
      "Calls of invalidateTags",
      r -> r.statistics.count(Operation.INVALIDATE_TAGS)),
  EXPIRATIONS(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "Expirations",
      "expirations",
      "Expirations that Redis reported, since the last reset; -1 if no listener asked for them",
      r -> r.statistics.hearsExpirations() ? (Number) r.statistics.expirations() : null),
  ERRORS(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "Errors",
      "",
      "Operations that failed, since the last reset; calls of loader and writer included",
      r -> r.statistics.errorCount()),
  UNDECODABLE(
      Kind.TOTAL,
      Unit.COUNT,
      "UndecodableEntries",
      "undecodable",
      "Keys and values in Redis that could not be decoded, or were not allowed to be",
      r -> r.sources.undecodableByReason().get().values().stream().reduce(0L, Long::sum)),
  COMPRESSED_VALUES(
      Kind.TOTAL,
      Unit.COUNT,
      "CompressedValues",
      "compressedValues",
      "Values that this JVM encoded and that became shorter by compression; -1 without compression",
      compression(Compression::values)),
  COMPRESSION_SAVED_BYTES(
      Kind.TOTAL,
      Unit.BYTES,
      "CompressionSavedBytes",
      "compressionSavedBytes",
      "Bytes by which these values became shorter; -1 without compression",
      compression(Compression::savedBytes)),
  REPLICA_READS(
      Kind.TOTAL,
      Unit.COUNT,
      "ReplicaReads",
      "replicaReads.replica",
      "Entries that replicas served; -1 if all reads go to masters",
      replicaReads(ReplicaReads::served)),
  REPLICA_FALLBACKS(
      Kind.TOTAL,
      Unit.COUNT,
      "ReplicaFallbacks",
      "replicaReads.master",
      "Entries for which the master was asked, since no replica could serve them; -1 likewise",
      replicaReads(ReplicaReads::fallbacks)),
  DROPPED_EVENTS(
      Kind.TOTAL,
      Unit.COUNT,
      "DroppedEvents",
      "droppedEvents",
      "Events that were dropped because listeners were too slow",
      r -> r.sources.droppedEvents().getAsLong()),
  DEGRADED_READS(
      Kind.TOTAL,
      Unit.COUNT,
      "DegradedReads",
      "degraded.read",
      "Reads that were answered without Redis, by on-failure = degrade",
      r -> r.outages.degradedReads()),
  DEGRADED_WRITES(
      Kind.TOTAL,
      Unit.COUNT,
      "DegradedWrites",
      "degraded.write",
      "Changes that were left out without an exception, by on-failure = degrade",
      r -> r.outages.degradedWrites()),
  OWED_INVALIDATIONS(
      Kind.GAUGE,
      Unit.COUNT,
      "OwedInvalidations",
      "owedInvalidations",
      "Entries that this JVM removes when Redis is back, the whole cache as one",
      r -> r.outages.owedKeys() + (r.outages.owesGeneration() ? 1 : 0)),
  OWED_INVALIDATIONS_AGE(
      Kind.GAUGE,
      Unit.SECONDS,
      "OwedInvalidationsAgeSeconds",
      "owedInvalidationsAgeSeconds",
      "Seconds since the oldest of the owed invalidations, 0 if none is owed",
      r -> r.outages.oldestNanos() / 1e9),
  SETTLED_INVALIDATIONS(
      Kind.TOTAL,
      Unit.COUNT,
      "SettledInvalidations",
      "settledInvalidations",
      "Owed invalidations that were settled",
      r -> r.outages.settled()),
  OWED_INVALIDATIONS_OVERFLOWS(
      Kind.TOTAL,
      Unit.COUNT,
      "OwedInvalidationsOverflows",
      "owedInvalidationsOverflows",
      "How often too many invalidations were owed, so that the whole cache was owed instead",
      r -> r.outages.overflows()),
  NEAR_HITS(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "NearHits",
      "nearHits",
      "Lookups that the near cache answered, since the last reset; -1 without near cache",
      near(NearCacheStatistics::hits)),
  NEAR_MISSES(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "NearMisses",
      "nearMisses",
      "Lookups that the near cache did not answer, since the last reset; -1 without near cache",
      near(NearCacheStatistics::misses)),
  NEAR_INVALIDATIONS(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "NearInvalidations",
      "invalidations.near",
      "Changes of entries, and of tags in each bucket, that Redis reported, since the last reset; -1"
          + " without near cache",
      near(NearCacheStatistics::invalidations)),
  NEAR_FLUSHES(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "NearFlushes",
      "",
      "Times that near entries were dropped together, since the last reset; -1 without near cache",
      near(NearCacheStatistics::flushes)),
  NEAR_DROPPED_FILLS(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "NearDroppedFills",
      "",
      "Entries read that were not kept, since they may be old; since the last reset, -1 without"
          + " near cache",
      near(NearCacheStatistics::droppedFills)),
  NEAR_STALE_HITS(
      Kind.SINCE_RESET,
      Unit.COUNT,
      "NearStaleHits",
      "nearStaleHits",
      "Lookups that a near entry answered while Redis was away (fail-safe), since the last reset",
      near(NearCacheStatistics::staleHits)),
  NEAR_ENTRIES(
      Kind.GAUGE,
      Unit.COUNT,
      "NearEntries",
      "nearEntries",
      "Entries in the near cache now; -1 without near cache",
      near(NearCacheStatistics::entries)),
  KEYS_COUNT(
      Kind.GAUGE,
      Unit.COUNT,
      "KeysCount",
      "keysCount",
      "Entries in Redis at the last count, for all JVMs; -1 if there was none yet",
      keys(keys -> keys.keys())),
  SIZE_BYTES(
      Kind.GAUGE,
      Unit.BYTES,
      "SizeBytes",
      "sizeBytes",
      "Bytes that the entries took in Redis at the last count, estimated; -1 if unknown",
      keys(keys -> keys.bytes() < 0 ? null : (Number) keys.bytes())),
  KEY_STATISTICS_AGE(
      Kind.GAUGE,
      Unit.SECONDS,
      "KeyStatisticsAgeSeconds",
      "keyStatisticsAgeSeconds",
      "Seconds since the last count began; -1 if there was none yet",
      keys(keys -> keys.ageMillis() / 1_000.0)),
  UPTIME(
      Kind.GAUGE,
      Unit.SECONDS,
      "UptimeSeconds",
      "uptimeSeconds",
      "Seconds since the cache was created in this JVM",
      r -> r.statistics.uptimeSeconds());

  /** How a figure changes. */
  enum Kind {
    /** A counter whose attribute, and never its column, counts since the last {@code reset}. */
    SINCE_RESET,
    /** A counter that {@code reset} does not change. */
    TOTAL,
    /** A value that may fall. */
    GAUGE
  }

  /** What a figure counts or measures, and the attribute's value while that is unknown. */
  enum Unit {
    COUNT(-1),
    BYTES(-1),
    SECONDS(-1),
    RATIO(0);

    private final int unknown;

    Unit(int unknown) {
      this.unknown = unknown;
    }

    private boolean isWhole() {
      return this == COUNT || this == BYTES;
    }
  }

  private final Kind kind;
  private final Unit unit;
  private final String attribute;
  private final String column;
  private final String description;
  private final Function<Reading, @Nullable Number> read;

  CacheFigure(
      Kind kind,
      Unit unit,
      String attribute,
      String column,
      String description,
      Function<Reading, @Nullable Number> read) {
    this.kind = kind;
    this.unit = unit;
    this.attribute = attribute;
    this.column = column;
    this.description = description;
    this.read = read;
  }

  private static Function<Reading, @Nullable Number> near(
      Function<NearCacheStatistics, @Nullable Number> read) {
    return reading -> reading.near == null ? null : read.apply(reading.near);
  }

  private static Function<Reading, @Nullable Number> compression(
      Function<Compression, @Nullable Number> read) {
    return reading -> {
      Compression compression = reading.sources.compression().get();
      return compression == null ? null : read.apply(compression);
    };
  }

  private static Function<Reading, @Nullable Number> replicaReads(
      Function<ReplicaReads, @Nullable Number> read) {
    return reading -> {
      ReplicaReads reads = reading.sources.replicaReads().get();
      return reads == null ? null : read.apply(reads);
    };
  }

  private static Function<Reading, @Nullable Number> keys(
      Function<KeyStatistics, @Nullable Number> read) {
    return reading -> reading.keys == null ? null : read.apply(reading.keys);
  }

  Kind kind() {
    return kind;
  }

  Unit unit() {
    return unit;
  }

  /** The name of the attribute of the extended statistics, or empty if there is none. */
  String attribute() {
    return attribute;
  }

  /** The name of the column of the snapshot, or empty if there is none. */
  String column() {
    return column;
  }

  String description() {
    return description;
  }

  /** Returns the row as an attribute of a bean that reads figures from a source. */
  <S> Item<S> item(Function<S, Reading> reading) {
    return unit.isWhole()
        ? Item.ofLong(attribute, description, source -> value(reading.apply(source)).longValue())
        : Item.ofDouble(
            attribute, description, source -> value(reading.apply(source)).doubleValue());
  }

  private Number value(Reading reading) {
    Number now = read.apply(reading);
    if (now == null) {
      return unit.unknown;
    }
    return kind == Kind.SINCE_RESET
        ? now.longValue() - reading.baseline.counts.getOrDefault(this, 0L)
        : now;
  }

  /** Adds the row to the columns of a snapshot if its value is known. */
  void addTo(Map<String, Long> counters, Map<String, Double> gauges, Reading reading) {
    Number now = column.isEmpty() ? null : read.apply(reading);
    if (now != null && kind == Kind.GAUGE) {
      gauges.put(column, now.doubleValue());
    } else if (now != null) {
      counters.put(column, now.longValue());
    }
  }

  /** The counters at the last reset. Immutable. */
  static final class Baseline {

    static final Baseline NONE = new Baseline(Map.of(), Sums.ZERO);

    private final Map<CacheFigure, Long> counts;
    private final Sums sums;

    private Baseline(Map<CacheFigure, Long> counts, Sums sums) {
      this.counts = counts;
      this.sums = sums;
    }

    static Baseline of(CacheBeans.Sources sources) {
      Reading now = new Reading(NONE, sources);
      Map<CacheFigure, Long> counts = new EnumMap<>(CacheFigure.class);
      for (CacheFigure figure : values()) {
        Number value = figure.kind == Kind.SINCE_RESET ? figure.read.apply(now) : null;
        if (value != null) {
          counts.put(figure, value.longValue());
        }
      }
      return new Baseline(counts, now.sums);
    }
  }

  /** One read of the sources, for any number of rows. For one thread. */
  static final class Reading {

    private final CacheBeans.Sources sources;
    private final CacheStatistics statistics;
    private final Baseline baseline;
    private final Sums sums;
    private final OutageStatistics outages;
    private final @Nullable NearCacheStatistics near;
    private final @Nullable KeyStatistics keys;

    /**
     * Reads the sources.
     *
     * @param baseline the last reset, or {@link Baseline#NONE} for columns
     */
    Reading(Baseline baseline, CacheBeans.Sources sources) {
      this.sources = sources;
      this.statistics = sources.statistics();
      this.baseline = baseline;
      this.sums = statistics.sums().since(baseline.sums);
      this.outages = sources.outages().get();
      this.near = sources.near().get();
      this.keys = sources.keys().get();
    }
  }
}
