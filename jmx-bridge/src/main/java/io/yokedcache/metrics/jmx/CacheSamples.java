package io.yokedcache.metrics.jmx;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How {@link CacheMetric}'s values are taken out of a reading; what is absent gives no value. */
final class CacheSamples {

  private static final String INVALIDATIONS = "invalidations.";
  private static final Set<String> PHASES = Set.of("queue", "network", "codec");

  private CacheSamples() {}

  static List<MetricSample> none(CacheReading cache) {
    return List.of();
  }

  static Function<CacheReading, List<MetricSample>> single(
      Function<CacheReading, ? extends @Nullable Number> value) {
    return cache -> sample(value.apply(cache));
  }

  static Function<CacheReading, List<MetricSample>> counter(String name) {
    return cache -> sample(cache.counters().get(name));
  }

  static Function<CacheReading, List<MetricSample>> gauge(String name) {
    return cache -> sample(cache.gauges().get(name));
  }

  static List<MetricSample> gets(CacheReading cache) {
    List<MetricSample> samples = new ArrayList<>();
    add(samples, "hit", cache.hits());
    add(samples, "miss", cache.misses());
    return samples;
  }

  static List<MetricSample> invalidations(CacheReading cache) {
    List<MetricSample> samples = new ArrayList<>();
    cache
        .counters()
        .forEach(
            (name, value) -> {
              if (name.startsWith(INVALIDATIONS)) {
                add(samples, name.substring(INVALIDATIONS.length()), value);
              }
            });
    return samples;
  }

  static List<MetricSample> errors(CacheReading cache) {
    List<MetricSample> samples = new ArrayList<>();
    for (OperationReading operation : cache.operations()) {
      operation
          .errors()
          .forEach(
              (type, count) ->
                  samples.add(new MetricSample(List.of(operation.operation(), type), count)));
    }
    return samples;
  }

  static List<OperationReading> distributions(CacheMetric metric, CacheReading cache) {
    boolean wantsPhases = metric == CacheMetric.PHASE_DURATION;
    if (!wantsPhases && metric != CacheMetric.OPERATION_DURATION) {
      return List.of();
    }
    return cache.operations().stream()
        .filter(operation -> operation.count() > 0)
        .filter(operation -> PHASES.contains(operation.operation()) == wantsPhases)
        .sorted(Comparator.comparing(OperationReading::operation))
        .toList();
  }

  static List<MetricSample> ofConnection(CacheMetric metric, ConnectionReading connection) {
    List<MetricSample> samples = new ArrayList<>();
    if (metric == CacheMetric.HEALTH && connection.healthy() != null) {
      samples.add(new MetricSample(List.of(), connection.healthy() ? 1 : 0));
    } else if (metric == CacheMetric.PING && connection.pingNanos() != null) {
      samples.add(new MetricSample(List.of(), connection.pingNanos() / 1e9));
    } else if (metric == CacheMetric.RECONNECTS) {
      return sample(connection.reconnects());
    } else if (metric == CacheMetric.CONNECTIONS) {
      add(samples, "active", connection.poolActive());
      add(samples, "idle", connection.poolIdle());
      add(samples, "waiting", connection.poolWaiting());
    }
    return samples;
  }

  private static List<MetricSample> sample(@Nullable Number value) {
    return value == null ? List.of() : List.of(new MetricSample(List.of(), value.doubleValue()));
  }

  private static void add(List<MetricSample> samples, String label, @Nullable Long value) {
    if (value != null) {
      samples.add(new MetricSample(List.of(label), value));
    }
  }
}
