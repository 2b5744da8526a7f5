package io.yokedcache.metrics.series;

import static io.yokedcache.metrics.series.MetricKind.COUNTER;
import static io.yokedcache.metrics.series.MetricKind.GAUGE;
import static io.yokedcache.metrics.series.MetricKind.HISTOGRAM;
import static io.yokedcache.metrics.series.MetricScope.BRIDGE;
import static io.yokedcache.metrics.series.MetricScope.CACHE;
import static io.yokedcache.metrics.series.MetricScope.MANAGER;
import static io.yokedcache.metrics.series.Row.Adding.GREATEST;
import static io.yokedcache.metrics.series.Row.Adding.LEAST;
import static io.yokedcache.metrics.series.Row.Adding.RATIO;
import static io.yokedcache.metrics.series.Row.Adding.SUM;
import static io.yokedcache.metrics.series.Row.counter;
import static io.yokedcache.metrics.series.Row.gauge;
import static io.yokedcache.metrics.series.Row.hitsAndMisses;
import static io.yokedcache.metrics.series.Row.output;
import static io.yokedcache.metrics.series.Row.single;
import static io.yokedcache.metrics.series.Row.target;
import static io.yokedcache.metrics.series.Row.text;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;

import io.yokedcache.metrics.series.Row.Values;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.ConfigurationReading;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.OperationReading;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The one table of all metrics of caches: name, meaning, and source of the value. Durations are in
 * seconds, ratios from 0 to 1.
 */
