package io.yokedcache.metrics.statsd;

import static java.util.Objects.requireNonNull;

import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.statsd.Event.Kind;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** Turns the operations of one cache into lines, each as it happens. Thread-safe; never waits. */
final class OperationEvents {

  /** What is sent here, and must not come with a periodic report too. */
  static final Set<CacheMetric> METRICS =
      Set.copyOf(
          EnumSet.of(
              CacheMetric.GETS,
              CacheMetric.SETS,
              CacheMetric.DELETES,
              CacheMetric.OPERATION_DURATION,
              CacheMetric.ERRORS));

  /** There are about twenty operations; whatever calls this, the map stays small. */
  private static final int MAX_KEPT_TAGS = 256;

  private static final double NANOS_PER_SECOND = 1e9;

  private final StatsDCollector collector;
  private final Map<String, String> cacheTags;
  private final Map<String, String> hitTags;
  private final Map<String, String> missTags;

  /** Made once for each operation, so that the calling thread builds no maps. */
  private final Map<String, Map<String, String>> operationTags = new ConcurrentHashMap<>();

  OperationEvents(StatsDCollector collector, Map<String, String> cacheTags) {
    this.collector = requireNonNull(collector, "collector");
    this.cacheTags = Map.copyOf(cacheTags);
    this.hitTags = with("result", "hit");
    this.missTags = with("result", "miss");
  }

  void completed(
      String operation, int hits, int misses, int puts, int removals, long durationNanos) {
    // Before anything else is done, and once for all lines of the operation.
    if (!collector.isSampled()) {
      return;
    }
    send(hits, misses, puts, removals);
    collector.sendSampled(
        Kind.TIMING,
        CacheMetric.OPERATION_DURATION.metricName(),
        Math.max(0, durationNanos) / NANOS_PER_SECOND,
        kept(operation, () -> with("operation", collector.operationNames().of(operation))));
  }

  void counted(int hits, int misses, int puts, int removals) {
    if (collector.isSampled()) {
      send(hits, misses, puts, removals);
    }
  }

  /** Never sampled: a single error is worth knowing, and a flood of them ends at the full queue. */
  void failed(String operation, String errorType) {
    collector.exactly(
        CacheMetric.ERRORS.metricName(),
        1,
        kept(
            operation + '\n' + errorType,
            () ->
                with(
                    "operation",
                    collector.operationNames().of(operation),
                    "error_type",
                    errorType)));
  }

  private void send(int hits, int misses, int puts, int removals) {
    count(CacheMetric.GETS, hits, hitTags);
    count(CacheMetric.GETS, misses, missTags);
    count(CacheMetric.SETS, puts, cacheTags);
    count(CacheMetric.DELETES, removals, cacheTags);
  }

  private void count(CacheMetric metric, int count, Map<String, String> tags) {
    if (count > 0) {
      collector.sendSampled(Kind.COUNTER, metric.metricName(), count, tags);
    }
  }

  private Map<String, String> kept(String key, Supplier<Map<String, String>> tags) {
    Map<String, String> known = operationTags.get(key);
    if (known != null) {
      return known;
    }
    Map<String, String> made = tags.get();
    if (operationTags.size() < MAX_KEPT_TAGS) {
      operationTags.put(key, made);
    }
    return made;
  }

  private Map<String, String> with(String... namesAndValues) {
    Map<String, String> more = new HashMap<>(cacheTags);
    for (int i = 0; i < namesAndValues.length; i += 2) {
      more.put(namesAndValues[i], namesAndValues[i + 1]);
    }
    return Map.copyOf(more);
  }
}
