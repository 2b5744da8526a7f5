package io.yokedcache.metrics.series;

import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.ConfigurationReading;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.ConnectionReading.Node;
import io.yokedcache.metrics.source.OperationReading;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How a row of the table takes its values from a reading, and how the values of several caches add
 * up. An absent figure gives no value.
 *
 * @param from the type of the reading
 * @param figures the counters and gauges that must be read; absent if it may be any
 * @param values passes on the values of a reading of that type
 * @param adding how caches add up
 * @param micrometer the family's name in Micrometer; empty if it has none
 */
record Row(
    From from,
    @Nullable Set<String> figures,
    BiConsumer<Object, Values> values,
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

  /** Takes the values of one row and one reading. */
  @FunctionalInterface
  interface Values {

    /** Takes a value; the values of labels are in the order of the row's labels. */
    void add(List<String> labelValues, double value);

    /** Takes a figure without labels; an absent one gives no value. */
    default void add(@Nullable Number value) {
      if (value != null) {
        add(List.of(), value.doubleValue());
      }
    }

    /** Takes a figure with one label; an absent one gives no value. */
    default void add(String label, @Nullable Number value) {
      if (value != null) {
        add(List.of(label), value.doubleValue());
      }
    }
  }

  private static Row of(From from, Set<String> figures, BiConsumer<Object, Values> values) {
    return new Row(from, figures, values, Adding.SUM, "");
  }

  Row adding(Adding other) {
    return new Row(from, figures, values, other, micrometer);
  }

  Row micrometer(String family) {
    return new Row(from, figures, values, adding, family);
  }

  /** One value of a cache, from some of its counters and gauges. */
  static Row single(Function<CacheReading, ? extends @Nullable Number> value, String... figures) {
    return of(From.CACHE, Set.of(figures), (read, to) -> to.add(value.apply((CacheReading) read)));
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
        (read, to) -> {
          to.add("hit", hits.apply((CacheReading) read));
          to.add("miss", misses.apply((CacheReading) read));
        });
  }

  /** Every counter of a name that begins so; the rest of the name is the label. */
  static Row byName(String prefix) {
    return new Row(
        From.CACHE,
        null,
        (read, to) -> {
          Map<String, Long> inOrder = new TreeMap<>();
          ((CacheReading) read)
              .counters()
              .forEach(
                  (name, value) -> {
                    if (name.startsWith(prefix)) {
                      inOrder.put(name.substring(prefix.length()), value);
                    }
                  });
          inOrder.forEach(to::add);
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
        (read, to) -> {
          for (OperationReading each : ((CacheReading) read).operations()) {
            if (!each.isNested() && !each.isPhase()) {
              each.errors()
                  .forEach((type, count) -> to.add(List.of(each.operation(), type), count));
            }
          }
        });
  }

  /** Distributions; {@link CacheMetric#distributions} returns them. */
  static Row timers() {
    return of(From.OPERATIONS, Set.of(), (read, to) -> {});
  }

  static Row connection(BiConsumer<ConnectionReading, Values> values) {
    return of(From.CONNECTION, Set.of(), (read, to) -> values.accept((ConnectionReading) read, to));
  }

  static Row connection(Function<ConnectionReading, ? extends @Nullable Number> value) {
    return connection((read, to) -> to.add(value.apply(read)));
  }

  /** A figure of each master, whose label is its address. */
  static Row masters(Function<Node, ? extends @Nullable Number> value) {
    return connection(
        (read, to) -> read.masters().forEach(node -> to.add(node.address(), value.apply(node))));
  }

  static Row configuration(Function<ConfigurationReading, List<String>> labels) {
    return of(
            From.CONFIGURATION,
            Set.of(),
            (read, to) -> to.add(labels.apply((ConfigurationReading) read), 1))
        .adding(Adding.NONE);
  }

  static Row enabled() {
    return of(
            From.CONFIGURATION,
            Set.of(),
            (read, to) -> to.add(flag(((ConfigurationReading) read).statisticsEnabled())))
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
    return of(from, Set.of(), (read, to) -> to.add((Number) ((Map<?, ?>) read).get(figure)));
  }

  static @Nullable Integer flag(@Nullable Boolean value) {
    return value == null ? null : (Integer) (value ? 1 : 0);
  }

  static String text(@Nullable Object value) {
    return value == null ? "" : value.toString();
  }
}