// The list is immutable and the functions have no state, which their types do not tell.
@SuppressWarnings("ImmutableEnumChecker")
public enum CacheMetric {
  /** Gets by result. */
  GETS(
      "cache.gets.total",
      COUNTER,
      "Number of entries asked for, by whether they were found",
      hitsAndMisses(CacheReading::hits, CacheReading::misses, "hits", "misses")
          .micrometer("cache_gets"),
      "result"),
  /** Puts. */
  SETS(
      "cache.sets.total",
      COUNTER,
      "Number of entries put",
      single(CacheReading::puts, "puts").micrometer("cache_puts")),
  /** Removals. */
  DELETES(
      "cache.deletes.total",
      COUNTER,
      "Number of entries removed by the application",
      single(CacheReading::removals, "removals").micrometer("cache_removals")),
  /** Gets that found an entry. */
  HITS(
      "cache.hits.total",
      COUNTER,
      "Number of gets that found an entry",
      single(CacheReading::hits, "hits")),
  /** Gets that found none. */
  MISSES(
      "cache.misses.total",
      COUNTER,
      "Number of gets that found no entry",
      single(CacheReading::misses, "misses")),
  /** The part of gets that found an entry. */
  HIT_RATE(
      "cache.hit_rate",
      GAUGE,
      "Part of all gets that found an entry, from 0 to 1, since the cache was made",
      single(CacheReading::hitRate, "hitRate", "hits", "misses").adding(RATIO)),
  /** Memory in the store. */
  SIZE_BYTES(
      "cache.size_bytes",
      GAUGE,
      "Memory that the entries take in the store, in bytes, as of the last count",
      gauge("sizeBytes").adding(SUM)),
  /** Number of entries, under the name that YokedCache for Python uses. */
  KEYS_COUNT(
      "cache.keys_count",
      GAUGE,
      "Number of entries in the store, as of the last count",
      gauge("keysCount").adding(SUM)),
  /** Number of entries, under a name that Prometheus' rules like better. */
  ENTRIES(
      "cache.entries",
      GAUGE,
      "Number of entries in the store, as of the last count",
      gauge("keysCount").adding(SUM).micrometer("cache_size")),
  /** Age of the two above. */
  KEY_STATISTICS_AGE(
      "cache.key_statistics_age_seconds",
      GAUGE,
      "Time since memory and entries were counted",
      gauge("keyStatisticsAgeSeconds")),
  /** Age of the cache. */
  UPTIME(
      "cache.uptime_seconds",
      GAUGE,
      "Time since the cache was made by this process",
      gauge("uptimeSeconds")),
  /** Latency by operation. */
  OPERATION_DURATION(
      "cache.operation_duration",
      HISTOGRAM,
      "Duration of the operations of a cache",
      Row.timers(),
      "operation"),
  /** Latency by phase of the wire. */
  PHASE_DURATION(
      "cache.phase_duration",
      HISTOGRAM,
      "Duration of the phases of an operation: waiting for a turn, network, encoding and decoding",
      Row.timers(),
      "phase"),
  /** Failures by operation. */
  ERRORS(
      "cache.errors.total",
      COUNTER,
      "Number of operations that failed, by type of error",
      Row.errors(),
      "operation",
      "error_type"),
  /** Entries made invalid other than one by one. */
  INVALIDATIONS(
      "cache.invalidations.total",
      COUNTER,
      "Number of invalidations, by what asked for them",
      Row.byName("invalidations."),
      "type"),
  /** Lookups in the near cache, by result. */
  NEAR_GETS(
      "cache.near_gets.total",
      COUNTER,
      "Number of entries looked up in the near cache, by whether a near entry was used",
      hitsAndMisses(
          cache -> cache.counters().get("nearHits"),
          cache -> cache.counters().get("nearMisses"),
          "nearHits",
          "nearMisses"),
      "result"),
  /** Lookups that were answered although Redis was away. */
  NEAR_STALE_HITS(
      "cache.near_stale_hits.total",
      COUNTER,
      "Number of lookups that a near entry answered while Redis was away (fail-safe)",
      counter("nearStaleHits")),
  /** Copies in the JVM. */
  NEAR_ENTRIES(
      "cache.near_entries",
      GAUGE,
      "Number of entries in the near cache of this process",
      gauge("nearEntries").adding(SUM)),
  /** Entries that the store gave up. */
  EVICTIONS(
      "cache.evictions.total",
      COUNTER,
      "Number of entries that the store gave up to make room",
      single(CacheReading::evictions, "evictions").micrometer("cache_evictions")),
  /** Entries whose time was over. */
  EXPIRATIONS(
      "cache.expirations.total",
      COUNTER,
      "Number of entries found to have expired",
      counter("expirations")),
  /** Read-through. */
  LOADS("cache.loads.total", COUNTER, "Number of calls of the cache loader", counter("loads")),
  /** Read-through that failed. */
  LOAD_FAILURES(
      "cache.load_failures.total",
      COUNTER,
      "Number of calls of the cache loader that failed",
      counter("loadFailures")),
  /** Entries that were loaded anew before they expired. */
  REFRESHES(
      "cache.refreshes.total",
      COUNTER,
      "Number of old entries whose refresh ahead of their expiry ended, by how it ended",
      Row.byName("refreshes."),
      "result"),
  /** Read-through by another JVM. */
  AWAITED_LOADS(
      "cache.awaited_loads.total",
      COUNTER,
      "Number of values that another process loaded while a lookup waited for them",
      counter("awaitedLoads")),
  /** Write-through. */
  WRITES("cache.writes.total", COUNTER, "Number of calls of the cache writer", counter("writes")),
  /** Values that could not be read. */
  UNDECODABLE(
      "cache.undecodable.total",
      COUNTER,
      "Number of entries whose bytes could not or must not be decoded",
      counter("undecodable")),
  /** The same by reason. */
  UNDECODABLE_BY_REASON(
      "cache.undecodable_by_reason.total",
      COUNTER,
      "Number of entries that could not or must not be decoded, by reason",
      Row.byName("undecodable."),
      "reason"),
  /** Values that became shorter by compression. */
  COMPRESSED_VALUES(
      "cache.compressed_values.total",
      COUNTER,
      "Number of values that this process stored in compressed form",
      counter("compressedValues")),
  /** What compression saved. */
  COMPRESSION_SAVED_BYTES(
      "cache.compression_saved_bytes.total",
      COUNTER,
      "Number of bytes by which compression made values shorter",
      counter("compressionSavedBytes")),
  /** Dropped events. */
  DROPPED_EVENTS(
      "cache.dropped_events.total",
      COUNTER,
      "Number of events that listeners did not get because their queue was full",
      counter("droppedEvents")),
  /** Operations that went on without the store. */
  DEGRADED(
      "cache.degraded.total",
      COUNTER,
      "Number of operations that went on without the store, by whether they read or write",
      Row.byName("degraded."),
      "operation"),
  /** Which servers answer the reads that may go to replicas. */
  REPLICA_READS(
      "cache.replica_reads.total",
      COUNTER,
      "Number of entries that were looked for on replicas, by the role of the server that answered",
      Row.byName("replicaReads."),
      "role"),
  /** Invalidations that the store does not have yet. */
  OWED_INVALIDATIONS(
      "cache.owed_invalidations",
      GAUGE,
      "Number of entries that this process has to remove when the store is back",
      gauge("owedInvalidations").adding(SUM)),
  /** The age of the oldest of them. */
  OWED_INVALIDATIONS_AGE(
      "cache.owed_invalidations_age_seconds",
      GAUGE,
      "Time since the oldest of the invalidations that are owed, 0 if none is owed",
      gauge("owedInvalidationsAgeSeconds").adding(GREATEST)),
  /** Invalidations that were made good. */
  SETTLED_INVALIDATIONS(
      "cache.settled_invalidations.total",
      COUNTER,
      "Number of owed invalidations that were made good",
      counter("settledInvalidations")),
  /** Invalidations that were too many. */
  OWED_INVALIDATIONS_OVERFLOWS(
      "cache.owed_invalidations_overflows.total",
      COUNTER,
      "Number of times that the whole cache was owed, since too many invalidations were",
      counter("owedInvalidationsOverflows")),
  /** Whether anything of the above is counted. */
  STATISTICS_ENABLED(
      "cache.statistics_enabled",
      GAUGE,
      "Whether the cache counts anything: 1 if its statistics are on, else 0",
      Row.enabled()),
  /** What a cache is. */
  INFO(
      "cache.info",
      GAUGE,
      "How the cache is configured, in labels; always 1",
      Row.configuration(
          cache ->
              List.of(
                  text(cache.codec()),
                  text(cache.keyType()),
                  text(cache.readThrough()),
                  cache.storeByValue() == null ? "" : cache.storeByValue() ? "value" : "reference",
                  text(cache.valueType()),
                  text(cache.writeThrough()))),
      "codec",
      "key_type",
      "read_through",
      "store_by",
      "value_type",
      "write_through"),
  /** Whether the store answers. */
  HEALTH(
      "cache.health",
      GAUGE,
      MANAGER,
      "Whether the store answers: 1 if it does, else 0",
      Row.connection(it -> it.healthy() == null ? null : it.healthy() ? 1 : 0).adding(LEAST)),
  /** How fast the store answers. */
  PING(
      "cache.ping_seconds",
      GAUGE,
      MANAGER,
      "Round trip of the last ping of the store",
      Row.connection(it -> it.pingNanos() == null ? null : it.pingNanos() / 1e9).adding(GREATEST)),
  /** Which servers of the store answer. */
  NODE_UP(
      "cache.node_up",
      GAUGE,
      MANAGER,
      "Whether a master of the store answered its last ping: 1 if it did, else 0",
      Row.connection(
              (it, to) ->
                  it.masters()
                      .forEach(
                          node ->
                              to.add(
                                  node.address(),
                                  node.healthy() == null ? null : node.healthy() ? 1L : 0L)))
          .adding(LEAST),
      "node"),
  /** How fast each server of the store answers. */
  NODE_PING(
      "cache.node_ping_seconds",
      GAUGE,
      MANAGER,
      "Round trip of the last ping of a master of the store",
      Row.connection(
              (it, to) ->
                  it.masters()
                      .forEach(
                          node -> {
                            if (node.pingSeconds() != null) {
                              to.add(List.of(node.address()), node.pingSeconds());
                            }
                          }))
          .adding(GREATEST),
      "node"),
  /** How the slots of a cluster are divided. */
  NODE_SLOTS(
      "cache.node_slots",
      GAUGE,
      MANAGER,
      "Number of the slots of a Redis Cluster that a master serves",
      Row.connection((it, to) -> it.masters().forEach(node -> to.add(node.address(), node.slots())))
          .adding(GREATEST),
      "node"),
  /** How many servers the store has. */
  NODES(
      "cache.nodes",
      GAUGE,
      MANAGER,
      "Number of servers of the store, by their role",
      Row.connection(
              (it, to) ->
                  it.nodes().stream()
                      .filter(node -> node.role() != null)
                      .collect(groupingBy(node -> text(node.role()), TreeMap::new, counting()))
                      .forEach(to::add))
          .adding(GREATEST),
      "role"),
  /** Which servers are left alone because they do not answer. */
  CIRCUIT_BREAKER_OPEN(
      "cache.circuit_breaker_open",
      GAUGE,
      MANAGER,
      "Whether the circuit breaker of a master is open, so that requests to it fail at once: 1 if"
          + " it is, else 0",
      Row.connection(
              (it, to) ->
                  it.masters()
                      .forEach(
                          node ->
                              to.add(
                                  node.address(),
                                  node.breakerOpen() == null
                                      ? null
                                      : node.breakerOpen() ? 1L : 0L)))
          .adding(GREATEST),
      "node"),
  /** How often servers began not to answer. */
  CIRCUIT_BREAKER_OPENINGS(
      "cache.circuit_breaker_openings.total",
      COUNTER,
      MANAGER,
      "Number of times that circuit breakers of servers opened",
      Row.connection(ConnectionReading::breakerOpenings)),
  /** Connections lost and made anew. */
  RECONNECTS(
      "cache.reconnects.total",
      COUNTER,
      MANAGER,
      "Number of connections that were made anew",
      Row.connection(ConnectionReading::reconnects)),
  /** The connection pool. */
  CONNECTIONS(
      "cache.connections",
      GAUGE,
      MANAGER,
      "Connections of the pool that are active or idle, and threads waiting for one",
      Row.connection(
          (it, to) -> {
            to.add("active", it.poolActive());
            to.add("idle", it.poolIdle());
            to.add("waiting", it.poolWaiting());
          }),
      "state"),
  /** Whether the JVM's MBeans could be read. */
  TARGET_UP(
      "bridge.jmx_target_up",
      GAUGE,
      BRIDGE,
      "Whether the MBeans could be read: 1 if so, else 0",
      target("up")),
  /** Readings that failed. */
  BRIDGE_ERRORS(
      "bridge.errors.total",
      COUNTER,
      BRIDGE,
      "Number of readings of MBeans that failed",
      target("errors")),
  /** Values that no figure can have. */
  REFUSED_VALUES(
      "bridge.refused_values.total",
      COUNTER,
      BRIDGE,
      "Number of values of MBeans left out: no figure can have them, or reading them failed",
      target("refused")),
  /** What the bridge costs. */
  SCRAPE_DURATION(
      "bridge.scrape_duration_seconds",
      GAUGE,
      BRIDGE,
      "Duration of this reading of the MBeans",
      target("seconds")),
  /** Caches beyond the limit. */
  DROPPED_CACHES(
      "bridge.dropped_caches",
      GAUGE,
      BRIDGE,
      "Number of caches left out, beyond the limit",
      target("droppedCaches")),
  /** Application metrics beyond the limit. */
  DROPPED_SAMPLES(
      "bridge.dropped_samples.total",
      COUNTER,
      BRIDGE,
      "Number of values dropped because their metric would have been one series too many",
      output("droppedSamples")),
  /** StatsD packets that left. */
  STATSD_PACKETS_SENT(
      "statsd.packets_sent.total",
      COUNTER,
      BRIDGE,
      "Number of StatsD datagrams that the operating system took",
      output("statsd.sentPackets")),
  /** StatsD packets that did not. */
  STATSD_PACKETS_DROPPED(
      "statsd.packets_dropped.total",
      COUNTER,
      BRIDGE,
      "Number of StatsD datagrams that could not be sent",
      output("statsd.droppedPackets")),
  /** StatsD measurements that left. */
  STATSD_EVENTS_SENT(
      "statsd.events_sent.total",
      COUNTER,
      BRIDGE,
      "Number of measurements sent to StatsD",
      output("statsd.sentEvents")),
  /** StatsD measurements that did not. */
  STATSD_EVENTS_DROPPED(
      "statsd.events_dropped.total",
      COUNTER,
      BRIDGE,
      "Number of measurements for StatsD dropped: the queue was full, or their packet not sent",
      output("statsd.droppedEvents")),
  /** StatsD measurements that never can. */
  STATSD_EVENTS_REJECTED(
      "statsd.events_rejected.total",
      COUNTER,
      BRIDGE,
      "Number of measurements that StatsD's format cannot express",
      output("statsd.rejectedEvents")),
  /** StatsD measurements that wait. */
  STATSD_EVENTS_QUEUED(
      "statsd.events_queued",
      GAUGE,
      BRIDGE,
      "Number of measurements that wait to be sent",
      output("statsd.queuedEvents"));

