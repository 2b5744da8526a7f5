package io.yokedcache.metrics.series;

import static io.yokedcache.metrics.series.CacheSamples.counter;
import static io.yokedcache.metrics.series.CacheSamples.gauge;
import static io.yokedcache.metrics.series.CacheSamples.single;
import static io.yokedcache.metrics.series.MetricKind.COUNTER;
import static io.yokedcache.metrics.series.MetricKind.GAUGE;
import static io.yokedcache.metrics.series.MetricKind.HISTOGRAM;
import static io.yokedcache.metrics.series.MetricScope.BRIDGE;
import static io.yokedcache.metrics.series.MetricScope.CACHE;
import static io.yokedcache.metrics.series.MetricScope.MANAGER;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.ConfigurationReading;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.OperationReading;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The one table of all metrics of caches: what each is called, what it means and where its value
 * comes from. Durations are in seconds, ratios from 0 to 1.
 */
// The list is immutable and the functions have no state, which their types do not tell.
@SuppressWarnings("ImmutableEnumChecker")
public enum CacheMetric {
  /** Gets by result. */
  GETS(
      "cache.gets.total",
      COUNTER,
      "Number of entries asked for, by whether they were found",
      CacheSamples.GETS,
      "result"),
  /** Puts. */
  SETS("cache.sets.total", COUNTER, "Number of entries put", single(CacheReading::puts, "puts")),
  /** Removals. */
  DELETES(
      "cache.deletes.total",
      COUNTER,
      "Number of entries removed by the application",
      single(CacheReading::removals, "removals")),
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
      single(CacheReading::hitRate, "hitRate", "hits", "misses")),
  /** Memory in the store. */
  SIZE_BYTES(
      "cache.size_bytes",
      GAUGE,
      "Memory that the entries take in the store, in bytes, as of the last census",
      gauge("sizeBytes")),
  /** Number of entries, under the seed's name. */
  KEYS_COUNT(
      "cache.keys_count",
      GAUGE,
      "Number of entries in the store, as of the last census",
      gauge("keysCount")),
  /** Number of entries, under a name that Prometheus' rules like better. */
  ENTRIES(
      "cache.entries",
      GAUGE,
      "Number of entries in the store, as of the last census",
      gauge("keysCount")),
  /** Age of the two above. */
  CENSUS_AGE(
      "cache.census_age_seconds",
      GAUGE,
      "Time since memory and entries were counted",
      gauge("censusAgeSeconds")),
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
      CacheSamples.NONE,
      "operation"),
  /** Latency by phase of the wire. */
  PHASE_DURATION(
      "cache.phase_duration",
      HISTOGRAM,
      "Duration of the phases of an operation: waiting for a turn, network, encoding and decoding",
      CacheSamples.NONE,
      "phase"),
  /** Failures by operation. */
  ERRORS(
      "cache.errors.total",
      COUNTER,
      "Number of operations that failed, by type of error",
      CacheSamples::errors,
      "operation",
      "error_type"),
  /** Entries made invalid other than one by one. */
  INVALIDATIONS(
      "cache.invalidations.total",
      COUNTER,
      "Number of invalidations, by what asked for them",
      CacheSamples::invalidations,
      "type"),
  /** Lookups of copies in the JVM, by result. */
  NEAR_GETS(
      "cache.near_gets.total",
      COUNTER,
      "Number of entries looked up in the near cache, by whether a copy was used",
      CacheSamples::nearGets,
      "result"),
  /** Copies in the JVM. */
  NEAR_ENTRIES(
      "cache.near_entries",
      GAUGE,
      "Number of copies of entries in the near cache of this process",
      gauge("nearEntries")),
  /** Entries that the store gave up. */
  EVICTIONS(
      "cache.evictions.total",
      COUNTER,
      "Number of entries that the store gave up to make room",
      single(CacheReading::evictions, "evictions")),
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
  /** Write-through. */
  WRITES("cache.writes.total", COUNTER, "Number of calls of the cache writer", counter("writes")),
  /** Values that could not be read. */
  UNDECODABLE(
      "cache.undecodable.total",
      COUNTER,
      "Number of entries whose bytes could not or must not be decoded",
      counter("undecodable")),
  /** Events that nobody got. */
  DROPPED_EVENTS(
      "cache.dropped_events.total",
      COUNTER,
      "Number of events that listeners did not get because their queue was full",
      counter("droppedEvents")),
  /** Whether anything of the above is counted. */
  STATISTICS_ENABLED(
      "cache.statistics_enabled",
      GAUGE,
      "Whether the cache counts anything: 1 if its statistics are on, else 0",
      CacheSamples.NONE),
  /** What a cache is. */
  INFO(
      "cache.info",
      GAUGE,
      "How the cache is configured, in labels; always 1",
      CacheSamples.NONE,
      "codec",
      "key_type",
      "read_through",
      "store_by",
      "value_type",
      "write_through"),
  /** Whether the store answers. */
  HEALTH("cache.health", GAUGE, MANAGER, "Whether the store answers: 1 if it does, else 0"),
  /** How fast the store answers. */
  PING("cache.ping_seconds", GAUGE, MANAGER, "Round trip of the last ping of the store"),
  /** Connections lost and made anew. */
  RECONNECTS(
      "cache.reconnects.total", COUNTER, MANAGER, "Number of connections that were made anew"),
  /** The connection pool. */
  CONNECTIONS(
      "cache.connections",
      GAUGE,
      MANAGER,
      "Connections of the pool that are active or idle, and threads waiting for one",
      "state"),
  /** Whether the JVM's MBeans could be read. */
  TARGET_UP(
      "bridge.jmx_target_up", GAUGE, BRIDGE, "Whether the MBeans could be read: 1 if so, else 0"),
  /** Readings that failed. */
  BRIDGE_ERRORS("bridge.errors.total", COUNTER, BRIDGE, "Number of readings of MBeans that failed"),
  /** Values that no figure can have. */
  REFUSED_VALUES(
      "bridge.refused_values.total",
      COUNTER,
      BRIDGE,
      "Number of values of MBeans left out: no figure can have them, or reading them failed"),
  /** What the bridge costs. */
  SCRAPE_DURATION(
      "bridge.scrape_duration_seconds", GAUGE, BRIDGE, "Duration of this reading of the MBeans"),
  /** Caches beyond the limit. */
  DROPPED_CACHES(
      "bridge.dropped_caches", GAUGE, BRIDGE, "Number of caches left out, beyond the limit"),
  /** Application metrics beyond the limit. */
  DROPPED_SAMPLES(
      "bridge.dropped_samples.total",
      COUNTER,
      BRIDGE,
      "Number of values dropped because their metric would have been one series too many"),
  /** StatsD packets that left. */
  STATSD_PACKETS_SENT(
      "statsd.packets_sent.total",
      COUNTER,
      BRIDGE,
      "Number of StatsD datagrams that the operating system took"),
  /** StatsD packets that did not. */
  STATSD_PACKETS_DROPPED(
      "statsd.packets_dropped.total",
      COUNTER,
      BRIDGE,
      "Number of StatsD datagrams that could not be sent"),
  /** StatsD measurements that left. */
  STATSD_EVENTS_SENT(
      "statsd.events_sent.total", COUNTER, BRIDGE, "Number of measurements sent to StatsD"),
  /** StatsD measurements that did not. */
  STATSD_EVENTS_DROPPED(
      "statsd.events_dropped.total",
      COUNTER,
      BRIDGE,
      "Number of measurements for StatsD dropped: the queue was full, or their packet not sent"),
  /** StatsD measurements that never can. */
  STATSD_EVENTS_REJECTED(
      "statsd.events_rejected.total",
      COUNTER,
      BRIDGE,
      "Number of measurements that StatsD's format cannot express"),
  /** StatsD measurements that wait. */
  STATSD_EVENTS_QUEUED(
      "statsd.events_queued", GAUGE, BRIDGE, "Number of measurements that wait to be sent");

  private final String metricName;
  private final MetricKind kind;
  private final MetricScope scope;
  private final String help;
  private final List<String> labels;
  private final Samples samples;

  CacheMetric(String metricName, MetricKind kind, String help, Samples samples, String... labels) {
    this(metricName, kind, CACHE, help, samples, List.of(labels));
  }

  CacheMetric(
      String metricName, MetricKind kind, MetricScope scope, String help, String... labels) {
    this(metricName, kind, scope, help, CacheSamples.NONE, List.of(labels));
  }

  CacheMetric(
      String name,
      MetricKind kind,
      MetricScope scope,
      String help,
      Samples samples,
      List<String> labels) {
    this.metricName = name;
    this.kind = kind;
    this.scope = scope;
    this.help = help;
    this.samples = samples;
    this.labels = labels;
  }

  /**
   * Returns the metric's name with dots, as applications write it.
   *
   * @return for instance {@code cache.gets.total}
   */
  public String metricName() {
    return metricName;
  }

  /**
   * Returns what kind of metric it is.
   *
   * @return the kind
   */
  public MetricKind kind() {
    return kind;
  }

  /**
   * Returns what it has one value of.
   *
   * @return the scope
   */
  public MetricScope scope() {
    return scope;
  }

  /**
   * Returns whether a source must be read for it.
   *
   * @return false for what the bridge counts of itself
   */
  public boolean isRead() {
    return switch (this) {
      case TARGET_UP, BRIDGE_ERRORS, REFUSED_VALUES, SCRAPE_DURATION, DROPPED_CACHES -> true;
      default -> scope != BRIDGE;
    };
  }

  /**
   * Returns whether its values come from the operations of caches, which cost most to read.
   *
   * @return true for distributions and errors
   */
  public boolean needsOperations() {
    return kind == HISTOGRAM || this == ERRORS;
  }

  /**
   * Returns whether its values come from the configurations of caches.
   *
   * @return true for what does not change with each operation
   */
  public boolean needsConfigurations() {
    return this == INFO || this == STATISTICS_ENABLED;
  }

  /**
   * Returns the names of the counters and gauges that its values come from.
   *
   * @return absent if it may be any
   */
  public @Nullable Set<String> figures() {
    return samples.figures();
  }

  /**
   * Returns what it means, for people.
   *
   * @return one line
   */
  public String help() {
    return help;
  }

  /**
   * Returns the labels that it has besides those that name the cache and its manager.
   *
   * @return none, for most
   */
  public List<String> labels() {
    return labels;
  }

  /**
   * Returns the values that a reading has of a counter or gauge of scope {@link MetricScope#CACHE}.
   *
   * @param cache the reading
   * @return one element per combination of labels; empty if it was not measured
   */
  public List<MetricSample> samples(CacheReading cache) {
    return samples.of(cache);
  }

  /**
   * Returns the values that a reading has of a metric of scope {@link MetricScope#MANAGER}.
   *
   * @param connection the reading
   * @return one element per combination of labels; empty if it was not measured
   */
  public List<MetricSample> samples(ConnectionReading connection) {
    return CacheSamples.ofConnection(this, connection);
  }

  /**
   * Returns the values that come from how a cache is configured.
   *
   * @param configuration the reading
   * @return empty if the provider does not tell
   */
  public List<MetricSample> samples(ConfigurationReading configuration) {
    return CacheSamples.ofConfiguration(this, configuration);
  }

  /**
   * Returns the timers that a reading has for a {@link MetricKind#HISTOGRAM}, whose label is the
   * operation.
   *
   * @param cache the reading
   * @return those that ran at least once
   */
  public List<OperationReading> distributions(CacheReading cache) {
    return CacheSamples.distributions(this, cache);
  }
}
