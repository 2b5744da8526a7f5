package io.yokedcache.metrics.series;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.ConfigurationReading;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.OperationReading;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How the values of a row of the table are taken out of a reading, and how those of several caches
 * add up. A figure that is absent gives no value.
 *
 * @param from the type of the reading
 * @param figures the counters and gauges that must be read; absent if it may be any
 * @param samples the values of a reading of that type
 * @param adding how caches add up
 * @param micrometer the family's name in Micrometer; empty if it has none
 */
record Row(
    From from,
    @Nullable Set<String> figures,
    Function<Object, List<MetricSample>> samples,
    Adding adding,
    String micrometer) {

  /** The type of a reading. */
  enum From {
    CACHE,
    OPERATIONS,
    CONFIGURATION,
    CONNECTION,
    TARGET,
    OUTPUT
  }

  /** How the values of several caches become one. */
  enum Adding {
    SUM,
    GREATEST,
    LEAST,
    /** As the part of hits in the sum of all gets. */
    RATIO,
    NONE
  }

  private static Row of(
      From from, Set<String> figures, Function<Object, List<MetricSample>> samples) {
    return new Row(from, figures, samples, Adding.SUM, "");
  }

  Row adding(Adding other) {
    return new Row(from, figures, samples, other, micrometer);
  }

  Row micrometer(String family) {
    return new Row(from, figures, samples, adding, family);
  }

  /** One value of a cache, from some of its counters and gauges. */
  static Row single(Function<CacheReading, ? extends @Nullable Number> value, String... figures) {
    return of(From.CACHE, Set.of(figures), read -> one(value.apply((CacheReading) read)));
  }

  static Row counter(String name) {
    return single(cache -> cache.counters().get(name), name);
  }

  static Row gauge(String name) {
    return single(cache -> cache.gauges().get(name), name).adding(Adding.GREATEST);
  }

  /** Two counters, whose label is how a lookup ended. */
  static Row hitsAndMisses(
      Function<CacheReading, @Nullable Long> hits,
      Function<CacheReading, @Nullable Long> misses,
      String... figures) {
    return of(
        From.CACHE,
        Set.of(figures),
        read -> {
          List<MetricSample> samples = new ArrayList<>(2);
          add(samples, "hit", hits.apply((CacheReading) read));
          add(samples, "miss", misses.apply((CacheReading) read));
          return samples;
        });
  }

  /** Every counter of a name that begins so; the rest of the name is the label. */
  static Row byName(String prefix) {
    return new Row(
        From.CACHE,
        null,
        read -> {
          List<MetricSample> samples = new ArrayList<>();
          ((CacheReading) read)
              .counters()
              .forEach(
                  (name, value) -> {
                    if (name.startsWith(prefix)) {
                      add(samples, name.substring(prefix.length()), value);
                    }
                  });
          samples.sort(Comparator.comparing(sample -> sample.labelValues().get(0)));
          return samples;
        },
        Adding.SUM,
        "");
  }

  /**
   * Failures by operation and type. Failures of a phase, a loader or a writer are left out: the
   * enclosing operation fails as well, and a sum over all would count them twice.
   */
  static Row errors() {
    return of(
        From.OPERATIONS,
        Set.of(),
        read -> {
          List<MetricSample> samples = new ArrayList<>();
          for (OperationReading each : ((CacheReading) read).operations()) {
            if (!each.isNested() && !each.isPhase()) {
              each.errors()
                  .forEach(
                      (type, count) ->
                          samples.add(new MetricSample(List.of(each.operation(), type), count)));
            }
          }
          return samples;
        });
  }

  /** Distributions, which {@link CacheMetric#distributions} tells. */
  static Row timers() {
    return of(From.OPERATIONS, Set.of(), read -> List.of());
  }

  static Row connection(BiConsumer<ConnectionReading, List<MetricSample>> values) {
    return of(
        From.CONNECTION,
        Set.of(),
        read -> {
          List<MetricSample> samples = new ArrayList<>();
          values.accept((ConnectionReading) read, samples);
          return samples;
        });
  }

  static Row connection(Function<ConnectionReading, ? extends @Nullable Number> value) {
    return of(From.CONNECTION, Set.of(), read -> one(value.apply((ConnectionReading) read)));
  }

  static Row configuration(Function<ConfigurationReading, List<String>> labels) {
    return of(
            From.CONFIGURATION,
            Set.of(),
            read -> List.of(new MetricSample(labels.apply((ConfigurationReading) read), 1)))
        .adding(Adding.NONE);
  }

  static Row enabled() {
    return of(
            From.CONFIGURATION,
            Set.of(),
            read -> {
              Boolean enabled = ((ConfigurationReading) read).statisticsEnabled();
              return one(enabled == null ? null : enabled ? 1 : 0);
            })
        .adding(Adding.NONE);
  }

  /** A figure of the reading of a JVM, by its name in {@link SeriesWalk#bridge}. */
  static Row target(String figure) {
    return figure(From.TARGET, figure);
  }

  /** A figure that an output counts of itself, by its name in {@link SeriesWalk#bridge}. */
  static Row output(String figure) {
    return figure(From.OUTPUT, figure);
  }

  private static Row figure(From from, String figure) {
    return of(from, Set.of(), read -> one((Number) ((Map<?, ?>) read).get(figure)));
  }

  static List<MetricSample> one(@Nullable Number value) {
    return value == null ? List.of() : List.of(new MetricSample(List.of(), value.doubleValue()));
  }

  static void add(List<MetricSample> samples, String label, @Nullable Long value) {
    if (value != null) {
      samples.add(new MetricSample(List.of(label), value));
    }
  }

  static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }
}