  /** Upper bounds of histograms that YokedCache's own timers have exactly, in seconds. */
  public static final List<Double> USUAL_BOUNDS_SECONDS =
      List.of(
          0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
          2.5, 5.0, 10.0);

  private final String metricName;
  private final MetricKind kind;
  private final MetricScope scope;
  private final String help;
  private final Row row;
  private final List<String> labels;

  CacheMetric(String name, MetricKind kind, String help, Row row, String... labels) {
    this(name, kind, CACHE, help, row, labels);
  }

  CacheMetric(
      String name, MetricKind kind, MetricScope scope, String help, Row row, String... labels) {
    this.metricName = name;
    this.kind = kind;
    this.scope = scope;
    this.help = help;
    this.row = row;
    this.labels = List.of(labels);
  }

  /** Returns the name with dots, as applications write it: {@code cache.gets.total}. */
  public String metricName() {
    return metricName;
  }

  /** Returns what kind of metric it is. */
  public MetricKind kind() {
    return kind;
  }

  /** Returns its scope. */
  public MetricScope scope() {
    return scope;
  }

  /** Returns its help text, one line. */
  public String help() {
    return help;
  }

  /** Returns the labels that it has besides those that name the cache and its manager. */
  public List<String> labels() {
    return labels;
  }

  /** Returns the family's name in Micrometer's {@code JCacheMetrics}; empty if it has none. */
  public String micrometerFamily() {
    return row.micrometer();
  }

