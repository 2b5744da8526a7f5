package io.yokedcache.metrics.series;

import static io.yokedcache.metrics.series.Row.Adding.GREATEST;
import static io.yokedcache.metrics.series.Row.Adding.LEAST;
import static io.yokedcache.metrics.series.Row.Adding.RATIO;
import static io.yokedcache.metrics.series.Row.Adding.SUM;
import static io.yokedcache.metrics.series.Row.counter;
import static io.yokedcache.metrics.series.Row.flag;
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
import io.yokedcache.metrics.source.ConnectionReading.Node;
import io.yokedcache.metrics.source.OperationReading;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The one table of all metrics of caches: name, meaning, and source of the value. Durations are in
 * seconds, ratios from 0 to 1. The end of a name tells the kind: {@code .total} is a counter,
 * {@code _duration} a histogram, and all else a gauge.
 */
// The list is immutable and the functions have no state, which their types do not tell.
@SuppressWarnings("ImmutableEnumChecker")
public enum CacheMetric {
  GETS(
      "cache.gets.total",
      "Number of entries asked for, by whether they were found",
      hitsAndMisses(CacheReading::hits, CacheReading::misses, "hits", "misses")
          .micrometer("cache_gets"),
      "result"),
  SETS(
      "cache.sets.total",
      "Number of entries put",
      single(CacheReading::puts, "puts").micrometer("cache_puts")),
  DELETES(
      "cache.deletes.total",
      "Number of entries removed by the application",
      single(CacheReading::removals, "removals").micrometer("cache_removals")),
  HITS(
      "cache.hits.total", "Number of gets that found an entry", single(CacheReading::hits, "hits")),
  MISSES(
      "cache.misses.total",
      "Number of gets that found no entry",
      single(CacheReading::misses, "misses")),
  HIT_RATE(
      "cache.hit_rate",
      "Ratio of gets that found an entry, from 0 to 1, since the cache was created",
      single(CacheReading::hitRate, "hitRate", "hits", "misses").adding(RATIO)),
  SIZE_BYTES(
      "cache.size_bytes",
      "Memory that the entries take in the store, in bytes, as of the last count",
      gauge("sizeBytes").adding(SUM)),
  KEYS_COUNT(
      "cache.keys_count",
      "Number of entries in the store, as of the last count",
      gauge("keysCount").adding(SUM)),
  ENTRIES(
      "cache.entries",
      "Number of entries in the store, as of the last count",
      gauge("keysCount").adding(SUM).micrometer("cache_size")),
  KEY_STATISTICS_AGE(
      "cache.key_statistics_age_seconds",
      "Time since memory and entries were counted",
      gauge("keyStatisticsAgeSeconds")),
  UPTIME(
      "cache.uptime_seconds", "Time since this process created the cache", gauge("uptimeSeconds")),
  OPERATION_DURATION(
      "cache.operation_duration",
      "Duration of the operations of a cache",
      Row.timers(),
      "operation"),
  PHASE_DURATION(
      "cache.phase_duration",
      "Duration of the phases of an operation: queue, network, and encoding or decoding",
      Row.timers(),
      "phase"),
  ERRORS(
      "cache.errors.total",
      "Number of operations that failed, by type of error",
      Row.errors(),
      "operation",
      "error_type"),
  INVALIDATIONS(
      "cache.invalidations.total",
      "Number of invalidations, by their cause",
      Row.byName("invalidations."),
      "type"),
  NEAR_GETS(
      "cache.near_gets.total",
      "Number of entries requested from the near cache, by whether a near entry was used",
      hitsAndMisses(
          cache -> cache.counters().get("nearHits"),
          cache -> cache.counters().get("nearMisses"),
          "nearHits",
          "nearMisses"),
      "result"),
  NEAR_STALE_HITS(
      "cache.near_stale_hits.total",
      "Number of lookups that a near entry answered while Redis was away (fail-safe)",
      counter("nearStaleHits")),
  NEAR_ENTRIES(
      "cache.near_entries",
      "Number of entries in the near cache of this process",
      gauge("nearEntries").adding(SUM)),
  EVICTIONS(
      "cache.evictions.total",
      "Number of entries that the store evicted to make room",
      single(CacheReading::evictions, "evictions").micrometer("cache_evictions")),
  EXPIRATIONS(
      "cache.expirations.total", "Number of entries found to have expired", counter("expirations")),
  LOADS("cache.loads.total", "Number of calls of the cache loader", counter("loads")),
  LOAD_FAILURES(
      "cache.load_failures.total",
      "Number of calls of the cache loader that failed",
      counter("loadFailures")),
  REFRESHES(
      "cache.refreshes.total",
      "Number of refreshes ahead of the expiry of entries, by their result",
      Row.byName("refreshes."),
      "result"),
  AWAITED_LOADS(
      "cache.awaited_loads.total",
      "Number of values that another process loaded while a lookup waited for them",
      counter("awaitedLoads")),
  WRITES("cache.writes.total", "Number of calls of the cache writer", counter("writes")),
  UNDECODABLE(
      "cache.undecodable.total",
      "Number of entries whose bytes could not or must not be decoded",
      counter("undecodable")),
  UNDECODABLE_BY_REASON(
      "cache.undecodable_by_reason.total",
      "Number of entries that could not or must not be decoded, by reason",
      Row.byName("undecodable."),
      "reason"),
  COMPRESSED_VALUES(
      "cache.compressed_values.total",
      "Number of values that this process stored in compressed form",
      counter("compressedValues")),
  COMPRESSION_SAVED_BYTES(
      "cache.compression_saved_bytes.total",
      "Number of bytes by which compression made values shorter",
      counter("compressionSavedBytes")),
  DROPPED_EVENTS(
      "cache.dropped_events.total",
      "Number of events that listeners did not get because their queue was full",
      counter("droppedEvents")),
  DEGRADED(
      "cache.degraded.total",
      "Number of operations that continued without the store, by whether they read or write",
      Row.byName("degraded."),
      "operation"),
  REPLICA_READS(
      "cache.replica_reads.total",
      "Number of entries requested from replicas, by the role of the server that answered",
      Row.byName("replicaReads."),
      "role"),
  OWED_INVALIDATIONS(
      "cache.owed_invalidations",
      "Number of entries that this process has to remove when the store is back",
      gauge("owedInvalidations").adding(SUM)),
  OWED_INVALIDATIONS_AGE(
      "cache.owed_invalidations_age_seconds",
      "Age of the oldest invalidation that is owed, 0 if none is owed",
      gauge("owedInvalidationsAgeSeconds").adding(GREATEST)),
  SETTLED_INVALIDATIONS(
      "cache.settled_invalidations.total",
      "Number of owed invalidations that were settled",
      counter("settledInvalidations")),
  OWED_INVALIDATIONS_OVERFLOWS(
      "cache.owed_invalidations_overflows.total",
      "Number of times that too many invalidations were owed, so that the whole cache is removed",
      counter("owedInvalidationsOverflows")),
  STATISTICS_ENABLED(
      "cache.statistics_enabled",
      "Whether the cache counts anything: 1 if its statistics are on, else 0",
      Row.enabled()),
  INFO(
      "cache.info",
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
  HEALTH(
      "cache.health",
      "Whether the store answers: 1 if it does, else 0",
      Row.connection(it -> flag(it.healthy())).adding(LEAST)),
  PING(
      "cache.ping_seconds",
      "Round trip of the last ping of the store",
      Row.connection(it -> it.pingNanos() == null ? null : it.pingNanos() / 1e9).adding(GREATEST)),
  NODE_UP(
      "cache.node_up",
      "Whether a master of the store answered its last ping: 1 if it did, else 0",
      Row.masters(node -> flag(node.healthy())).adding(LEAST),
      "node"),
  NODE_PING(
      "cache.node_ping_seconds",
      "Round trip of the last ping of a master of the store",
      Row.masters(Node::pingSeconds).adding(GREATEST),
      "node"),
  NODE_SLOTS(
      "cache.node_slots",
      "Number of the slots of a Redis Cluster that a master serves",
      Row.masters(Node::slots).adding(GREATEST),
      "node"),
  NODES(
      "cache.nodes",
      "Number of servers of the store, by their role",
      Row.connection(
              (it, to) ->
                  it.nodes().stream()
                      .filter(node -> node.role() != null)
                      .collect(groupingBy(node -> text(node.role()), TreeMap::new, counting()))
                      .forEach(to::add))
          .adding(GREATEST),
      "role"),
  CIRCUIT_BREAKER_OPEN(
      "cache.circuit_breaker_open",
      "Whether the circuit breaker of a master is open, so that requests to it fail at once: 1 if"
          + " it is, else 0",
      Row.masters(node -> flag(node.breakerOpen())).adding(GREATEST),
      "node"),
  CIRCUIT_BREAKER_OPENINGS(
      "cache.circuit_breaker_openings.total",
      "Number of times that circuit breakers of servers opened",
      Row.connection(it -> it.counters().get("circuitBreakerOpenings"))),
  FAIL_OVERS(
      "cache.failovers.total",
      "Number of masters that a replica replaced",
      Row.connection(it -> it.counters().get("failOvers"))),
  UNACKNOWLEDGED_CLEARS(
      "cache.unacknowledged_clears.total",
      "Number of clears that too few replicas acknowledged in time",
      Row.connection(it -> it.counters().get("unacknowledgedClears"))),
  RECONNECTS(
      "cache.reconnects.total",
      "Number of connections that replaced failed ones",
      Row.connection(ConnectionReading::reconnects)),
  CONNECTIONS(
      "cache.connections",
      "Connections of the pool that are active or idle, and threads waiting for one",
      Row.connection(
          (it, to) -> {
            to.add("active", it.poolActive());
            to.add("idle", it.poolIdle());
            to.add("waiting", it.poolWaiting());
          }),
      "state"),
  TARGET_UP(
      "bridge.jmx_target_up", "Whether the MBeans could be read: 1 if so, else 0", target("up")),
  BRIDGE_ERRORS(
      "bridge.errors.total", "Number of readings of MBeans that failed", target("errors")),
  REFUSED_VALUES(
      "bridge.refused_values.total",
      "Number of values of MBeans left out because they are invalid or cannot be read",
      target("refused")),
  SCRAPE_DURATION(
      "bridge.scrape_duration_seconds",
      "Duration of this reading of the MBeans",
      target("seconds")),
  DROPPED_CACHES(
      "bridge.dropped_caches",
      "Number of caches left out because they exceed the limit",
      target("droppedCaches")),
  DROPPED_SAMPLES(
      "bridge.dropped_samples.total",
      "Number of values dropped because their series exceeds the limit of series",
      output("droppedSamples")),
  STATSD_PACKETS_SENT(
      "statsd.packets_sent.total",
      "Number of StatsD datagrams that the operating system took",
      output("statsd.sentPackets")),
  STATSD_PACKETS_DROPPED(
      "statsd.packets_dropped.total",
      "Number of StatsD datagrams that could not be sent",
      output("statsd.droppedPackets")),
  STATSD_EVENTS_SENT(
      "statsd.events_sent.total",
      "Number of measurements sent to StatsD",
      output("statsd.sentEvents")),
  STATSD_EVENTS_DROPPED(
      "statsd.events_dropped.total",
      "Number of measurements for StatsD dropped: the queue was full, or their packet not sent",
      output("statsd.droppedEvents")),
  STATSD_EVENTS_REJECTED(
      "statsd.events_rejected.total",
      "Number of measurements that StatsD's format cannot express",
      output("statsd.rejectedEvents")),
  STATSD_EVENTS_QUEUED(
      "statsd.events_queued",
      "Number of measurements that wait to be sent",
      output("statsd.queuedEvents"));

  /** Upper bounds of histograms that YokedCache's own timers have exactly, in seconds. */
  public static final List<Double> USUAL_BOUNDS_SECONDS =
      List.of(
          0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0,
          2.5, 5.0, 10.0);

  private final String metricName;
  private final MetricKind kind;
  private final String help;
  private final Row row;
  private final List<String> labels;

  CacheMetric(String name, String help, Row row, String... labels) {
    this.metricName = name;
    this.kind =
        name.endsWith(".total")
            ? MetricKind.COUNTER
            : name.endsWith("_duration") ? MetricKind.HISTOGRAM : MetricKind.GAUGE;
    this.help = help;
    this.row = row;
    this.labels = List.of(labels);
  }

  /** Returns the name with dots, as applications write it: {@code cache.gets.total}. */
  public String metricName() {
    return metricName;
  }

  public MetricKind kind() {
    return kind;
  }

  public MetricScope scope() {
    return switch (row.from()) {
      case CACHE, OPERATIONS, CONFIGURATION -> MetricScope.CACHE;
      case CONNECTION -> MetricScope.MANAGER;
      case TARGET, OUTPUT -> MetricScope.BRIDGE;
    };
  }

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

  void values(CacheReading cache, Values to) {
    values(needsOperations() ? Row.From.OPERATIONS : Row.From.CACHE, cache, to);
  }

  void values(ConnectionReading connection, Values to) {
    values(Row.From.CONNECTION, connection, to);
  }

  void values(ConfigurationReading configuration, Values to) {
    values(Row.From.CONFIGURATION, configuration, to);
  }

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
    return kind != MetricKind.HISTOGRAM
        ? List.of()
        : cache.operations().stream()
            .filter(timer -> timer.count() > 0)
            .filter(timer -> timer.isPhase() == (this == PHASE_DURATION))
            .sorted(Comparator.comparing(OperationReading::operation))
            .toList();
  }
}
