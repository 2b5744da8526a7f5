package io.yokedcache.metrics.series;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.ConfigurationReading;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.OperationReading;
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

  /** Of what no counter or gauge tells. */
  static final Samples NONE = Samples.from(Set.of(), cache -> List.of());

  static final Samples GETS = Samples.from(Set.of("hits", "misses"), CacheSamples::gets);

  private CacheSamples() {}

  static Samples single(
      Function<CacheReading, ? extends @Nullable Number> value, String... figures) {
    return Samples.from(Set.of(figures), cache -> sample(value.apply(cache)));
  }

  static Samples counter(String name) {
    return Samples.from(Set.of(name), cache -> sample(cache.counters().get(name)));
  }

  static Samples gauge(String name) {
    return Samples.from(Set.of(name), cache -> sample(cache.gauges().get(name)));
  }

  private static List<MetricSample> gets(CacheReading cache) {
    List<MetricSample> samples = new ArrayList<>();
    add(samples, "hit", cache.hits());
    add(samples, "miss", cache.misses());
    return samples;
  }

  static List<MetricSample> nearGets(CacheReading cache) {
    List<MetricSample> samples = new ArrayList<>();
    add(samples, "hit", cache.counters().get("nearHits"));
    add(samples, "miss", cache.counters().get("nearMisses"));
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

  static List<MetricSample> ofConfiguration(
      CacheMetric metric, ConfigurationReading configuration) {
    Boolean enabled = configuration.statisticsEnabled();
    if (metric == CacheMetric.STATISTICS_ENABLED && enabled != null) {
      return List.of(new MetricSample(List.of(), enabled ? 1 : 0));
    }
    if (metric == CacheMetric.INFO) {
      return List.of(
          new MetricSample(
              List.of(
                  text(configuration.codec()),
                  text(configuration.keyType()),
                  text(configuration.readThrough()),
                  storeBy(configuration.storeByValue()),
                  text(configuration.valueType()),
                  text(configuration.writeThrough())),
              1));
    }
    return List.of();
  }

  private static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }

  private static String storeBy(@Nullable Boolean value) {
    return value == null ? "" : value ? "value" : "reference";
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