  /** Returns whether a source must be read for it: not for what an output counts of itself. */
  public boolean isRead() {
    return row.from() != Row.From.OUTPUT;
  }

  /** Returns whether its values come from the operations of caches, which cost most to read. */
  public boolean needsOperations() {
    return row.from() == Row.From.OPERATIONS;
  }

  /** Returns whether its values come from the configurations of caches. */
  public boolean needsConfigurations() {
    return row.from() == Row.From.CONFIGURATION;
  }

  /** Returns the counters and gauges that its values come from; absent if it may be any. */
  public @Nullable Set<String> figures() {
    return row.figures();
  }

  Row.Adding adding() {
    return row.adding();
  }

  /** Tells the values that a reading has of a counter or gauge of a cache. */
  void values(CacheReading cache, Values to) {
    values(needsOperations() ? Row.From.OPERATIONS : Row.From.CACHE, cache, to);
  }

  /** Tells the values that a reading has of a figure of a manager. */
  void values(ConnectionReading connection, Values to) {
    values(Row.From.CONNECTION, connection, to);
  }

  /** Tells the values that come from how a cache is configured. */
  void values(ConfigurationReading configuration, Values to) {
    values(Row.From.CONFIGURATION, configuration, to);
  }

  /** Tells the values of the figures of the bridge itself. */
  void values(Map<String, ? extends Number> figures, Values to) {
    values(isRead() ? Row.From.TARGET : Row.From.OUTPUT, figures, to);
  }

  private void values(Row.From from, Object reading, Values to) {
    if (row.from() == from) {
      row.values().accept(reading, to);
    }
  }

  /** Returns the timers of a reading that are one distribution each and ran at least once. */
  public List<OperationReading> distributions(CacheReading cache) {
    return kind != HISTOGRAM
        ? List.of()
        : cache.operations().stream()
            .filter(timer -> timer.count() > 0)
            .filter(timer -> timer.isPhase() == (this == PHASE_DURATION))
            .sorted(Comparator.comparing(OperationReading::operation))
            .toList();
  }
}
